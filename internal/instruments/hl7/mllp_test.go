package hl7_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments/hl7"
)

// scan feeds in to a reader in pieces and writes down what it finds.
func scan(r *hl7.BlockReader, in string, size int) []string {
	var out []string
	b := []byte(in)
	for len(b) > 0 {
		piece := b[:min(size, len(b))]
		b = b[len(piece):]
		for len(piece) > 0 {
			block, n := r.Scan(piece)
			piece = piece[n:]
			out = append(out, showBlock(block)...)
		}
	}
	return out
}

func showBlock(b hl7.Block) []string {
	switch b.Kind {
	case hl7.Whole:
		return []string{string(b.Payload)}
	case hl7.CutOff:
		return []string{"cut:" + string(b.Payload)}
	case hl7.TooLarge:
		return []string{"large:" + string(b.Payload)}
	case hl7.NoBlock:
	}
	return nil
}

func TestBlockReader(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     []string
		noise    int64
	}{
		{"one block", "\vMSH|a\r\x1c\r", []string{"MSH|a\r"}, 0},
		{"two blocks in a row", "\va\x1c\r\vb\x1c\r", []string{"a", "b"}, 0},
		{"noise outside", "\x00\r\nxyz\x02\x02\va\x1c\r\n", []string{"a"}, 5},
		{"FS and CR LF", "\va\x1c\r\n\vb\x1c\r\n", []string{"a", "b"}, 0},
		{"FS without CR, next block", "\va\x1c\vb\x1c\r", []string{"a", "b"}, 0},
		{"FS and LF alone", "\va\x1c\n\vb\x1c\r", []string{"a", "b"}, 0},
		{"FS within the payload", "\va\x1cb\x1c\r", []string{"a\x1cb"}, 0},
		{"two FS", "\va\x1c\x1c\r", []string{"a\x1c"}, 0},
		{"VT inside", "\vab\vc\x1c\r", []string{"cut:ab", "c"}, 0},
		{"empty block", "\v\x1c\r", []string{""}, 0},
		{"over the cap", "\v" + strings.Repeat("x", 30) + "\x1c\r\va\x1c\r", []string{"large:" + strings.Repeat("x", 20), "a"}, 0},
	} {
		for _, size := range []int{1, 2, 3, 1000} {
			r := &hl7.BlockReader{Cap: 20}
			got := scan(r, tc.in, size)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s, reads of %d: %s", tc.name, size, diff)
			}
			if r.Noise() != tc.noise {
				t.Errorf("%s, reads of %d: %d bytes of noise, want %d", tc.name, size, r.Noise(), tc.noise)
			}
		}
	}
}

func TestBlockReaderQuiet(t *testing.T) {
	t.Parallel()
	r := &hl7.BlockReader{}
	if got := scan(r, "\va\x1c", 100); got != nil {
		t.Fatalf("FS alone gives %q", got)
	}
	if b := r.Quiet(false); b.Kind != hl7.Whole || string(b.Payload) != "a" {
		t.Errorf("after a short wait: %+v", b)
	}
	scan(r, "\vabc", 100)
	if b := r.Quiet(false); b.Kind != hl7.NoBlock {
		t.Errorf("a block in the middle ends after a short wait: %+v", b)
	}
	if b := r.Quiet(true); b.Kind != hl7.CutOff || string(b.Payload) != "abc" || r.Inside() {
		t.Errorf("after a long silence: %+v", b)
	}
}

func TestReadRecording(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     []string
		cut      int
	}{
		{"blocks", "\vMSH|a\r\x1c\r\n\vMSH|b\r\x1c\r", []string{"MSH|a\r", "MSH|b\r"}, 0},
		{"CR missing at the end", "\vMSH|a\r\x1c", []string{"MSH|a\r"}, 0},
		{"end missing", "\vMSH|a\r", []string{"MSH|a\r"}, 1},
		{"one cut by the next", "\vMSH|a\vMSH|b\r\x1c\r", []string{"MSH|b\r"}, 1},
		{"no blocks", "MSH|a\rPID|1\rMSH|b\r", []string{"MSH|a\rPID|1\r", "MSH|b\r"}, 0},
		{"no blocks, LF, noise in front", "log\nMSH|a\nPID|1\n", []string{"MSH|a\nPID|1\n"}, 0},
		{"nothing", "", nil, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := hl7.ReadRecording([]byte(tc.in))
			var got []string
			for _, m := range r.Messages {
				got = append(got, string(m))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || r.Cut != tc.cut {
				t.Errorf("cut %d, want %d; %s", r.Cut, tc.cut, diff)
			}
		})
	}
}

// FuzzMLLP checks that the reader finds the same however the bytes are cut into reads, that it keeps to its cap, and
// that a block that was written is found again.
func FuzzMLLP(f *testing.F) {
	for _, s := range []string{"\vMSH|a\r\x1c\r", "\va\x1c\vb\x1cc\x1c\r", "\v\v\v\x1c\x1c\r", "x\x02\va\x1c\n\r\v"} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		const limit = 64
		whole, pieces := &hl7.BlockReader{Cap: limit}, &hl7.BlockReader{Cap: limit}
		a := scan(whole, string(in), len(in)+1)
		b := scan(pieces, string(in), int(size)+1)
		if len(a) != len(b) {
			t.Fatalf("%q in one read, %q in reads of %d", a, b, int(size)+1)
		}
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("%q in one read, %q in reads of %d", a[i], b[i], int(size)+1)
			}
		}
		if whole.Held() > limit || whole.Noise() != pieces.Noise() {
			t.Fatalf("holds %d, noise %d and %d", whole.Held(), whole.Noise(), pieces.Noise())
		}
		clean := strings.Map(func(r rune) rune {
			if r == 0x0b || r == 0x1c {
				return -1
			}
			return r
		}, string(in))
		r := &hl7.BlockReader{Cap: len(clean)}
		if got := scan(r, string(hl7.AppendBlock(nil, []byte(clean))), int(size)+1); len(got) != 1 || got[0] != clean {
			t.Fatalf("wrote %q, found %q", clean, got)
		}
		hl7.ReadRecording(in)
	})
}

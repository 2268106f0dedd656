package session_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

// The tests of this file carry the rows of the table of faults that a link has to survive, and play every transcript of the
// repository and every capture of JAANCH_SAMPLES.

// wire is a transcript as it goes over a line: the pieces that an analyzer writes, each after the answer to the last.
type wire struct {
	pieces [][]byte
	texts  []string // what a session that saw all of it stores, with the ending of each message
	hl7    bool
}

func (w wire) stream() string { return string(bytes.Join(w.pieces, nil)) }

// wires reads every transcript.
func wires(t *testing.T) map[string]wire {
	t.Helper()
	patterns := []string{filepath.Join("..", "driver", "testdata", "*", "*.*")}
	if dir := os.Getenv("JAANCH_SAMPLES"); dir != "" {
		patterns = append(patterns, filepath.Join(dir, "astm", "*.astm"), filepath.Join(dir, "hl7", "*.hl7"))
	}
	out := map[string]wire{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
			switch filepath.Ext(path) {
			case ".astm":
				out[name] = wireASTM(b)
			case ".hl7":
				out[name] = wireHL7(b)
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d transcripts", len(out))
	}
	return out
}

func wireASTM(b []byte) wire {
	var w wire
	for _, m := range astm.ReadRecording(b).Messages {
		ending := "closed:"
		if bytes.Contains(m.Bytes, []byte("\rL")) {
			ending = "terminated:"
		}
		w.texts = append(w.texts, ending+string(m.Bytes))
		w.pieces = append(w.pieces, []byte{0x05})
		w.pieces = append(w.pieces, astm.Frames(m.Bytes, astm.RecordPerFrame, 0)...)
		w.pieces = append(w.pieces, []byte{0x04})
	}
	return w
}

func wireHL7(b []byte) wire {
	w := wire{hl7: true}
	for _, m := range hl7.ReadRecording(b).Messages {
		w.texts = append(w.texts, "terminated:"+string(m))
		w.pieces = append(w.pieces, hl7.AppendBlock(nil, m))
	}
	return w
}

// everyWire plays each transcript in a bubble of its own.
func everyWire(t *testing.T, pick func(wire) bool, f func(t *testing.T, w wire)) {
	t.Helper()
	t.Parallel()
	all := wires(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if w := all[name]; pick == nil || pick(w) {
			bubble(name, t, func(t *testing.T) { f(t, w) })
		}
	}
}

func framed(w wire) bool { return !w.hl7 }

// listen connects a session that knows nobody.
func listen(t *testing.T) (*archive, func(string) string) {
	t.Helper()
	a := &archive{}
	inst := connect(t, a, session.TCPOptions("test"))
	return a, func(s string) string { return say(t, inst, s) }
}

// same compares what is stored with what a transcript holds.
func (w wire) same(t *testing.T, a *archive, times int) {
	t.Helper()
	var want []string
	for range times {
		want = append(want, w.texts...)
	}
	if diff := cmp.Diff(want, a.texts()); diff != "" {
		t.Errorf("(-sent +stored)\n%s", diff)
	}
}

// offsets gives where a stream is cut: a few dozen places, spread over it, or every byte with JAANCH_ALL_OFFSETS.
func offsets(n int) []int {
	step := max(1, n/40)
	if os.Getenv("JAANCH_ALL_OFFSETS") != "" {
		step = 1
	}
	var out []int
	for at := 1; at < n; at += step {
		out = append(out, at)
	}
	return append(out, n-1)
}

// TestRow06CutAnywhere cuts each transcript: whatever was acknowledged is in the archive, and what counts as whole is the
// beginning of what was sent.
func TestRow06CutAnywhere(t *testing.T) {
	everyWire(t, nil, func(t *testing.T, w wire) {
		stream := w.stream()
		for _, cut := range offsets(len(stream)) {
			a := &archive{}
			inst := connect(t, a, session.TCPOptions("test"))
			acks := strings.Count(say(t, inst, stream[:cut]), "\x06")
			_ = inst.Close()
			synctest.Wait()
			if raw := a.raw(instruments.In); acks > 0 && !w.hl7 && !holdsFrames(raw, w.pieces, acks) {
				t.Fatalf("cut at %d: %d acknowledgements, archived %d bytes of %d", cut, acks, len(raw), cut)
			}
			whole := slices.DeleteFunc(a.texts(), func(s string) bool { return strings.HasPrefix(s, "cut:") })
			if len(whole) > len(w.texts) || !slices.Equal(whole, w.texts[:len(whole)]) {
				t.Fatalf("cut at %d: %d messages count as whole that were not sent so", cut, len(whole))
			}
		}
	})
}

// holdsFrames tells whether the first acknowledged pieces are in the archive.
func holdsFrames(raw string, pieces [][]byte, acks int) bool {
	for _, p := range pieces {
		if acks == 0 {
			return true
		}
		if p[0] == 0x04 {
			continue
		}
		if acks--; p[0] == 0x02 && !strings.Contains(raw, strings.TrimRight(string(p), "\r\n")) {
			return false
		}
	}
	return true
}

// TestRow07SpoiledFrames spoils a frame in the middle of each transcript in every way of the table: it is refused, and its
// good copy makes the message whole.
func TestRow07SpoiledFrames(t *testing.T) {
	everyWire(t, framed, func(t *testing.T, w wire) {
		for name, spoil := range map[string]func(f []byte) []byte{
			"checksum":    func(f []byte) []byte { f[len(f)-3] ^= 1; return f },
			"text":        func(f []byte) []byte { f[len(f)/2] ^= 1; return f },
			"number":      renumbered,
			"without ETX": func(f []byte) []byte { return f[:len(f)-5] },
		} {
			a := &archive{}
			inst := connect(t, a, session.Options{Link: "test", Protocol: instruments.ASTM})
			middle := len(w.pieces) / 2
			for w.pieces[middle][0] != 0x02 {
				middle--
			}
			for i, p := range w.pieces {
				if i == middle {
					answer := say(t, inst, string(spoil(bytes.Clone(p))))
					if answer == "" { // nothing ended the frame: silence does
						time.Sleep(6 * time.Second)
						answer = hear(inst)
					}
					if answer != "\x15" {
						t.Fatalf("%s: a spoiled frame was answered by %q", name, answer)
					}
				}
				if answer := say(t, inst, string(p)); p[0] != 0x04 && answer != "\x06" {
					t.Fatalf("%s: piece %d was answered by %q", name, i, answer)
				}
			}
			w.same(t, a, 1)
			_ = inst.Close()
		}
	})
}

// renumbered gives the frame a number that is neither its own nor the one before, with the checksum of that.
func renumbered(f []byte) []byte {
	end := bytes.LastIndexAny(f[:len(f)-4], "\x03\x17")
	return astm.AppendFrame(nil, int(f[1]-'0')+3, f[2:end], f[end] == 0x03)
}

// TestRow07SenderThatNeverSucceeds sends bad frames without end: the session ends, and the next one is served.
func TestRow07SenderThatNeverSucceeds(t *testing.T) {
	t.Parallel()
	bubble("bad frames", t, func(t *testing.T) {
		a, tell := listen(t)
		tell("\x05")
		naks := 0
		for range 40 {
			naks += strings.Count(tell("\x021H|zz\x0300\r\n"), "\x15")
		}
		if naks < 6 || naks > 40 {
			t.Errorf("%d refusals", naks)
		}
		w := wireASTM([]byte(records))
		for _, p := range w.pieces {
			tell(string(p))
		}
		w.same(t, a, 1)
	})
}

// TestRow08RepeatedFrames sends each frame twice, as after a lost acknowledgement: both are acknowledged, and its text counts
// once.
func TestRow08RepeatedFrames(t *testing.T) {
	everyWire(t, framed, func(t *testing.T, w wire) {
		a, tell := listen(t)
		for i, p := range w.pieces {
			want := "\x06"
			if p[0] == 0x04 {
				want = ""
			}
			if got := tell(string(p)); got != want {
				t.Fatalf("piece %d was answered by %q", i, got)
			}
			if p[0] == 0x02 {
				if got := tell(string(p)); got != "\x06" {
					t.Fatalf("piece %d, again, was answered by %q", i, got)
				}
			}
		}
		w.same(t, a, 1)
	})
}

// TestRow08ThreeInOneWrite sends three copies in one write, noise in front of each: each is handled once, in order.
func TestRow08ThreeInOneWrite(t *testing.T) {
	everyWire(t, nil, func(t *testing.T, w wire) {
		a, tell := listen(t)
		noise := "\x06\x00\r\n"
		tell(strings.Repeat(noise+w.stream(), 3))
		w.same(t, a, 3)
	})
}

// TestRow08ThousandWithoutWaiting sends a thousand messages in one burst.
func TestRow08ThousandWithoutWaiting(t *testing.T) {
	t.Parallel()
	const count = 1000
	for _, c := range []struct {
		name, text string
		pack       func([]byte) wire
		answer     string
	}{{"astm", records, wireASTM, "\x06"}, {"hl7", upload, wireHL7, "MSA|AA|"}} {
		bubble(c.name, t, func(t *testing.T) {
			var stream strings.Builder
			var want []string
			for i := range count {
				w := c.pack([]byte(strings.ReplaceAll(c.text, "A0001", fmt.Sprintf("A%04d", i))))
				stream.WriteString(w.stream())
				want = append(want, w.texts...)
			}
			a, tell := listen(t)
			answers := tell(stream.String())
			if diff := cmp.Diff(want, a.texts()); diff != "" {
				t.Errorf("(-sent +stored)\n%.2000s", diff)
			}
			if n := strings.Count(answers, c.answer); n < count {
				t.Errorf("%d acknowledgements", n)
			}
		})
	}
}

// TestRow09BothAskAtOnce lets each transcript begin with a contention: the host yields, stores all of it, and sends its order
// afterwards.
func TestRow09BothAskAtOnce(t *testing.T) {
	everyWire(t, framed, func(t *testing.T, w wire) {
		a := &archive{orders: []instruments.Outgoing{{ID: lab.ID{15: 200}, Text: []byte("H|\\^&\rL|1|N\r")}}}
		inst := connect(t, a, session.Options{Link: "test", Instrument: lab.ID{1}, Protocol: instruments.ASTM})
		if got := hear(inst); got != "\x05" {
			t.Fatalf("the host begins with %q", got)
		}
		if got := say(t, inst, "\x05"); got != "" {
			t.Fatalf("a contention was answered by %q", got)
		}
		time.Sleep(time.Second)
		for i, p := range w.pieces {
			got := say(t, inst, string(p))
			if p[0] != 0x04 && !strings.HasPrefix(got, "\x06") {
				t.Fatalf("piece %d was answered by %q", i, got)
			}
			if p[0] == 0x04 && got == "\x05" && i < len(w.pieces)-1 {
				say(t, inst, "\x05") // the analyzer has more to say, and wins again
				time.Sleep(time.Second)
			}
		}
		w.same(t, a, 1)
		taken := func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return slices.Contains(a.sent, "200:<nil>")
		}
		for tries := 0; !taken() && tries < 40; tries++ {
			say(t, inst, "\x06")
			time.Sleep(time.Second)
		}
		if !taken() {
			t.Errorf("the order: %q", a.sent)
		}
	})
}

// TestRow10ByteASecond lets each transcript of moderate length crawl: it is handled as any other.
func TestRow10ByteASecond(t *testing.T) {
	moderate := func(w wire) bool {
		longest := 0
		for _, p := range w.pieces {
			longest = max(longest, len(p))
		}
		return len(w.stream()) < 3000 && (w.hl7 || longest < 500)
	}
	everyWire(t, moderate, func(t *testing.T, w wire) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("test"))
		for _, c := range []byte(w.stream()) {
			if _, err := inst.Write([]byte{c}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		w.same(t, a, 1)
	})
}

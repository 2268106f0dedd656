package astm_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

// message is an ordinary upload of one sample with two results.
const message = "H|\\^&|||DEMO^1.0^42|||||||P|1|20260102030405\r" +
	"P|1||LAB7\r" +
	"O|1|A0001||^^^GLU\\^^^CREA|R\r" +
	"R|1|^^^GLU|5.1|mmol/L||N||F||||20260102030000\r" +
	"R|2|^^^CREA|88|umol/L||N||F||||20260102030000\r" +
	"L|1|N\r"

func TestChecksumOfTheStandardsExample(t *testing.T) {
	t.Parallel()
	if got := astm.Checksum([]byte("1Test\x03")); got != 0xD4 {
		t.Errorf("Checksum = %02X, want D4", got)
	}
	if got, want := string(astm.AppendFrame(nil, 1, []byte("Test"), true)), "\x021Test\x03D4\r\n"; got != want {
		t.Errorf("AppendFrame = %q, want %q", got, want)
	}
}

func TestFramesOfBothPackings(t *testing.T) {
	t.Parallel()
	long := "H|\\^&\rR|1|" + strings.Repeat("x", 500) + "\rL|1\r"
	for _, tc := range []struct {
		name    string
		packing astm.Packing
		limit   int
		frames  int
	}{
		{"a record a frame", astm.RecordPerFrame, 0, 1 + 3 + 1},
		{"the message in a chain", astm.WholeMessage, 0, 3},
		{"one long frame", astm.WholeMessage, 64000, 1},
		{"cut at every byte", astm.WholeMessage, 1, len(long)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			frames := astm.Frames([]byte(long), tc.packing, tc.limit)
			if len(frames) != tc.frames {
				t.Errorf("%d frames, want %d", len(frames), tc.frames)
			}
			for i, f := range frames {
				if got, want := f[1], byte('0'+(i+1)%8); got != want {
					t.Fatalf("frame %d has number %c, want %c", i, got, want)
				}
			}
			got := astm.ReadRecording(bytes.Join(frames, nil))
			want := []instruments.Text{{Bytes: []byte(long), Ending: instruments.Terminated}}
			if diff := cmp.Diff(want, got.Messages); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// framed joins frames made by hand: each text ends with ETX unless it ends with "~", which stands for ETB.
func framed(texts ...string) string {
	var b []byte
	for i, text := range texts {
		body, chained := strings.CutSuffix(text, "~")
		b = astm.AppendFrame(b, i+1, []byte(body), !chained)
	}
	return string(b)
}

func TestReadRecording(t *testing.T) {
	t.Parallel()
	whole := "H|\\^&\rR|1|x\rL|1|N\r"
	good := framed("H|\\^&\r", "R|1|x\r", "L|1|N\r")
	for _, tc := range []struct{ name, in, want string }{
		{"a session", "\x05" + good + "\x04", whole},
		{"noise in front", "\x06\x06\x00\r\n" + good, whole},
		{"no LF", strings.ReplaceAll(good, "\n", ""), whole},
		{"no CR LF", strings.ReplaceAll(good, "\r\n", ""), whole},
		{"lower-case checksum", "\x021H|\\^&\rL|1\r\x03" + strings.ToLower(sum("1H|\\^&\rL|1\r\x03")), "H|\\^&\rL|1\r"},
		{"CR missing at the end of a record", framed("H|\\^&", "R|1|x", "L|1|N"), whole},
		{"LF behind CR", framed("H|\\^&\r\nR|1|x\r\nL|1|N\r\n"), whole},
		{"a chain cut in the L record", framed("H|\\^&\rR|1|x\rL|1~", "|N\r"), whole},
		{"a chain cut between CR and LF", framed("H|\\^&\r~", "\nR|1|x\r\nL|1|N\r"), whole},
		{"a retransmitted frame", framed("H|\\^&\r") + good, whole},
		{"a number that stays", framed("H|\\^&\r") + astmFrame(1, "R|1|x\r") + astmFrame(1, "L|1|N\r"), whole},
		{"two messages", good + framed("H|`^&\r", "L|1\r"), whole + "#H|`^&\rL|1\r"},
		{"L missing, EOT", "\x05" + framed("H|\\^&\r", "R|1|x\r") + "\x04", "H|\\^&\rR|1|x\r"},
		{"L missing, next H", framed("H|\\^&\r", "R|1|x\r", "H|\\^&\r", "L|1\r"), "H|\\^&\rR|1|x\r#H|\\^&\rL|1\r"},
		{"a bad copy, then the good one", bad(framed("H|\\^&\r")) + good, whole},
		{"a bad frame alone", bad(framed("H|\\^&\r")) + framed("H", "R|1|x\r", "L|1|N\r")[len(framed("H")):], whole},
		{"the last frame torn", framed("H|\\^&\r", "R|1|x\r") + "\x023L|1|N", whole},
		{"bare records, CR", whole, whole},
		{"bare records, LF", strings.ReplaceAll(whole, "\r", "\n"), whole},
		{"bare records, CR LF, no end", strings.TrimSuffix(strings.ReplaceAll(whole, "\r", "\r\n"), "\r\n"), whole},
		{"SOH block", "\x01" + whole + "\x04", whole},
		{"nothing", "", ""},
		{"noise alone", "\x06\x06\x15", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range astm.ReadRecording([]byte(tc.in)).Messages {
				got = append(got, string(m.Bytes))
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, "#")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func astmFrame(number int, text string) string {
	return string(astm.AppendFrame(nil, number, []byte(text), true))
}

func sum(s string) string { return fmt.Sprintf("%02X", astm.Checksum([]byte(s))) }

// bad makes the checksum of a single frame wrong.
func bad(frame string) string {
	i := strings.LastIndexAny(frame, "\x03\x17")
	return frame[:i+1] + "zz" + frame[i+3:]
}

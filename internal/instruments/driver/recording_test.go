package driver_test

import (
	"fmt"
	"strings"
	"testing"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
)

// TestDecodeForms reads the same message in every form in which it may have been recorded.
func TestDecodeForms(t *testing.T) {
	t.Parallel()
	records := []string{`H|\^&|||X^1^S`, "P|1", "O|1|S1||^^^GLU", "R|1|^^^GLU|5.5|mg||N||F||||20240101", "L|1|N"}
	var framed, single strings.Builder
	for i, r := range records {
		framed.Write(astm.AppendFrame(nil, (i+1)%8, []byte(r+"\r"), true))
		single.Write(astm.AppendFrame(nil, (i+1)%8, []byte(r), true))
	}
	whole := string(astm.AppendFrame(nil, 1, []byte(strings.Join(records, "\r")+"\r"), true))
	block := "MSH|^~\\&|X|Y|||20240101||ORU^R01|1|P|2.3.1\rPID|1\rOBR|1||S1\rOBX|1|NM|GLU||5.5|mg|||||F|||20240101\r"
	for _, c := range []struct {
		name, bytes string
		messages    int
	}{
		{"frames", "\x05" + framed.String() + "\x04", 1},
		{"frames without CR in them", "\x05" + single.String() + "\x04", 1},
		{"frames without ENQ and EOT", framed.String(), 1},
		{"one frame", "\x05" + whole + "\x04", 1},
		{"two sessions", "\x05" + whole + "\x04\x05" + whole + "\x04", 2},
		{"answers of the host between", "\x06\x06\x05\x06" + whole + "\x06\x04", 1},
		{"wrong checksum", whole[:len(whole)-4] + "00\r\n", 1},
		{"SOH and EOT alone", "\x01" + strings.Join(records, "\r") + "\r\x04", 1},
		{"bare, LF", strings.Join(records, "\n"), 1},
		{"bare, CRLF, blank lines, byte order mark", "\ufeff" + strings.Join(records, "\r\n\r\n") + "\r\n", 1},
		{"blocks", "\x0b" + block + "\x1c\r\x0b" + block + "\x1c\r\n", 2},
		{"block of lines", "\x0b" + strings.ReplaceAll(block, "\r", "\n") + "\x1c\r", 1},
		{"block after heartbeats", "\x02\x02\x00\x0b" + block + "\x1c\r\x00", 1},
		{"block without its end", "\x0b" + block, 1},
		{"bare message with byte order mark", "\ufeff" + block, 1},
		{"two bare messages", block + block, 2},
		{"a batch in one block", "\x0bFHS|^~\\&\rBHS|^~\\&\r" + block + block + "BTS|2\rFTS|1\r\x1c\r", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := driver.Decode(builtin(t), []byte(c.bytes)).Messages
			if len(got) != c.messages {
				t.Fatalf("%d messages, want %d", len(got), c.messages)
			}
			for i, m := range got {
				if len(m.Observations) != 1 {
					t.Fatalf("message %d has %d rows", i, len(m.Observations))
				}
				o := m.Observations[0]
				if row := fmt.Sprint(o.Message, o.SampleID, o.TestCode, o.Value, o.Unit, o.Status, o.Timestamp); row != fmt.Sprint(i, "S1", "GLU", "5.5", "mg", "F", "20240101") {
					t.Errorf("message %d: %s", i, row)
				}
			}
		})
	}
}

// TestDecodeFaults: what the link had to tolerate is told.
func TestDecodeFaults(t *testing.T) {
	t.Parallel()
	frame := string(astm.AppendFrame(nil, 1, []byte("H|\\^&\rL|1\r"), true))
	bad := frame[:len(frame)-4] + "00\r\n"
	doc := driver.NewDocument(driver.Decode(builtin(t), []byte("\x05"+bad+"\x04")))
	if len(doc.Warnings) == 0 || doc.Warnings[0].Where != "link" {
		t.Errorf("warnings %+v", doc.Warnings)
	}
}

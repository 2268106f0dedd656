package driver_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"

	"github.com/google/go-cmp/cmp"
)

func cr(s string) []byte { return []byte(strings.ReplaceAll(strings.TrimSpace(s), "\n", "\r") + "\r") }

func decodeAll(t *testing.T, protocol profile.Protocol, text string) []driver.Message {
	t.Helper()
	return driver.New(builtin(t), protocol, nil).Decode(cr(text))
}

func decodeOne(t *testing.T, protocol profile.Protocol, text string) driver.Message {
	t.Helper()
	got := driver.New(builtin(t), protocol, nil).Decode(cr(text))
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	return got[0]
}

// TestNumber: what is no number gives none, and nothing is ever read as zero.
func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ profile, value, num, comparator string }{
		{profile.GenericASTM, "5.10", "5.10", ""},
		{profile.GenericASTM, "-1.5", "-1.5", ""},
		{profile.GenericASTM, "< 0.50", "0.50", "<"},
		{profile.GenericASTM, ">=8", "8", ">="},
		{profile.GenericASTM, "≤8", "8", "<="},
		{profile.GenericASTM, "7,41", "", ""},
		{profile.GenericASTM, "12,345", "", ""},
		{profile.GenericASTM, "1.2E+05", "", ""},
		{profile.GenericASTM, "NA", "", ""},
		{profile.GenericASTM, "Nonreactive", "", ""},
		{profile.GenericASTM, "", "", ""},
		{profile.GenericASTM, "1:160", "", ""},
		{profile.GenericASTM, "3+", "", ""},
		{"euroimmun-analyzer", "7,41", "7.41", ""},
		{"euroimmun-analyzer", ">8", "8", ">"},
		{"euroimmun-analyzer", "1.234,5", "", ""},
	} {
		t.Run(c.profile+" "+c.value, func(t *testing.T) {
			t.Parallel()
			set := builtin(t)
			p, _ := set.Get(c.profile)
			m := driver.NewASTM(set, p).Decode(cr("H|\\^&\nO|1|S1\nR|1|^^^X|" + c.value + "\nL|1"))
			o := m[0].Observations[0]
			if o.ValueNum != c.num || o.Comparator != c.comparator || o.Value != c.value {
				t.Errorf("%q = %q %q, want %q %q", o.Value, o.Comparator, o.ValueNum, c.comparator, c.num)
			}
		})
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"12,345": "12345", "1,234,567.5": "1234567.5", "12,34": "", "1234,567": "1234567", "5": "5", "1.5,000": "", ">^12,345": "12345",
	} {
		m := decodeOne(t, profile.HL7, "MSH|^~\\&|||||1||OUL^R22|1|P|2.5.1\nSAC|||S1\nOBR|1||X^Y^99ABT\nOBX|1|NM|X^Y^99ABT||"+value+"|")
		if got := m.Observations[0].ValueNum; got != want {
			t.Errorf("%s is %q, want %q", value, got, want)
		}
	}
}

// TestDigest: the same message sent again has the same digest; any other change makes another one.
func TestDigest(t *testing.T) {
	t.Parallel()
	const (
		astmText = "H|\\^&|id-1||X^1|||||LIS||P|1|20240311101500\nO|1|S1\nR|1|^^^A|5.1|mg||N||F||||20240311101400\nL|1"
		hl7Text  = "MSH|^~\\&|X|Y|||20240311101500||ORU^R01|id-1|P|2.3.1\nOBR|1||S1\nOBX|1|NM|A||5.1|mg|||||F|||20240311101400"
	)
	for _, c := range []struct {
		name          string
		protocol      profile.Protocol
		text, old, by string
		same          bool
	}{
		{"ASTM control id", profile.ASTM, astmText, "id-1", "id-2", true},
		{"ASTM message time", profile.ASTM, astmText, "20240311101500", "20240311101600", true},
		{"ASTM value", profile.ASTM, astmText, "5.1", "5.2", false},
		{"ASTM result time", profile.ASTM, astmText, "20240311101400", "20240311101401", false},
		{"ASTM sender", profile.ASTM, astmText, "X^1", "X^2", false},
		{"HL7 control id", profile.HL7, hl7Text, "id-1", "id-2", true},
		{"HL7 message time", profile.HL7, hl7Text, "20240311101500", "20240311101600", true},
		{"HL7 value", profile.HL7, hl7Text, "5.1", "5.2", false},
		{"HL7 sender", profile.HL7, hl7Text, "|X|", "|Z|", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := decodeOne(t, c.protocol, c.text)
			b := decodeOne(t, c.protocol, strings.Replace(c.text, c.old, c.by, 1))
			if same := a.Digest == b.Digest; same != c.same {
				t.Errorf("same digest: %t, want %t", same, c.same)
			}
			if !a.TimedAll {
				t.Error("every row has a time of its own")
			}
		})
	}
}

// TestTimedAll: the header's time and the order's request time are no result times.
func TestTimedAll(t *testing.T) {
	t.Parallel()
	m := decodeOne(t, profile.ASTM, "H|\\^&|||X|||||||P|1|20240311101500\nO|1|S1||^^^A||20240311|20240311\nR|1|^^^A|5\nL|1")
	if o := m.Observations[0]; o.Timestamp != "" || m.TimedAll {
		t.Errorf("timestamp %q, timed %t", o.Timestamp, m.TimedAll)
	}
}

// TestComplete: of a message that was cut, the group that was being sent is not known to be whole.
func TestComplete(t *testing.T) {
	t.Parallel()
	const cut = "H|\\^&\nO|1|S1\nR|1|^^^A|5\nR|2|^^^B|6\nO|2|S2\nR|1|^^^A|7"
	m := decodeOne(t, profile.ASTM, cut)
	if m.Ended || len(m.Observations) != 3 {
		t.Fatalf("ended %t, %d rows", m.Ended, len(m.Observations))
	}
	if got := m.Complete(); len(got) != 2 || got[1].SampleID != "S1" {
		t.Errorf("complete: %+v", got)
	}
	if got := decodeOne(t, profile.ASTM, cut+"\nL|1").Complete(); len(got) != 3 {
		t.Errorf("%d rows of a whole message", len(got))
	}
}

// TestQueryAll: ALL in the id's place asks for everything that waits.
func TestQueryAll(t *testing.T) {
	t.Parallel()
	m := decodeOne(t, profile.ASTM, "H|\\^&|||X\nQ|1|ALL||^^^GLU\\^^^UREA||||||||O\nL|1")
	q := m.Queries[0]
	if !q.All || len(q.SampleIDs) != 0 || !cmp.Equal(q.Tests, []string{"GLU", "UREA"}) {
		t.Errorf("%+v", q)
	}
	doc := driver.NewDocument(driver.Recording{Protocol: profile.ASTM, Messages: []driver.Message{m}})
	if !cmp.Equal(doc.Queries[0].SampleIDs, []string{"ALL"}) {
		t.Errorf("document: %q", doc.Queries[0].SampleIDs)
	}
}

// TestOrders writes an order and its cancellation for one dialect of each kind, and reads them again.
func TestOrders(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	at := time.Date(2024, 3, 11, 10, 15, 0, 0, time.UTC)
	for _, id := range []string{profile.GenericASTM, "sysmex-xn", "roche-elecsys", "erba-xl", "cepheid-genexpert", profile.GenericHL7, "roche-cobas-hl7"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			p, _ := set.Get(id)
			d := driver.New(set, p.Protocol, p)
			order := driver.SampleAnswer{SampleID: "26071A20012C", Tests: []string{"A", "B^1"}, OrderID: "ORD-1", Priority: driver.Stat}
			out, err := d.Orders([]driver.Download{{SampleAnswer: order}, {SampleAnswer: order, Cancel: true}}, at, "N-7")
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			for _, o := range out {
				text.WriteString("## message " + o.ControlID + "\n")
				text.Write(lines(o.Payload))
				m := d.Decode(o.Payload)
				if len(m) != 1 || m[0].Kind != driver.KindOrder || len(m[0].Orders) == 0 {
					t.Fatalf("read again as %+v", m)
				}
				if got := m[0].Orders[0].SampleID; got != order.SampleID {
					t.Errorf("sample id read again as %q", got)
				}
			}
			golden(t, filepath.Join("testdata", id, "orders.golden"), text.Bytes())
		})
	}
}

// TestAnswerOtherThanQuery: what is no query has no answer.
func TestAnswerOtherThanQuery(t *testing.T) {
	t.Parallel()
	for _, protocol := range []profile.Protocol{profile.ASTM, profile.HL7} {
		_, err := driver.New(builtin(t), protocol, nil).Answer(driver.Query{}, driver.Answer{})
		if lab.CodeOf(err) != "query_unknown" {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}

// TestHL7Ack: the dialect decides what stands beside the code.
func TestHL7Ack(t *testing.T) {
	t.Parallel()
	d := driver.NewHL7(builtin(t), nil)
	got := string(d.Ack(cr("MSH|^~\\&|Mindray|BS-240|||1||ORU^R01|9|P|2.3.1||||0||ASCII"), hl7.AA, hl7.Reply{}))
	if !strings.Contains(got, "\rMSA|AA|9|Message accepted|||0|\r") {
		t.Errorf("%q", got)
	}
	got = string(d.Ack(cr("MSH|^~\\&|Other||||1||ORU^R01|9|P|2.3.1"), hl7.AA, hl7.Reply{}))
	if !strings.Contains(got, "\rMSA|AA|9\r") {
		t.Errorf("%q", got)
	}
}

// TestAnswerCharset: an answer goes out in the instrument's character set; what that lacks becomes a question mark.
func TestAnswerCharset(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	m := decodeOne(t, profile.HL7, "MSH|^~\\&|Mindray|BS-240|||1||QRY^Q02|1|P|2.3.1||||||ASCII\nQRD|1|R|D|1|||RD|S1|OTH|||T")
	reply, err := driver.NewHL7(set, nil).Answer(m.Queries[0], driver.Answer{Samples: []driver.SampleAnswer{
		{SampleID: "S1", Found: true, Tests: []string{"1"}, Patient: driver.Patient{Name: "आशा"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(reply.Follow[0].Payload); !strings.Contains(text, "\rDSP|3||???||\r") {
		t.Errorf("%q", text)
	}
}

type broken struct{}

func (broken) Decode([]byte) []driver.Message { panic("SECRET-VALUE") }

// TestSafely: a fault of ours is an error that quotes nothing of the message.
func TestSafely(t *testing.T) {
	t.Parallel()
	out, err := driver.Safely(broken{}, nil)
	var fault *lab.Error
	if out != nil || !errors.As(err, &fault) || fault.Code != "decode_fault" {
		t.Fatalf("%v, %v", out, err)
	}
	if strings.Contains(err.Error(), "SECRET") {
		t.Error("the error quotes the panic")
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "sysmex-xn", "result.astm")
	var asJSON, asText bytes.Buffer
	if err := driver.Run(&asJSON, path, true); err != nil {
		t.Fatal(err)
	}
	if err := driver.Run(&asText, path, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"driver": "sysmex-xn"`, `"role": "control"`, `"queries": []`, `"unit": "10*3/uL"`} {
		if !strings.Contains(asJSON.String(), want) {
			t.Errorf("JSON lacks %s", want)
		}
	}
	if !strings.Contains(asText.String(), "26071A20012C") {
		t.Errorf("text lacks the sample:\n%s", asText.String())
	}
	if err := driver.Run(&asText, filepath.Join("testdata", "none"), true); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

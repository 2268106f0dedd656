package hl7_test

import (
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments/hl7"
)

// TestAsks covers both modes. Numbers in MSH-16, as some analyzers send, ask for nothing.
func TestAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept, app  string
		failed       bool
		wantA, wantB bool
	}{
		{"", "", false, false, true},
		{"", "0", false, false, true},
		{"", "2", true, false, true},
		{"NE", "AL", false, false, true},
		{"AL", "NE", false, true, false},
		{"AL", "AL", false, true, true},
		{"NE", "NE", false, false, false},
		{"AL", "", false, true, false},
		{"ER", "SU", false, false, true},
		{"ER", "SU", true, true, false},
	} {
		m := hl7.Parse([]byte("MSH|^~\\&|A||||||ORU^R01|1|P|2.5|||"+c.accept+"|"+c.app), "")
		got := m.Asks(c.failed)
		if got.Accept != c.wantA || got.Application != c.wantB {
			t.Errorf("MSH-15 %q MSH-16 %q failed=%t: %+v", c.accept, c.app, c.failed, got)
		}
	}
}

func TestAck(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 11, 10, 15, 0, 0, time.UTC)
	fault := hl7.Fault{Code: "101", Segment: "OBR", Field: 4, Text: "service missing"}
	for _, c := range []struct {
		name, message string
		code          hl7.Code
		reply         hl7.Reply
		want          []string
	}{
		{
			"2.3.1 accepted", `MSH|^~\&|BC|Mindray|||20240311||ORU^R01|87|P|2.3.1||||||UNICODE`, hl7.AA,
			hl7.Reply{},
			[]string{`MSH|^~\&|||BC|Mindray|20240311101500||ACK^R01|87|P|2.3.1||||||UNICODE`, `MSA|AA|87`},
		},
		{
			"2.5.1 accepted", `MSH|^~\&|A^x|F|LIS|Lab|20240311||OUL^R22^OUL_R22|m&1|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-29^IHE`, hl7.AA,
			hl7.Reply{ControlID: "n-1"},
			[]string{`MSH|^~\&|LIS|Lab|A^x|F|20240311101500||ACK^R22^ACK|n-1|P|2.5.1||||||UNICODE UTF-8|||LAB-29^IHE`, `MSA|AA|m&1`},
		},
		{
			"2.3.1 refused", `MSH|^~\&|BC||||20240311||ORU^R01|87|P|2.3.1`, hl7.AE,
			hl7.Reply{Text: "no service", Faults: []hl7.Fault{fault}},
			[]string{`MSH|^~\&|||BC||20240311101500||ACK^R01|87|P|2.3.1`, `MSA|AE|87|no service`, `ERR|OBR^^4^101`},
		},
		{
			"2.5 refused", `MSH|^~\&|BC||||20240311||ORU^R01|87|P|2.5`, hl7.AR,
			hl7.Reply{Faults: []hl7.Fault{fault, {Code: "207"}}},
			[]string{
				`MSH|^~\&|||BC||20240311101500||ACK^R01^ACK|87|P|2.5`, `MSA|AR|87`,
				`ERR||OBR^1^4|101^Required field missing^HL70357|E||||service missing`,
				`ERR|||207^Application internal error^HL70357|E`,
			},
		},
		{
			"more behind the text", `MSH|^~\&|Mindray|BS||||1|ORU^R01|2|P|2.3.1||||0||ASCII`, hl7.AA,
			hl7.Reply{Text: "Message accepted", Extra: "|||0|"},
			[]string{`MSH|^~\&|||Mindray|BS|20240311101500||ACK^R01|2|P|2.3.1||||||ASCII`, `MSA|AA|2|Message accepted|||0|`},
		},
		{
			"own separators", `MSH#*~!@#BC####20240311##ORU*R01#9#P#2.3`, hl7.CA,
			hl7.Reply{},
			[]string{`MSH#*~!@###BC##20240311101500##ACK*R01#9#P#2.3`, `MSA#CA#9`},
		},
		{
			"nothing to go by", "PID|1", hl7.AR,
			hl7.Reply{},
			[]string{`MSH|^~\&|||||20240311101500||ACK||P|2.3.1`, `MSA|AR`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.reply.At = at
			got := string(hl7.Ack(hl7.Parse([]byte(c.message), ""), c.code, c.reply))
			if want := strings.Join(c.want, "\r") + "\r"; got != want {
				t.Errorf("\n got %q\nwant %q", got, want)
			}
		})
	}
}

// TestAckCharset: the acknowledgement is in the character set that the message was in.
func TestAckCharset(t *testing.T) {
	t.Parallel()
	m := hl7.Parse([]byte("MSH|^~\\&|Caf\xe9||||20240311||ORU^R01|87|P|2.3.1||||||8859/1"), "")
	got := string(hl7.Ack(m, hl7.AA, hl7.Reply{}))
	if !strings.Contains(got, "|Caf\xe9|") {
		t.Errorf("the sender's name did not come back as its bytes: %q", got)
	}
}

func TestAtLeast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, least string
		want           bool
	}{
		{"2.5", "2.5", true},
		{"2.5.1", "2.5", true},
		{"2.10", "2.5", true},
		{"2.3.1", "2.5", false},
		{"3", "2.5", true},
		{"", "2.5", false},
	} {
		if got := hl7.AtLeast(c.version, c.least); got != c.want {
			t.Errorf("%q at least %q: %t", c.version, c.least, got)
		}
	}
}

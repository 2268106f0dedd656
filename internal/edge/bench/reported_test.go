package bench_test

import (
	"fmt"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/instruments"
	"jaanch/internal/lab/access"
)

// sendFlagged plays a message whose value only says that the result stands in the flag.
func sendFlagged(t *testing.T, l *edgetest.Lab, sampleID, flag, at string) {
	t.Helper()
	text := fmt.Sprintf("MSH|^~\\&|COBAS6800||LIS||%s||OUL^R22|1|P|2.5\rSPM|1|%s||PLAS|||||||P\rSAC|||%s\rOBR|1|||HIV^HIV^99ROC\r"+
		"OBX|1|ST|HIV^HIV^99ROC||ValueNotSet|||%s|||F|||||||||%s\r", at, sampleID, sampleID, flag, at)
	s := l.DB.NewID()
	_, err := l.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: l.DB.NewID(), Link: "hl7", Address: "192.0.2.8:4711", Protocol: instruments.HL7},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.HL7, At: l.Clock.Now(), Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: instruments.HL7, Text: []byte(text), Ending: instruments.Terminated}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A result that stands in the flag is filed, shown and compared as that flag; "ValueNotSet" appears on no order. It waits
// as such too: the first message is filed only when its code is mapped.
func TestResultThatStandsInTheFlag(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "PS")
	id := v.Samples[0].Accession
	sendFlagged(t, l, id, "BT", "20261121101500")
	all, err := l.Bench.Instruments(t.Context())
	if err != nil || len(all.Senders) != 1 {
		t.Fatalf("senders: %+v, %v", all.Senders, err)
	}
	manager := l.People[access.Manager]
	device, err := l.Bench.Approve(t.Context(), manager, l.DB.NewID().String(), bench.Approve{SenderID: all.Senders[0].ID, FileWaiting: true, New: &bench.InstrumentInput{
		Name: "Demo cobas", Profile: "roche-cobas-hl7", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bench.SetCode(t.Context(), manager, device.ID, bench.CodeInput{Code: "HIV", TestID: l.Tests["PS"]}); err != nil {
		t.Fatal(err)
	}
	row := l.Rows(t, v.ID)["PS"]
	if row.Value != "BT" || row.Raw != "BT" || row.Source == nil || row.Source.Flag != "BT" || len(row.Holds) != 0 {
		t.Fatalf("on the order stands %+v, %+v", row, row.Source)
	}
	other := l.Visit(t, "Ravi Demo", "M", 50, "PS")
	sendFlagged(t, l, other.Samples[0].Accession, "BT", "20261121102000")
	if got := l.Rows(t, other.ID)["PS"]; got.Value != "BT" {
		t.Errorf("filed at once stands %+v", got)
	}
	sendFlagged(t, l, id, "RR", "20261121103000")
	if got := reasons(t, l); got["possible_repeat"] != 1 {
		t.Errorf("another flag is another result: %v", got)
	}
	sendFlagged(t, l, id, "BT", "20261121104500")
	if got := reasons(t, l); got["possible_repeat"] != 1 {
		t.Errorf("the same flag is the same result: %v", got)
	}
}

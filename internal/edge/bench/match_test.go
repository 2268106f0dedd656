package bench_test

import (
	"fmt"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

const sender = "DEMO-HEM^H100"

// send plays one whole message of one haemoglobin into the node, as a session would.
func send(t *testing.T, l *edgetest.Lab, sampleID, patientID, code, value, timestamp string) {
	t.Helper()
	sendAs(t, l, instruments.Terminated, sampleID, patientID, code, value, timestamp)
}

func sendAs(t *testing.T, l *edgetest.Lab, ending instruments.Ending, sampleID, patientID, code, value, timestamp string) {
	t.Helper()
	text := fmt.Sprintf("H|\\^&|||%s|||||||P|1\rP|1|%s\rO|1|%s||^^^%s|R\rR|1|^^^%s|%s|g/dL||N||F||||%s\r", sender, patientID, sampleID, code, code, value, timestamp)
	if ending != instruments.Cut {
		text += "L|1|N\r"
	} else {
		text += "O|2|999||^^^X|R\rR|1|^^^X|1"
	}
	s := l.DB.NewID()
	_, err := l.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: l.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.ASTM, At: l.Clock.Now(), Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: instruments.ASTM, Text: []byte(text), Ending: ending}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// approve binds the sender and maps HGB to haemoglobin.
func approve(t *testing.T, l *edgetest.Lab) lab.ID {
	t.Helper()
	send(t, l, "000", "", "HGB", "1", "20261121050000")
	all, err := l.Bench.Instruments(t.Context())
	if err != nil || len(all.Senders) != 1 {
		t.Fatalf("senders: %+v, %v", all.Senders, err)
	}
	manager := l.People[access.Manager]
	i, err := l.Bench.Approve(t.Context(), manager, l.DB.NewID().String(), bench.Approve{
		SenderID: all.Senders[0].ID, New: &bench.InstrumentInput{Name: "Demo counter", Profile: "generic-astm", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, Query: true, WindowDays: 7},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bench.SetCode(t.Context(), manager, i.ID, bench.CodeInput{Code: "HGB", TestID: l.Tests["HB"]}); err != nil {
		t.Fatal(err)
	}
	return i.ID
}

// reasons gives how many cards wait for which reason.
func reasons(t *testing.T, l *edgetest.Lab) map[string]int {
	t.Helper()
	box, err := l.Bench.Inbox(t.Context(), "waiting", lab.ID{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, c := range box.Cards {
		out[c.Reason]++
	}
	return out
}

// mark gives a tube a barcode of its own.
func mark(t *testing.T, l *edgetest.Lab, s reception.Sample, barcode string) reception.Sample {
	t.Helper()
	got, err := l.Desk.SetBarcode(t.Context(), l.People[access.Technician], s.ID, reception.SetBarcode{Barcode: barcode, Versions: s.Versions})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMatching(t *testing.T) {
	t.Parallel()
	const at = "20261121101500"
	tests := []struct {
		name   string
		play   func(t *testing.T, l *edgetest.Lab, tube reception.Sample, v reception.Visit)
		value  string // of haemoglobin afterwards
		reason string // why something waits
	}{
		{"exact id and mapped code", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, s.Accession, "", "HGB", "13.4", at)
		}, "13.4", ""},
		{"same message twice", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, s.Accession, "", "HGB", "13.4", at)
			send(t, l, s.Accession, "", "HGB", "13.4", at)
		}, "13.4", ""},
		{"same value again with another time", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, s.Accession, "", "HGB", "13.4", at)
			send(t, l, s.Accession, "", "HGB", "13.4", "20261121103000")
		}, "13.4", ""},
		{"another value is perhaps another run", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, s.Accession, "", "HGB", "13.4", at)
			send(t, l, s.Accession, "", "HGB", "12.1", "20261121103000")
		}, "13.4", "possible_repeat"},
		{"undated message again after long", func(t *testing.T, l *edgetest.Lab, s reception.Sample, v reception.Visit) {
			send(t, l, s.Accession, "", "HGB", "13.4", "")
			l.Clock.Add(time.Hour)
			send(t, l, s.Accession, "", "HGB", "13.4", "")
		}, "13.4", "possible_repeat"},
		{"unmapped code", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, s.Accession, "", "XYZ", "13.4", at)
		}, "", "unmapped_code"},
		{"unknown sample", func(t *testing.T, l *edgetest.Lab, _ reception.Sample, _ reception.Visit) {
			send(t, l, "LONGNUMBER-OF-ANOTHER-LAB", "", "HGB", "13.4", at)
		}, "", "unknown_sample"},
		{"the tube's own barcode", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			mark(t, l, s, "276056250158121")
			send(t, l, "276056250158121", "", "HGB", "13.4", at)
		}, "13.4", ""},
		{"our number of a tube with a barcode", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			mark(t, l, s, "276056250158121")
			send(t, l, s.Accession, "", "HGB", "13.4", at)
		}, "13.4", ""},
		{"a barcode that is set after the results came", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, "276056250158121", "", "HGB", "13.4", at)
			mark(t, l, s, "276056250158121")
		}, "13.4", ""},
		{"another barcode that is set after the results came", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, "276056250158121", "", "HGB", "13.4", at)
			mark(t, l, s, "276056250158999")
		}, "", "unknown_sample"},
		{"a barcode nearly right", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			mark(t, l, s, "276056250158121")
			send(t, l, "27605625015812", "", "HGB", "13.4", at)
		}, "", "unknown_sample"},
		{"barcode of a tube that came too long ago", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			mark(t, l, s, "276056250158121")
			l.Clock.Add(8 * 24 * time.Hour)
			send(t, l, "276056250158121", "", "HGB", "13.4", at)
		}, "", "sample_too_old"},
		{"barcode of a rejected tube", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			s = mark(t, l, s, "276056250158121")
			if _, err := l.Desk.Reject(t.Context(), l.People[access.Technician], s.ID, reception.Reject{Reason: "clotted", Versions: s.Versions}); err != nil {
				t.Fatal(err)
			}
			send(t, l, "276056250158121", "", "HGB", "13.4", at)
		}, "", "closed_sample"},
		{"wrong check letter", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, "26325K70021X", "", "HGB", "13.4", at)
		}, "", "accession_check"},
		{"short id without a load list", func(t *testing.T, l *edgetest.Lab, _ reception.Sample, _ reception.Visit) {
			send(t, l, "17", "", "HGB", "13.4", at)
		}, "", "short_id"},
		{"patient of another sample", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			other := l.Visit(t, "Ravi Demo", "M", 50, "LFT")
			send(t, l, s.Accession, other.Patient.MRN, "HGB", "13.4", at)
		}, "", "patient_mismatch"},
		{"too old", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			l.Clock.Add(8 * 24 * time.Hour)
			send(t, l, s.Accession, "", "HGB", "13.4", at)
		}, "", "sample_too_old"},
		{"rejected sample", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			if _, err := l.Desk.Reject(t.Context(), l.People[access.Technician], s.ID, reception.Reject{Reason: "clotted", Versions: s.Versions}); err != nil {
				t.Fatal(err)
			}
			send(t, l, s.Accession, "", "HGB", "13.4", at)
		}, "", "closed_sample"},
		{"broken off", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			sendAs(t, l, instruments.Cut, s.Accession, "", "HGB", "13.4", at)
		}, "", "incomplete"},
		{"not a number", func(t *testing.T, l *edgetest.Lab, s reception.Sample, _ reception.Visit) {
			send(t, l, s.Accession, "", "HGB", "clotted?", at)
		}, "", "unreadable_value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := edgetest.New(t)
			approve(t, l)
			before := reasons(t, l)
			v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
			tt.play(t, l, v.Samples[0], v)
			if got := l.Rows(t, v.ID)["HB"]; tt.reason != "closed_sample" && got.Value != tt.value {
				t.Errorf("haemoglobin is %q, want %q (%+v)", got.Value, tt.value, got)
			}
			after := reasons(t, l)
			for reason, n := range after {
				if n != before[reason] && reason != tt.reason {
					t.Errorf("waits for %s", reason)
				}
			}
			if tt.reason != "" && after[tt.reason] != before[tt.reason]+1 {
				t.Errorf("nothing waits for %s: %v, before %v", tt.reason, after, before)
			}
		})
	}
}

func TestUnapprovedSenderWaits(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	send(t, l, v.Samples[0].Accession, "", "HGB", "13.4", "20261121101500")
	if got := reasons(t, l); got["unapproved_instrument"] != 1 {
		t.Fatalf("inbox: %v", got)
	}
	if got := l.Rows(t, v.ID)["HB"]; got.Value != "" {
		t.Fatalf("a value of a sender that nobody approved was filed: %+v", got)
	}
}

func TestMappingForEverFilesWhatWaited(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	approve(t, l)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	send(t, l, v.Samples[0].Accession, "", "PLAT", "204", "20261121101500")
	box, err := l.Bench.Inbox(t.Context(), "waiting", lab.ID{}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var card bench.Card
	for _, c := range box.Cards {
		if c.Reason == "unmapped_code" {
			card = c
		}
	}
	done, err := l.Bench.Resolve(t.Context(), l.People[access.Manager], l.DB.NewID().String(), card.ID, bench.Resolve{Action: "map", TestID: l.Tests["PLT"], Forever: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Rows(t, v.ID)["PLT"]; got.Value != "204" {
		t.Fatalf("platelets: %+v; %+v", got, done)
	}
	if got := reasons(t, l); got["unmapped_code"] != 0 {
		t.Fatalf("inbox: %v", got)
	}
}

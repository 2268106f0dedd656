package privacy_test

import (
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/privacy"
	"jaanch/internal/edge/reception"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// play archives one session as a line does and gives its id.
func play(t *testing.T, l *edgetest.Lab, raw string) lab.ID {
	t.Helper()
	id := l.DB.NewID()
	_, err := l.Bench.Store(t.Context(), instruments.Intake{
		Peer:   instruments.Peer{Conn: l.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks: []instruments.Chunk{{Session: id, Protocol: instruments.ASTM, At: l.Clock.Now(), Dir: instruments.In, Bytes: []byte(raw), Open: true, End: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// kept tells whether a session still has its bytes.
func kept(t *testing.T, l *edgetest.Lab, session lab.ID) bool {
	t.Helper()
	var bytes int
	err := l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT sum(length(bytes)) FROM raw_chunk WHERE session = ?", session[:]).Scan(&bytes)
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes > 0
}

func erase(t *testing.T, l *edgetest.Lab, id lab.ID) privacy.Erased {
	t.Helper()
	done, err := privacy.New(privacy.Options{DB: l.DB}).Erase(t.Context(), l.People[access.Manager],
		access.Resource{Own: true, SteppedUp: true, Second: l.People[access.Admin].ID}, l.DB.NewID().String(), id, privacy.Request{Reference: "request 8"})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// TestArchiveThatSpeaksOfThePatient plays sessions in the forms in which a name or a number stands in them.
func TestArchiveThatSpeaksOfThePatient(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, raw string
		emptied   bool
	}{
		{"name in records", "\x05\x021P|1|||X|Quuxington^Zebrelda^^^\r\x03A1\r\n\x04", true},
		{"name cut by a frame", "\x05\x021P|1|||X|Quuxi\x17A1\r\n\x022ngton^Zebrelda\r\x03A1\r\n\x04", true},
		{"name in capitals in HL7", "\x0bMSH|^~\\&|X\rPID|1||||QUUXINGTON^ZEBRELDA\r\x1c\r", true},
		{"half of the name", "\x05\x021P|1|||X|Other^Zebrelda\r\x03A1\r\n\x04", false},
		{"halves in two records", "\x05\x021P|1|||X|Zebrelda\rP|2|||X|Quuxington\r\x03A1\r\n\x04", false},
		{"somebody else", "\x05\x021P|1|||X|Sharma^Asha\r\x03A1\r\n\x04", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := edgetest.New(t)
			v := l.Visit(t, "Zebrelda Quuxington", "F", 40, "HB")
			session := play(t, l, test.raw)
			numbered := play(t, l, "\x05\x021O|1|"+v.Samples[0].Accession+"\r\x03A1\r\n\x04")
			done := erase(t, l, v.Patient.ID)
			if kept(t, l, session) == test.emptied {
				t.Errorf("emptied: %v, want %v; %+v", !test.emptied, test.emptied, done)
			}
			if kept(t, l, numbered) {
				t.Error("the session with the tube's number keeps its bytes")
			}
		})
	}
}

// TestNamesakesKeepTheirArchive leaves a session alone that may be another patient's of the same name, and says so.
func TestNamesakesKeepTheirArchive(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Zebrelda Quuxington", "F", 40, "HB")
	other := l.Visit(t, "Quuxington Zebrelda", "F", 12, "HB")
	session := play(t, l, "\x05\x021P|1|||X|Quuxington^Zebrelda\r\x03A1\r\n\x04")
	if done := erase(t, l, v.Patient.ID); done.Namesakes != 1 || !kept(t, l, session) {
		t.Errorf("done: %+v", done)
	}
	if done := erase(t, l, other.Patient.ID); done.Namesakes != 0 || kept(t, l, session) {
		t.Errorf("when nobody else bears the name: %+v", done)
	}
}

// TestMergedRecordsGoToo forgets the records that were merged into the patient, and refuses to forget one of these alone.
func TestMergedRecordsGoToo(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v, old := l.Visit(t, "Zebrelda Quuxington", "F", 40, "HB"), l.Visit(t, "Z Quuxingtone", "F", 40, "HB")
	err := l.DB.Update(t.Context(), l.People[access.Manager], "patient.merge", func(tx *sqlite.Tx) error {
		return tx.Change("patient", old.Patient.ID, nil, sqlite.Row{"merged_into": v.Patient.ID})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = privacy.New(privacy.Options{DB: l.DB}).Erase(t.Context(), l.People[access.Manager],
		access.Resource{Own: true, SteppedUp: true, Second: l.People[access.Admin].ID}, l.DB.NewID().String(), old.Patient.ID, privacy.Request{Reference: "request 8"})
	if lab.CodeOf(err) != "patient_merged" {
		t.Errorf("a merged record alone: %v", err)
	}
	if done := erase(t, l, v.Patient.ID); done.Persons != 2 {
		t.Errorf("done: %+v", done)
	}
	for _, id := range []lab.ID{v.Patient.ID, old.Patient.ID} {
		err := l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
			p, err := sqlite.ReadPerson(t.Context(), tx, id)
			if err == nil && (p.Name != "" || p.Phone != "") {
				t.Errorf("patient %s still has a name", id)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestStagedRecordsGoToo clears what the hub sent of the patient and could not be installed, and leaves that of others.
func TestStagedRecordsGoToo(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v, other := l.Visit(t, "Zebrelda Quuxington", "F", 40, "HB"), l.Visit(t, "Asha Sharma", "F", 34, "HB")
	err := l.DB.Update(t.Context(), lab.System(), "sync", func(tx *sqlite.Tx) error {
		for i, id := range []lab.ID{v.Patient.ID, other.Patient.ID} {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO sync_stage (scope, pos, ent, id, payload, epoch, your_last_seq, subject) VALUES ('s', ?, 1, ?, CAST('Zebrelda' AS BLOB), 1, 0, ?)", i, id[:], id[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	erase(t, l, v.Patient.ID)
	var left int
	err = l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM sync_stage").Scan(&left)
	})
	if err != nil || left != 1 {
		t.Errorf("%d records are kept aside, want the other patient's; %v", left, err)
	}
}

// TestLockedTextsMayOnlyBeEmptied: that an erasure reaches the texts of locked records opens them to nothing else.
func TestLockedTextsMayOnlyBeEmptied(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	in := reception.Register{
		Patient: &reception.PatientInput{Name: "Zebrelda Quuxington", Sex: "F", AgeValue: 40, AgeUnit: "y"}, Priority: "routine", Collected: true, Items: l.Items(t, "CBC"),
		Bill: reception.BillInput{Payments: []reception.PaymentInput{{Mode: "upi", Amount: 100, Reference: "zebrelda@upi"}}},
	}
	if _, err := l.Desk.Register(t.Context(), l.People[access.Receptionist], l.DB.NewID().String(), in); err != nil {
		t.Fatal(err)
	}
	var raw []byte
	err := l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT id FROM payment").Scan(&raw)
	})
	if err != nil {
		t.Fatal(err)
	}
	change := func(value any) error {
		return l.DB.Update(t.Context(), l.People[access.Manager], "test", func(tx *sqlite.Tx) error {
			return tx.Change("payment", lab.ID(raw), nil, sqlite.Row{"reference": value})
		})
	}
	if err := change("another@upi"); lab.KindOf(err) != lab.KindLocked {
		t.Errorf("a locked text was changed: %v", err)
	}
	if err := change(nil); err != nil {
		t.Errorf("a locked text cannot be emptied: %v", err)
	}
}

package release_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/quality"
	"jaanch/internal/edge/release"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// analyzer is one approved analyzer of the lab that reports potassium, with one level of control.
type analyzer struct {
	*bundle

	quality *quality.Quality
	id      lab.ID
}

func setupAnalyzer(t *testing.T) *analyzer {
	t.Helper()
	a := &analyzer{bundle: setupDesk(t)}
	a.quality = quality.New(quality.Options{DB: a.DB, Zone: a.Zone, Again: a.Bench.LookAgainAtControls})
	a.send(t, "R", "S0", "4", "F")
	all, err := a.Bench.Instruments(t.Context())
	if err != nil || len(all.Senders) != 1 {
		t.Fatalf("senders: %+v, %v", all.Senders, err)
	}
	manager := a.People[access.Manager]
	i, err := a.Bench.Approve(t.Context(), manager, a.key32(), bench.Approve{
		SenderID: all.Senders[0].ID, New: &bench.InstrumentInput{Name: "Demo ISE", Profile: "generic-astm", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.id = i.ID
	if _, err := a.Bench.SetCode(t.Context(), manager, a.id, bench.CodeInput{Code: "K", TestID: a.Tests["K"]}); err != nil {
		t.Fatal(err)
	}
	c, err := a.quality.AddControl(t.Context(), manager, a.key32(), quality.ControlInput{Name: "Demo control", Lot: "4711", Level: 1, SampleText: "QC1", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	in := quality.TargetInput{InstrumentID: a.id, TestID: a.Tests["K"], Mean: "4.0", SD: "0.1", Source: "assigned"}
	if _, err := a.quality.SetTarget(t.Context(), manager, a.key32(), c.Controls[0].ID, in); err != nil {
		t.Fatal(err)
	}
	return a
}

// send plays one potassium ten minutes after the one before; action Q makes it a control.
func (a *analyzer) send(t *testing.T, action, sampleID, value, status string) {
	t.Helper()
	a.Clock.Add(10 * time.Minute)
	at := a.Clock.Now().In(a.Zone).Format("20060102150405")
	text := fmt.Sprintf("H|\\^&|||DEMO-ISE^1|||||||P|1\rP|1\rO|1|%s||^^^K|R||||||%s\rR|1|^^^K|%s|mmol/L||||%s||||%s\rL|1|N\r", sampleID, action, value, status, at)
	s := a.DB.NewID()
	_, err := a.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: a.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.ASTM, At: a.Clock.Now(), Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: instruments.ASTM, Text: []byte(text), Ending: instruments.Terminated}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// potassium registers a visit whose potassium the analyzer measures.
func (a *analyzer) potassium(t *testing.T, name, value string) (visit lab.ID, tube string) {
	t.Helper()
	v := a.Visit(t, name, "F", 34, "K")
	a.send(t, "R", v.Samples[0].Accession, value, "F")
	if got := a.Rows(t, v.ID)["K"].Value; got != value {
		t.Fatalf("potassium is %q, want %q", got, value)
	}
	return v.ID, v.Samples[0].Accession
}

func (a *analyzer) trySign(t *testing.T, visit lab.ID) error {
	t.Helper()
	_, err := a.release.Sign(t.Context(), a.path(), a.key32(), visit, release.Sign{Versions: a.sheet(t, visit).Versions})
	return err
}

// unlock closes the last rejected run and has another one accepted.
func (a *analyzer) unlock(t *testing.T) {
	t.Helper()
	c, err := a.quality.Chart(t.Context(), a.id, a.Tests["K"], 10)
	if err != nil {
		t.Fatal(err)
	}
	last := c.Runs[len(c.Runs)-1]
	if _, err := a.quality.CloseRun(t.Context(), a.People[access.Pathologist], last.ID, quality.CloseRejected{Cause: "old control vial", Action: "new vial, run again"}); err != nil {
		t.Fatal(err)
	}
	a.send(t, "Q", "QC1", "4.0", "F")
}

// TestLockedTestIsNotReleased: a value measured in control is refused once a run is rejected, by anybody, and goes out after
// the run is closed and another one accepted.
func TestLockedTestIsNotReleased(t *testing.T) {
	t.Parallel()
	a := setupAnalyzer(t)
	a.send(t, "Q", "QC1", "4.0", "F")
	visit, _ := a.potassium(t, "Asha Sharma", "4.2")
	a.send(t, "Q", "QC1", "4.4", "F") // 4 SD
	if got := a.sheet(t, visit).Panels[0].QC; got != "locked" {
		t.Errorf("the case shows quality control as %s", got)
	}
	e := code(t, a.trySign(t, visit), "qc_locked")
	if e.Kind != lab.KindLocked || e.Detail["instrument"] != "Demo ISE" || e.Detail["test"] == "" {
		t.Errorf("the refusal does not say what is locked: %+v", e)
	}
	batch, err := a.release.SignBatch(t.Context(), a.path(), a.key32(), release.SignBatch{Visits: []release.SignVisit{{VisitID: visit, Versions: a.sheet(t, visit).Versions}}})
	if err != nil || len(batch.Reports) != 0 || len(batch.Problems) != 1 || batch.Problems[0].Code != "qc_locked" {
		t.Errorf("in a batch: %+v, %v", batch, err)
	}
	a.unlock(t)
	if err := a.trySign(t, visit); err != nil {
		t.Errorf("after the unlock: %v", err)
	}
}

// TestManualValueIsNotLocked: quality control of an analyzer says nothing about a value that a person measured elsewhere.
func TestManualValueIsNotLocked(t *testing.T) {
	t.Parallel()
	a := setupAnalyzer(t)
	a.send(t, "Q", "QC1", "4.4", "F")
	v := a.Visit(t, "Ravi Kumar", "M", 50, "K")
	a.Enter(t, v.ID, "K", "4.1")
	if err := a.trySign(t, v.ID); err != nil {
		t.Errorf("a value by hand: %v", err)
	}
}

// TestValueMeasuredOutOfControl: it needs the permission for it and a reason, and while the test is locked no decision helps.
func TestValueMeasuredOutOfControl(t *testing.T) {
	t.Parallel()
	a := setupAnalyzer(t)
	a.send(t, "Q", "QC1", "4.4", "F")
	visit, _ := a.potassium(t, "Asha Sharma", "4.2")
	decide := func(who release.Who, note string) error {
		row := a.Rows(t, visit)["K"]
		_, err := a.release.Decide(t.Context(), who, row.ItemID, release.Decide{Decision: "accept", Note: note, Versions: row.Versions})
		return err
	}
	if err := decide(a.who(access.Technician), "looks right"); lab.KindOf(err) != lab.KindForbidden {
		t.Errorf("a technician accepted: %v", err)
	}
	code(t, decide(a.path(), " "), "qc_reason")
	if err := decide(a.path(), "control vial was warm, checked by hand"); err != nil {
		t.Fatal(err)
	}
	code(t, a.trySign(t, visit), "qc_locked")
	a.unlock(t)
	if err := a.trySign(t, visit); err != nil {
		t.Errorf("after the unlock: %v", err)
	}
}

// TestCorrectionAfterRelease: what an analyzer corrects after the release waits for an amendment and never replaces what went
// out, with status C and without.
func TestCorrectionAfterRelease(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"C", "F"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			a := setupAnalyzer(t)
			visit, tube := a.potassium(t, "Asha Sharma", "4.2")
			a.sign(t, visit, release.Sign{})
			a.send(t, "R", tube, "4.9", status)
			row := a.Rows(t, visit)["K"]
			if row.Value != "4.2" || row.State != "released" || row.Version != 1 {
				t.Errorf("the released value became %+v", row)
			}
			box, err := a.Bench.Inbox(t.Context(), "waiting", a.id, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(box.Cards, func(c bench.Card) bool { return c.Reason == "correction_after_release" })
			if i < 0 {
				t.Fatalf("inbox: %+v", box.Cards)
			}
			_, err = a.Bench.Resolve(t.Context(), a.People[access.Technician], a.key32(), box.Cards[i].ID, bench.Resolve{Action: "attach"})
			code(t, err, "result_released")
			report, err := a.release.Amend(t.Context(), a.path(), a.key32(), row.ItemID, release.Amend{Value: "4.9", Reason: "analyzer corrected it", Told: "Dr Demo", Versions: row.Versions})
			if err != nil || report.Report.Version != 2 || a.Rows(t, visit)["K"].Value != "4.9" {
				t.Errorf("amended: %+v, %v", report.Report, err)
			}
		})
	}
}

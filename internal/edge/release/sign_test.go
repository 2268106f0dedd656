package release_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/report"
	"jaanch/internal/store/sqlite"
)

func TestSignReleasesAndLocks(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	r := b.sign(t, v.ID, release.Sign{Comment: "No remark."})
	if r.Report.State != "final" || r.Report.Version != 1 || len(r.Report.Hash) != 64 || r.Report.SignedBy != "Demo pathologist" {
		t.Fatalf("report: %+v", r.Report)
	}
	for testCode, row := range b.Rows(t, v.ID) {
		if row.State != "released" {
			t.Errorf("%s is %s", testCode, row.State)
		}
	}
	p, err := report.ParseProof(r.Payload)
	if err != nil || !p.Verify(b.key) || p.Version != 1 {
		t.Fatalf("proof: %+v, %v", p, err)
	}
	paper, err := b.release.PDF(t.Context(), b.People[access.Pathologist], r.Report.ID)
	if err != nil || !bytes.HasPrefix(paper.Body, []byte("%PDF-")) {
		t.Fatalf("document: %q, %v", paper.Name, err)
	}
	row := b.Rows(t, v.ID)["K"]
	err = b.DB.Update(t.Context(), b.People[access.Pathologist], "test", func(tx *sqlite.Tx) error {
		return tx.Change("result", row.ResultID, nil, sqlite.Row{"value": "9.9"})
	})
	if lab.KindOf(err) != lab.KindLocked {
		t.Errorf("a released value was changed in place: %v", err)
	}
	if bad, err := b.DB.VerifyAccess(t.Context()); bad != 0 || err != nil {
		t.Errorf("access log: line %d, %v", bad, err)
	}
}

func TestSigningWantsAFreshProof(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	in := release.Sign{Versions: b.sheet(t, v.ID).Versions}
	who := b.path()
	b.Clock.Add(11 * time.Minute)
	_, err := b.release.Sign(t.Context(), who, b.key32(), v.ID, in)
	code(t, err, "step_up_needed")
	_, err = b.release.Sign(t.Context(), release.Who{Actor: b.People[access.Pathologist]}, b.key32(), v.ID, in)
	code(t, err, "step_up_needed")
	_, err = b.release.Sign(t.Context(), b.who(access.Technician), b.key32(), v.ID, in)
	code(t, err, "forbidden")
	if _, err = b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, in); err != nil {
		t.Fatal(err)
	}
}

func TestHeldValuesStopTheSignature(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, "NA", "140", "K", "6.8", "CL", "101", "HCO3", "24")
	in := release.Sign{Versions: b.sheet(t, v.ID).Versions}
	_, err := b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, in)
	code(t, err, "holds_undecided")
	b.accept(t, v.ID)
	r := b.sign(t, v.ID, release.Sign{})
	if !r.Report.Critical {
		t.Error("the report does not say that it holds a critical value")
	}
}

func TestPartialThenFinal(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, "NA", "140", "K", "4.2")
	b.accept(t, v.ID)
	_, err := b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, release.Sign{Versions: b.sheet(t, v.ID).Versions})
	code(t, err, "results_missing")
	first := b.sign(t, v.ID, release.Sign{Partial: true})
	if first.Report.State != "preliminary" {
		t.Fatalf("first: %+v", first.Report)
	}
	b.fill(t, v.ID, "CL", "101", "HCO3", "24")
	b.accept(t, v.ID)
	second := b.sign(t, v.ID, release.Sign{})
	if second.Report.State != "final" || second.Report.Version != 2 || second.Report.Replaces != first.Report.ID || len(second.Versions) != 2 || second.Versions[1].State != "superseded" {
		t.Fatalf("second: %+v", second)
	}
}

// Two pathologists sign the same visit at once: one report comes of it, and the other one is shown both values.
func TestParallelDoubleSign(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	in := release.Sign{Versions: b.sheet(t, v.ID).Versions}
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, in) })
	}
	wg.Wait()
	signed := 0
	for _, err := range errs {
		if err == nil {
			signed++
			continue
		}
		e := code(t, err, "stale_record")
		current, ok1 := e.Detail["current"].([]release.Shown)
		wanted, ok2 := e.Detail["wanted"].([]release.Shown)
		if !ok1 || !ok2 || len(current) != len(wanted) || current[0].State != "released" || current[0].Value == "" || wanted[0].Value == "" {
			t.Errorf("both values are not shown: %+v", e.Detail)
		}
	}
	all, err := b.release.Reports(t.Context(), release.Filter{State: "all", Limit: 10})
	if err != nil || signed != 1 || len(all.Reports) != 1 || all.Counts.Unprinted != 1 {
		t.Fatalf("%d signed, reports %+v, %v", signed, all, err)
	}
}

func TestSameKeyGivesTheSameReport(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	in, key := release.Sign{Versions: b.sheet(t, v.ID).Versions}, b.key32()
	first, err := b.release.Sign(t.Context(), b.path(), key, v.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.release.Sign(t.Context(), b.path(), key, v.ID, in)
	if err != nil || again.Report.ID != first.Report.ID || len(again.Versions) != 1 {
		t.Fatalf("repeat: %+v, %v", again.Report, err)
	}
}

// A value that is corrected while the pathologist reads stops the signature, and both values are shown.
func TestStaleVersionsShowBothValues(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	in := release.Sign{Versions: b.sheet(t, v.ID).Versions}
	b.fill(t, v.ID, "K", "4.9")
	_, err := b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, in)
	e := code(t, err, "stale_record")
	current, _ := e.Detail["current"].([]release.Shown)
	wanted, _ := e.Detail["wanted"].([]release.Shown)
	if len(current) != 1 || current[0].Value != "4.9" || wanted[0].Value != "4.2" || e.Detail["version"] != b.sheet(t, v.ID).Versions {
		t.Fatalf("detail: %+v", e.Detail)
	}
}

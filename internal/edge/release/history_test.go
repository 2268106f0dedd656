package release_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// again registers the next visit of a patient who was here.
func (b *bundle) again(t *testing.T, first reception.Visit, codes ...string) reception.Visit {
	t.Helper()
	b.Clock.Add(48 * time.Hour)
	v, err := b.Desk.Register(t.Context(), b.People[access.Receptionist], b.key32(), reception.Register{
		PatientID: first.Patient.ID, Priority: "routine", Collected: true, Items: b.Items(t, codes...),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEarlierValuesStandBesideTheNewOnes(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	first := b.Visit(t, "Asha Sharma", "F", 34, "CREA")
	b.fill(t, first.ID, "CREA", "1.0")
	b.sign(t, first.ID, release.Sign{})
	second := b.again(t, first, "CREA")
	b.fill(t, second.ID, "CREA", "2.4")
	c := b.sheet(t, second.ID)
	row := c.Panels[0].Rows[0]
	if len(c.Dates) != 1 || c.Earlier != 1 || len(row.Previous) != 1 || !strings.HasPrefix(row.Previous[0].Value, "1.0") {
		t.Fatalf("earlier: %v, %+v", c.Dates, row.Previous)
	}
	if row.State != "held" || row.Delta == nil || !row.Delta.Over || row.Delta.Days != 2 {
		t.Fatalf("delta: %+v of %+v", row.Delta, row)
	}
	if q := b.queue(t, b.path(), "held"); len(q.Entries) != 1 || q.Entries[0].Chips[0] != "Δ CREA" {
		t.Errorf("chips: %+v", q.Entries)
	}
	b.accept(t, second.ID)
	r := b.sign(t, second.ID, release.Sign{})
	if text := b.content(t, r.Report.Hash); !strings.Contains(text, "previous:1:1") || !strings.Contains(text, "previous_value:4:1.00") {
		t.Error("the report does not carry the earlier value")
	}
}

// Two people verify the same values at once: one record comes of it, and the other one is shown both values.
func TestParallelDoubleVerify(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	in := release.Verify{Level: "medical", Versions: b.sheet(t, v.ID).Versions}
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.release.Verify(t.Context(), b.path(), b.key32(), v.ID, in) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		e := code(t, err, "stale_record")
		if now, _ := e.Detail["current"].([]release.Shown); len(now) != 4 || now[0].State != "verified" {
			t.Errorf("detail: %+v", e.Detail)
		}
	}
	if n := b.count(t, "SELECT count(*) FROM verification"); done != 1 || n != 4 {
		t.Fatalf("%d verified, %d verifications", done, n)
	}
}

// A report opened, printed or taken off the list of what is to be printed leaves its traces.
func TestPrinting(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	var ids []lab.ID
	for range 3 {
		visit := b.urgent(t, "routine", "4.2")
		ids = append(ids, b.sign(t, visit, release.Sign{}).Report.ID)
	}
	desk := b.People[access.Receptionist]
	lines, err := b.release.PrintedMany(t.Context(), desk, ids[:2])
	if err != nil || len(lines) != 2 || lines[0].Printed == nil || lines[0].Delivery[0] != "print" {
		t.Fatalf("printed: %+v, %v", lines, err)
	}
	left, err := b.release.Reports(t.Context(), release.Filter{State: "unprinted", Limit: 10})
	if err != nil || len(left.Reports) != 1 || left.Reports[0].ID != ids[2] || left.Counts.Unprinted != 1 || left.Counts.All != 3 {
		t.Fatalf("left to print: %+v, %v", left, err)
	}
	if n := b.count(t, "SELECT count(*) FROM access_log WHERE action = 'report.print'"); n != 2 {
		t.Errorf("%d prints in the access log, want 2", n)
	}
	day, err := b.release.Reports(t.Context(), release.Filter{State: "all", Day: "2026-11-21", Department: "Biochemistry", Limit: 2})
	if err != nil || len(day.Reports) != 2 || day.Next == "" || day.Reports[0].ID != ids[2] {
		t.Fatalf("reports of a day: %+v, %v", day, err)
	}
	none, err := b.release.Reports(t.Context(), release.Filter{State: "all", Department: "Haematology", Limit: 10})
	if err != nil || len(none.Reports) != 0 {
		t.Fatalf("reports of another department: %+v, %v", none, err)
	}
	if _, err := b.release.Reports(t.Context(), release.Filter{State: "all", Day: "21.11.2026", Limit: 10}); lab.CodeOf(err) != "day_malformed" {
		t.Errorf("a malformed day gave %v", err)
	}
	if _, err := b.release.PrintedMany(t.Context(), desk, []lab.ID{ids[2], b.DB.NewID()}); lab.CodeOf(err) != "report_not_found" {
		t.Errorf("an unknown report gave %v", err)
	}
	if n := b.count(t, "SELECT count(*) FROM delivery"); n != 2 {
		t.Errorf("a batch that failed left %d deliveries, want 2", n)
	}
}

// Values of a report that was withdrawn, perhaps of another patient, stand beside nothing any more.
func TestWithdrawnValuesAreNoHistory(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	first := b.Visit(t, "Asha Sharma", "F", 34, "CREA")
	b.fill(t, first.ID, "CREA", "0.7")
	r := b.sign(t, first.ID, release.Sign{})
	if _, err := b.release.Withdraw(t.Context(), b.path(), b.key32(), r.Report.ID, release.Withdraw{Reason: "wrong patient"}); err != nil {
		t.Fatal(err)
	}
	second := b.again(t, first, "CREA")
	if row := b.Enter(t, second.ID, "CREA", "1.0"); row.State != "entered" || len(row.Previous) != 0 {
		t.Fatalf("row: %+v", row)
	}
	final := b.sign(t, second.ID, release.Sign{})
	if text := b.content(t, final.Report.Hash); !strings.Contains(text, "previous:1:0") {
		t.Error("the report carries a value that was withdrawn")
	}
}

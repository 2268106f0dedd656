package release_test

import (
	"slices"
	"testing"
	"time"

	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func (b *bundle) queue(t *testing.T, who release.Who, show string) release.Queue {
	t.Helper()
	q, err := b.release.Queue(t.Context(), who, show, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func visits(q release.Queue) []lab.ID {
	var out []lab.ID
	for _, e := range q.Entries {
		out = append(out, e.VisitID)
	}
	return out
}

// urgent registers a visit of that priority with one potassium.
func (b *bundle) urgent(t *testing.T, priority, potassium string) lab.ID {
	t.Helper()
	v, err := b.Desk.Register(t.Context(), b.People[access.Receptionist], b.key32(), reception.Register{
		Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: priority, Collected: true, Items: b.Items(t, "K"),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.fill(t, v.ID, "K", potassium)
	b.Clock.Add(time.Minute)
	return v.ID
}

func TestQueueOrder(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	routine := b.urgent(t, "routine", "4.2")
	later := b.urgent(t, "routine", "4.3")
	stat := b.urgent(t, "stat", "4.4")
	heldRoutine := b.urgent(t, "routine", "6.9")
	heldUrgent := b.urgent(t, "urgent", "7.1")
	b.Visit(t, "Ravi Verma", "M", 40, "K") // nothing entered: not in the queue

	q := b.queue(t, b.path(), "all")
	if want := []lab.ID{heldUrgent, heldRoutine, stat, routine, later}; !slices.Equal(visits(q), want) {
		t.Errorf("order %v, want %v", visits(q), want)
	}
	if q.All != 5 || q.Held != 2 || q.Clean != 3 || q.Mine != 5 {
		t.Errorf("counts: %+v", q)
	}
	first := q.Entries[0]
	if first.Undecided != 1 || !slices.Contains(first.Chips, "K 7.1") || first.Codes[0].Code != "critical" || first.Ready != 0 || first.Accession == "" {
		t.Errorf("entry: %+v", first)
	}
	if held := b.queue(t, b.path(), "held"); !slices.Equal(visits(held), []lab.ID{heldUrgent, heldRoutine}) {
		t.Errorf("held: %v", visits(held))
	}
	if mine := b.queue(t, b.who(access.Technician), "mine"); len(mine.Entries) != 0 || mine.Mine != 0 {
		t.Errorf("a technician has nothing to verify with one level: %+v", mine)
	}
	page, err := b.release.Queue(t.Context(), b.path(), "all", "", 2)
	if err != nil || len(page.Entries) != 2 || page.Next == "" {
		t.Fatalf("first page: %+v, %v", page, err)
	}
	page, err = b.release.Queue(t.Context(), b.path(), "all", page.Next, 2)
	if err != nil || !slices.Equal(visits(page), []lab.ID{stat, routine}) {
		t.Fatalf("second page: %+v, %v", visits(page), err)
	}
}

func TestSheet(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC", "HB")
	b.fill(t, v.ID, "NA", "140", "K", "6.8", "HB", "13.1")
	c := b.sheet(t, v.ID)
	if len(c.Panels) != 2 || c.Name != "Asha Sharma" || c.MRN == "" || c.Age != "34 y" || c.Collected == nil || c.Versions == "" || c.StepUp == nil {
		t.Fatalf("case: %+v", c)
	}
	b.sheet(t, v.ID)
	if n := b.count(t, "SELECT count(*) FROM access_log WHERE action = 'case.open'"); n != 1 {
		t.Errorf("two readings within a minute are noted as %d openings, want 1", n)
	}
	b.Clock.Add(16 * time.Minute)
	b.sheet(t, v.ID)
	if n := b.count(t, "SELECT count(*) FROM access_log WHERE action = 'case.open'"); n != 2 {
		t.Errorf("%d openings are noted, want 2", n)
	}
	if slices.Contains(c.Passed, "critical") || !slices.Contains(c.Passed, "delta") || slices.Contains(c.Passed, "complete") {
		t.Errorf("passed: %v", c.Passed)
	}
	if !slices.Contains(c.After, "call") {
		t.Errorf("nobody is to be called: %v", c.After)
	}
	if err := b.release.SetComment(t.Context(), b.People[access.Pathologist], v.ID, release.Comment{Text: "Repeat soon."}); err != nil {
		t.Fatal(err)
	}
	if got := b.sheet(t, v.ID).Comment; got != "Repeat soon." {
		t.Errorf("comment %q", got)
	}
	preview, err := b.release.Preview(t.Context(), v.ID)
	if err != nil || len(preview.Body) == 0 {
		t.Errorf("preview: %v", err)
	}
	if n := b.count(t, "SELECT count(*) FROM report"); n != 0 {
		t.Errorf("a preview left %d reports", n)
	}
}

func TestSignBatchLeavesOutWhatARuleStopped(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	clean, marked, changed := b.urgent(t, "routine", "4.2"), b.urgent(t, "routine", "6.9"), b.urgent(t, "routine", "4.1")
	b.accept(t, marked)
	in := release.SignBatch{}
	for _, id := range []lab.ID{clean, marked, changed} {
		in.Visits = append(in.Visits, release.SignVisit{VisitID: id, Versions: b.sheet(t, id).Versions})
	}
	b.fill(t, changed, "K", "4.4")
	out, err := b.release.SignBatch(t.Context(), b.path(), b.key32(), in)
	if err != nil || len(out.Reports) != 1 || out.Reports[0].VisitID != clean || len(out.Problems) != 2 {
		t.Fatalf("batch: %+v, %v", out, err)
	}
	if out.Problems[0].Code != "visit_marked" || out.Problems[1].Code != "stale_record" || out.Problems[1].Detail["current"] == nil {
		t.Errorf("problems: %+v", out.Problems)
	}
}

package bench_test

import (
	"errors"
	"sync"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func TestEnteredValuesAreJudgedAndDerived(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT")
	urea := l.Enter(t, v.ID, "UREA", "92")
	if urea.Flag != "H" || urea.State != "entered" && urea.State != "held" {
		t.Fatalf("urea: %+v", urea)
	}
	rows := l.Rows(t, v.ID)
	if bun := rows["BUN"]; bun.Value == "" || !bun.Calculated || bun.Source.Kind != "calculated" {
		t.Fatalf("BUN does not follow from urea: %+v", bun)
	}
	k := l.Enter(t, v.ID, "K", "6.8")
	if k.Flag != "HH" || !k.Critical || k.State != "held" || len(k.Holds) == 0 || k.Holds[0].Text == "" {
		t.Fatalf("potassium: %+v", k)
	}
}

func TestNoIntervalIsHeldAndNeverNormal(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Baby Demo", "F", 8, "CBC")
	hb := l.Enter(t, v.ID, "HB", "11.0")
	if hb.State != "held" || !hb.Interval.Missing || hb.Flag != "" {
		t.Fatalf("a child without an interval: %+v", hb)
	}
}

func TestCriticalValueNeedsASecondLook(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT")
	row := l.Rows(t, v.ID)["K"]
	_, err := l.Bench.Enter(t.Context(), l.People[access.Technician], row.ItemID, bench.Enter{Value: "6.8", Versions: row.Versions})
	if lab.CodeOf(err) != "critical_unseen" {
		t.Fatalf("a critical value was taken unseen: %v", err)
	}
	if got := l.Rows(t, v.ID)["K"]; got.Value != "" {
		t.Fatalf("the refused value stands: %+v", got)
	}
}

// Two people save the same row at once: one value stands, and the other gets both.
func TestParallelDoubleEntry(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT")
	row := l.Rows(t, v.ID)["NA"]
	values := []string{"138", "141"}
	errs := make([]error, len(values))
	var wg sync.WaitGroup
	for i, value := range values {
		wg.Go(func() {
			_, errs[i] = l.Bench.Enter(t.Context(), l.People[access.Technician], row.ItemID, bench.Enter{Value: value, Seen: true, Versions: row.Versions})
		})
	}
	wg.Wait()
	lost := errs[0]
	if lost == nil {
		lost = errs[1]
	}
	var e *lab.Error
	if (errs[0] == nil) == (errs[1] == nil) || !errors.As(lost, &e) || e.Code != "stale_record" || e.Kind != lab.KindConflict {
		t.Fatalf("errors: %v, %v", errs[0], errs[1])
	}
	current, ok := e.Detail["current"].(bench.Shown)
	wanted, ok2 := e.Detail["wanted"].(bench.Shown)
	if !ok || !ok2 || current.Value == wanted.Value || current.By == "" {
		t.Fatalf("the answer does not show both values: %+v", e.Detail)
	}
	if got := l.Rows(t, v.ID)["NA"]; got.Value != current.Value || got.Version != 1 {
		t.Fatalf("stored: %+v", got)
	}
}

func TestCorrectionByHandStaysOneVersion(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT")
	l.Enter(t, v.ID, "NA", "138")
	if got := l.Enter(t, v.ID, "NA", "139"); got.Value != "139" || got.Version != 1 {
		t.Fatalf("corrected: %+v", got)
	}
}

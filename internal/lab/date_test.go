package lab_test

import (
	"testing"
	"time"

	"jaanch/internal/lab"

	"pgregory.net/rapid"
)

func TestDate(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "2026-02-29", "21-11-2026", "2026-13-01", "2026-11-21T00:00:00Z"} {
		if _, err := lab.ParseDate(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := lab.NewDate(2026, 2, 29); lab.CodeOf(err) != "date_invalid" {
		t.Errorf("29 February 2026 gave %v", err)
	}
	if _, err := lab.NewDate(2024, 2, 29); err != nil {
		t.Error(err)
	}
	india := time.FixedZone("IST", 330*60)
	if got := lab.DateOf(time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC).In(india)); got.String() != "2026-11-21" {
		t.Errorf("the lab's day is %s", got)
	}
	if (lab.Date{}).String() != "" || !(lab.Date{}).IsZero() {
		t.Error("the zero date is not empty")
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	start := lab.Date{Year: 1900, Month: 1, Day: 1}
	rapid.Check(t, func(t *rapid.T) {
		a := start.AddDays(rapid.IntRange(0, 80000).Draw(t, "a"))
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		b := a.AddDays(n)
		back, err := lab.ParseDate(b.String())
		if err != nil || back != b || b.DaysSince(a) != n || b.Before(a) != (n < 0) {
			t.Fatalf("%s and %d days is %s", a, n, b)
		}
	})
}

// No value can pass for the end of another: different fields give different bytes.
func TestCanonicalIsUnambiguous(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.SliceOfN(rapid.StringMatching(`[ab:0-9\n]{0,6}`), 2, 4)
		x, y := fields.Draw(t, "x"), fields.Draw(t, "y")
		write := func(values []string) string {
			var c lab.Canonical
			for _, v := range values {
				c.Line("f", v)
			}
			return string(c.Bytes())
		}
		same := len(x) == len(y)
		for i := range min(len(x), len(y)) {
			same = same && x[i] == y[i]
		}
		if (write(x) == write(y)) != same {
			t.Fatalf("%q and %q", x, y)
		}
	})
}

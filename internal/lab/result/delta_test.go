package result_test

import (
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/result"
)

func exact(s string) result.Value {
	d := lab.MustDecimal(s)
	return result.Value{Text: s, Num: &d}
}

// Rule: lab-rules 2.2 with the starter's limits.
func TestDelta(t *testing.T) {
	t.Parallel()
	starter, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	limits := map[string][]catalogue.DeltaLimit{}
	for _, l := range starter.Deltas {
		limits[l.Test] = append(limits[l.Test], l)
	}
	const day = 24 * time.Hour
	tests := map[string]struct {
		test              string
		previous, current result.Value
		after             time.Duration
		want              bool
	}{
		"Hb, at the limit":                  {"HB", exact("12.0"), exact("10.0"), day, false},
		"Hb, beyond":                        {"HB", exact("12.0"), exact("9.9"), day, true},
		"Hb, beyond, on the last day":       {"HB", exact("12.0"), exact("9.9"), 3 * day, true},
		"Hb, beyond, too long ago":          {"HB", exact("12.0"), exact("9.9"), 3*day + 1, false},
		"prior collected later":             {"HB", exact("12.0"), exact("5"), -time.Hour, false},
		"MCV, second window":                {"MCV", exact("90"), exact("83.9"), 20 * day, true},
		"MCV, second window, within":        {"MCV", exact("90"), exact("85"), 20 * day, false},
		"creatinine: percent, not floor":    {"CREA", exact("0.4"), exact("0.7"), day, false},
		"creatinine: floor, not percent":    {"CREA", exact("4.0"), exact("5.0"), day, false},
		"creatinine: both":                  {"CREA", exact("1.0"), exact("1.6"), day, true},
		"prior of zero: absolute alone":     {"TBIL", exact("0"), exact("1.1"), day, true},
		"prior of zero: percent alone":      {"ALB", exact("0"), exact("4"), day, false},
		"a bound is not compared":           {"K", result.Value{Text: ">9", Comparator: ">", Num: exact("9").Num}, exact("4"), day, false},
		"blood group, any change, any time": {"ABO", result.Value{Text: "A"}, result.Value{Text: "B"}, 4000 * day, true},
		"blood group, the same":             {"ABO", result.Value{Text: "A"}, result.Value{Text: "A"}, day, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
			hold, got := result.Delta(limits[tt.test], tt.current, before.Add(tt.after), result.Prior{Value: tt.previous, Collected: before})
			if got != tt.want || (got && hold.Params["previous"] != tt.previous.Text) {
				t.Errorf("got %v %v, want %v", got, hold, tt.want)
			}
		})
	}
}

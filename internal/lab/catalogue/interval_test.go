package catalogue_test

import (
	"errors"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
)

func asError(err error, target **lab.Error) bool { return errors.As(err, target) }

func limit(s string) *lab.Decimal {
	d := lab.MustDecimal(s)
	return &d
}

func row(sex patient.Sex, from, to int, pregnancy catalogue.Pregnancy, method, low string) catalogue.Interval {
	return catalogue.Interval{
		Test: "X", Sex: sex, AgeFrom: from, AgeTo: to, Pregnancy: pregnancy, Method: method, Low: limit(low), High: limit("1000"),
	}
}

// Rule: lab-rules section 4, "most specific wins (method > pregnancy > sex > narrower age)".
func TestMostSpecificIntervalWins(t *testing.T) {
	t.Parallel()
	rows := []catalogue.Interval{
		row(catalogue.AnySex, 0, 54751, catalogue.AnyPregnancy, "", "1"),
		row(catalogue.AnySex, 6570, 54751, catalogue.AnyPregnancy, "", "2"),
		row(patient.Female, 0, 54751, catalogue.AnyPregnancy, "", "3"),
		row(patient.Female, 0, 54751, catalogue.Trimester1, "", "4"),
		row(catalogue.AnySex, 0, 54751, catalogue.AnyPregnancy, "cobas", "5"),
		row(patient.Male, 6570, 6580, catalogue.AnyPregnancy, "", "6"),
	}
	if err := catalogue.CheckIntervals(rows); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		subject catalogue.Subject
		want    string
	}{
		"child, male: only the row for all":       {catalogue.Subject{Sex: patient.Male, AgeDays: 100, AgeKnown: true}, "1"},
		"adult, male: narrower age":               {catalogue.Subject{Sex: patient.Male, AgeDays: 8000, AgeKnown: true}, "2"},
		"sex before narrower age":                 {catalogue.Subject{Sex: patient.Female, AgeDays: 8000, AgeKnown: true}, "3"},
		"pregnancy before sex":                    {catalogue.Subject{Sex: patient.Female, AgeDays: 8000, AgeKnown: true, Pregnancy: "T1"}, "4"},
		"method before pregnancy":                 {catalogue.Subject{Sex: patient.Female, AgeDays: 8000, AgeKnown: true, Pregnancy: "T1", Method: "cobas"}, "5"},
		"first day of a row":                      {catalogue.Subject{Sex: patient.Male, AgeDays: 6570, AgeKnown: true}, "6"},
		"last day of a row":                       {catalogue.Subject{Sex: patient.Male, AgeDays: 6579, AgeKnown: true}, "6"},
		"upper age is outside":                    {catalogue.Subject{Sex: patient.Male, AgeDays: 6580, AgeKnown: true}, "2"},
		"sex not known: row for all, if there is": {catalogue.Subject{Sex: patient.Unknown, AgeDays: 8000, AgeKnown: true}, "2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := catalogue.ChooseInterval(rows, tt.subject).Row()
			if !ok || got.Low.String() != tt.want {
				t.Errorf("got row %v (%v), want %s", got.Low, ok, tt.want)
			}
		})
	}
}

func TestNoFlagWithoutSexOrAge(t *testing.T) {
	t.Parallel()
	rows := []catalogue.Interval{
		row(patient.Male, 6570, 54751, catalogue.AnyPregnancy, "", "13"), row(patient.Female, 6570, 54751, catalogue.AnyPregnancy, "", "12"),
	}
	tests := map[string]struct {
		subject catalogue.Subject
		reason  string
		rows    int
	}{
		"other":       {catalogue.Subject{Sex: patient.Other, AgeDays: 8000, AgeKnown: true}, "sex_unknown", 2},
		"age unknown": {catalogue.Subject{Sex: patient.Male}, "age_unknown", 1},
		"both":        {catalogue.Subject{Sex: patient.Unknown}, "age_unknown", 2},
		"child":       {catalogue.Subject{Sex: patient.Male, AgeDays: 10, AgeKnown: true}, "no_limit_for_age", 0},
		"other child": {catalogue.Subject{Sex: patient.Other, AgeDays: 10, AgeKnown: true}, "no_limit_for_age", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := catalogue.ChooseInterval(rows, tt.subject)
			if _, ok := got.Row(); ok || got.Flaggable || got.Reason != tt.reason || len(got.Rows) != tt.rows {
				t.Errorf("got %+v, want %s with %d rows", got, tt.reason, tt.rows)
			}
		})
	}
}

func TestAmbiguousIntervalsAreRefusedAtSave(t *testing.T) {
	t.Parallel()
	base := row(patient.Female, 100, 200, catalogue.NotPregnant, "", "1")
	tests := map[string]struct {
		other catalogue.Interval
		want  string
	}{
		"the same ages":            {row(patient.Female, 100, 200, catalogue.NotPregnant, "", "2"), "interval_ambiguous"},
		"overlap of equal width":   {row(patient.Female, 150, 250, catalogue.NotPregnant, "", "2"), "interval_ambiguous"},
		"overlap, narrower":        {row(patient.Female, 150, 160, catalogue.NotPregnant, "", "2"), ""},
		"adjoining":                {row(patient.Female, 200, 300, catalogue.NotPregnant, "", "2"), ""},
		"other sex":                {row(patient.Male, 100, 200, catalogue.NotPregnant, "", "2"), ""},
		"lower above upper limit":  {row(patient.Female, 300, 400, catalogue.NotPregnant, "", "2000"), "interval_limits"},
		"no width":                 {row(patient.Female, 300, 300, catalogue.NotPregnant, "", "2"), "interval_age"},
		"pregnant man":             {row(patient.Male, 300, 400, catalogue.Trimester3, "", "2"), "interval_man"},
		"a sex that rows have not": {row(patient.Unknown, 300, 400, catalogue.NotPregnant, "", "2"), "interval_sex"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := catalogue.CheckIntervals([]catalogue.Interval{base, tt.other})
			var e *lab.Error
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (!asError(err, &e) || e.Fields[0].Code != tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestChooseCritical(t *testing.T) {
	t.Parallel()
	rows := []catalogue.Critical{
		{Test: "X", Sex: catalogue.AnySex, AgeFrom: 0, AgeTo: 28, High: limit("15")},
		{Test: "X", Sex: catalogue.AnySex, AgeFrom: 28, AgeTo: 54751, High: limit("20")},
		{Test: "X", Sex: patient.Female, AgeFrom: 28, AgeTo: 54751, High: limit("21")},
	}
	tests := map[string]struct {
		subject catalogue.Subject
		want    string
	}{
		"newborn":     {catalogue.Subject{Sex: patient.Male, AgeDays: 27, AgeKnown: true}, "15"},
		"28th day":    {catalogue.Subject{Sex: patient.Male, AgeDays: 28, AgeKnown: true}, "20"},
		"own sex":     {catalogue.Subject{Sex: patient.Female, AgeDays: 28, AgeKnown: true}, "21"},
		"sex unknown": {catalogue.Subject{Sex: patient.Unknown, AgeDays: 28, AgeKnown: true}, "20"},
		"age unknown": {catalogue.Subject{Sex: patient.Male}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := catalogue.ChooseCritical(rows, tt.subject)
			if ok != (tt.want != "") || (ok && got.High.String() != tt.want) {
				t.Errorf("got %v %v, want %q", got.High, ok, tt.want)
			}
		})
	}
}

func TestIntervalText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ low, high, want string }{
		{"3.5", "5.1", "3.5 – 5.1"}, {"90", "", "> 90"}, {"", "5", "< 5"}, {"", "", ""},
	} {
		if got := catalogue.IntervalText(tc.low, tc.high); got != tc.want {
			t.Errorf("IntervalText(%q, %q) = %q, want %q", tc.low, tc.high, got, tc.want)
		}
	}
}

package catalogue

import (
	"fmt"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
)

// AnySex and AnyPregnancy are the row values that serve everybody.
const (
	AnySex       patient.Sex = "A"
	AnyPregnancy Pregnancy   = "any"
)

// Pregnancy is a row's or a patient's state. A patient without a recorded pregnancy counts as not pregnant.
type Pregnancy string

// The states of pregnancy: none, and the three trimesters.
const (
	NotPregnant Pregnancy = "no"
	Trimester1  Pregnancy = "T1"
	Trimester2  Pregnancy = "T2"
	Trimester3  Pregnancy = "T3"
)

// AdultFrom and NoUpperAge are days of age: the 18th birthday, and the end of rows that serve every older patient.
const (
	AdultFrom  = 6570
	NoUpperAge = 54751
)

// Interval is one reference interval: AgeFrom <= age < AgeTo, age in days at collection. A limit that is nil is open; a
// row with neither limit nor text states that this test has no interval, which is not the same as having no row.
type Interval struct {
	ID        lab.ID
	Test      string
	Sex       patient.Sex // M, F or A
	AgeFrom   int
	AgeTo     int
	Pregnancy Pregnancy
	Method    string // instrument or method; empty for any
	Low       *lab.Decimal
	High      *lab.Decimal
	Text      string
	Source    string
}

// Critical is one pair of critical limits, with ages of its own. The limits themselves are within.
type Critical struct {
	ID      lab.ID
	Test    string
	Sex     patient.Sex
	AgeFrom int
	AgeTo   int
	Low     *lab.Decimal
	High    *lab.Decimal
	Source  string
}

// Subject is what is known of the patient when an interval is chosen.
type Subject struct {
	Sex       patient.Sex
	AgeDays   int
	AgeKnown  bool
	Pregnancy Pregnancy // empty: not recorded
	Method    string    // that gave the result
}

// Choice is the outcome of choosing an interval. Rows holds one row, both sexes' rows, or none. Only where Flaggable is
// true may a result be compared with the row; otherwise Reason says why not.
type Choice struct {
	Rows      []Interval
	Flaggable bool
	Reason    string // sex_unknown, age_unknown, no_limit_for_age, no_interval; empty where flaggable
}

// Row gives the one row that results are compared with.
func (c Choice) Row() (Interval, bool) {
	if !c.Flaggable || len(c.Rows) != 1 {
		return Interval{}, false
	}
	return c.Rows[0], true
}

// ChooseInterval takes the most specific row that matches all known facts: method before pregnancy before sex before the
// narrower age (lab-rules 4). Sex neither male nor female: a row for everybody, else both rows are shown and nothing is
// flagged. Age unknown: the adult row is shown, labelled so, and nothing is flagged.
func ChooseInterval(rows []Interval, s Subject) Choice {
	if len(rows) == 0 {
		return Choice{Reason: "no_interval"}
	}
	if !s.AgeKnown {
		adult := s
		adult.AgeDays, adult.AgeKnown = 30*365, true
		return Choice{Rows: ChooseInterval(rows, adult).Rows, Reason: "age_unknown"}
	}
	if s.Sex == patient.Male || s.Sex == patient.Female {
		if row, ok := mostSpecific(rows, s); ok {
			return Choice{Rows: []Interval{row}, Flaggable: true}
		}
		return Choice{Reason: "no_limit_for_age"}
	}
	everybody := slices.DeleteFunc(slices.Clone(rows), func(r Interval) bool { return r.Sex != AnySex })
	if row, ok := mostSpecific(everybody, s); ok {
		return Choice{Rows: []Interval{row}, Flaggable: true}
	}
	var both []Interval
	for _, sex := range []patient.Sex{patient.Male, patient.Female} {
		one := s
		one.Sex = sex
		if row, ok := mostSpecific(rows, one); ok {
			both = append(both, row)
		}
	}
	if len(both) == 0 {
		return Choice{Reason: "no_limit_for_age"}
	}
	return Choice{Rows: both, Reason: "sex_unknown"}
}

// ChooseCritical takes the most specific critical row. A person whose sex is not known gets only rows for everybody.
// found is false where no row fits; where the test has rows at all, that is a hold, never "not critical".
func ChooseCritical(rows []Critical, s Subject) (row Critical, found bool) {
	if !s.AgeKnown {
		return Critical{}, false
	}
	best := -1
	for i, r := range rows {
		if s.AgeDays < r.AgeFrom || s.AgeDays >= r.AgeTo || (r.Sex != AnySex && r.Sex != s.Sex) {
			continue
		}
		if best < 0 || moreSpecificCritical(r, rows[best]) {
			best = i
		}
	}
	if best < 0 {
		return Critical{}, false
	}
	return rows[best], true
}

func moreSpecificCritical(a, b Critical) bool {
	if (a.Sex != AnySex) != (b.Sex != AnySex) {
		return a.Sex != AnySex
	}
	return a.AgeTo-a.AgeFrom < b.AgeTo-b.AgeFrom
}

func mostSpecific(rows []Interval, s Subject) (Interval, bool) {
	best := -1
	for i, r := range rows {
		if r.matches(s) && (best < 0 || r.specificity().compare(rows[best].specificity()) > 0) {
			best = i
		}
	}
	if best < 0 {
		return Interval{}, false
	}
	return rows[best], true
}

func (r Interval) matches(s Subject) bool {
	pregnancy := s.Pregnancy
	if pregnancy == "" {
		pregnancy = NotPregnant
	}
	return s.AgeDays >= r.AgeFrom && s.AgeDays < r.AgeTo &&
		(r.Sex == AnySex || r.Sex == s.Sex) &&
		(r.Pregnancy == AnyPregnancy || r.Pregnancy == pregnancy) &&
		(r.Method == "" || r.Method == s.Method)
}

// specificity orders rows: each number is compared before the next, and more is more specific.
type specificity [4]int

func (a specificity) compare(b specificity) int { return slices.Compare(a[:], b[:]) }

func (r Interval) specificity() specificity {
	var out specificity
	if r.Method != "" {
		out[0] = 1
	}
	if r.Pregnancy != AnyPregnancy {
		out[1] = 1
	}
	if r.Sex != AnySex {
		out[2] = 1
	}
	out[3] = r.AgeFrom - r.AgeTo
	return out
}

// CheckIntervals refuses rows that cannot be right and pairs of rows that would be equally specific for some patient, so
// that the choice never depends on the order of rows.
func CheckIntervals(rows []Interval) error {
	var wrong []lab.FieldError
	for i, r := range rows {
		if p := r.fault(); p != "" {
			wrong = append(wrong, lab.FieldError{Field: fmt.Sprintf("intervals[%d]", i), Code: p, Message: intervalMessages()[p]})
		}
		for j := range i {
			if r.ambiguousWith(rows[j]) {
				wrong = append(wrong, lab.FieldError{
					Field: fmt.Sprintf("intervals[%d]", i), Code: "interval_ambiguous",
					Message: fmt.Sprintf("Rows %d and %d of %s would both serve the same patient.", j+1, i+1, r.Test),
				})
			}
		}
	}
	if len(wrong) > 0 {
		return lab.Invalid("intervals_invalid", "Some reference intervals need correction.", wrong...)
	}
	return nil
}

func intervalMessages() map[string]string {
	return map[string]string{
		"interval_sex":       "The sex of a row is M, F or A for all.",
		"interval_age":       "The upper age must be greater than the lower one.",
		"interval_pregnancy": "The pregnancy of a row is no, T1, T2, T3 or any.",
		"interval_limits":    "The lower limit is above the upper one.",
		"interval_man":       "A row for men cannot be for a pregnancy.",
	}
}

func (r Interval) fault() string {
	trimester := r.Pregnancy == Trimester1 || r.Pregnancy == Trimester2 || r.Pregnancy == Trimester3
	switch {
	case r.Sex != patient.Male && r.Sex != patient.Female && r.Sex != AnySex:
		return "interval_sex"
	case r.AgeFrom < 0 || r.AgeTo <= r.AgeFrom:
		return "interval_age"
	case !trimester && r.Pregnancy != NotPregnant && r.Pregnancy != AnyPregnancy:
		return "interval_pregnancy"
	case trimester && r.Sex == patient.Male:
		return "interval_man"
	case r.Low != nil && r.High != nil && r.Low.Cmp(*r.High) > 0:
		return "interval_limits"
	}
	return ""
}

func (r Interval) ambiguousWith(o Interval) bool {
	overlap := r.AgeFrom < o.AgeTo && o.AgeFrom < r.AgeTo
	return r.Test == o.Test && overlap && r.Sex == o.Sex && r.Pregnancy == o.Pregnancy && r.Method == o.Method &&
		r.specificity() == o.specificity()
}

// Display writes the interval for paper: "13.0 - 17.0", "≤ 5.0", "≥ 40" (the limit itself is within), or its text. Empty where it states that there is
// none.
func (r Interval) Display() string {
	switch {
	case r.Text != "":
		return r.Text
	case r.Low != nil && r.High != nil:
		return r.Low.String() + " - " + r.High.String()
	case r.High != nil:
		return "≤ " + r.High.String()
	case r.Low != nil:
		return "≥ " + r.Low.String()
	default:
		return ""
	}
}

// IntervalText writes an interval as it prints: 3.5 – 5.1, < 5, > 90.
func IntervalText(low, high string) string {
	switch {
	case low != "" && high != "":
		return low + " – " + high
	case high != "":
		return "< " + high
	case low != "":
		return "> " + low
	default:
		return ""
	}
}

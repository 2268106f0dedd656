// Package catalogue holds what a lab can measure: tests, panels, reference intervals, critical and delta limits, prices.
// All of it is data that a lab edits and approves; a result keeps a copy of the rows it was judged by.
package catalogue

import (
	"jaanch/internal/lab"
)

// ResultType says what kind of value a test gives.
type ResultType string

// The result types. Their text stands in the database and in catalogue files.
const (
	Numeric    ResultType = "numeric"
	Calculated ResultType = "calculated" // numeric, by a formula from other tests of the visit
	Coded      ResultType = "option"     // one of the test's options
	Text       ResultType = "text"
	Titer      ResultType = "titer" // 1:80, <1:80
	Range      ResultType = "range" // a count per field: 0-5
)

// IsNumber tells whether results are compared with numeric limits.
func (t ResultType) IsNumber() bool { return t == Numeric || t == Calculated }

// Option is one value that a coded test can take.
type Option struct {
	Text     string
	TextHi   string
	Abnormal bool // flagged A
	Critical bool // starts the call-back workflow
}

// Test is one thing that is measured and printed as one line.
type Test struct {
	ID         lab.ID
	Code       string // the lab's own short code, capital letters and digits
	Name       string
	NameHi     string
	LOINC      string
	Specimen   string // "Serum", "Whole blood EDTA"; package sample knows the container
	Draw       string // empty: the visit's common draw; else a draw of its own, as "pp2h" for two hours after a meal
	Unit       string // UCUM
	UnitText   string // as printed; empty: Unit in friendly form
	Method     string
	Department string
	Type       ResultType
	Decimals   int // digits behind the point as printed
	Formula    Formula
	Options    []Option
	Normal     string // the text that stands as reference for coded, text, titer and range results
	Sensitive  bool   // never released without a person (lab-rules 2, stage 14)
	Price      lab.Paise
	Retired    bool
}

// Formula binds the inputs of a calculation to tests. The zero Formula means "not calculated".
type Formula struct {
	ID     string            // of package formula
	Inputs map[string]string // input name -> test code
}

// Panel is ordered and priced as one and expands to its tests in this order.
type Panel struct {
	ID     lab.ID
	Code   string
	Name   string
	NameHi string
	Tests  []string // codes, in the order of the report
	Price  lab.Paise
}

// DeltaLimit says when a change from the patient's last result is too large (lab-rules 2.2).
type DeltaLimit struct {
	Test     string
	Absolute *lab.Decimal // in the test's unit
	Percent  *lab.Decimal // of the previous value
	Both     bool         // both must be exceeded; otherwise either
	Days     int          // window by time of collection; 0 = for ever
	Change   bool         // any change of text at all (blood group)
}

// Catalogue is everything together, as loaded from a file or read from the database.
type Catalogue struct {
	Tests     []Test
	Panels    []Panel
	Intervals []Interval
	Criticals []Critical
	Deltas    []DeltaLimit
}

// Test finds a test by its code.
func (c Catalogue) Test(code string) (Test, bool) {
	for _, t := range c.Tests {
		if t.Code == code {
			return t, true
		}
	}
	return Test{}, false
}

// Panel finds a panel by its code.
func (c Catalogue) Panel(code string) (Panel, bool) {
	for _, p := range c.Panels {
		if p.Code == code {
			return p, true
		}
	}
	return Panel{}, false
}

// IntervalsOf gives the interval rows of one test.
func (c Catalogue) IntervalsOf(code string) []Interval {
	var out []Interval
	for _, r := range c.Intervals {
		if r.Test == code {
			out = append(out, r)
		}
	}
	return out
}

// CriticalsOf gives the critical rows of one test.
func (c Catalogue) CriticalsOf(code string) []Critical {
	var out []Critical
	for _, r := range c.Criticals {
		if r.Test == code {
			out = append(out, r)
		}
	}
	return out
}

// Package formula calculates tests from other tests of the same visit (lab-rules section 3). Inputs are used unrounded, as
// stored. What cannot be calculated is an error with a reason, printed as "not calculated", never a zero. A value that an
// analyzer sends for a calculated test is filed as measured and wins: the caller does not calculate over it.
package formula

import (
	"maps"
	"sort"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
)

// Inputs of a formula that come from the patient or the reagent lot, not from another test.
const (
	Age     = "age"       // completed years at collection
	Height  = "height_cm" // of the visit
	Weight  = "weight_kg" // of the visit
	Volume  = "volume_ml" // of a timed urine
	Minutes = "minutes"   // over which it was collected
	MNPT    = "mnpt"      // mean normal prothrombin time of the reagent lot, s
	ISI     = "isi"       // international sensitivity index of the reagent lot
)

// Values are the inputs by name. Sex is needed by some formulas only.
type Values struct {
	Numbers map[string]lab.Decimal
	Sex     patient.Sex
}

// Outcome is a calculated value, unrounded, with the decimals and the UCUM unit that the formula's definition gives. The
// test's own decimals win when it is printed.
type Outcome struct {
	Value    lab.Decimal
	Decimals int
	Unit     string
}

// Rounded is the value at the formula's own decimals.
func (o Outcome) Rounded() lab.Decimal { return o.Value.Round(o.Decimals) }

// NotCalculated says why there is no value. Code is stable and the key of the translation.
type NotCalculated struct { //nolint:errname // it is an outcome that is printed, and reads as one
	Code  string // missing_input, nonpositive, negative, age_under_18, sex_needed, tg_400_or_more, ...
	Input string // the input at fault where there is one
}

// Error gives the reason for logs.
func (n *NotCalculated) Error() string { return "not calculated: " + n.Code + " " + n.Input }

// Compute calculates one formula.
func Compute(id string, in Values) (Outcome, error) {
	f, ok := all()[id]
	if !ok {
		return Outcome{}, lab.NotFound("formula_unknown", "There is no formula of this name.")
	}
	c := &calculation{in: in}
	for _, name := range f.inputs {
		c.need(name)
	}
	if f.sexed && in.Sex != patient.Male && in.Sex != patient.Female {
		c.refuse("sex_needed", "sex")
	}
	var value lab.Decimal
	if c.fault == nil {
		value = f.compute(c)
	}
	if c.fault != nil {
		return Outcome{}, c.fault
	}
	return Outcome{Value: value, Decimals: f.decimals, Unit: f.unit}, nil
}

// Inputs gives the names of a formula's inputs, in order; false for an unknown formula.
func Inputs(id string) ([]string, bool) {
	f, ok := all()[id]
	return append([]string(nil), f.inputs...), ok
}

// IsContext tells whether an input comes from the patient, the visit or the reagent lot and is bound to no test.
func IsContext(name string) bool {
	switch name {
	case Age, Height, Weight, Volume, Minutes, MNPT, ISI, "normal_hct", "factor":
		return true
	}
	return false
}

// IDs gives the names of all formulas, sorted.
func IDs() []string {
	var out []string
	for id := range all() {
		out = append(out, id)
	}
	sort.Strings(out)
	return out
}

// definition is one formula: its inputs, and how it is printed.
type definition struct {
	inputs   []string
	decimals int
	unit     string
	sexed    bool
	compute  func(*calculation) lab.Decimal
}

func all() map[string]definition {
	out := map[string]definition{}
	for _, part := range []map[string]definition{renal(), lipids(), ironAndClotting(), blood(), chemistry(), urine()} {
		maps.Copy(out, part)
	}
	return out
}

// calculation carries the inputs and the first fault; after a fault every step gives zero and the outcome is dropped.
type calculation struct {
	in    Values
	fault *NotCalculated
}

func (c *calculation) refuse(code, input string) {
	if c.fault == nil {
		c.fault = &NotCalculated{Code: code, Input: input}
	}
}

func (c *calculation) need(name string) {
	if _, ok := c.in.Numbers[name]; !ok {
		c.refuse("missing_input", name)
	}
}

func (c *calculation) get(name string) lab.Decimal { return c.in.Numbers[name] }

// positive gives an input that must be above zero.
func (c *calculation) positive(name string) lab.Decimal {
	v := c.get(name)
	if v.Sign() <= 0 {
		c.refuse("nonpositive", name)
	}
	return v
}

// notNegative gives an input that may be zero.
func (c *calculation) notNegative(name string) lab.Decimal {
	v := c.get(name)
	if v.Sign() < 0 {
		c.refuse("negative", name)
	}
	return v
}

func (c *calculation) div(a, b lab.Decimal) lab.Decimal {
	out, ok := a.Div(b)
	if !ok {
		c.refuse("nonpositive", "")
	}
	return out
}

func (c *calculation) pow(a, b lab.Decimal) lab.Decimal {
	out, ok := a.Pow(b)
	if !ok {
		c.refuse("nonpositive", "")
	}
	return out
}

func (c *calculation) sqrt(a lab.Decimal) lab.Decimal {
	out, ok := a.Sqrt()
	if !ok {
		c.refuse("negative", "")
	}
	return out
}

// outcome refuses a negative outcome: no concentration is below zero.
func (c *calculation) outcome(v lab.Decimal) lab.Decimal {
	if v.Sign() < 0 {
		c.refuse("negative", "")
	}
	return v
}

func num(s string) lab.Decimal { return lab.MustDecimal(s) }

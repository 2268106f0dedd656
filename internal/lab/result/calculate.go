package result

import (
	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/formula"
)

// guardDigits are kept behind a calculated test's printed decimals, so that flags and further calculations see it
// unrounded.
const guardDigits = 6

// Calculate works out a calculated test from the visit's values by test code and the context (age, sex, reagent lot). The
// error is a *formula.NotCalculated with the reason that is printed. The caller does not ask where an analyzer has sent a
// value for the test itself: what was measured wins. A bound such as "<5" is no number to calculate with.
func Calculate(t catalogue.Test, values map[string]Value, context formula.Values) (Value, error) {
	in := formula.Values{Sex: context.Sex, Numbers: map[string]lab.Decimal{}}
	for name, number := range context.Numbers {
		if formula.IsContext(name) {
			in.Numbers[name] = number
		}
	}
	for name, code := range t.Formula.Inputs {
		v, ok := values[code]
		switch {
		case !ok:
		case !v.Exact():
			return Value{}, &formula.NotCalculated{Code: "input_not_exact", Input: name}
		default:
			in.Numbers[name] = *v.Num
		}
	}
	out, err := formula.Compute(t.Formula.ID, in)
	if err != nil {
		return Value{}, err
	}
	raw := out.Value.Round(t.Decimals + guardDigits)
	return Value{Text: raw.Round(t.Decimals).String(), Num: &raw}, nil
}

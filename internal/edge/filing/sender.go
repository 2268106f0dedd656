package filing

import (
	"cmp"
	"slices"
	"strings"

	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/result"
)

// HoldUnit holds a value whose unit is not the test's: nothing is ever converted in silence.
const HoldUnit = "unit_differs"

// senderHolds are the reasons to look that come from the analyzer itself: a unit other than the test's, or a flag that
// says more than low, high or normal.
func senderHolds(t catalogue.Test, e Entry) []result.Hold {
	if e.Source != result.Analyzer {
		return nil
	}
	var out []result.Hold
	if e.Convert == nil && UnitDiffers(e.Unit, t.Unit) {
		out = append(out, result.NewHold(HoldUnit, "sent", e.Unit, "expected", cmp.Or(t.PrintedUnit(), t.Unit)))
	}
	flag := strings.ToUpper(strings.TrimSpace(e.Flag))
	isValue, _, _ := strings.Cut(flag, "^") // a flag that is itself what was filed says nothing more
	if !slices.Contains(ordinaryFlags(), flag) && isValue != strings.ToUpper(strings.TrimSpace(e.Raw)) {
		out = append(out, result.NewHold(result.HoldInstrumentFlag, "flag", e.Flag))
	}
	return out
}

// UnitDiffers tells whether a unit that was sent is another one than the test's. Where one of them is not known, nobody can tell.
func UnitDiffers(sent, unit string) bool {
	return sent != "" && unit != "" && sent != unit && plainUnit(sent) != plainUnit(unit)
}

// convert brings a number into the test's unit where the lab declared how, for exactly the unit that came. It gives the
// declaration that was used; without one the value stays as it is, and its unit holds it.
func convert(t catalogue.Test, v result.Value, e Entry) (result.Value, *result.Conversion) {
	numeric := t.Type == catalogue.Numeric || t.Type == catalogue.Calculated
	if e.Convert == nil || v.Num == nil || !numeric || !UnitDiffers(e.Unit, t.Unit) || !SameUnit(e.Unit, e.Convert.From) {
		return v, nil
	}
	return e.Convert.Apply(v), e.Convert
}

// ordinaryFlags only repeat what our own limits say.
func ordinaryFlags() []string {
	return []string{"", "N", "L", "H", "LL", "HH", "A", "AA", "<", ">", "\"\"", "N^N", "NORMAL"}
}

// plainUnit brings the spellings of one unit together: case, the sign of micro, and how analyzers write powers of ten.
func plainUnit(unit string) string {
	u := unitSigns.Replace(strings.ToLower(strings.TrimSpace(unit)))
	if to, ok := sameUnits[u]; ok {
		return to
	}
	return u
}

var (
	unitSigns = strings.NewReplacer("µ", "u", "μ", "u", "^", "*", "[iu]", "iu", "x10", "10", " ", "")
	sameUnits = map[string]string{
		"10*9/l": "10*3/ul", "10*3/mm3": "10*3/ul", "k/ul": "10*3/ul", "10e3/ul": "10*3/ul", "10e9/l": "10*3/ul", "giga/l": "10*3/ul", "g/l*9": "10*3/ul",
		"10*12/l": "10*6/ul", "m/ul": "10*6/ul", "10e6/ul": "10*6/ul", "10e12/l": "10*6/ul", "10*6/mm3": "10*6/ul", "tera/l": "10*6/ul",
		"um3": "fl", "iu/l": "u/l", "meq/l": "mmol/l", "mcg/dl": "ug/dl",
	}
)

// HoldText gives the English sentence of a hold, also of those that are made here.
func HoldText(h result.Hold) string {
	if h.Code == HoldUnit {
		return "The analyzer sent " + h.Params["sent"] + ", the test is in " + h.Params["expected"] + ": nothing was converted."
	}
	return h.Text()
}

// SameUnit tells whether two spellings mean one unit.
func SameUnit(a, b string) bool { return plainUnit(a) == plainUnit(b) }

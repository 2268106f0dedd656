package result

import (
	"strings"

	"jaanch/internal/lab"
)

// Conversion says how a number in another unit becomes one in the test's unit: number × Factor + Offset, exactly. A person
// declared it for one code of one analyzer; nothing is ever converted without such a word (ISO 15189:2022 7.4.1.3 wants
// a result in the unit that the report names, and lab-rules section 4 lists the usual factors).
type Conversion struct {
	From           string // the unit as the analyzer sends it
	Factor, Offset lab.Decimal
}

// NewConversion reads a declaration. The factor must be above zero: only then a bound such as <0.5 keeps its direction. An
// empty offset is none. Errors name the field: unit, factor or offset.
func NewConversion(from, factor, offset string) (Conversion, error) {
	c := Conversion{From: strings.TrimSpace(from)}
	if c.From == "" {
		return c, fieldError("unit", "conversion_unit", "Write the unit exactly as the analyzer sends it.")
	}
	var err error
	if c.Factor, err = lab.ParseDecimal(strings.TrimSpace(factor)); err != nil || c.Factor.Sign() <= 0 {
		return c, fieldError("factor", "conversion_factor", "Write the factor as a number above zero, such as 18.016.")
	}
	if offset = strings.TrimSpace(offset); offset == "" {
		return c, nil
	}
	if c.Offset, err = lab.ParseDecimal(offset); err != nil {
		return c, fieldError("offset", "conversion_offset", "Write what is added as a number, such as 2.15 or -2.15.")
	}
	return c, nil
}

func fieldError(field, code, message string) error {
	return lab.Invalid(code, message, lab.FieldError{Field: field, Code: code, Message: message})
}

// Apply gives the value in the test's unit. The text stays as it was sent, a bound stays a bound, and a value without a
// number is given back as it is.
func (c Conversion) Apply(v Value) Value {
	if v.Num == nil {
		return v
	}
	num := v.Num.Mul(c.Factor).Add(c.Offset)
	v.Num = &num
	return v
}

// String writes the declaration for people and for the record: "mmol/L × 18.016" or "mmol/mol × 0.0915 + 2.15".
func (c Conversion) String() string {
	out := c.From + " × " + c.Factor.String()
	switch c.Offset.Sign() {
	case 1:
		out += " + " + c.Offset.String()
	case -1:
		out += " − " + c.Offset.Abs().String()
	}
	return out
}

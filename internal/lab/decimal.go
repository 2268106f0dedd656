package lab

import (
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Decimal is an exact decimal number. The zero value is 0. A Decimal is never changed after it was made.
type Decimal struct{ d apd.Decimal }

// arithmetic is the context of all calculations: 34 digits, half away from zero (lab-rules: "rounded half away from
// zero on decimals").
var arithmetic = func() apd.Context {
	c := apd.BaseContext
	c.Precision = 34
	c.Rounding = apd.RoundHalfUp
	return c
}()

// ParseDecimal reads a plain decimal such as "6.8", "-0.50" or "1000". Exponents, signs other than a leading "-" or
// "+", blanks, commas and names such as "NaN" are refused: what an analyzer sends is cleaned before, by a named rule.
func ParseDecimal(s string) (Decimal, error) {
	if !plainDecimal(s) {
		return Decimal{}, Invalid("decimal_malformed", "This is not a number.")
	}
	var out Decimal
	if _, _, err := out.d.SetString(s); err != nil {
		return Decimal{}, Invalid("decimal_malformed", "This is not a number.")
	}
	return out, nil
}

// MustDecimal is ParseDecimal for constants in code; it panics on a malformed one.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic("lab: malformed decimal constant " + s)
	}
	return d
}

// DecimalFromInt makes a Decimal of a whole number.
func DecimalFromInt(v int64) Decimal {
	var out Decimal
	out.d.SetInt64(v)
	return out
}

func plainDecimal(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	digits, dots := 0, 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '.':
			dots++
		default:
			return false
		}
	}
	return digits > 0 && digits <= 34 && dots <= 1
}

// String gives plain notation without an exponent, keeping the digits behind the point ("5.10"). There is no negative
// zero.
func (a Decimal) String() string {
	if a.d.IsZero() && a.d.Negative {
		var pos apd.Decimal
		pos.Abs(&a.d)
		return pos.Text('f')
	}
	return a.d.Text('f')
}

// Float gives the nearest float64, for plots and indexes alone: it is never compared with a limit.
func (a Decimal) Float() float64 {
	f, _ := a.d.Float64()
	return f
}

// Cmp gives -1, 0 or 1; 5.1 and 5.10 are equal.
func (a Decimal) Cmp(b Decimal) int { return a.d.Cmp(&b.d) }

// Sign gives -1, 0 or 1.
func (a Decimal) Sign() int { return a.d.Sign() }

// Abs gives the size of a without its sign.
func (a Decimal) Abs() Decimal {
	var out Decimal
	out.d.Abs(&a.d)
	return out
}

// Add gives a + b.
func (a Decimal) Add(b Decimal) Decimal { return apply(arithmetic.Add, a, b) }

// Sub gives a - b.
func (a Decimal) Sub(b Decimal) Decimal { return apply(arithmetic.Sub, a, b) }

// Mul gives a × b.
func (a Decimal) Mul(b Decimal) Decimal { return apply(arithmetic.Mul, a, b) }

// Div gives a ÷ b to 34 digits; false where b is zero.
func (a Decimal) Div(b Decimal) (Decimal, bool) {
	if b.d.IsZero() {
		return Decimal{}, false
	}
	return apply(arithmetic.Quo, a, b), true
}

// Pow gives a to the power b to 34 digits; false where that is not a real number.
func (a Decimal) Pow(b Decimal) (Decimal, bool) {
	var out Decimal
	if _, err := arithmetic.Pow(&out.d, &a.d, &b.d); err != nil || out.d.Form != apd.Finite {
		return Decimal{}, false
	}
	return out, true
}

// Sqrt gives the square root to 34 digits; false for a negative number.
func (a Decimal) Sqrt() (Decimal, bool) {
	var out Decimal
	if _, err := arithmetic.Sqrt(&out.d, &a.d); err != nil {
		return Decimal{}, false
	}
	return out, true
}

// Round rounds half away from zero to that many digits behind the point, and shows exactly that many.
func (a Decimal) Round(places int) Decimal {
	var out Decimal
	if _, err := arithmetic.Quantize(&out.d, &a.d, int32(-places)); err != nil {
		return a
	}
	return out
}

// Places gives the number of digits behind the point as written: 2 for "5.10".
func (a Decimal) Places() int {
	if a.d.Exponent >= 0 {
		return 0
	}
	return int(-a.d.Exponent)
}

func apply(op func(d, x, y *apd.Decimal) (apd.Condition, error), a, b Decimal) Decimal {
	var out Decimal
	_, _ = op(&out.d, &a.d, &b.d) // the contexts in use trap nothing that these four operations can raise on finite input
	return out
}

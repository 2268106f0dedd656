// Package billing holds the bill of a visit: lines in paise, discount, rounding to the rupee, and the number. A bill is
// never edited after issue.
package billing

import (
	"fmt"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
)

// Line is one thing charged. Net of discount it is never below zero.
type Line struct {
	Code     string
	Name     string
	Price    lab.Paise
	Discount lab.Paise
}

// Net is the price less the discount.
func (l Line) Net() lab.Paise { return l.Price - l.Discount }

// Bill is the sum of its lines. Laboratory testing is exempt, so that there is no tax at registration.
type Bill struct {
	Lines    []Line
	Gross    lab.Paise
	Discount lab.Paise // of lines and of the whole together
	Net      lab.Paise // Gross - Discount
	RoundOff lab.Paise // added to reach the whole rupee; may be negative
	Total    lab.Paise // Net + RoundOff
}

// New adds up the lines. discount is for the whole bill and is spread over the lines in proportion, so that a later
// refund of one line gives back what was paid for it; the last paise go to the first lines that still cost something.
func New(lines []Line, discount lab.Paise) (Bill, error) {
	var b Bill
	for i, l := range lines {
		if l.Price < 0 || l.Discount < 0 || l.Discount > l.Price {
			return Bill{}, lab.Invalid("line_amount", "A price or discount is not possible.",
				lab.FieldError{Field: fmt.Sprintf("lines[%d]", i), Code: "line_amount", Message: "The discount is more than the price."})
		}
		b.Lines = append(b.Lines, l)
		b.Gross += l.Price
		b.Net += l.Net()
	}
	if discount < 0 || discount > b.Net {
		return Bill{}, lab.Invalid("discount_amount", "The discount is more than the bill.")
	}
	spread(b.Lines, b.Net, discount)
	b.Net -= discount
	b.Discount = b.Gross - b.Net
	b.RoundOff = RoundOff(b.Net)
	b.Total = b.Net + b.RoundOff
	return b, nil
}

// Percent gives that many hundredths of a percent of an amount (1250 is 12.5 %), half a paisa up. The amount is not
// negative.
func Percent(amount lab.Paise, basisPoints int) lab.Paise {
	return (amount*lab.Paise(basisPoints) + 5000) / 10000
}

// RoundOff gives what has to be added to reach the whole rupee, fifty paise up.
func RoundOff(total lab.Paise) lab.Paise {
	rest := ((total % 100) + 100) % 100
	if rest >= 50 {
		return 100 - rest
	}
	return -rest
}

func spread(lines []Line, net, discount lab.Paise) {
	if discount == 0 {
		return
	}
	left := discount
	for i := range lines {
		share := lines[i].Net() * discount / net
		lines[i].Discount += share
		left -= share
	}
	for i := 0; left > 0; i = (i + 1) % len(lines) {
		if lines[i].Net() > 0 {
			lines[i].Discount++
			left--
		}
	}
}

// Year is an Indian financial year by its first calendar year: 2026 runs from April 2026 to March 2027.
type Year int

// YearOf gives the financial year of a day.
func YearOf(d lab.Date) Year {
	if d.Month < 4 {
		return Year(d.Year - 1)
	}
	return Year(d.Year)
}

// String gives "26-27".
func (y Year) String() string { return fmt.Sprintf("%02d-%02d", int(y)%100, (int(y)+1)%100) }

// Number is the number of an invoice, unique in its financial year: "K7/26-27/000123". At most 16 characters (rule 46).
type Number string

// NewNumber makes the number; each node has a series of its own, so that there is no gap and no repeat.
func NewNumber(node identifier.Node, day lab.Date, counter int) (Number, error) {
	if _, err := identifier.ParseNode(string(node)); err != nil {
		return "", err
	}
	if day.IsZero() || counter < 1 || counter > 9_999_999 {
		return "", lab.Invalid("invoice_counter", "The invoice counter is out of range.")
	}
	return Number(fmt.Sprintf("%s/%s/%06d", node, YearOf(day), counter)), nil
}

// ParseNumber reads an invoice number.
func ParseNumber(s string) (Number, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	parts := strings.Split(s, "/")
	if len(parts) != 3 || len(s) > 16 || len(parts[1]) != 5 || len(parts[2]) < 6 || strings.Trim(parts[2], "0123456789") != "" {
		return "", lab.Invalid("invoice_number_shape", "An invoice number looks like K7/26-27/000123.")
	}
	if _, err := identifier.ParseNode(parts[0]); err != nil {
		return "", err
	}
	return Number(s), nil
}

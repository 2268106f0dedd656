package billing

import (
	"fmt"

	"jaanch/internal/lab"
)

// Kind is what a document of a sale is.
type Kind string

// The kinds of document. A bill of supply has exempt lines alone and never goes to the portal.
const (
	TaxInvoice   Kind = "INV"
	CreditNote   Kind = "CRN"
	DebitNote    Kind = "DBN"
	BillOfSupply Kind = "BOS"
)

// Item is one line before tax. The category of each test or package is the accountant's decision, not ours.
type Item struct {
	Code     string
	Name     string // what stands on paper: a test or package, never a patient or a result
	HSN      string // HSN of goods, SAC of services (begins with 99)
	Goods    bool
	Unit     string // of goods, three to eight letters
	Quantity int64
	Price    lab.Paise // for one, before tax
	Discount lab.Paise // of the whole line
	Rate     int       // GST in hundredths of a percent: 1800 is 18 %; 0 with Exempt or nil-rated
	Exempt   bool      // diagnostic services of a clinical establishment
}

// TaxLine is an item with its money worked out, each amount rounded to the paisa by itself.
type TaxLine struct {
	Item

	Gross, Taxable   lab.Paise
	IGST, CGST, SGST lab.Paise
	Total            lab.Paise
}

// Invoice is a document of a sale: sums are those of the rounded lines, so that a reader who adds up finds the same.
type Invoice struct {
	Kind             Kind
	Lines            []TaxLine
	Taxable          lab.Paise // of the lines that bear tax
	Exempt           lab.Paise // of the lines that do not
	IGST, CGST, SGST lab.Paise
	RoundOff         lab.Paise // to the whole rupee
	Total            lab.Paise
}

// Tax is all tax of the document.
func (i Invoice) Tax() lab.Paise { return i.IGST + i.CGST + i.SGST }

// Supply says where a sale happens; both states are two digits. Special is a supply to a special economic zone, which is
// always between states.
type Supply struct {
	Seller, Place string
	Special       bool
}

// Within says whether the tax is central and state tax, and not integrated tax.
func (s Supply) Within() bool { return s.Seller == s.Place && !s.Special }

// NewInvoice works out the tax of a sale (CGST Act, section 15 and 170; IGST Act, sections 7 and 8).
func NewInvoice(items []Item, s Supply) (Invoice, error) {
	if len(items) == 0 {
		return Invoice{}, lab.Invalid("invoice_empty", "An invoice needs at least one line.")
	}
	out := Invoice{Kind: BillOfSupply}
	for i, it := range items {
		l, err := newTaxLine(it, s)
		if err != nil {
			return Invoice{}, lab.Invalid("invoice_line", "A line of the invoice is not possible.",
				lab.FieldError{Field: fmt.Sprintf("lines[%d]", i), Code: lab.CodeOf(err), Message: err.Message})
		}
		if it.Exempt {
			out.Exempt += l.Taxable
		} else {
			out.Kind = TaxInvoice
			out.Taxable += l.Taxable
		}
		out.IGST, out.CGST, out.SGST = out.IGST+l.IGST, out.CGST+l.CGST, out.SGST+l.SGST
		out.Lines = append(out.Lines, l)
	}
	net := out.Taxable + out.Exempt + out.Tax()
	out.RoundOff = RoundOff(net)
	out.Total = net + out.RoundOff
	return out, nil
}

// maxLine bounds a line, far above any bill and far below an overflow.
const maxLine = lab.Paise(1e13)

func newTaxLine(it Item, s Supply) (TaxLine, *lab.Error) {
	switch {
	case it.Quantity < 1 || it.Price < 0 || it.Price > maxLine || it.Quantity > 1e6 || it.Price*lab.Paise(it.Quantity) > maxLine:
		return TaxLine{}, lab.Invalid("line_amount", "Quantity or price is not possible.")
	case it.Rate < 0 || it.Rate > 10000 || it.Exempt && it.Rate != 0:
		return TaxLine{}, lab.Invalid("line_rate", "The rate of tax is not possible.")
	}
	l := TaxLine{Item: it, Gross: it.Price * lab.Paise(it.Quantity)}
	if it.Discount < 0 || it.Discount > l.Gross {
		return TaxLine{}, lab.Invalid("line_discount", "The discount is more than the price.")
	}
	l.Taxable = l.Gross - it.Discount
	if s.Within() {
		l.CGST = half(l.Taxable, it.Rate)
		l.SGST = l.CGST
	} else {
		l.IGST = Percent(l.Taxable, it.Rate)
	}
	l.Total = l.Taxable + l.IGST + l.CGST + l.SGST
	return l, nil
}

// half gives half the rate of an amount, half a paisa up: the rate itself may be odd.
func half(amount lab.Paise, rate int) lab.Paise {
	return (amount*lab.Paise(rate) + 10000) / 20000
}

// Credit works out a credit note for lines of an invoice: for each index how much of its taxable value is given back.
// Tax goes back by the line's own tax, and the last part of a line takes what is left, so that full credit is exact.
// earlier are the notes of the same invoice.
func (i Invoice) Credit(back map[int]lab.Paise, earlier []Invoice) (Invoice, error) {
	out := Invoice{Kind: CreditNote}
	for index, line := range i.Lines {
		value := back[index]
		given := creditedOf(index, earlier)
		if value < 0 || value > line.Taxable-given.Taxable {
			return Invoice{}, lab.Invalid("credit_amount", "More would be credited than was invoiced.",
				lab.FieldError{Field: fmt.Sprintf("lines[%d]", index), Code: "credit_amount", Message: "is more than is left of the line"})
		}
		l := TaxLine{Item: line.Item, Gross: value, Taxable: value}
		l.Discount, l.Quantity, l.Price = 0, 1, value
		if value == line.Taxable-given.Taxable {
			l.IGST, l.CGST, l.SGST = line.IGST-given.IGST, line.CGST-given.CGST, line.SGST-given.SGST
		} else {
			l.IGST, l.CGST, l.SGST = portion(line.IGST, value, line.Taxable), portion(line.CGST, value, line.Taxable), portion(line.SGST, value, line.Taxable)
		}
		l.Total = l.Taxable + l.IGST + l.CGST + l.SGST
		out.Lines = append(out.Lines, l)
		if line.Exempt {
			out.Exempt += value
		} else {
			out.Taxable += value
		}
		out.IGST, out.CGST, out.SGST = out.IGST+l.IGST, out.CGST+l.CGST, out.SGST+l.SGST
	}
	if out.Total = out.Taxable + out.Exempt + out.Tax(); out.Total == 0 {
		return Invoice{}, lab.Invalid("credit_empty", "The credit note gives nothing back.")
	}
	out.RoundOff = RoundOff(out.Total)
	out.Total += out.RoundOff
	return out, nil
}

func creditedOf(index int, notes []Invoice) TaxLine {
	var sum TaxLine
	for _, n := range notes {
		if index < len(n.Lines) {
			l := n.Lines[index]
			sum.Taxable, sum.IGST, sum.CGST, sum.SGST = sum.Taxable+l.Taxable, sum.IGST+l.IGST, sum.CGST+l.CGST, sum.SGST+l.SGST
		}
	}
	return sum
}

// portion gives part of a tax, down to the paisa: the last note of a line takes the rest.
func portion(tax, value, whole lab.Paise) lab.Paise {
	if whole == 0 {
		return 0
	}
	return tax * value / whole
}

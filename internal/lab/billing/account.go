package billing

import (
	"jaanch/internal/lab"
)

// Receipt is money that came in. Source and Reference together name it for ever: a gateway's payment id, the number of a
// cash receipt. However often it is announced, it is booked once.
type Receipt struct {
	Source    string // cash, card, razorpay, ...
	Reference string
	Amount    lab.Paise
}

// Refund is money given back on one receipt.
type Refund struct {
	Of     Receipt
	Key    string // ours, the same on every attempt
	Amount lab.Paise
}

// Account is what happened to the money of one bill. It is a value: each step gives a new one.
type Account struct {
	Total    lab.Paise // of the bill
	Credited lab.Paise // of its credit notes
	Receipts []Receipt
	Refunds  []Refund
}

// State is how a bill stands.
type State string

// The states of a bill.
const (
	Unpaid  State = "unpaid"
	Part    State = "part"
	Paid    State = "paid"
	Surplus State = "surplus" // more came in than was owed: it goes to the list of exceptions, and back
)

// Received is what came in, less what was given back.
func (a Account) Received() lab.Paise {
	var sum lab.Paise
	for _, r := range a.Receipts {
		sum += r.Amount
	}
	for _, r := range a.Refunds {
		sum -= r.Amount
	}
	return sum
}

// Due is what is still owed; below zero where more came in.
func (a Account) Due() lab.Paise { return a.Total - a.Credited - a.Received() }

// State tells how the bill stands.
func (a Account) State() State {
	switch due := a.Due(); {
	case due < 0:
		return Surplus
	case due == 0:
		return Paid
	case a.Received() > 0:
		return Part
	}
	return Unpaid
}

// Book adds a receipt. The same one again changes nothing and says so; the same name with another amount is an error,
// which a person has to look at.
func (a Account) Book(r Receipt) (Account, bool, error) {
	if r.Source == "" || r.Reference == "" || r.Amount <= 0 {
		return a, false, lab.Invalid("receipt_shape", "A receipt needs a source, a reference and an amount above zero.")
	}
	for _, old := range a.Receipts {
		if old.Source == r.Source && old.Reference == r.Reference {
			if old.Amount != r.Amount {
				return a, false, lab.Conflict("receipt_differs", "This payment is booked with another amount.")
			}
			return a, false, nil
		}
	}
	a.Receipts = append(append([]Receipt{}, a.Receipts...), r)
	return a, true, nil
}

// Give books a refund, never more than is left of its receipt. The same key again changes nothing.
func (a Account) Give(f Refund) (Account, bool, error) {
	left := lab.Paise(-1)
	for _, r := range a.Receipts {
		if r.Source == f.Of.Source && r.Reference == f.Of.Reference {
			left = r.Amount
		}
	}
	if left < 0 || f.Amount <= 0 || f.Key == "" {
		return a, false, lab.Invalid("refund_shape", "A refund needs its receipt, a key and an amount above zero.")
	}
	for _, old := range a.Refunds {
		if old.Key == f.Key {
			if old.Amount != f.Amount || old.Of.Reference != f.Of.Reference {
				return a, false, lab.Conflict("refund_differs", "This refund was made with other values.")
			}
			return a, false, nil
		}
		if old.Of.Source == f.Of.Source && old.Of.Reference == f.Of.Reference {
			left -= old.Amount
		}
	}
	if f.Amount > left {
		return a, false, lab.Invalid("refund_amount", "More would be given back than came in.")
	}
	a.Refunds = append(append([]Refund{}, a.Refunds...), f)
	return a, true, nil
}

// Package payment books money that gateways announce. A payment is booked once, by the gateway's own id of it, however
// many events tell of it and in whatever order; what does not fit the bill exactly waits on the list of exceptions for a
// person, because money that came in is never turned away and never guessed at.
package payment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Payment is money that a gateway says it has.
type Payment struct {
	Org       lab.ID
	Provider  string
	ID        string // the gateway's, for ever
	Reference string // ours, of the bill
	Amount    lab.Paise
	Currency  string
	Fee       lab.Paise
	Method    string // upi, card, …
}

// Record is the id of a payment, under which the labs see it: the same whoever announces it.
func (p Payment) Record() lab.ID {
	return lab.NameID("gateway payment", p.Org.String(), p.Provider, p.ID)
}

// Ledger books.
type Ledger struct {
	DB    *postgres.DB
	Clock func() time.Time
}

// Expect says that a bill may be paid under a reference.
func (l *Ledger) Expect(ctx context.Context, tx pgx.Tx, org lab.ID, reference string, invoice lab.ID, amount lab.Paise) error {
	err := l.DB.Queries().PutPayable(ctx, tx, queries.PutPayableParams{
		Org: org, Reference: reference, Invoice: invoice, Amount: int64(amount), Record: lab.NameID("payment link", org.String(), reference), Now: l.Clock(),
	})
	if err != nil {
		return fmt.Errorf("payment: expect: %w", err)
	}
	return nil
}

// Book takes a payment in. booked is true only for the one call that wrote it; reason is why it is an exception.
func (l *Ledger) Book(ctx context.Context, tx pgx.Tx, p Payment) (booked bool, reason string, err error) {
	if p.ID == "" || p.Amount <= 0 {
		return false, "", lab.Invalid("payment_shape", "The payment has no id or no amount.")
	}
	reason, err = l.judge(ctx, tx, p)
	if err != nil {
		return false, "", err
	}
	state := "booked"
	if reason != "" {
		state = "exception"
	}
	rows, err := l.DB.Queries().AddBooking(ctx, tx, queries.AddBookingParams{
		Org: p.Org, ID: p.Record(), Provider: p.Provider, PaymentID: p.ID, Method: p.Method, Reference: p.Reference, Amount: int64(p.Amount), Currency: p.Currency,
		Fee: int64(p.Fee), State: state, Reason: reason, Now: l.Clock(),
	})
	if err != nil {
		return false, "", fmt.Errorf("payment: book: %w", err)
	}
	if rows == 1 && reason == "" {
		err = l.DB.Queries().SetPayableState(ctx, tx, queries.SetPayableStateParams{State: "paid", Org: p.Org, Reference: p.Reference})
		if err != nil {
			return false, "", fmt.Errorf("payment: bill is paid: %w", err)
		}
	}
	return rows == 1, reason, nil
}

// judge compares a payment with its bill. The bill's row stays locked until the booking is committed, so that two
// payments for one bill are seen one after the other.
func (l *Ledger) judge(ctx context.Context, tx pgx.Tx, p Payment) (string, error) {
	bill, err := l.DB.Queries().LockPayable(ctx, tx, queries.LockPayableParams{Org: p.Org, Reference: p.Reference})
	if errors.Is(err, pgx.ErrNoRows) {
		return "unknown_reference", nil
	}
	if err != nil {
		return "", fmt.Errorf("payment: bill: %w", err)
	}
	before, err := l.DB.Queries().BookedFor(ctx, tx, queries.BookedForParams{Org: p.Org, Reference: p.Reference})
	if err != nil {
		return "", fmt.Errorf("payment: booked: %w", err)
	}
	switch {
	case p.Currency != "INR":
		return "currency", nil
	case bill.State == "closed":
		return "closed", nil // the bill was paid otherwise, or changed, after this link was made
	case before >= bill.Amount:
		return "surplus", nil
	case before+int64(p.Amount) != bill.Amount:
		return "amount", nil
	}
	return "", nil
}

// OfRazorpay finds the payment that an event announces. An event without a capture, or one that does not name the bill
// (a payment of a link says only its order), announces nothing: another event or the nightly reconciliation will.
func OfRazorpay(org lab.ID, e razorpay.Event) (Payment, bool) {
	p := e.Payment
	if p == nil || !p.Captured || p.Status != "captured" {
		return Payment{}, false
	}
	reference := p.Notes["bill"]
	switch {
	case e.Link != nil:
		reference = e.Link.Reference
	case e.Order != nil && e.Order.Receipt != "":
		reference = e.Order.Receipt
	case e.QR != nil && e.QR.Notes["bill"] != "":
		reference = e.QR.Notes["bill"]
	}
	if reference == "" {
		return Payment{}, false
	}
	return Payment{Org: org, Provider: "razorpay", ID: p.ID, Reference: reference, Amount: p.Amount, Currency: p.Currency, Fee: p.Fee, Method: p.Method}, true
}

// OfStripe finds the payment that an event announces: a payment page that was paid. It names the bill; the other events
// about the same money do not, or tell of it a second time.
func OfStripe(org lab.ID, e stripe.Event) (Payment, bool) {
	switch {
	case e.Object != "checkout.session" || !e.Paid || e.Intent == "" || e.Reference == "":
		return Payment{}, false
	case e.Type != "checkout.session.completed" && e.Type != "checkout.session.async_payment_succeeded":
		return Payment{}, false
	}
	return Payment{Org: org, Provider: "stripe", ID: e.Intent, Reference: e.Reference, Amount: lab.Paise(e.Amount), Currency: strings.ToUpper(e.Currency), Method: "card"}, true
}

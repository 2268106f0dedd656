package outside

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/once"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// Money is one payment that came in through a gateway.
type Money struct {
	ID        lab.ID    `json:"id" format:"uuid"`
	Provider  string    `json:"provider"`
	PaymentID string    `json:"payment_id"`
	Reference string    `json:"reference" doc:"Of the bill, as the gateway gave it back"`
	Amount    lab.Paise `json:"amount_paise"`
	Refunded  lab.Paise `json:"refunded_paise"`
	Currency  string    `json:"currency"`
	State     string    `json:"state" enum:"booked,exception,settled"`
	Reason    string    `json:"reason,omitempty" doc:"Why a person has to look"`
	Decision  string    `json:"decision,omitempty"`
	At        time.Time `json:"at"`
}

// mostMoney is how many lines a list holds.
const mostMoney = 200

// Exceptions lists the payments that fit no bill, the open ones first.
func (w *Outside) Exceptions(ctx context.Context, org lab.ID) ([]Money, error) {
	rows, err := w.o.DB.Queries().Exceptions(ctx, w.o.DB.Pool(), queries.ExceptionsParams{Org: org, Most: mostMoney})
	if err != nil {
		return nil, wrap("exceptions", err)
	}
	out := make([]Money, 0, len(rows))
	for _, r := range rows {
		out = append(out, Money{
			ID: r.ID, Provider: r.Provider, PaymentID: r.PaymentID, Reference: r.Reference, Amount: lab.Paise(r.Amount), Refunded: lab.Paise(r.Refunded),
			Currency: r.Currency, State: r.State, Reason: r.Reason, Decision: r.Decision, At: r.At,
		})
	}
	return out, nil
}

// Booked lists the payments that stand on bills, newest first.
func (w *Outside) Booked(ctx context.Context, org lab.ID) ([]Money, error) {
	rows, err := w.o.DB.Queries().Bookings(ctx, w.o.DB.Pool(), queries.BookingsParams{Org: org, Most: mostMoney})
	if err != nil {
		return nil, wrap("payments", err)
	}
	out := make([]Money, 0, len(rows))
	for _, r := range rows {
		out = append(out, Money{
			ID: r.ID, Provider: r.Provider, PaymentID: r.PaymentID, Reference: r.Reference, Amount: lab.Paise(r.Amount), Refunded: lab.Paise(r.Refunded),
			Currency: "INR", State: r.State, At: r.At,
		})
	}
	return out, nil
}

// The decisions about a payment that fits no bill.
const (
	DecideBook   = "book"   // it belongs to this bill all the same
	DecideRefund = "refund" // it goes back
	DecideClose  = "close"  // it was settled outside of this system
)

// Decide settles an exception: it is put on a bill, given back, or closed with the reason that it was settled otherwise.
func (w *Outside) Decide(ctx context.Context, org, by, id lab.ID, decision, reference string) error {
	return w.o.DB.Update(ctx, func(tx pgx.Tx) error {
		q := w.o.DB.Queries()
		b, err := q.LockBooking(ctx, tx, queries.LockBookingParams{Org: org, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			return lab.NotFound("payment_unknown", "There is no such payment.")
		}
		if err != nil {
			return wrap("payment", err)
		}
		if b.State != "exception" {
			return lab.Conflict("exception_settled", "Somebody has settled this payment already.")
		}
		p := queries.DecideBookingParams{State: "settled", Reference: b.Reference, Decision: decision, Now: w.o.Clock(), By: by, Org: org, ID: id}
		switch decision {
		case DecideBook:
			if _, err := q.LockPayable(ctx, tx, queries.LockPayableParams{Org: org, Reference: reference}); err != nil {
				return lab.Invalid("reference_unknown", "No bill has this reference.", lab.FieldError{Field: "reference", Code: "reference_unknown", Message: "is of no bill"})
			}
			p.State, p.Reference = "booked", reference
			err = w.Errands.Put(ctx, tx, org, errandPaid, id, 0)
		case DecideRefund:
			err = w.refund(ctx, tx, org, by, b, lab.Paise(b.Amount), "exception")
		case DecideClose:
		default:
			err = lab.Invalid("decision_unknown", "There is no such decision.")
		}
		if err != nil {
			return err
		}
		return wrap("decide", q.DecideBooking(ctx, tx, p))
	})
}

// Refund gives back a payment or a part of it. The same key again gives back nothing more.
func (w *Outside) Refund(ctx context.Context, key once.Key, org, by, id lab.ID, amount lab.Paise, reason string) error {
	_, err := once.Do(ctx, w.o.DB, w.o.Clock(), key, "refund", []any{id, amount, reason}, func(tx pgx.Tx) ([]byte, error) {
		b, err := w.o.DB.Queries().LockBooking(ctx, tx, queries.LockBookingParams{Org: org, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, lab.NotFound("payment_unknown", "There is no such payment.")
		}
		if err != nil {
			return nil, wrap("payment", err)
		}
		if b.State == "exception" {
			return nil, lab.Conflict("exception_open", "Decide first what this payment is.")
		}
		return []byte{}, w.refund(ctx, tx, org, by, b, amount, reason)
	})
	return err
}

// refund queues money to go back. The booking's row is locked, so two refunds never give back more than came.
func (w *Outside) refund(ctx context.Context, tx pgx.Tx, org, by lab.ID, b queries.Booking, amount lab.Paise, reason string) error {
	q := w.o.DB.Queries()
	asked, err := q.RefundsOf(ctx, tx, queries.RefundsOfParams{Org: org, Booking: b.ID})
	if err != nil {
		return wrap("refunds", err)
	}
	left := lab.Paise(b.Amount)
	for _, r := range asked {
		if r.State != "refused" {
			left -= lab.Paise(r.Amount)
		}
	}
	if amount <= 0 || amount > left {
		return lab.Invalid("refund_amount", "More is given back than came in.", lab.FieldError{Field: "amount_paise", Code: "refund_amount", Message: "is more than is left"})
	}
	if b.Provider != "razorpay" && b.Provider != "stripe" {
		return lab.Invalid("refund_provider", "This gateway's payments are given back on its own pages.")
	}
	id := w.o.NewID()
	if err := q.AddRefund(ctx, tx, queries.AddRefundParams{Org: org, ID: id, Booking: b.ID, Amount: int64(amount), Reason: reason, Now: w.o.Clock(), By: by}); err != nil {
		return wrap("refund", err)
	}
	if err := q.RaiseRefunded(ctx, tx, queries.RaiseRefundedParams{Amount: int64(amount), Org: org, ID: b.ID}); err != nil {
		return wrap("refund", err)
	}
	raw, err := json.Marshal(refundOrder{Refund: id, Payment: b.PaymentID, Amount: amount})
	if err != nil {
		return wrap("refund", err)
	}
	_, _, err = w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: b.Provider, Kind: kindRefund, Key: "refund:" + id.String(), Recipient: b.PaymentID, Payload: raw})
	return err
}

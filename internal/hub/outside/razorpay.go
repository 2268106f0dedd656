package outside

import (
	"context"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/payment"
	"jaanch/internal/hub/payment/razorpay"
)

// razorpay books what an event announces.
func (w *Outside) razorpay(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
	e, err := razorpay.Parse(a.Body)
	if err != nil {
		return err
	}
	p, ok := payment.OfRazorpay(a.Org, e)
	if !ok {
		return nil
	}
	return w.book(ctx, tx, p)
}

// book takes a payment in and tells the lab of it.
func (w *Outside) book(ctx context.Context, tx pgx.Tx, p payment.Payment) error {
	booked, reason, err := w.Ledger.Book(ctx, tx, p)
	switch {
	case err != nil:
		return err
	case reason != "":
		w.o.Logger.Warn("a payment waits for a person", "provider", p.Provider, "reason", reason)
	case booked:
		return w.Errands.Put(ctx, tx, p.Org, errandPaid, p.Record(), 0)
	}
	return nil
}

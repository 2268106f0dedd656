package outside

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/payment"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/lab"
)

// stripe books what an event announces.
func (w *Outside) stripe(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
	e, err := stripe.Parse(a.Body)
	if err != nil {
		return err
	}
	p, ok := payment.OfStripe(a.Org, e)
	if !ok {
		return nil
	}
	return w.book(ctx, tx, p)
}

// sendStripe gives money back that came by Stripe. The refund's id is the key of the call, so the same call again gives
// the same refund.
func (w *Outside) sendStripe(ctx context.Context, http *outbound.Client, m outbox.Message) outbox.Outcome {
	set, err := w.Credentials.Get(ctx, m.Org, "stripe")
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	c := stripe.Client{BaseURL: set["url"].Reveal(), Key: set["key"], HTTP: http}
	if c.BaseURL == "" {
		c.BaseURL = stripe.BaseURL
	}
	var n refundOrder
	if m.Kind != kindRefund || json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	out, r := c.Refund(ctx, n.Payment, n.Amount, n.Refund)
	if out.Class != outbox.Done {
		return out
	}
	if r.Amount != n.Amount || r.Intent != n.Payment {
		return outbox.Outcome{Class: outbox.Refused, Code: "refund_differs"}
	}
	out.Keep = func(ctx context.Context, tx pgx.Tx) error { return w.refunded(ctx, tx, m.Org, n, r.ID) }
	return out
}

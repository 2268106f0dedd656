package outside

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// razorpayURL is where the gateway is, unless the credentials say otherwise.
const razorpayURL = "https://api.razorpay.com/v1"

// PutLink queues a payment link for a bill in the transaction that issues it, and says what may be paid under its
// reference. The link's address stands with the bill once the gateway has made it.
func (w *Outside) PutLink(ctx context.Context, tx pgx.Tx, org, invoice lab.ID, n razorpay.NewLink) (lab.ID, bool, error) {
	if _, err := n.Request(); err != nil {
		return lab.ID{}, false, err
	}
	if err := w.Ledger.Expect(ctx, tx, org, n.Reference, invoice, n.Amount); err != nil {
		return lab.ID{}, false, err
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return lab.ID{}, false, fmt.Errorf("outside: %w", err)
	}
	return w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "razorpay", Kind: kindLink, Key: "payment_link:" + n.Reference, Recipient: n.Reference, Payload: raw})
}

// The kinds of message to a gateway, beside the link itself.
const (
	kindLink   = "payment_link"
	kindCancel = "cancel_link"
	kindRefund = "refund"
)

// gatewayOf gives the client of an organisation's gateway.
func (w *Outside) gatewayOf(ctx context.Context, http *outbound.Client, org lab.ID) (razorpay.Client, error) {
	set, err := w.Credentials.Get(ctx, org, "razorpay")
	c := razorpay.Client{BaseURL: set["url"].Reveal(), KeyID: set["key"].Reveal(), Secret: set["secret"], HTTP: http}
	if c.BaseURL == "" {
		c.BaseURL = razorpayURL
	}
	return c, err
}

// sendMoney does what a message to the gateway asks for, or asks whether it was done.
func (w *Outside) sendMoney(ctx context.Context, http *outbound.Client, m outbox.Message, ask bool) outbox.Outcome {
	c, err := w.gatewayOf(ctx, http, m.Org)
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	switch m.Kind {
	case kindCancel:
		return w.sendCancel(ctx, &c, m)
	case kindRefund:
		return w.sendRefund(ctx, &c, m)
	}
	return w.sendLink(ctx, &c, m, ask)
}

// sendLink makes the link, or asks whether it was made.
func (w *Outside) sendLink(ctx context.Context, c *razorpay.Client, m outbox.Message, ask bool) outbox.Outcome {
	var n razorpay.NewLink
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	var out outbox.Outcome
	var l razorpay.Link
	if ask {
		out, l = c.FindLink(ctx, n.Reference)
	} else {
		out, l = c.CreateLink(ctx, n)
	}
	if out.Class != outbox.Done {
		return out
	}
	if l.Amount != n.Amount {
		return outbox.Outcome{Class: outbox.Refused, Code: "link_amount"} // a link of this reference that is not ours
	}
	out.Keep = func(ctx context.Context, tx pgx.Tx) error {
		return w.o.DB.Queries().SetLink(ctx, tx, queries.SetLinkParams{LinkID: l.ID, ShortUrl: l.ShortURL, Org: m.Org, Reference: n.Reference})
	}
	return out
}

// sendCancel withdraws a link. It may be asked for again: what is withdrawn stays so.
func (w *Outside) sendCancel(ctx context.Context, c *razorpay.Client, m outbox.Message) outbox.Outcome {
	var n struct {
		Reference string `json:"reference"`
	}
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	out, l := c.FindLink(ctx, n.Reference)
	switch {
	case out.Class == outbox.Absent || out.Class == outbox.Done && (l.Status == "cancelled" || l.Status == "expired"):
		return outbox.Outcome{Class: outbox.Done}
	case out.Class != outbox.Done:
		return out
	case l.Status != "created":
		return outbox.Outcome{Class: outbox.Refused, Code: "link_" + l.Status}
	}
	return c.CancelLink(ctx, l.ID)
}

// refundOrder is the payload of a refund.
type refundOrder struct {
	Refund  lab.ID    `json:"refund"`
	Payment string    `json:"payment"`
	Amount  lab.Paise `json:"amount"`
}

// sendRefund gives money back. The refund's id goes along as the gateway's key, so the same call again gives the same
// refund.
func (w *Outside) sendRefund(ctx context.Context, c *razorpay.Client, m outbox.Message) outbox.Outcome {
	var n refundOrder
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	out, r := c.Refund(ctx, n.Payment, n.Amount, n.Refund)
	if out.Class != outbox.Done {
		return out
	}
	if r.Amount != n.Amount || r.PaymentID != n.Payment {
		return outbox.Outcome{Class: outbox.Refused, Code: "refund_differs"}
	}
	out.Keep = func(ctx context.Context, tx pgx.Tx) error { return w.refunded(ctx, tx, m.Org, n, r.ID) }
	return out
}

// refunded books a refund that the gateway made.
func (w *Outside) refunded(ctx context.Context, tx pgx.Tx, org lab.ID, n refundOrder, id string) error {
	q := w.o.DB.Queries()
	err := q.SettleRefund(ctx, tx, queries.SettleRefundParams{State: "made", RefundID: id, Now: w.o.Clock(), Org: org, ID: n.Refund})
	if err != nil {
		return fmt.Errorf("outside: refund: %w", err)
	}
	return w.Errands.Put(ctx, tx, org, errandRefund, n.Refund, 0)
}

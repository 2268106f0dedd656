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
	return w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "razorpay", Kind: "payment_link", Key: "payment_link:" + n.Reference, Recipient: n.Reference, Payload: raw})
}

// sendLink makes the link, or asks whether it was made.
func (w *Outside) sendLink(ctx context.Context, http *outbound.Client, m outbox.Message, ask bool) outbox.Outcome {
	var n razorpay.NewLink
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	set, err := w.Credentials.Get(ctx, m.Org, "razorpay")
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	c := razorpay.Client{BaseURL: set["url"].Reveal(), KeyID: set["key"].Reveal(), Secret: set["secret"], HTTP: http}
	if c.BaseURL == "" {
		c.BaseURL = razorpayURL
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

package outside

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("outside: %s: %w", what, err)
}

// twilio applies the status of an SMS, and keeps what people write back.
func (w *Outside) twilio(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
	c, err := twilio.Parse(a.Body)
	if err != nil {
		return err
	}
	if c.Inbound {
		return w.heardSMS(ctx, tx, a, c)
	}
	word, rank := twilio.Rank(c.Status)
	if rank == 0 {
		return nil
	}
	p := queries.RaiseStatusParams{Status: word, Rank: int32(rank), ProviderID: &c.ID, Org: a.Org, Service: "twilio"}
	if id, err := lab.ParseID(a.Headers[messageParameter]); err == nil {
		p.ID = id
	}
	if c.ErrorCode != 0 {
		p.ErrorCode = strconv.FormatInt(c.ErrorCode, 10)
	}
	if p.ErrorCode == twilio.OptedOut {
		if err := w.Outreach.Stop(ctx, tx, a.Org, c.To, true, "twilio"); err != nil {
			return err
		}
	}
	return w.raise(ctx, tx, p)
}

func (w *Outside) heardSMS(ctx context.Context, tx pgx.Tx, a inbox.Announcement, c twilio.Callback) error {
	from := strings.TrimPrefix(c.From, "+")
	if err := w.Outreach.Heard(ctx, tx, a.Org, c.Text, from); err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]any{"id": c.ID, "from": from, "type": "text", "text": c.Text})
	if err != nil {
		return wrap("message", err)
	}
	_, err = w.o.DB.Queries().AddInbound(ctx, tx, queries.AddInboundParams{
		Org: a.Org, Service: "twilio", MessageID: c.ID, Contact: w.o.Box.Index(a.Org, from), Kind: "text", At: w.o.Clock(),
		Sealed: w.o.Box.Seal(seal.Place("inbound_message", a.Org, c.ID), raw),
	})
	return wrap("message", err)
}

// sendgrid applies the events of mails, and remembers who does not want any.
func (w *Outside) sendgrid(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
	events, err := sendgrid.Parse(a.Body)
	if err != nil {
		return err
	}
	for _, e := range events {
		switch e.Event {
		case "spamreport", "unsubscribe", "group_unsubscribe":
			if err := w.Outreach.Stop(ctx, tx, a.Org, e.Email, true, "sendgrid"); err != nil {
				return err
			}
		}
		word, rank := sendgrid.Rank(e.Event)
		id, err := lab.ParseID(e.Outbox)
		if rank == 0 || err != nil {
			continue
		}
		p := queries.RaiseStatusParams{Status: word, Rank: int32(rank), ID: id, Org: a.Org, Service: "sendgrid"}
		if word == "failed" {
			p.ErrorCode = e.Event
		}
		if err := w.raise(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

package outside

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/errand"
	"jaanch/internal/hub/files"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach"
	"jaanch/internal/hub/outreach/mail"
	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/share"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// services says how each service is called, and how it is asked about a call without an answer.
func (w *Outside) services(client *outbound.Client) map[string]outbox.Service {
	mute := func(context.Context, outbox.Message) outbox.Outcome {
		return outbox.Outcome{Class: outbox.Unknown, Code: "no_answer"}
	}
	return map[string]outbox.Service{
		"whatsapp": {
			Send:   func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendWhatsApp(ctx, client, m) },
			Lookup: mute, Patience: w.o.Patience, // its status webhooks tell
		},
		"razorpay": {
			Send:     func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendMoney(ctx, client, m, false) },
			Lookup:   func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendMoney(ctx, client, m, true) },
			Patience: 24 * time.Hour, // it can be asked, so nothing is made twice for want of patience
		},
		"twilio": {
			Send:     func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendSMS(ctx, client, m, false) },
			Lookup:   func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendSMS(ctx, client, m, true) },
			Patience: 24 * time.Hour,
		},
		"sendgrid": {
			Send:   func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendMail(ctx, client, m) },
			Lookup: mute, Patience: w.o.Patience, // its event webhook tells
		},
		"stripe": { // every call has a key of its own there, so the same call again does nothing twice
			Send: func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendStripe(ctx, client, m) },
		},
		"gstn": {
			Send: func(ctx context.Context, m outbox.Message) outbox.Outcome {
				return w.sendEInvoice(ctx, client, m, false)
			},
			Lookup: func(ctx context.Context, m outbox.Message) outbox.Outcome {
				return w.sendEInvoice(ctx, client, m, true)
			},
			Patience: 24 * time.Hour,
		},
		"smtp": { // the same mail twice has one Message-ID
			Send: func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendMail(ctx, client, m) },
		},
	}
}

// assemble makes the parts that know each other.
func (w *Outside) assemble() {
	o := w.o
	w.Errands = &errand.Desk{DB: o.DB, Clock: o.Clock, Logger: o.Logger}
	w.Files = &files.Shelf{DB: o.DB, Box: o.Box, Store: o.Store, Clock: o.Clock}
	w.Share = &share.Desk{DB: o.DB, Box: o.Box, Files: w.Files, Schema: o.Schema, Clock: o.Clock, Logger: o.Logger, Pay: w.payAt}
	w.Outreach = &outreach.Desk{
		DB: o.DB, Box: o.Box, Schema: o.Schema, Ingest: o.Ingest, Outbox: w.Outbox, Errands: w.Errands, Credentials: w.Credentials, Files: w.Files,
		Share: w.Share, Clock: o.Clock, NewID: o.NewID, Logger: o.Logger, PublicURL: o.PublicURL,
	}
	w.Share.SendCode = w.Outreach.Code
	w.Errands.Handlers = w.Outreach.Handlers()
	maps.Copy(w.Errands.Handlers, w.moneyErrands())
}

// ended queues what follows from the end of a message.
func (w *Outside) ended(ctx context.Context, tx pgx.Tx, m outbox.Message, out outbox.Outcome) error {
	if m.Service == "gstn" {
		return w.endedEInvoice(ctx, tx, m, out)
	}
	if m.Service != "razorpay" && m.Service != "stripe" {
		return w.Outreach.Ended(ctx, tx, m.Org, m.ID)
	}
	var n struct {
		Reference string `json:"reference"`
		Refund    lab.ID `json:"refund"`
	}
	if err := json.Unmarshal(m.Payload, &n); err != nil {
		return nil //nolint:nilerr // a payload that cannot be read was refused
	}
	switch {
	case m.Kind == kindRefund && out.Class != outbox.Done:
		return w.o.DB.Queries().SettleRefund(ctx, tx, queries.SettleRefundParams{State: "refused", Code: out.Code, Now: w.o.Clock(), Org: m.Org, ID: n.Refund})
	case m.Kind == kindLink:
		return w.Errands.Put(ctx, tx, m.Org, errandLink, linkRecord(m.Org, n.Reference), 0)
	}
	return nil
}

// payAt gives the page at which a bill is paid; empty while the gateway has not made it.
func (w *Outside) payAt(ctx context.Context, org, invoice lab.ID) (string, error) {
	made, err := w.o.DB.Queries().PayablesOf(ctx, w.o.DB.Pool(), queries.PayablesOfParams{Org: org, Invoice: invoice})
	if err != nil {
		return "", err
	}
	for _, p := range made {
		if p.State == "open" && p.ShortUrl != "" {
			return p.ShortUrl, nil
		}
	}
	if len(made) > 0 {
		return "", nil
	}
	// A bill of the time before the gateway was set up gets its link when somebody wants to pay.
	return "", w.o.DB.Update(ctx, func(tx pgx.Tx) error { return w.Errands.Put(ctx, tx, org, errandBill, invoice, 0) })
}

// sendSMS sends an SMS, or asks whether it was sent.
func (w *Outside) sendSMS(ctx context.Context, http *outbound.Client, m outbox.Message, ask bool) outbox.Outcome {
	var n twilio.Message
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	set, err := w.Credentials.Get(ctx, m.Org, "twilio")
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	c := twilio.Client{BaseURL: set["url"].Reveal(), Account: set["account"].Reveal(), Token: set["token"], Sender: set["sender"].Reveal(), HTTP: http}
	if back := w.hookURL(m.Org, "twilio"); back != "" {
		c.Callback = back + "?" + messageParameter + "=" + m.ID.String() // a status may come before the answer that names it
	}
	if c.BaseURL == "" {
		c.BaseURL = twilio.BaseURL
	}
	if ask {
		return c.Find(ctx, n, m.SendingAt)
	}
	return c.Send(ctx, n)
}

// messageParameter names our message in the address that Twilio calls, which its signature covers.
const messageParameter = "m"

// hookURL is where a service calls, as it was told: from configuration, never from a header.
func (w *Outside) hookURL(org lab.ID, service string) string {
	if w.o.PublicURL == "" {
		return ""
	}
	return w.o.PublicURL + HooksPath + org.String() + "/" + service
}

// sendMail sends a mail by the service that the outbox names.
func (w *Outside) sendMail(ctx context.Context, http *outbound.Client, m outbox.Message) outbox.Outcome {
	var n mail.Message
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	set, err := w.Credentials.Get(ctx, m.Org, m.Service)
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	if m.Service == "smtp" {
		s := mail.SMTP{
			Host: set["host"].Reveal(), Port: set["port"].Reveal(), User: set["user"].Reveal(), Password: set["password"], From: set["from"].Reveal(),
			FromName: set["from_name"].Reveal(), Near: w.o.Near, Out: http,
		}
		return s.Send(ctx, m.ID, n, w.o.Clock())
	}
	c := sendgrid.Client{BaseURL: set["url"].Reveal(), Key: set["key"], From: set["from"].Reveal(), FromName: set["from_name"].Reveal(), HTTP: http}
	if c.BaseURL == "" {
		c.BaseURL = sendgrid.BaseURL
	}
	return c.Send(ctx, m.ID, n)
}

// raise applies what a service announced about a message, which never goes back, and queues what follows of it.
func (w *Outside) raise(ctx context.Context, tx pgx.Tx, p queries.RaiseStatusParams) error {
	q := w.o.DB.Queries()
	p.Now = w.o.Clock()
	rows, err := q.RaiseStatus(ctx, tx, p)
	if err != nil || rows == 0 {
		return wrap("status", err)
	}
	id := p.ID
	if id.IsZero() && p.ProviderID != nil {
		id, err = q.OutboxOfProvider(ctx, tx, queries.OutboxOfProviderParams{Org: p.Org, Service: p.Service, ProviderID: p.ProviderID})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return wrap("status", err)
		}
	}
	return w.Outreach.Ended(ctx, tx, p.Org, id)
}

// Package outside puts the outside world together: what leaves by the outbox, what is announced at /hooks, and what each
// announcement does.
package outside

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/payment"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Outside is all of it for one replica.
type Outside struct {
	Outbox      *outbox.Outbox
	Inbox       *inbox.Inbox
	Credentials *credential.Keeper
	Ledger      *payment.Ledger

	o Options
}

// Options are what it needs.
type Options struct {
	DB     *postgres.DB
	Box    *seal.Box
	Clock  func() time.Time
	NewID  func() lab.ID
	Logger *slog.Logger
	Env    func(string) string // credentials of a single organisation; nil for none
	Hosts  []string            // that may be called
	Near   bool                // stand-ins on this machine may be called
	// Patience is how long an unanswered WhatsApp message waits for its status before it goes out again: 3 minutes.
	Patience time.Duration
	Lease    time.Duration // of one call: a minute
}

// New puts it together.
func New(o Options) *Outside {
	if o.Patience == 0 {
		o.Patience = 3 * time.Minute
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	w := &Outside{
		Credentials: &credential.Keeper{DB: o.DB, Box: o.Box, Clock: o.Clock, Env: o.Env},
		Ledger:      &payment.Ledger{DB: o.DB, Clock: o.Clock}, o: o,
	}
	client := outbound.New(outbound.Options{Hosts: o.Hosts, Near: o.Near})
	w.Outbox = &outbox.Outbox{
		DB: o.DB, Box: o.Box, Clock: o.Clock, NewID: o.NewID, Logger: o.Logger, Random: rand.Float64, Lease: o.Lease, GiveUp: 24 * time.Hour,
		Services: map[string]outbox.Service{"whatsapp": {
			Send: func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendWhatsApp(ctx, client, m) },
			Lookup: func(context.Context, outbox.Message) outbox.Outcome {
				return outbox.Outcome{Class: outbox.Unknown, Code: "no_answer"}
			},
			Patience: o.Patience,
		}, "razorpay": {
			Send:     func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendLink(ctx, client, m, false) },
			Lookup:   func(ctx context.Context, m outbox.Message) outbox.Outcome { return w.sendLink(ctx, client, m, true) },
			Patience: 24 * time.Hour, // it can be asked, so nothing is made twice for want of patience
		}},
	}
	w.Inbox = &inbox.Inbox{
		DB: o.DB, Box: o.Box, Clock: o.Clock, NewID: o.NewID, Logger: o.Logger,
		Handlers: map[string]func(context.Context, pgx.Tx, inbox.Announcement) error{"whatsapp": w.whatsApp, "razorpay": w.razorpay},
	}
	return w
}

// AddWorkers tells River who does the jobs.
func (w *Outside) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, &outbox.Worker{Outbox: w.Outbox})
	river.AddWorker(workers, &inbox.Worker{Inbox: w.Inbox})
}

// Queues are the queues of the jobs with how many run at once.
func Queues() map[string]river.QueueConfig {
	return map[string]river.QueueConfig{outbox.Queue: {MaxWorkers: 100, FetchCooldown: 20 * time.Millisecond}, inbox.Queue: {MaxWorkers: 20, FetchCooldown: 20 * time.Millisecond}}
}

// Use tells both queues where their jobs go.
func (w *Outside) Use(client *river.Client[pgx.Tx]) {
	w.Outbox.Use(client)
	w.Inbox.Use(client)
}

// Sweep takes up what a hub left behind when it died; every is how often, and how late a row must be.
func (w *Outside) Sweep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for name, sweep := range map[string]func(context.Context, time.Duration) error{"outbox": w.Outbox.Sweep, "inbox": w.Inbox.Sweep} {
			if err := sweep(ctx, every); err != nil && ctx.Err() == nil {
				w.o.Logger.Warn("what is overdue could not be taken up", "queue", name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// PutWhatsApp queues a template message in the transaction of its cause. The row's id travels with it and comes back with
// every status.
func (w *Outside) PutWhatsApp(ctx context.Context, tx pgx.Tx, org lab.ID, key string, m whatsapp.TemplateMessage) (lab.ID, bool, error) {
	if _, err := m.Request(); err != nil {
		return lab.ID{}, false, err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return lab.ID{}, false, fmt.Errorf("outside: %w", err)
	}
	return w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "whatsapp", Kind: m.Name, Key: key, Recipient: m.To, Payload: raw})
}

func (w *Outside) sendWhatsApp(ctx context.Context, http *outbound.Client, m outbox.Message) outbox.Outcome {
	var t whatsapp.TemplateMessage
	if json.Unmarshal(m.Payload, &t) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	t.CallbackID = m.ID.String()
	body, err := t.Request()
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}
	}
	set, err := w.Credentials.Get(ctx, m.Org, "whatsapp")
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	version := set["version"].Reveal()
	if version == "" {
		version = "v23.0"
	}
	c := whatsapp.Client{HTTP: http, Account: whatsapp.Account{BaseURL: set["url"].Reveal(), Version: version, NumberID: set["number"].Reveal(), Token: set["token"]}}
	if _, err := url.Parse(c.Account.BaseURL); err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: "whatsapp_address"}
	}
	return c.Send(ctx, body)
}

// whatsApp applies statuses, which never go back, and keeps what people write.
func (w *Outside) whatsApp(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
	n, err := whatsapp.Parse(a.Body)
	if err != nil {
		return err
	}
	q := w.o.DB.Queries()
	for _, s := range n.Statuses {
		p := queries.RaiseStatusParams{Status: s.Status, Rank: int32(whatsapp.Rank(s.Status)), ProviderID: &s.ID, Now: w.o.Clock(), Org: a.Org, Service: "whatsapp"}
		if id, err := lab.ParseID(s.Opaque); err == nil {
			p.ID = id
		}
		for _, f := range s.Failures {
			p.ErrorCode = strconv.FormatInt(f.Code, 10)
		}
		if _, err := q.RaiseStatus(ctx, tx, p); err != nil {
			return fmt.Errorf("outside: status: %w", err)
		}
	}
	for _, m := range n.Messages {
		contact := m.UserID
		if contact == "" {
			contact = m.From
		}
		raw, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("outside: message: %w", err)
		}
		if _, err := q.AddInbound(ctx, tx, queries.AddInboundParams{
			Org: a.Org, Service: "whatsapp", MessageID: m.ID, Contact: w.o.Box.Index(a.Org, contact), Kind: m.Type, At: time.Unix(m.At, 0),
			Sealed: w.o.Box.Seal(seal.Place("inbound_message", a.Org, m.ID), raw),
		}); err != nil {
			return fmt.Errorf("outside: message: %w", err)
		}
	}
	return nil
}

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
	_, reason, err := w.Ledger.Book(ctx, tx, p)
	if reason != "" {
		w.o.Logger.Warn("a payment waits for a person", "provider", p.Provider, "reason", reason)
	}
	return err
}

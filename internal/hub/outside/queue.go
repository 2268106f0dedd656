package outside

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outreach"
	"jaanch/internal/hub/outreach/mail"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/postgres/queries"
)

// Leaving is one message to an outside service. It names nobody: to whom it goes stands in its sealed payload.
type Leaving struct {
	ID       lab.ID    `json:"id" format:"uuid"`
	Service  string    `json:"service"`
	Kind     string    `json:"kind"`
	State    string    `json:"state" enum:"pending,sending,unknown,sent,failed,dead,cancelled"`
	Word     string    `json:"status" enum:"queued,sent,delivered,read,failed,cancelled"`
	Code     string    `json:"code,omitempty" doc:"Of the service, or of ours"`
	Class    string    `json:"class,omitempty" doc:"later, refused, halted, unknown"`
	Attempts int       `json:"attempts"`
	Due      time.Time `json:"due_at"`
	At       time.Time `json:"at"`
	Changed  time.Time `json:"changed_at"`
}

// Count is how many messages of a service are in a state.
type Count struct {
	Service string `json:"service"`
	State   string `json:"state"`
	Rows    int64  `json:"rows"`
}

// Queue lists what leaves, newest first, and counts all of it.
func (w *Outside) Queue(ctx context.Context, org lab.ID, state string) ([]Leaving, []Count, error) {
	if state == "all" {
		state = ""
	}
	q, pool := w.o.DB.Queries(), w.o.DB.Pool()
	rows, err := q.ListOutbox(ctx, pool, queries.ListOutboxParams{Org: org, State: state, Most: 200})
	if err != nil {
		return nil, nil, wrap("queue", err)
	}
	list := make([]Leaving, 0, len(rows))
	for _, r := range rows {
		l := Leaving{ID: r.ID, Service: r.Service, Kind: r.Kind, State: r.State, Class: r.ErrorClass, Attempts: int(r.Attempts), Due: r.DueAt, At: r.CreatedAt, Changed: r.ChangedAt}
		l.Word, l.Code = outreach.Status(r.State, r.Status, r.ErrorCode)
		list = append(list, l)
	}
	sums, err := q.CountOutbox(ctx, pool, org)
	if err != nil {
		return nil, nil, wrap("counts", err)
	}
	counts := make([]Count, 0, len(sums))
	for _, s := range sums {
		counts = append(counts, Count{s.Service, s.State, s.Rows})
	}
	return list, counts, nil
}

// Correction is what a person mends on a message before it goes again.
type Correction struct {
	To string `json:"to,omitempty" maxLength:"120" doc:"Another number or address; empty keeps the one it has"`
}

// Resend takes up a message that failed, to a corrected number or address where one is given.
func (w *Outside) Resend(ctx context.Context, org, id lab.ID, c Correction) error {
	if c.To != "" {
		if err := w.correct(ctx, org, id, c.To); err != nil {
			return err
		}
	}
	return w.Outbox.Resend(ctx, org, id)
}

// correct writes another number or address into a message that failed.
func (w *Outside) correct(ctx context.Context, org, id lab.ID, to string) error {
	return w.o.DB.Update(ctx, func(tx pgx.Tx) error {
		q := w.o.DB.Queries()
		row, err := q.LockOutbox(ctx, tx, queries.LockOutboxParams{Org: org, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			return lab.NotFound("message_unknown", "There is no such message.")
		}
		if err != nil {
			return wrap("message", err)
		}
		place := seal.Place("outbox", org, id.String())
		raw, err := w.o.Box.Open(place, row.Payload)
		if err != nil {
			return err
		}
		raw, recipient, err := redirected(row.Service, row.Kind, raw, to)
		if err != nil {
			return err
		}
		rows, err := q.AmendOutbox(ctx, tx, queries.AmendOutboxParams{Payload: w.o.Box.Seal(place, raw), Recipient: w.o.Box.Index(org, recipient), Now: w.o.Clock(), Org: org, ID: id})
		if err == nil && rows == 0 {
			return lab.Conflict("outbox_not_ended", "This message has not failed, or there is none.")
		}
		return wrap("correct", err)
	})
}

// redirected gives the payload with another recipient.
func redirected(service, kind string, raw []byte, to string) ([]byte, string, error) {
	var payload any
	recipient := to
	switch {
	case service == "sendgrid" || service == "smtp":
		m := mail.Message{}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, "", wrap("payload", err)
		}
		m.To, payload = to, &m
		if err := m.Check(); err != nil {
			return nil, "", err
		}
	case service == "whatsapp" && kind != kindReply || service == "twilio":
		phone, err := patient.NormalizePhone(to)
		if err != nil || phone == "" {
			return nil, "", lab.Invalid("phone", "This is no phone number.", lab.FieldError{Field: "to", Code: "phone", Message: "is no phone number"})
		}
		recipient = phone[1:]
		if service == "twilio" {
			m := twilio.Message{}
			if err := json.Unmarshal(raw, &m); err != nil {
				return nil, "", wrap("payload", err)
			}
			m.To, payload = phone, m
			break
		}
		m := whatsapp.TemplateMessage{}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, "", wrap("payload", err)
		}
		m.To, payload = recipient, m
	default:
		return nil, "", lab.Invalid("no_recipient", "A message of this kind goes to nobody else.")
	}
	out, err := json.Marshal(payload)
	return out, recipient, wrap("payload", err)
}

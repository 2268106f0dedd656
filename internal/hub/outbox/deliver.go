package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// Deliver takes one message a step further and says when to come back; 0 is never. It may be called by several at once
// and after any crash.
func (o *Outbox) Deliver(ctx context.Context, org, id lab.ID) (time.Duration, error) {
	m, wait, err := o.claim(ctx, org, id)
	if err != nil || m == nil {
		return wait, err
	}
	service := o.Services[m.Service]
	if m.asking {
		out := o.call(ctx, m.Message, true, service.Lookup)
		if out.Class != Absent && (out.Class != Unknown || o.Clock().Sub(m.SendingAt) < service.Patience) {
			return o.settle(ctx, m, out)
		}
		if err := o.resume(ctx, m); err != nil {
			return 0, err
		}
		m.asking = false
	}
	return o.settle(ctx, m, o.call(ctx, m.Message, false, service.Send))
}

// claimed is a message that this replica is at.
type claimed struct {
	Message

	created time.Time
	asking  bool // an earlier call may have arrived
}

// blocked is how long a message waits for an earlier one to the same recipient.
const blocked = time.Second

// claim commits, before anything is called, that this replica is about to call. A nil message means that there is
// nothing to do now.
func (o *Outbox) claim(ctx context.Context, org, id lab.ID) (m *claimed, wait time.Duration, err error) {
	err = o.DB.Update(ctx, func(tx pgx.Tx) error {
		m, wait = nil, 0
		now := o.Clock()
		q := o.DB.Queries()
		row, err := q.LockOutbox(ctx, tx, queries.LockOutboxParams{Org: org, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // gone, or another replica holds it this moment
		}
		if err != nil {
			return wrap("lock", err)
		}
		switch {
		case row.State != "pending" && row.State != "sending" && row.State != "unknown":
			return nil
		case row.ClaimedTill != nil && row.ClaimedTill.After(now):
			wait = row.ClaimedTill.Sub(now) + blocked
			return nil
		case row.DueAt.After(now):
			wait = row.DueAt.Sub(now)
			return nil
		}
		earlier, err := q.EarlierOutbox(ctx, tx, queries.EarlierOutboxParams{Org: org, Service: row.Service, Recipient: row.Recipient, Seq: row.Seq})
		if err != nil {
			return wrap("order", err)
		}
		if earlier {
			wait = blocked
			return wrap("wait", q.PostponeOutbox(ctx, tx, queries.PostponeOutboxParams{
				State: row.State, DueAt: now.Add(wait), ErrorClass: row.ErrorClass, ErrorCode: row.ErrorCode, Now: now, Org: org, ID: id, Attempts: row.Attempts,
			}))
		}
		m, err = o.take(ctx, tx, row, now)
		return err
	})
	return m, wait, err
}

// take marks the row as being sent, or as being asked about when an earlier call may have arrived.
func (o *Outbox) take(ctx context.Context, tx pgx.Tx, row queries.Outbox, now time.Time) (*claimed, error) {
	service, known := o.Services[row.Service]
	if !known {
		return nil, wrap("service", o.DB.Queries().FinishOutbox(ctx, tx, queries.FinishOutboxParams{
			State: "dead", ErrorClass: string(Refused), ErrorCode: "service_unknown", Now: now, Org: row.Org, ID: row.ID,
		}))
	}
	payload, err := o.Box.Open(place(row.Org, row.ID), row.Payload)
	if err != nil {
		return nil, err
	}
	m := &claimed{created: row.CreatedAt, asking: row.State != "pending" && service.Lookup != nil}
	state, more := "sending", int32(1)
	if m.asking {
		state, more = "unknown", 0
	}
	till := now.Add(o.Lease)
	row, err = o.DB.Queries().ClaimOutbox(ctx, tx, queries.ClaimOutboxParams{State: state, More: more, Now: now, ClaimedTill: &till, Org: row.Org, ID: row.ID})
	if err != nil {
		return nil, wrap("claim", err)
	}
	m.Message = Message{Org: row.Org, ID: row.ID, Service: row.Service, Kind: row.Kind, Key: row.BusinessKey, Payload: payload, Attempts: int(row.Attempts)}
	if row.SendingAt != nil {
		m.SendingAt = *row.SendingAt
	}
	if row.ProviderID != nil {
		m.ProviderID = *row.ProviderID
	}
	return m, nil
}

// resume commits that the message goes out again after a look-up did not find it.
func (o *Outbox) resume(ctx context.Context, m *claimed) error {
	return o.DB.Update(ctx, func(tx pgx.Tx) error {
		now := o.Clock()
		till := now.Add(o.Lease)
		row, err := o.DB.Queries().ClaimOutbox(ctx, tx, queries.ClaimOutboxParams{State: "sending", More: 1, Now: now, ClaimedTill: &till, Org: m.Org, ID: m.ID})
		m.Attempts = int(row.Attempts)
		return wrap("claim", err)
	})
}

// settle commits what came of the call.
func (o *Outbox) settle(ctx context.Context, m *claimed, out Outcome) (time.Duration, error) {
	now := o.Clock()
	end := ""
	switch {
	case out.Class == Done:
		end = "sent"
	case out.Class == Refused:
		end = "failed"
	case now.Sub(m.created) > o.GiveUp:
		end = "dead"
	}
	if end != "" {
		return 0, o.finish(ctx, m, out, end)
	}
	state := "pending"
	if out.Class == Unknown || m.asking { // a look-up that failed leaves the outcome as unknown as it was
		state = "unknown"
	}
	wait := max(out.After, o.pace(out.Class, m.Attempts))
	return wait, o.DB.Update(context.WithoutCancel(ctx), func(tx pgx.Tx) error {
		return wrap("postpone", o.DB.Queries().PostponeOutbox(ctx, tx, queries.PostponeOutboxParams{
			State: state, DueAt: now.Add(wait), ErrorClass: string(out.Class), ErrorCode: out.Code, Now: now, Org: m.Org, ID: m.ID, Attempts: int32(m.Attempts),
		}))
	})
}

func (o *Outbox) finish(ctx context.Context, m *claimed, out Outcome, end string) error {
	return o.DB.Update(context.WithoutCancel(ctx), func(tx pgx.Tx) error {
		p := queries.FinishOutboxParams{State: end, ErrorClass: string(out.Class), ErrorCode: out.Code, Now: o.Clock(), Org: m.Org, ID: m.ID}
		if out.ProviderID != "" {
			p.ProviderID = &out.ProviderID
		}
		if end == "sent" {
			p.ErrorClass, p.ErrorCode = "", ""
		}
		if err := o.DB.Queries().FinishOutbox(ctx, tx, p); err != nil {
			return wrap("finish", err)
		}
		if end == "sent" && out.Keep != nil {
			if err := out.Keep(ctx, tx); err != nil {
				return err
			}
		}
		if o.Ended != nil {
			return o.Ended(ctx, tx, m.Message, out)
		}
		return nil
	})
}

// pace is how long to wait by class: doubling with full jitter, between a floor and a cap.
func (o *Outbox) pace(c Class, attempts int) time.Duration {
	floor, most := 2*time.Second, 15*time.Minute
	switch c {
	case Halted:
		floor, most = 5*time.Minute, time.Hour
	case Unknown:
		floor, most = 5*time.Second, time.Minute
	case Done, Later, Refused, Absent:
	}
	span := floor << min(max(attempts-1, 0), 10)
	return floor/2 + time.Duration(o.Random()*float64(min(span, most)))
}

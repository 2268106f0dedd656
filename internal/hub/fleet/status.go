package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// The statuses of a node that an administrator or the hub itself sets. Stale and forked are found, not set.
const (
	StatusActive    = "active"
	StatusSuspended = "suspended"
	StatusRevoked   = "revoked"
	StatusForked    = "forked"
)

// The kinds of event in the life of a node.
const (
	eventEnrolled  = "enrolled"
	eventSuspended = "suspended"
	eventRevoked   = "revoked"
	eventAdmitted  = "admitted" // let in again after a suspension or a revocation
	eventSurvivor  = "survivor" // of two copies, the one that the hub's chain belongs to goes on
	eventLost      = "lost"     // given up for lost: a code was made by which another machine becomes it
	eventRebuilt   = "rebuilt"  // another machine became it
)

// Event is something that happened to a node.
type Event struct {
	At    time.Time
	Kind  string
	Actor string // who did it, as Actor.String gives it; the node itself where it enrolled
	Note  string
}

// SetStatus suspends, revokes or takes back a node. Whatever is taken from it acts with its next request: its tokens are
// gone in the same transaction. The lab itself works on. Taking back a node of which two copies exist means that the copy
// whose chain the hub has goes on; the other one is refused again with its next batch and must join as a new node.
func (f *Fleet) SetStatus(ctx context.Context, org, device lab.ID, status, by, note string) error {
	kind := map[string]string{StatusActive: eventAdmitted, StatusSuspended: eventSuspended, StatusRevoked: eventRevoked}[status]
	if kind == "" {
		return lab.Invalid("status", "A node can be active, suspended or revoked.", lab.FieldError{Field: "status", Code: "enum"})
	}
	return f.DB.Update(ctx, func(tx pgx.Tx) error {
		dev, err := f.statement().LockDevice(ctx, tx, queries.LockDeviceParams{Org: org, ID: device})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && dev.Kind != "node" {
			return lab.NotFound("device_unknown", "There is no such node.")
		}
		if err != nil {
			return fmt.Errorf("set the node's status: %w", err)
		}
		if dev.Status == status {
			return nil
		}
		if dev.Status == StatusForked && status == StatusActive {
			kind = eventSurvivor
		}
		if _, err := f.statement().SetDeviceStatus(ctx, tx, queries.SetDeviceStatusParams{Org: org, ID: device, Status: status}); err != nil {
			return fmt.Errorf("set the node's status: %w", err)
		}
		if status == StatusActive {
			err = f.statement().DropRebuildCodes(ctx, tx, queries.DropRebuildCodesParams{Org: org, Device: device})
			if err != nil {
				return fmt.Errorf("set the node's status: %w", err)
			}
		} else {
			if err := f.statement().DropTokens(ctx, tx, queries.DropTokensParams{Org: org, Device: device}); err != nil {
				return fmt.Errorf("set the node's status: %w", err)
			}
		}
		return f.record(ctx, tx, org, device, kind, by, note)
	})
}

// record writes an event of a node's life.
func (f *Fleet) record(ctx context.Context, tx pgx.Tx, org, device lab.ID, kind, by, note string) error {
	err := f.statement().InsertDeviceEvent(ctx, tx, queries.InsertDeviceEventParams{Org: org, Device: device, At: f.Clock(), Kind: kind, Actor: by, Note: note})
	if err != nil {
		return fmt.Errorf("record what happened to a node: %w", err)
	}
	return nil
}

// eventsMost is how many events of a node are shown.
const eventsMost = 100

// Events lists what happened to a node, newest first.
func (f *Fleet) Events(ctx context.Context, org, device lab.ID) ([]Event, error) {
	rows, err := f.statement().DeviceEvents(ctx, f.DB.Pool(), queries.DeviceEventsParams{Org: org, Device: device, Most: eventsMost})
	if err != nil {
		return nil, fmt.Errorf("events of a node: %w", err)
	}
	out := make([]Event, len(rows))
	for i, r := range rows {
		out[i] = Event{At: r.At, Kind: r.Kind, Actor: r.Actor, Note: r.Note}
	}
	return out, nil
}

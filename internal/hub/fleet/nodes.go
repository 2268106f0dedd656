package fleet

import (
	"context"
	"fmt"
	"time"

	"jaanch/internal/lab"
)

// The states of a node, as an owner reads them.
const (
	StateOnline    = "online"
	StateOffline   = "offline"   // not heard for longer than its period allows
	StateNever     = "never"     // enrolled, not heard yet
	StateClock     = "clock"     // online, its clock is more than two minutes off
	StateSuspended = "suspended" // stopped at the hub, or two copies of it exist
)

// offlineAfter is two sync periods with their jitter and one minute more.
const offlineAfter = 13 * time.Minute

// skewWarning is how far a node's clock may be off.
const skewWarning = 2 * time.Minute

// Node is a node with what is known of it. Pending and the times are as of LastSeen: what an offline node has waiting is
// not known.
type Node struct {
	ID            lab.ID
	Lab           lab.ID
	LabName       string
	Name          string
	Code          string
	Status        string // active, suspended, revoked, forked, stale
	State         string
	OfflineSince  *time.Time
	LastSeen      *time.Time
	LastPush      *time.Time
	LastPull      *time.Time
	Version       string
	Skew          time.Duration // node minus hub
	Pending       *int64        // nil when it is not known
	OldestPending *time.Time
	Entries       int64 // of its journal that the hub has
	EnrolledAt    time.Time
}

// Nodes lists the nodes of an organisation with their states.
func (f *Fleet) Nodes(ctx context.Context, org lab.ID) ([]Node, error) {
	rows, err := f.statement().Nodes(ctx, f.DB.Pool(), org)
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	now := f.Clock()
	out := make([]Node, len(rows))
	for i, r := range rows {
		n := Node{
			ID: r.ID, Lab: r.Lab, LabName: r.LabName, Name: r.Name, Code: r.Code, Status: r.Status, LastSeen: r.LastSeen,
			LastPush: r.LastPush, LastPull: r.LastPull, Version: r.AppVersion, Skew: time.Duration(r.SkewMs) * time.Millisecond,
			OldestPending: r.OldestPendingAt, Entries: r.LastSeq, EnrolledAt: r.EnrolledAt,
		}
		n.State = stateOf(&n, now)
		if n.State == StateOffline {
			n.OfflineSince = n.LastSeen
		} else if n.LastSeen != nil {
			n.Pending = &r.Pending
		}
		out[i] = n
	}
	return out, nil
}

func stateOf(n *Node, now time.Time) string {
	switch {
	case n.Status != "active" && n.Status != "stale":
		return StateSuspended
	case n.LastSeen == nil:
		return StateNever
	case now.Sub(*n.LastSeen) > offlineAfter:
		return StateOffline
	case n.Skew.Abs() > skewWarning:
		return StateClock
	}
	return StateOnline
}

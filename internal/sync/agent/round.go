package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/wire"
)

// Sync does one round: the handshake when it is due, all that waits up, all that moved down. A push never waits for a
// pull, nor a pull for an empty queue: what fails does not keep the other from being tried.
func (a *Agent) Sync(ctx context.Context) error {
	a.rounds.Lock()
	defer a.rounds.Unlock()
	a.mu.Lock()
	paused := a.paused
	a.mu.Unlock()
	if paused {
		return errPaused
	}
	m, err := a.membership(ctx)
	if err != nil {
		return err
	}
	err = a.round(ctx, m)
	if h, ok := asHub(err); ok && h.fault.Kind == lab.KindUnauthenticated {
		a.forgetToken() // the hub forgot the session, or a token outlived its time: once more with a new one
		err = a.round(ctx, m)
	}
	a.settle(ctx, err)
	return err
}

var errPaused = &lab.Error{Kind: lab.KindUnavailable, Code: "sync_paused", Message: "Sync is paused."}

func (a *Agent) round(ctx context.Context, m membership) error {
	token, err := a.session(ctx, m)
	if err != nil {
		return err
	}
	a.mu.Lock()
	due := a.link.hello.IsZero() || a.o.Clock().Sub(a.link.hello) >= a.o.Period*4/5
	a.mu.Unlock()
	if due {
		if err := a.hello(ctx, &m, token); err != nil {
			return err
		}
	}
	return errors.Join(a.pushAll(ctx, &m, token), a.pullAll(ctx, &m, token))
}

// blocked is a fault that no further try cures: a person must act. The lab works on.
func blocked(code, message string) *lab.Error {
	return &lab.Error{Kind: lab.KindForbidden, Code: code, Message: message}
}

// hello compares chains with the hub and measures the clock.
func (a *Agent) hello(ctx context.Context, m *membership, token string) error {
	head, oldest, err := a.head(ctx, m.acked)
	if err != nil {
		return err
	}
	began := a.o.Clock()
	request := wire.HelloRequest{
		Epoch: head.Epoch, LastSeq: head.Seq, AckedSeq: m.acked, Schema: a.o.DB.Registry().Schema, Version: a.o.Version,
		Pending: head.Seq - m.acked, OldestPending: oldest, Time: began.UTC(),
	}
	var reply wire.HelloReply
	if err := a.json(ctx, m.hub, "/api/v1/sync/hello", token, request, &reply); err != nil {
		return err
	}
	ended := a.o.Clock()
	if err := a.compare(ctx, reply, head); err != nil {
		return err
	}
	peers, err := json.Marshal(reply.Nodes)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	skew := (began.Sub(reply.Received) + ended.Sub(reply.Sent)) / 2
	a.mu.Lock()
	a.link.hello, a.link.skew, a.link.rtt = ended, skew, ended.Sub(began)-reply.Sent.Sub(reply.Received)
	a.mu.Unlock()
	return a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if reply.HubEpoch != m.hubEpoch {
			if _, err := tx.ExecContext(ctx, "DELETE FROM sync_cursor"); err != nil {
				return err
			}
		}
		m.hubEpoch, m.acked = reply.HubEpoch, reply.LastSeq
		for key, value := range map[string]any{
			keyHubEpoch: m.hubEpoch, keyAcked: m.acked, keyOrgName: reply.OrgName, keyLabName: reply.LabName, keyPeers: string(peers),
		} {
			if err := tx.SetState(key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// compare holds what the hub has of this node against the journal. A hub that has less than it once confirmed (it was
// restored) gets the rest again: rows are never pruned here.
func (a *Agent) compare(ctx context.Context, reply wire.HelloReply, head sqlite.Head) error {
	switch {
	case reply.Epoch != head.Epoch:
		return blocked("sync_epoch", "The hub is at another epoch of this node. Ask for support before anything is sent.")
	case reply.LastSeq == 0:
		return nil
	case reply.LastSeq > head.Seq:
		return blocked("sync_restored", "This database is older than what the hub has of it: it was restored from a backup.")
	}
	return a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		e, found, err := tx.Entry(ctx, reply.LastSeq)
		if err != nil {
			return err
		}
		if !found || !bytes.Equal(e.Hash, reply.LastHash) {
			return blocked("device_forked", "Two copies of this node exist. An administrator at the hub must choose one.")
		}
		return nil
	})
}

// head reads where the journal stands and since when the oldest entry waits.
func (a *Agent) head(ctx context.Context, acked int64) (sqlite.Head, *time.Time, error) {
	var head sqlite.Head
	var oldest *time.Time
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		if head, err = tx.Head(ctx); err != nil || head.Seq <= acked {
			return err
		}
		var e journal.Entry
		var found bool
		if e, found, err = tx.Entry(ctx, acked+1); found {
			at := time.UnixMilli(e.WallMS).UTC()
			oldest = &at
		}
		return err
	})
	return head, oldest, err
}

// PullOnly brings down what moved without sending anything, as a round does whose push fails.
func (a *Agent) PullOnly(ctx context.Context) error {
	m, err := a.membership(ctx)
	if err != nil {
		return err
	}
	token, err := a.session(ctx, m)
	if err != nil {
		return err
	}
	return a.pullAll(ctx, &m, token)
}

// Package ingest is the hub's end of sync: it takes batches of entries, exactly once each, lets sync/engine decide what
// they do to the records, and hands out pages of what moved. It holds no state: any number of hubs may run it against
// one database, and a node may speak to another one with every request.
package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Ingest takes and gives records. All fields but Noted must be set.
type Ingest struct {
	DB     *postgres.DB
	Schema *engine.Schema
	Clock  func() time.Time
	Logger *slog.Logger
	// Noted is called in the transaction that took a batch, with what it changed, so that what follows of it can be queued
	// with it; nil for nothing. It takes no lock that somebody else holds while waiting for a scope.
	Noted func(ctx context.Context, tx pgx.Tx, n News) error
}

// News is what a batch of a node changed.
type News struct {
	Org, Lab lab.ID
	Records  []engine.Key
	Erased   []lab.ID // people who were forgotten
}

// statement is short for the compiled statements.
func (in *Ingest) statement() *queries.Queries { return in.DB.Queries() }

// limits is what this hub asks of nodes.
func limits() wire.Limits {
	return wire.Limits{MaxChanges: wire.MaxChanges, MaxBytes: wire.MaxBytes}
}

// Push takes one batch in one transaction: all of it, or nothing. What was taken before is not taken again; its outcomes
// are read back, so a lost answer costs nothing but the time to send again. What is done, and in which order, is
// engine.Intake's to say. Size is the body's length, for the audit.
func (in *Ingest) Push(ctx context.Context, org lab.ID, p *wire.Push, size int) (wire.PushReply, error) {
	var end engine.Commit
	began := in.Clock()
	err := in.DB.Update(ctx, func(tx pgx.Tx) error {
		t := &intake{Ingest: in, tx: tx, org: org, push: p, size: size, began: began}
		var err error
		end, err = t.run(ctx)
		return err
	})
	if err == nil && end.Refused != nil {
		return wire.PushReply{}, end.Refused
	}
	end.Reply.Limits = limits()
	return end.Reply, err
}

// Active tells in words why a device that is not active may not sync. The lab itself goes on working.
func Active(status string) error {
	switch status {
	case "active", "stale":
		return nil
	case "forked":
		return lab.Forbidden("device_forked", "Two copies of this node exist. An administrator at the hub must choose one.")
	case "revoked":
		return lab.Forbidden("device_revoked", "This node was removed at the hub. The lab goes on working; nothing is sent.")
	}
	return lab.Forbidden("device_"+status, "This node may not sync at the moment. Ask the administrator at the hub.")
}

// heads gives how far the scopes of a lab have come.
func (in *Ingest) heads(ctx context.Context, tx queries.DBTX, org, home lab.ID) ([]wire.Head, error) {
	rows, err := in.statement().ScopeHeads(ctx, tx, queries.ScopeHeadsParams{Org: org, Scopes: []lab.ID{org, home}})
	if err != nil {
		return nil, fmt.Errorf("read scope heads: %w", err)
	}
	out := make([]wire.Head, 0, len(rows))
	for _, r := range rows {
		out = append(out, wire.Head{Scope: r.Scope.Bytes(), Pos: r.Pos, HubEpoch: r.HubEpoch})
	}
	return out, nil
}

// Heads gives how far the scopes of a lab have come, for hints and the handshake.
func (in *Ingest) Heads(ctx context.Context, org, home lab.ID) ([]wire.Head, error) {
	return in.heads(ctx, in.DB.Pool(), org, home)
}

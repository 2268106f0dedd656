// Package conflict is how a lab looks at what two people changed at once, and decides it. It works without the hub: the
// conflict is a record that a pull brought, and a decision is a change like any other, checked at the hub when it gets
// there. What a conflict concerns is not released before it is decided.
package conflict

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
	"jaanch/internal/sync/contest"
	"jaanch/internal/sync/wire"
)

// Desk shows and decides the conflicts of one lab.
type Desk struct {
	db    *sqlite.DB
	peers func(context.Context) ([]wire.Peer, error)
}

// Options are what a desk needs. Peers gives the nodes of the lab, to say where a change was made.
type Options struct {
	DB    *sqlite.DB
	Peers func(context.Context) ([]wire.Peer, error)
}

// New makes the desk.
func New(o Options) *Desk { return &Desk{db: o.DB, peers: o.Peers} }

// Conflicts is a list of conflicts in one state, newest first, with how many there are in each.
type Conflicts struct {
	Open     int64             `json:"open"`
	Auto     int64             `json:"auto"`
	Resolved int64             `json:"resolved"`
	Cases    []contest.Dispute `json:"cases"`
}

// listMost is how many conflicts a list shows: more than a person decides in a day.
const listMost = 100

// List reads the conflicts in one state: "open" waits for a person, "auto" was settled by a rule, "resolved" by a person.
func (d *Desk) List(ctx context.Context, state string) (Conflicts, error) {
	out := Conflicts{Cases: []contest.Dispute{}}
	names, err := d.namer(ctx)
	if err != nil {
		return out, err
	}
	err = d.db.View(ctx, func(tx *sqlite.ReadTx) error {
		q := queries.New(tx)
		counts, err := q.CountConflicts(ctx)
		if err != nil {
			return fmt.Errorf("count conflicts: %w", err)
		}
		for _, c := range counts {
			switch c.State {
			case "open":
				out.Open = c.N
			case "auto":
				out.Auto = c.N
			case "resolved":
				out.Resolved = c.N
			}
		}
		rows, err := q.Conflicts(ctx, queries.ConflictsParams{State: state, Most: listMost})
		if err != nil {
			return fmt.Errorf("list conflicts: %w", err)
		}
		for i := range rows {
			c, err := d.read(ctx, tx, queries.ConflictRow(rows[i]), names)
			if err != nil {
				return err
			}
			out.Cases = append(out.Cases, c)
		}
		return nil
	})
	return out, err
}

// Case reads one conflict with the history of its record and what it stops. The opening stands in the access log.
func (d *Desk) Case(ctx context.Context, actor lab.Actor, id lab.ID) (contest.Dispute, error) {
	if err := d.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: "conflict.open", Entity: journal.EntityConflict, Record: id}); err != nil {
		return contest.Dispute{}, err
	}
	return d.one(ctx, id)
}

func (d *Desk) one(ctx context.Context, id lab.ID) (contest.Dispute, error) {
	var out contest.Dispute
	names, err := d.namer(ctx)
	if err != nil {
		return out, err
	}
	err = d.db.View(ctx, func(tx *sqlite.ReadTx) error {
		row, err := find(ctx, queries.New(tx), id)
		if err != nil {
			return err
		}
		if out, err = d.read(ctx, tx, row, names); err != nil {
			return err
		}
		out.Events, err = d.events(ctx, tx, row, names)
		return err
	})
	return out, err
}

func find(ctx context.Context, q *queries.Queries, id lab.ID) (queries.ConflictRow, error) {
	row, err := q.Conflict(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) {
		return row, lab.NotFound("conflict_unknown", "There is no such conflict.")
	}
	if err != nil {
		return row, fmt.Errorf("read conflict %s: %w", id, err)
	}
	return row, nil
}

// Decide writes what a person chose: the value, where it changes, and that the conflict is closed.
func (d *Desk) Decide(ctx context.Context, actor lab.Actor, id lab.ID, in contest.Judgement) (contest.Dispute, error) {
	seen, err := contest.ParseVersion(in.Version)
	if err != nil {
		return contest.Dispute{}, err
	}
	err = d.db.Update(ctx, actor, "conflict.decide", func(tx *sqlite.Tx) error {
		row, err := find(ctx, queries.New(tx), id)
		if err != nil {
			return err
		}
		if err := may(actor, row.Entity); err != nil {
			return err
		}
		if row.State != "open" {
			return lab.Conflict("conflict_closed", "Somebody has decided this already.")
		}
		return decide(ctx, tx, row, in, seen)
	})
	if err != nil {
		return contest.Dispute{}, err
	}
	return d.one(ctx, id)
}

func decide(ctx context.Context, tx *sqlite.Tx, row queries.ConflictRow, in contest.Judgement, seen int64) error {
	src, group, err := source(ctx, tx, row)
	if err != nil {
		return err
	}
	outcome, err := contest.Decide(journal.Schema(), src, in)
	if err != nil {
		return err
	}
	entity, _ := journal.Schema().Entity(row.Entity)
	change := sqlite.Row{}
	for number, v := range outcome.Values {
		if f, ok := entity.Field(number); ok {
			change[f.Column] = v
		}
	}
	record, id := lab.ID(row.RecordID), lab.ID(row.ID)
	if len(change) > 0 {
		err := tx.Change(row.Entity, record, nil, change, sqlite.Resolves(id), sqlite.Expect(journal.Versions{group: seen}))
		if err != nil {
			return err
		}
	} else if src.Version != seen {
		return lab.Conflict(sqlite.CodeStale, "Somebody else changed this record meanwhile. Compare both values and decide.")
	}
	if err := derive(ctx, tx, row.Entity, record); err != nil {
		return err
	}
	closing := sqlite.Row{"state": "resolved", "winner": outcome.Winner, "resolver": tx.Actor().String(), "closed_ms": tx.Now().UnixMilli()}
	options := []sqlite.Option{sqlite.Resolves(id)}
	switch {
	case in.Reason == "":
	case row.SubjectID == (queries.ID{}):
		options = append(options, sqlite.Said(in.Reason)) // it goes with the person who wrote it
	default:
		closing["reason"] = in.Reason
	}
	if err := tx.Change(journal.EntityConflict, id, nil, closing, options...); err != nil {
		return err
	}
	return queries.New(tx).DropKeptAside(ctx, queries.DropKeptAsideParams{Ent: int64(entity.ID), ID: row.RecordID})
}

// Reopen puts a decided conflict before a person again.
func (d *Desk) Reopen(ctx context.Context, actor lab.Actor, id lab.ID) (contest.Dispute, error) {
	err := d.db.Update(ctx, actor, "conflict.reopen", func(tx *sqlite.Tx) error {
		row, err := find(ctx, queries.New(tx), id)
		if err != nil {
			return err
		}
		if err := may(actor, row.Entity); err != nil || row.State == "open" {
			return err
		}
		return tx.Change(journal.EntityConflict, id, nil, sqlite.Row{"state": "open", "winner": "open", "resolver": nil, "closed_ms": nil}, sqlite.Resolves(id))
	})
	if err != nil {
		return contest.Dispute{}, err
	}
	return d.one(ctx, id)
}

// may refuses whoever could not make the change itself.
func may(actor lab.Actor, entity string) error {
	action := access.InstrumentSetup
	switch entity {
	case "patient", "doctor", "consent":
		action = access.PatientEdit
	case "visit", "order_item", "order_test":
		action = access.OrderEdit
	case "sample":
		action = access.SampleHandle
	case "result", "hold_decision":
		action = access.ResultEnter
	}
	return access.Can(actor, action, access.Resource{Own: true})
}

// Stops tells whether a conflict that waits for a person concerns the visit: its person, itself, its tubes, tests or
// values. Such a visit is not released. A nil error means that nothing is in the way.
func Stops(ctx context.Context, tx queries.DBTX, visit lab.ID) error {
	found, err := queries.New(tx).OpenConflictOfVisit(ctx, queries.ID(visit))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for conflicts of visit %s: %w", visit, err)
	}
	stop := lab.Conflict("conflict_open", "Two people changed this at the same time. Decide which is right before anything goes out.")
	stop.Detail = map[string]any{"conflict": lab.ID(found.ID).String(), "entity": found.Entity}
	return stop
}

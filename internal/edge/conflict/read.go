package conflict

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
	"jaanch/internal/sync/contest"
	"jaanch/internal/sync/wire"
)

// source gives a stored conflict in the form in which contest reads it, and the number of its group.
func source(ctx context.Context, tx versioned, row queries.ConflictRow) (contest.Source, int, error) {
	s := contest.Source{
		ID: lab.ID(row.ID), Record: lab.ID(row.RecordID), Entity: row.Entity, Group: row.Grp, Kind: row.Kind, Strategy: row.Strategy,
		State: row.State, Winner: row.Winner.String, Resolver: row.Resolver.String, Reason: row.Reason.String, AtMS: row.AtMs,
		ClosedMS: row.ClosedMs.Int64, Stands: row.Stands.String, Claims: row.Claims.String, Was: row.Was.String,
		StandsPersonal: row.StandsPersonal.String, ClaimsPersonal: row.ClaimsPersonal.String, WasPersonal: row.WasPersonal.String, Signed: row.Signed.Int64,
	}
	entity, known := journal.Schema().Entity(row.Entity)
	if !known {
		return s, 0, nil
	}
	group := 0
	for _, g := range entity.Groups {
		if g.Name == row.Grp {
			group = g.ID
		}
	}
	at, err := versionsOf(ctx, tx, row.Entity, s.Record)
	if lab.KindOf(err) == lab.KindNotFound {
		return s, group, nil // it was not installed here yet
	}
	s.Version = at[group]
	return s, group, err
}

// versioned is a transaction in which queries run; sqlite's two kinds differ in how they give versions.
type versioned interface{ queries.DBTX }

func versionsOf(ctx context.Context, tx versioned, entity string, id lab.ID) (journal.Versions, error) {
	switch tx := tx.(type) {
	case *sqlite.Tx:
		return tx.Versions(entity, id)
	case *sqlite.ReadTx:
		return tx.Versions(ctx, entity, id)
	}
	return nil, errors.New("conflict: versions of an unknown transaction")
}

// namer says what people call things. It reads each name once.
type namer struct {
	own   lab.ID
	peers map[lab.ID]wire.Peer
}

func (d *Desk) namer(ctx context.Context) (*namer, error) {
	n := &namer{own: d.db.Device(), peers: map[lab.ID]wire.Peer{}}
	if d.peers == nil {
		return n, nil
	}
	peers, err := d.peers(ctx)
	for _, p := range peers {
		n.peers[p.Device] = p
	}
	return n, err
}

// hereMark and hubMark stand for places that the screens name in the reader's language.
const (
	hereMark = "@here"
	hubMark  = "@hub"
)

func (n *namer) place(device lab.ID) string {
	switch {
	case device.IsZero():
		return hubMark
	case device == n.own:
		return hereMark
	}
	if p, ok := n.peers[device]; ok {
		return strings.TrimSpace(p.Name + " " + p.Code)
	}
	return hubMark // a device that is none of the lab's nodes is the hub's own
}

func (n *namer) actor(ctx context.Context, q *queries.Queries, actor string) (string, error) {
	text, person := strings.CutPrefix(actor, "user:")
	if !person {
		if strings.HasPrefix(actor, "hub") {
			return hubMark, nil
		}
		return actor, nil
	}
	id, err := lab.ParseID(text)
	if err != nil {
		return actor, nil //nolint:nilerr // an actor of another form stands as it is
	}
	names, err := q.PersonName(ctx, queries.ID(id))
	if err != nil {
		return "", fmt.Errorf("read the name of user %s: %w", id, err)
	}
	if len(names) == 1 {
		return names[0], nil
	}
	return "", nil
}

// read makes the case of a row.
func (d *Desk) read(ctx context.Context, tx *sqlite.ReadTx, row queries.ConflictRow, n *namer) (contest.Dispute, error) {
	q := queries.New(tx)
	src, _, err := source(ctx, tx, row)
	if err != nil {
		return contest.Dispute{}, err
	}
	var failed error
	keep := func(s string, err error) string {
		failed = errors.Join(failed, err)
		return s
	}
	c, err := contest.Read(journal.Schema(), src, contest.Names{
		Actor: func(a string) string { return keep(n.actor(ctx, q, a)) },
		Place: n.place,
		Value: func(_ string, id lab.ID) string {
			names, err := q.PersonName(ctx, queries.ID(id))
			if len(names) == 1 {
				return keep(names[0], err)
			}
			return keep("", err)
		},
	})
	if err = errors.Join(err, failed); err != nil {
		return c, err
	}
	if c.Title, c.Subtitle, err = title(ctx, tx, q, row); err != nil {
		return c, err
	}
	if row.State != "open" {
		return c, nil
	}
	visits, err := q.VisitsOfRecord(ctx, row.RecordID)
	if err != nil {
		return c, fmt.Errorf("visits of conflict %s: %w", c.ID, err)
	}
	for _, v := range visits {
		c.Blocked = append(c.Blocked, contest.Stopped{Kind: "report", ID: lab.ID(v.ID), Title: v.Number})
	}
	return c, nil
}

// title is what people call the record.
func title(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, row queries.ConflictRow) (name, sub string, err error) {
	id := row.RecordID
	switch row.Entity {
	case "patient":
		p, err := sqlite.ReadPerson(ctx, tx, lab.ID(id))
		if lab.KindOf(err) == lab.KindNotFound {
			return "", "", nil
		}
		return p.Name, string(p.MRN), err
	case "result":
		r, err := q.ResultTitle(ctx, id)
		return r.Name, r.Accession, missing(err)
	case "sample":
		s, err := q.Sample(ctx, id)
		return s.Accession, s.Specimen, missing(err)
	case "visit":
		v, err := q.Visit(ctx, id)
		return v.Number, "", missing(err)
	case "order_test":
		t, err := q.OrderTest(ctx, id)
		return t.Code, "", missing(err)
	case "doctor":
		d, err := q.Doctor(ctx, id)
		return d.Name, d.Degree, missing(err)
	}
	return "", "", nil
}

// missing forgives a record that is not here (yet).
func missing(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return fmt.Errorf("read what a conflict is about: %w", err)
}

// events reads the record's history as this node has it, oldest first.
func (d *Desk) events(ctx context.Context, tx *sqlite.ReadTx, row queries.ConflictRow, n *namer) ([]contest.Happening, error) {
	out := []contest.Happening{}
	entity, known := journal.Schema().Entity(row.Entity)
	if !known {
		return out, nil
	}
	entries, err := tx.History(ctx, row.Entity, lab.ID(row.RecordID))
	if err != nil {
		return nil, fmt.Errorf("history of conflict %s: %w", lab.ID(row.ID), err)
	}
	for _, e := range entries {
		by, err := n.actor(ctx, queries.New(tx), e.Actor)
		if err != nil {
			return nil, err
		}
		ev := contest.Happening{At: time.UnixMilli(e.WallMS).UTC(), By: by, Place: hereMark, What: string(e.Op), Fields: []string{}}
		if device, ok := wire.OriginDevice(e.OriginPos); ok {
			ev.Place = n.place(device)
		}
		for _, f := range entity.Fields {
			_, plain := e.Fields[f.ID]
			_, personal := e.PHI[f.ID]
			if plain || personal {
				ev.Fields = append(ev.Fields, f.Column)
			}
		}
		if e.Op == journal.OpInsert || len(ev.Fields) > 0 {
			out = append(out, ev)
		}
	}
	slices.SortStableFunc(out, func(a, b contest.Happening) int { return a.At.Compare(b.At) })
	return out, nil
}

// derive brings what follows from a decided record up to date: search words, and the states of its visit.
func derive(ctx context.Context, tx *sqlite.Tx, entity string, record lab.ID) error {
	q, id := queries.New(tx), queries.ID(record)
	var visits []queries.ID
	var err error
	switch entity {
	case "patient":
		p, err := sqlite.ReadPerson(ctx, tx, record)
		if err != nil {
			return err
		}
		return sqlite.IndexNames(ctx, tx, record, p.Name, p.NameLocal)
	case "visit":
		visits = []queries.ID{id}
	case "result":
		visits, err = q.VisitOfResult(ctx, id)
	case "order_test":
		visits, err = q.VisitOfTest(ctx, id)
	case "sample":
		visits, err = q.VisitOfSample(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("visit of a decided record: %w", err)
	}
	for _, v := range visits {
		if err := sqlite.RefreshStates(ctx, tx, lab.ID(v)); err != nil {
			return err
		}
	}
	return nil
}

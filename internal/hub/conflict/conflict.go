// Package conflict is how an owner or administrator at the hub looks at what two people changed at once in any of the
// labs, decides it, and says which kinds of record a person always decides.
package conflict

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/contest"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
)

// Desk works on the hub's database. All fields must be set.
type Desk struct {
	DB     *postgres.DB
	Schema *engine.Schema
	Ingest *ingest.Ingest
	Fleet  *fleet.Fleet
	Clock  func() time.Time
}

// Conflicts is a page of conflicts in one state, newest first, with how many there are in each.
type Conflicts struct {
	Open     int64             `json:"open"`
	Auto     int64             `json:"auto"`
	Resolved int64             `json:"resolved"`
	Cases    []contest.Dispute `json:"cases"`
	Next     string            `json:"next,omitempty" doc:"For the page behind this one"`
}

func (d *Desk) statement() *queries.Queries { return d.DB.Queries() }

// List reads the conflicts in one state; before is next of the page before, empty for the first.
func (d *Desk) List(ctx context.Context, org lab.ID, state, before string, limit int) (Conflicts, error) {
	out := Conflicts{Cases: []contest.Dispute{}}
	p := d.params(org)
	p.State, p.Most = state, int32(limit)
	if before != "" {
		at, id, err := cursor(before)
		if err != nil {
			return out, err
		}
		p.BeforeAt, p.BeforeID = &at, id
	}
	counts, err := d.statement().ConflictCounts(ctx, d.DB.Pool(), org)
	if err != nil {
		return out, fmt.Errorf("count conflicts: %w", err)
	}
	for _, c := range counts {
		switch c.State {
		case engine.StateOpen:
			out.Open = c.N
		case engine.StateAuto:
			out.Auto = c.N
		case engine.StateResolved:
			out.Resolved = c.N
		}
	}
	rows, err := d.statement().ConflictCases(ctx, d.DB.Pool(), p)
	if err != nil {
		return out, fmt.Errorf("list conflicts: %w", err)
	}
	names, err := d.namer(ctx, org, rows)
	if err != nil {
		return out, err
	}
	for i := range rows {
		c, err := d.read(ctx, org, &rows[i], names)
		if err != nil {
			return out, err
		}
		out.Cases = append(out.Cases, c)
	}
	if n := len(rows); n == limit && n > 0 {
		out.Next = rows[n-1].At.UTC().Format(time.RFC3339Nano) + "~" + rows[n-1].ID.String()
	}
	return out, nil
}

func cursor(before string) (time.Time, lab.ID, error) {
	at, id, _ := strings.Cut(before, "~")
	when, err1 := time.Parse(time.RFC3339Nano, at)
	last, err2 := lab.ParseID(id)
	if err1 != nil || err2 != nil {
		return time.Time{}, lab.ID{}, lab.Invalid("cursor_malformed", "The page cannot be continued. Begin again.")
	}
	return when, last, nil
}

func (d *Desk) params(org lab.ID) queries.ConflictCasesParams {
	number := func(name string) int32 { return int32(d.Schema.EntityID(name)) }
	return queries.ConflictCasesParams{
		Org: org, EConflict: number(journal.EntityConflict), ETest: number("test"), ESample: number("sample"), EVisit: number("visit"),
		EPatient: number("patient"), Most: 1,
	}
}

// Case reads one conflict with the history of its record.
func (d *Desk) Case(ctx context.Context, org, id lab.ID) (contest.Dispute, error) {
	row, err := d.row(ctx, org, id)
	if err != nil {
		return contest.Dispute{}, err
	}
	names, err := d.namer(ctx, org, []queries.ConflictCasesRow{row})
	if err != nil {
		return contest.Dispute{}, err
	}
	c, err := d.read(ctx, org, &row, names)
	if err != nil {
		return c, err
	}
	c.Events, err = d.events(ctx, org, &row, names)
	return c, err
}

func (d *Desk) row(ctx context.Context, org, id lab.ID) (queries.ConflictCasesRow, error) {
	p := d.params(org)
	p.One = id
	rows, err := d.statement().ConflictCases(ctx, d.DB.Pool(), p)
	if err != nil {
		return queries.ConflictCasesRow{}, fmt.Errorf("read conflict %s: %w", id, err)
	}
	if len(rows) == 0 {
		return queries.ConflictCasesRow{}, lab.NotFound("conflict_unknown", "There is no such conflict.")
	}
	return rows[0], nil
}

// Decide writes what a person at the hub chose. The nodes of the lab pull it.
func (d *Desk) Decide(ctx context.Context, org lab.ID, actor lab.Actor, id lab.ID, in contest.Judgement) (contest.Dispute, error) {
	seen, err := contest.ParseVersion(in.Version)
	if err != nil {
		return contest.Dispute{}, err
	}
	row, err := d.row(ctx, org, id)
	if err != nil {
		return contest.Dispute{}, err
	}
	src, err := d.source(&row)
	if err != nil {
		return contest.Dispute{}, err
	}
	outcome, err := contest.Decide(d.Schema.Registry(), src, in)
	if err != nil {
		return contest.Dispute{}, err
	}
	err = d.Ingest.Resolve(ctx, ingest.Resolution{
		Org: org, Actor: actor, Conflict: id, Values: outcome.Values, Winner: outcome.Winner, Reason: strings.TrimSpace(in.Reason), Seen: seen,
	})
	if err != nil {
		return contest.Dispute{}, err
	}
	return d.Case(ctx, org, id)
}

// Reopen puts a decided conflict before a person again.
func (d *Desk) Reopen(ctx context.Context, org lab.ID, actor lab.Actor, id lab.ID) (contest.Dispute, error) {
	if err := d.Ingest.Reopen(ctx, org, actor, id); err != nil {
		return contest.Dispute{}, err
	}
	return d.Case(ctx, org, id)
}

// source gives a stored conflict in the form in which contest reads it.
func (d *Desk) source(row *queries.ConflictCasesRow) (contest.Source, error) {
	var doc struct {
		Grp            string `json:"grp"`
		Kind           string `json:"kind"`
		Strategy       string `json:"strategy"`
		State          string `json:"state"`
		Winner         string `json:"winner"`
		Resolver       string `json:"resolver"`
		Reason         string `json:"reason"`
		AtMS           int64  `json:"at_ms"`
		ClosedMS       int64  `json:"closed_ms"`
		Signed         int64  `json:"signed"`
		Stands         string `json:"stands"`
		Claims         string `json:"claims"`
		Was            string `json:"was"`
		StandsPersonal string `json:"stands_personal"`
		ClaimsPersonal string `json:"claims_personal"`
		WasPersonal    string `json:"was_personal"`
	}
	if err := json.Unmarshal(row.Told, &doc); err != nil {
		return contest.Source{}, fmt.Errorf("read conflict %s: %w", row.ID, err)
	}
	entity, _ := d.Schema.Entity(int(row.Entity))
	return contest.Source{
		ID: row.ID, Record: row.Record, Entity: entity.Name, Group: doc.Grp, Kind: doc.Kind, Strategy: doc.Strategy, State: row.State, Winner: doc.Winner,
		Resolver: doc.Resolver, Reason: doc.Reason, AtMS: doc.AtMS, ClosedMS: doc.ClosedMS, Stands: doc.Stands, Claims: doc.Claims, Was: doc.Was,
		StandsPersonal: doc.StandsPersonal, ClaimsPersonal: doc.ClaimsPersonal, WasPersonal: doc.WasPersonal, Signed: doc.Signed,
		RecordLocked: row.Locked, Version: row.Version,
	}, nil
}

// read makes the case of a row.
func (d *Desk) read(ctx context.Context, org lab.ID, row *queries.ConflictCasesRow, n *namer) (contest.Dispute, error) {
	src, err := d.source(row)
	if err != nil {
		return contest.Dispute{}, err
	}
	c, err := contest.Read(d.Schema.Registry(), src, contest.Names{Actor: n.actor, Place: n.place, Value: func(_ string, id lab.ID) string { return n.people[id] }})
	if err != nil {
		return c, err
	}
	c.Lab = row.LabName
	switch src.Entity {
	case "patient":
		c.Title, c.Subtitle = row.Patient, row.Mrn
	case "result":
		c.Title, c.Subtitle = row.Test, row.Accession
	case "sample":
		c.Title, c.Subtitle = row.Accession, row.Patient
	case "visit":
		c.Title, c.Subtitle = row.VisitNumber, row.Patient
	default:
		var doc map[string]any
		if err := json.Unmarshal(row.Doc, &doc); err != nil {
			return c, fmt.Errorf("read conflict %s: %w", row.ID, err)
		}
		for _, column := range []string{"code", "number", "name"} {
			if s, ok := doc[column].(string); ok {
				c.Title = s
			}
		}
	}
	if row.State == engine.StateOpen {
		c.Blocked, err = d.blocked(ctx, org, row, src.Entity)
	}
	return c, err
}

func (d *Desk) blocked(ctx context.Context, org lab.ID, row *queries.ConflictCasesRow, entity string) ([]contest.Stopped, error) {
	out := []contest.Stopped{}
	if entity != "patient" {
		if !row.Visit.IsZero() {
			out = append(out, contest.Stopped{Kind: "report", ID: row.Visit, Title: row.VisitNumber})
		}
		return out, nil
	}
	visits, err := d.statement().VisitsOfSubject(ctx, d.DB.Pool(), queries.VisitsOfSubjectParams{Org: org, Subject: row.Record, EVisit: int32(d.Schema.EntityID("visit"))})
	if err != nil {
		return out, fmt.Errorf("visits of conflict %s: %w", row.ID, err)
	}
	for _, v := range visits {
		out = append(out, contest.Stopped{Kind: "report", ID: v.ID, Title: v.Number})
	}
	return out, nil
}

// eventsMost is how much of a record's history is shown.
const eventsMost = 200

// events reads the record's history as all nodes sent it, oldest first.
func (d *Desk) events(ctx context.Context, org lab.ID, row *queries.ConflictCasesRow, n *namer) ([]contest.Happening, error) {
	out := []contest.Happening{}
	rows, err := d.statement().JournalEvents(ctx, d.DB.Pool(), queries.JournalEventsParams{Org: org, Record: row.Record, Most: eventsMost})
	if err != nil {
		return nil, fmt.Errorf("history of conflict %s: %w", row.ID, err)
	}
	entity, _ := d.Schema.Entity(int(row.Entity))
	for _, r := range rows {
		ev := contest.Happening{At: time.UnixMilli(r.WallMs).UTC(), By: n.actor(r.Actor), Place: n.place(r.Device), What: r.Op, Fields: []string{}}
		if r.Outcome > 1 {
			ev.What = "kept" // it lost or waits: kept in the conflict
		}
		for _, raw := range [][]byte{r.Fields, r.Phi} {
			if len(raw) == 0 {
				continue
			}
			fields, err := journal.DecodeFields(raw)
			if err != nil {
				return nil, fmt.Errorf("history of conflict %s: %w", row.ID, err)
			}
			for _, f := range entity.Fields {
				if _, ok := fields[f.ID]; ok {
					ev.Fields = append(ev.Fields, f.Column)
				}
			}
		}
		out = append(out, ev)
	}
	return out, nil
}

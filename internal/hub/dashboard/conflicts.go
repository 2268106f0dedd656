package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// Conflict is one contest, with both sides field by field.
type Conflict struct {
	ID       lab.ID          `json:"id" format:"uuid"`
	Lab      lab.ID          `json:"lab" format:"uuid" doc:"Zero for what all labs share"`
	LabName  string          `json:"lab_name"`
	Entity   string          `json:"entity"`
	Record   lab.ID          `json:"record" format:"uuid"`
	Title    string          `json:"title" doc:"What people call the record"`
	Group    string          `json:"group"`
	Kind     string          `json:"kind" enum:"value,locked,tombstone"`
	Strategy string          `json:"strategy"`
	State    string          `json:"state" enum:"open,auto,resolved"`
	Winner   string          `json:"winner" enum:"server,client,merged,open"`
	Fields   []ConflictField `json:"fields" doc:"Only those that differ"`
	Stands   ConflictSide    `json:"stands" doc:"The side whose value the hub shows"`
	Against  ConflictSide    `json:"against" doc:"The newest of the others"`
	At       time.Time       `json:"at"`
	ClosedAt *time.Time      `json:"closed_at,omitempty"`
}

// ConflictField is one field in dispute. Values are as they stand in the document; null is empty.
type ConflictField struct {
	Field   string `json:"field"`
	Stands  any    `json:"stands"`
	Against any    `json:"against"`
}

// ConflictSide is who wrote a side, and when.
type ConflictSide struct {
	Actor string    `json:"actor"`
	Node  string    `json:"node" doc:"Code of the node; empty for the hub"`
	At    time.Time `json:"at"`
}

// Conflicts is a page of conflicts, newest first.
type Conflicts struct {
	Open      int64      `json:"open"`
	Auto      int64      `json:"auto"`
	Conflicts []Conflict `json:"conflicts"`
	Next      string     `json:"next,omitempty"`
}

// side is one side as sync/ingest stores it.
type side struct {
	Device string         `json:"device"`
	Actor  string         `json:"actor"`
	WallMS int64          `json:"wall_ms"`
	Fields map[string]any `json:"fields"`
}

// Conflicts reads conflicts in one state: "open" waits for a person, "auto" was decided by a strategy.
func (d *Dashboard) Conflicts(ctx context.Context, org lab.ID, state string, q Query) (Conflicts, error) {
	out := Conflicts{Conflicts: []Conflict{}}
	at, id, err := q.cursor()
	if err != nil {
		return out, err
	}
	counts, err := d.statement().CountConflicts(ctx, d.DB.Pool(), org)
	if err != nil {
		return out, fmt.Errorf("count conflicts: %w", err)
	}
	out.Open, out.Auto = counts.Open, counts.Auto
	rows, err := d.statement().Conflicts(ctx, d.DB.Pool(), queries.ConflictsParams{Org: org, State: state, BeforeAt: at, BeforeID: id, Most: q.limit()})
	if err != nil {
		return out, fmt.Errorf("list conflicts: %w", err)
	}
	titles, codes, err := d.names(ctx, org, rows)
	if err != nil {
		return out, err
	}
	for i := range rows {
		c, err := d.conflictOf(&rows[i], codes)
		if err != nil {
			return out, err
		}
		c.Title = titles[c.Record]
		out.Conflicts = append(out.Conflicts, c)
	}
	if n := len(rows); n == int(q.limit()) {
		out.Next = cursorAt(rows[n-1].At, rows[n-1].ID)
	}
	return out, nil
}

// names reads what people call the records, and the codes of the nodes.
func (d *Dashboard) names(ctx context.Context, org lab.ID, rows []queries.ConflictsRow) (map[lab.ID]string, map[string]string, error) {
	titles, codes := map[lab.ID]string{}, map[string]string{}
	ids, entities := []lab.ID{}, []int32{}
	for i := range rows {
		ids = append(ids, rows[i].Record)
		if !slices.Contains(entities, rows[i].Entity) {
			entities = append(entities, rows[i].Entity)
		}
	}
	named, err := d.statement().RecordTitles(ctx, d.DB.Pool(), queries.RecordTitlesParams{Org: org, Ids: ids, Entities: entities})
	if err != nil {
		return nil, nil, fmt.Errorf("list conflicts: %w", err)
	}
	for _, n := range named {
		titles[n.ID] = n.Title
	}
	nodes, err := d.Fleet.Nodes(ctx, org)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range nodes {
		codes[n.ID.String()] = n.Code
	}
	return titles, codes, nil
}

func (d *Dashboard) conflictOf(row *queries.ConflictsRow, codes map[string]string) (Conflict, error) {
	var server side
	var clients []side
	if err := json.Unmarshal(row.Server, &server); err != nil {
		return Conflict{}, fmt.Errorf("conflict %s: %w", row.ID, err)
	}
	if err := json.Unmarshal(row.Clients, &clients); err != nil {
		return Conflict{}, fmt.Errorf("conflict %s: %w", row.ID, err)
	}
	c := Conflict{
		ID: row.ID, Lab: row.Home, Record: row.Record, Kind: row.Kind, Strategy: row.Strategy, State: row.State, Winner: row.Winner,
		At: row.At, ClosedAt: row.ClosedAt, Stands: sideOf(server, codes), Fields: []ConflictField{},
	}
	if row.LabName != nil {
		c.LabName = *row.LabName
	} else {
		c.Lab = lab.ID{}
	}
	if e, ok := d.Schema.Entity(int(row.Entity)); ok {
		c.Entity = e.Name
		g, _ := e.Group(int(row.Grp))
		c.Group = g.Name
	}
	if len(clients) == 0 {
		return c, nil // erased
	}
	last := clients[len(clients)-1]
	c.Against = sideOf(last, codes)
	for _, name := range slices.Sorted(maps.Keys(last.Fields)) {
		if was, is := server.Fields[name], last.Fields[name]; !sameValue(was, is) {
			c.Fields = append(c.Fields, ConflictField{Field: name, Stands: was, Against: is})
		}
	}
	return c, nil
}

func sameValue(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func sideOf(s side, codes map[string]string) ConflictSide {
	return ConflictSide{Actor: s.Actor, Node: codes[s.Device], At: time.UnixMilli(s.WallMS).UTC()}
}

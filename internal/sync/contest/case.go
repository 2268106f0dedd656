// Package contest puts a conflict before a person: who changed what, where, when and on top of what, field by field, and
// turns the person's choice into values. Node and hub show the same, from the same synced record. It is pure.
package contest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
)

// Source is a conflict as its synced record holds it. The texts are JSON; empty where there is none.
type Source struct {
	ID, Record                     lab.ID
	Entity, Group, Kind            string
	Strategy, State, Winner        string
	Resolver, Reason               string
	AtMS, ClosedMS                 int64
	Stands, Claims, Was            string
	StandsPersonal, ClaimsPersonal string
	WasPersonal                    string
	Signed                         int64 // verifications that wait for one of the values
	RecordLocked                   bool  // the value that stands is verified
	Version                        int64 // of the group, as this end has it; handed back with the decision
}

// Names says what people call things: actors, places and records that a value points at. Unknown ones give "".
type Names struct {
	Actor func(actor string) string
	Place func(device lab.ID) string
	Value func(column string, id lab.ID) string
}

// Dispute is a conflict as a person sees it.
type Dispute struct {
	ID       lab.ID    `json:"id" format:"uuid"`
	Entity   string    `json:"entity"`
	Record   lab.ID    `json:"record" format:"uuid"`
	Title    string    `json:"title" doc:"What people call the record"`
	Subtitle string    `json:"subtitle" doc:"Lab number, visit or the like"`
	Lab      string    `json:"lab" doc:"Name of the lab; empty for what all labs share"`
	Group    string    `json:"group"`
	Kind     string    `json:"kind" enum:"value,locked,tombstone,verification"`
	State    string    `json:"state" enum:"open,auto,resolved"`
	Winner   string    `json:"winner" enum:"server,client,merged,typed,open"`
	Strategy string    `json:"strategy"`
	At       time.Time `json:"at"`
	// Whole: one side is taken with all that belongs to it. Else each field may come from another side, or be typed.
	Whole    bool        `json:"whole"`
	Keep     bool        `json:"keep_only" doc:"What stands is signed or issued: it can only be kept here, and corrected by an amendment"`
	Sides    []Party     `json:"sides" doc:"The first is the one that stands"`
	Rows     []Contended `json:"rows"`
	Blocked  []Stopped   `json:"blocked" doc:"What cannot go out until this is decided"`
	Events   []Happening `json:"events" doc:"History of the record, oldest first"`
	ClosedAt *time.Time  `json:"closed_at,omitempty"`
	Resolver string      `json:"resolver,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Version  string      `json:"version" doc:"Handed back with the decision"`
}

// Party is one value: who, where, when.
type Party struct {
	By      string    `json:"by"`
	Place   string    `json:"place"`
	At      time.Time `json:"at"`
	Deleted bool      `json:"deleted"`
	Signed  bool      `json:"signed" doc:"Somebody verified this very value"`
}

// Contended is one field. Cells stand in the order of the sides.
type Contended struct {
	Field    string  `json:"field"`
	Was      string  `json:"was"`
	Cells    []Claim `json:"cells"`
	Disputed bool    `json:"disputed"`
	Typed    bool    `json:"typed" doc:"Another value may be typed"`
}

// Claim is one side's value of one field.
type Claim struct {
	Text    string `json:"text" doc:"Empty for nothing"`
	Touched bool   `json:"touched"`
}

// Stopped is something that waits for the decision.
type Stopped struct {
	Kind  string `json:"kind" enum:"report"`
	ID    lab.ID `json:"id" format:"uuid"`
	Title string `json:"title"`
}

// Happening is one thing that happened to the record.
type Happening struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Place  string    `json:"place"`
	What   string    `json:"what" enum:"insert,update,tombstone,amend,applied,kept"`
	Fields []string  `json:"fields"`
}

// side is one value as the record holds it.
type side struct {
	Device  string         `json:"device"`
	Actor   string         `json:"actor"`
	WallMS  int64          `json:"wall_ms"`
	Deleted bool           `json:"deleted"`
	Signed  bool           `json:"signed"`
	Fields  map[string]any `json:"fields"`
}

// opened is a source with its values read and each device's claims folded into one.
type opened struct {
	entity journal.Entity
	sides  []side
	was    map[string]any
}

// open reads the values.
func open(r journal.Registry, s Source) (opened, error) {
	entity, ok := r.Entity(s.Entity)
	if !ok {
		return opened{}, lab.NotFound("entity_unknown", "This program does not know this kind of record yet. Update it first.")
	}
	o := opened{entity: entity, sides: []side{{}}, was: map[string]any{}}
	var claims []side
	var personal []map[string]any
	standsPersonal, wasPersonal := map[string]any{}, map[string]any{}
	for _, part := range []struct {
		text string
		into any
	}{
		{s.Stands, &o.sides[0]},
		{s.Claims, &claims},
		{s.Was, &o.was},
		{s.StandsPersonal, &standsPersonal},
		{s.ClaimsPersonal, &personal},
		{s.WasPersonal, &wasPersonal},
	} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return o, fmt.Errorf("read conflict %s: %w", s.ID, err)
		}
	}
	o.sides[0].Fields = join(o.sides[0].Fields, standsPersonal)
	o.was = join(o.was, wasPersonal)
	for i, c := range claims {
		if i < len(personal) {
			c.Fields = join(c.Fields, personal[i])
		}
		o.claim(c)
	}
	return o, nil
}

func join(a, b map[string]any) map[string]any {
	if a == nil {
		a = map[string]any{}
	}
	maps.Copy(a, b)
	return a
}

// claim adds a value that lost; a later one of the same device goes on top of its earlier one.
func (o *opened) claim(c side) {
	for i := range o.sides[1:] {
		if old := &o.sides[i+1]; old.Device == c.Device {
			c.Fields = join(maps.Clone(old.Fields), c.Fields)
			c.Signed = c.Signed || old.Signed
			*old = c
			return
		}
	}
	o.sides = append(o.sides, c)
}

// Read makes the dispute. Title, lab, what it blocks and the history are added by the end that shows it.
func Read(r journal.Registry, s Source, n Names) (Dispute, error) {
	c := Dispute{
		ID: s.ID, Entity: s.Entity, Record: s.Record, Group: s.Group, Kind: s.Kind, State: s.State, Winner: s.Winner, Strategy: s.Strategy,
		At: time.UnixMilli(s.AtMS).UTC(), Whole: !policy.Mixable(s.Entity), Keep: s.Kind == "locked" || s.Kind == "tombstone" || s.RecordLocked,
		Resolver: "", Reason: s.Reason, Version: strconv.FormatInt(s.Version, 10), Sides: []Party{}, Rows: []Contended{}, Blocked: []Stopped{}, Events: []Happening{},
	}
	if s.ClosedMS > 0 && s.State == "resolved" {
		at := time.UnixMilli(s.ClosedMS).UTC()
		c.ClosedAt, c.Resolver = &at, n.Actor(s.Resolver)
	}
	o, err := open(r, s)
	if err != nil {
		return c, err
	}
	for _, v := range o.sides {
		out := Party{By: n.Actor(v.Actor), At: time.UnixMilli(v.WallMS).UTC(), Deleted: v.Deleted, Signed: v.Signed}
		if id, err := lab.ParseID(v.Device); err == nil {
			out.Place = n.Place(id)
		} else {
			out.Place = n.Place(lab.ID{})
		}
		c.Sides = append(c.Sides, out)
	}
	for _, f := range o.entity.Fields {
		if row, shown := o.row(f, n); shown {
			row.Typed = !c.Whole && !c.Keep && typable(f)
			c.Rows = append(c.Rows, row)
		}
	}
	return c, nil
}

// row gives one field, where either side touched it and it says something to a person.
func (o *opened) row(f journal.Field, n Names) (Contended, bool) {
	row := Contended{Field: f.Column, Was: display(f, o.was[f.Column], n), Cells: make([]Claim, len(o.sides))}
	stands := o.sides[0].Fields[f.Column]
	touched := false
	for i, s := range o.sides {
		v, has := s.Fields[f.Column]
		cell := Claim{Text: display(f, v, n), Touched: has}
		if i == 0 {
			was, known := o.was[f.Column]
			cell.Touched = has && known && !same(was, v)
		}
		row.Cells[i] = cell
		touched = touched || cell.Touched
		row.Disputed = row.Disputed || i > 0 && has && !same(stands, v)
	}
	return row, touched && !hidden(f)
}

// hidden leaves out what follows from another field or means nothing to a person.
func hidden(f journal.Field) bool {
	return f.Type == journal.TypeBlob || f.Type == journal.TypeReal ||
		slices.Contains([]string{"num", "raw", "message_id", "observation_id", "interval_id", "order_test_id", "supersedes", "inputs"}, f.Column)
}

// typable are the fields for which a person may type a third value.
func typable(f journal.Field) bool {
	return f.Type == journal.TypeText && !slices.Contains([]string{"mrn", "sex", "language", "stated_unit", "stated_on", "number", "kind", "node_code", "login"}, f.Column)
}

// display writes a value for people: the name behind an id, everything else as it stands.
func display(f journal.Field, v any, n Names) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		if f.Type != journal.TypeID {
			return v
		}
		id, err := lab.ParseID(v)
		if err != nil {
			return v
		}
		if name := n.Value(f.Column, id); name != "" {
			return name
		}
		return "…" + v[max(0, len(v)-4):]
	}
	return fmt.Sprint(v)
}

// same compares two values that came as JSON; nothing and an empty text are the same to a person.
func same(a, b any) bool {
	if a == nil {
		a = ""
	}
	if b == nil {
		b = ""
	}
	return a == b
}

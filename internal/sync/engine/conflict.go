package engine

import (
	"encoding/json"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// A conflict is a synced record of the scope in which its record is at home. The hub writes it whenever it stores one,
// as a value of its own, so that every node of the lab pulls it, the one whose value lost among them. A node decides it
// by an entry on that record, mostly beside an entry on the record in dispute that names the conflict (Resolves).

// HubActor is who makes the conflict records.
const HubActor = "hub"

// TypedWinner says that a person wrote another value than either side had.
const TypedWinner = "typed"

// Held is a verification that came in for a value which the hub does not show. It is no record yet: it becomes one when
// the value that it vouches for stands, and never belongs to another.
type Held struct {
	Entity  int
	Record  lab.ID
	Device  lab.ID
	Epoch   int64
	Seq     int64
	Actor   string
	WallMS  int64
	ZoneMin int
	HLC     journal.HLC
	Subject lab.ID
	Fields  map[int]any
}

// side is one value as the synced record carries it; what is personal stands beside it, in a field that an erasure empties.
type side struct {
	Device  string         `json:"device,omitempty"` // empty: the hub
	Epoch   int64          `json:"epoch"`
	Seq     int64          `json:"seq"`
	Actor   string         `json:"actor"`
	WallMS  int64          `json:"wall_ms"`
	ZoneMin int            `json:"zone_min"`
	Deleted bool           `json:"deleted,omitempty"`
	Signed  bool           `json:"signed,omitempty"` // its author vouched for it
	Fields  map[string]any `json:"fields"`
}

// project writes the synced records of the conflicts that this batch touched.
func (f *fold) project() {
	es := f.Schema.named(journal.EntityConflict)
	if es == nil {
		return // a registry that is older than conflict records
	}
	for _, id := range sortedIDs(f.touched) {
		f.projectOne(es, f.touched[id])
	}
}

func sortedIDs(m map[lab.ID]*Conflict) []lab.ID {
	return slices.SortedFunc(maps.Keys(m), func(a, b lab.ID) int { return slices.Compare(a[:], b[:]) })
}

func (f *fold) projectOne(es *entitySchema, c *Conflict) {
	key := Key{es.ID, c.ID}
	r := f.Batch.Records[key]
	if r == nil {
		r = &Record{Key: key, Home: c.Home, CreatedBy: f.Device, RV: f.firstRV(), Groups: map[int]Group{}, Doc: map[int]any{}, fresh: true}
		f.Batch.Records[key] = r
	} else {
		r.RV = f.nextRV(r)
	}
	r.Subject, r.dirty = c.Subject, true
	for _, g := range es.Groups {
		r.Groups[g.ID] = Group{RV: r.RV, Pos: moved, Epoch: f.HubEpoch, Actor: HubActor, WallMS: f.NowMS, HLC: journal.MakeHLC(f.NowMS, 0)}
	}
	for column, v := range f.document(c) {
		if fd, ok := es.Column(column); ok {
			r.put(map[int]any{fd.ID: v})
		}
	}
}

// document gives the record's columns.
func (f *fold) document(c *Conflict) map[string]any {
	entity := f.Schema.entities[c.Key.Entity]
	if c.AtMS == 0 {
		c.AtMS = f.NowMS
	}
	stands, standsPersonal := entity.split(c.Server)
	claims, personal := make([]side, len(c.Clients)), make([]map[string]any, len(c.Clients))
	named := len(standsPersonal) > 0
	for i, v := range c.Clients {
		claims[i], personal[i] = entity.split(v)
		claims[i].Signed = slices.ContainsFunc(c.Held, func(h Held) bool { return h.Device == v.Device && h.Seq > v.Seq })
		named = named || len(personal[i]) > 0
	}
	was, wasPersonal := entity.parts(c.Was)
	out := map[string]any{
		"subject_id": nil, "entity": entity.Name, "record_id": c.Key.ID.Bytes(), "grp": entity.groups[c.Group].Name, "kind": c.Kind,
		"strategy": c.Strategy, "base": c.Base, "at_ms": c.AtMS, "stands": text(stands), "claims": text(claims),
		"stands_personal": nil, "claims_personal": nil, "was": nil, "was_personal": nil, "signed": int64(len(c.Held)),
		"state": c.State, "winner": c.Winner, "resolver": nil, "closed_ms": nil, "reason": nil,
	}
	if len(was) > 0 {
		out["was"] = text(was)
	}
	if !c.Subject.IsZero() {
		out["subject_id"] = c.Subject.Bytes()
		if named {
			out["stands_personal"], out["claims_personal"] = text(standsPersonal), text(personal)
		}
		if len(wasPersonal) > 0 {
			out["was_personal"] = text(wasPersonal)
		}
		if c.Reason != "" {
			out["reason"] = c.Reason
		}
	}
	if c.State == StateResolved {
		out["resolver"], out["closed_ms"] = c.Resolver, c.ClosedMS
	}
	return out
}

// forget empties the personal values of the person's conflicts that are at hand.
func (f *fold) forget(subject lab.ID) {
	for _, c := range f.Open {
		f.forgetOne(c, subject)
	}
	for _, c := range f.touched {
		f.forgetOne(c, subject)
	}
}

func (f *fold) forgetOne(c *Conflict, subject lab.ID) {
	es := f.Schema.entities[c.Key.Entity]
	if c.Subject != subject || es == nil {
		return
	}
	c.Reason = ""
	all := []map[int]any{c.Server.Fields, c.Was}
	for _, v := range c.Clients {
		all = append(all, v.Fields)
	}
	for _, fields := range all {
		maps.DeleteFunc(fields, func(id int, _ any) bool { return es.fields[id].Personal })
	}
}

// Recall adds to a conflict what stood before either side changed it, as sync/ingest finds it in the journal.
func (s *Schema) Recall(c *Conflict, r *Record, was map[int]any) {
	c.Was = was
	es := s.named(journal.EntityConflict)
	entity := s.entities[c.Key.Entity]
	if es == nil || entity == nil || r == nil {
		return
	}
	plain, personal := entity.parts(was)
	for column, v := range map[string]map[string]any{"was": plain, "was_personal": personal} {
		if fd, ok := es.Column(column); ok && len(v) > 0 && (column == "was" || !c.Subject.IsZero()) {
			r.put(map[int]any{fd.ID: text(v)})
		}
	}
}

// text is the JSON of something that was made of texts and numbers; maps come out sorted, so equal values give equal text.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}" // a number that JSON cannot hold was refused when the entry was read
	}
	return string(b)
}

func (es *entitySchema) split(v Value) (side, map[string]any) {
	s := side{Epoch: v.Epoch, Seq: v.Seq, Actor: v.Actor, WallMS: v.WallMS, ZoneMin: v.ZoneMin, Deleted: v.Deleted}
	if !v.Device.IsZero() {
		s.Device = v.Device.String()
	}
	var personal map[string]any
	s.Fields, personal = es.parts(v.Fields)
	return s, personal
}

// parts gives values by column, the personal ones apart.
func (es *entitySchema) parts(fields map[int]any) (plain, personal map[string]any) {
	plain, personal = map[string]any{}, map[string]any{}
	for id, v := range fields {
		fd, known := es.fields[id]
		switch {
		case !known:
		case fd.Personal:
			personal[fd.Column] = journal.Shown(fd, v)
		default:
			plain[fd.Column] = journal.Shown(fd, v)
		}
	}
	return plain, personal
}

// decide takes a person's entry on a conflict: closed, or open again.
func (f *fold) decide(c change) Outcome {
	con := f.conflict(c.Record)
	if con == nil || len(c.groups) != 1 || c.groups[0] != journal.GroupDecision {
		f.Quarantine = append(f.Quarantine, Quarantined{c.Seq, "conflict_fixed"})
		return Outcome{Code: wire.Quarantined}
	}
	f.touched[con.ID] = con // whatever comes of it, the node learns how the conflict stands
	decided := c.decision()
	switch {
	case decided.state == StateResolved && f.refused[con.ID] == c.TxID:
		return Outcome{Code: wire.ConflictOpen, Conflict: con.ID} // somebody moved the value meanwhile
	case decided.state == StateResolved && con.State == StateOpen,
		decided.state == StateResolved && con.State == StateResolved && f.closed[con.ID] == c.TxID:
		con.close(c, decided)
		f.takeSigned(con, c)
		return Outcome{}
	case decided.state == StateOpen && con.State != StateOpen && f.openOn(con.Key, con.Group) == nil:
		con.State, con.Winner, con.Resolver, con.ClosedMS, con.Reason = StateOpen, string(policy.Nobody), "", 0, decided.reason
		return Outcome{}
	case decided.state == con.State && decided.winner == con.Winner:
		return Outcome{} // the same again
	}
	return Outcome{Code: wire.Superseded, Conflict: con.ID} // somebody else decided first
}

// takeSigned brings in the value that was vouched for, when a person took it at the node where it stands already: that
// node has nothing to change, so its decision carries no value.
func (f *fold) takeSigned(con *Conflict, c change) {
	r := f.Batch.Records[con.Key]
	if r == nil || len(con.Held) == 0 || con.Winner != string(policy.Client) || f.closed[con.ID] == c.TxID {
		return
	}
	fields := map[int]any{}
	for _, v := range con.Clients {
		if v.Device == con.Held[0].Device && v.Seq < con.Held[0].Seq {
			maps.Copy(fields, v.Fields)
		}
	}
	if r.differs(fields) {
		about := c
		about.record = r
		f.take(about, con.Group, fields)
	}
	f.attach(con, r)
}

// decision is what an entry says about a conflict.
type decision struct{ state, winner, reason string }

func (c *change) decision() decision {
	var d decision
	for column, into := range map[string]*string{"state": &d.state, "winner": &d.winner, "reason": &d.reason} {
		if fd, ok := c.entity.Column(column); ok {
			*into, _ = c.fields[journal.GroupDecision][fd.ID].(string)
		}
	}
	if said, ok := c.PHI[journal.FieldSaid].(string); ok && d.reason == "" {
		d.reason = said
	}
	return d
}

func (con *Conflict) close(c change, d decision) {
	con.State, con.Resolver, con.ClosedMS, con.Reason = StateResolved, c.Actor, c.WallMS, d.reason
	switch d.winner {
	case string(policy.Server), string(policy.Client), string(policy.Both), TypedWinner:
		con.Winner = d.winner
	}
}

// conflict gives a loaded conflict by its id.
func (f *fold) conflict(id lab.ID) *Conflict {
	for _, c := range f.Open {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// resolvedOn gives the newest decided conflict of a group: a change that had not seen the decision opens it again.
func (f *fold) resolvedOn(k Key, g int) *Conflict {
	var found *Conflict
	for _, c := range f.Open {
		if c.Key == k && c.Group == g && c.State == StateResolved && (found == nil || c.ClosedMS >= found.ClosedMS) {
			found = c
		}
	}
	return found
}

// reopen puts a decided conflict before a person again.
func (f *fold) reopen(con *Conflict, c change, server Value) Outcome {
	con.State, con.Winner, con.Resolver, con.ClosedMS = StateOpen, string(policy.Nobody), "", 0
	con.Server = server
	return f.join(con, c, con.Group)
}

// hold keeps a verification aside whose author saw another value than the hub shows. The verified value itself came as a
// change of the result, so it waits in the conflict of that group.
func (f *fold) hold(c change) (Outcome, bool) {
	for _, l := range c.entity.locks {
		id, _ := idIn(c.Fields, l.field)
		r := f.Batch.Records[Key{l.entity, id}]
		if r == nil || !f.otherContent(c.entity, c.Fields, r) {
			continue
		}
		con := f.openOn(r.Key, l.group)
		if con == nil {
			if con = f.resolvedOn(r.Key, l.group); con != nil {
				con.State, con.Winner, con.Resolver, con.ClosedMS = StateOpen, string(policy.Nobody), "", 0
			}
		}
		if con == nil {
			con = &Conflict{
				ID: conflictID(f.Device, f.Epoch, c.Seq, l.group), Key: r.Key, Home: r.Home, Group: l.group, Subject: r.Subject,
				Kind: KindVerify, Strategy: "ManualResolution", State: StateOpen, Winner: string(policy.Nobody),
				Server:  valueOf(r.Groups[l.group], r.values(f.Schema.entities[r.Entity], l.group), r.Deleted),
				Clients: []Value{{Device: f.Device, Epoch: f.Epoch, Seq: c.Seq, Actor: c.Actor, WallMS: c.WallMS, ZoneMin: c.ZoneMin, HLC: c.HLC, Fields: map[int]any{}}},
			}
			f.Open = append(f.Open, con)
		}
		con.Held = append(con.Held, Held{
			Entity: c.entity.ID, Record: c.Record, Device: f.Device, Epoch: f.Epoch, Seq: c.Seq, Actor: c.Actor, WallMS: c.WallMS,
			ZoneMin: c.ZoneMin, HLC: f.effective(c.HLC), Subject: c.Subject, Fields: maps.Clone(c.Fields),
		})
		f.touched[con.ID] = con
		f.nudge(r, l.group)
		return Outcome{Code: wire.ConflictOpen, Conflict: con.ID}, true
	}
	return Outcome{}, false
}

// otherContent tells that a verification names another content than the record has. Without a hash nothing is compared.
func (f *fold) otherContent(by *entitySchema, fields map[int]any, r *Record) bool {
	saw, ok1 := by.Column("content_hash")
	has, ok2 := f.Schema.entities[r.Entity].Column("content_hash")
	if !ok1 || !ok2 {
		return false
	}
	want, there := fields[saw.ID], r.Doc[has.ID]
	return want != nil && there != nil && !equal(want, there)
}

// attach makes records of those held verifications whose value stands now, and locks it.
func (f *fold) attach(con *Conflict, r *Record) {
	rest := con.Held[:0:0]
	for _, h := range con.Held {
		es := f.Schema.entities[h.Entity]
		if es == nil || f.otherContent(es, h.Fields, r) {
			rest = append(rest, h)
			continue
		}
		v := &Record{
			Key: Key{h.Entity, h.Record}, Home: r.Home, CreatedBy: h.Device, Subject: h.Subject, RV: f.firstRV(),
			Groups: map[int]Group{}, Doc: map[int]any{}, fresh: true, dirty: true,
		}
		for _, g := range es.Groups {
			v.Groups[g.ID] = Group{
				RV: v.RV, Pos: moved, Device: h.Device, Epoch: h.Epoch, Seq: h.Seq, Actor: h.Actor, WallMS: h.WallMS, ZoneMin: h.ZoneMin, HLC: h.HLC,
			}
		}
		v.put(h.Fields)
		f.Batch.Records[v.Key] = v
		for _, l := range es.locks {
			if l.entity == r.Entity && !slices.Contains(r.Locked, l.group) {
				r.Locked = append(r.Locked, l.group)
				slices.Sort(r.Locked)
				r.dirty = true
			}
		}
	}
	con.Held = rest
	f.touched[con.ID] = con
}

// SameValue tells whether two journalled values are equal; nothing is equal to nothing.
func SameValue(a, b any) bool { return equal(a, b) }

package simulation

import (
	"crypto/sha256"
	"encoding/json"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
)

// act does what somebody at a node decides, on what that node shows.
func (w *world) act(n *node, ev Event) bool {
	changes := w.changes(n, ev)
	if len(changes) == 0 || n.gone {
		return false
	}
	if n.full {
		n.full = false
		return false
	}
	before := len(n.store.entries())
	if err := n.store.write(w.clock(n), changes); err != nil {
		return false
	}
	for _, c := range changes {
		if c.poison {
			w.oracle.poison[c.key] = true
		}
	}
	w.oracle.wrote(n, n.store.entries()[before:])
	return true
}

// changes gives the Update that an event asks for, none where there is nothing to do it to.
func (w *world) changes(n *node, ev Event) []change {
	acts := map[Kind]func(*node, Event) []change{
		Register: w.register, NewVisit: w.newVisit, EnterResult: w.onResult, AmendResult: w.onResult, Verify: w.onResult, Comment: w.onResult,
		NewTest: w.newTest, Remove: w.remove, Erase: w.eraseOne, Resolve: w.decide, Poison: w.spoil, Again: w.again,
	}
	if act := acts[ev.Kind]; act != nil {
		return act(n, ev)
	}
	return w.edit(n, ev)
}

func (w *world) register(*node, Event) []change {
	k := w.newRecord(patient)
	return []change{{op: journal.OpInsert, key: k, subject: k.ID, fields: map[int]any{
		patientName: w.word(), patientMRN: w.word(), patientPhone: w.word(), patientLang: w.word(),
	}}}
}

func (w *world) newTest(*node, Event) []change {
	return []change{{op: journal.OpInsert, key: w.newRecord(test), fields: map[int]any{testName: w.word(), testPrice: w.oracle.value()}}}
}

func (w *world) remove(n *node, ev Event) []change {
	k, ok := w.pick(n, []int{patient, visit, tag}[ev.C%3], ev.B)
	return one(ok, change{op: journal.OpTombstone, key: k})
}

func (w *world) eraseOne(n *node, ev Event) []change {
	k, ok := w.pick(n, patient, ev.B)
	return one(ok && ev.C%2 == 0, change{op: journal.OpErase, subject: k.ID})
}

func (w *world) spoil(n *node, ev Event) []change {
	k, ok := w.pick(n, visit, ev.B)
	return one(ok, change{op: journal.OpUpdate, key: k, fields: map[int]any{visitNote: w.word()}, poison: true})
}

func one(ok bool, c change) []change {
	if !ok {
		return nil
	}
	return []change{c}
}

func (w *world) word() string { return wordOf(w.oracle.value()) }

// pick chooses a record that the node shows.
func (w *world) pick(n *node, entity, by int) (engine.Key, bool) {
	ids := n.store.list(entity)
	if len(ids) == 0 {
		return engine.Key{}, false
	}
	if by%3 > 0 { // most edits meet on few records
		by %= 3
	}
	return engine.Key{Entity: entity, ID: ids[by%len(ids)]}, true
}

// edit is a change of one group of one record.
func (w *world) edit(n *node, ev Event) []change {
	type place struct {
		entity int
		fields func() map[int]any
	}
	c := ev.C
	places := map[Kind]place{
		EditIdentity: {patient, func() map[int]any {
			return [](map[int]any){{patientName: w.word()}, {patientMRN: w.word()}, {patientName: w.word(), patientMRN: w.word()}}[c%3]
		}},
		EditContact:    {patient, func() map[int]any { return map[int]any{patientPhone: w.word()} }},
		EditPreference: {patient, func() map[int]any { return map[int]any{patientLang: w.word()} }},
		EditVIP:        {patient, func() map[int]any { return map[int]any{patientVIP: w.oracle.value()} }},
		EditVisit:      {visit, func() map[int]any { return map[int]any{visitNote: w.word()} }},
		EditUrgency:    {visit, func() map[int]any { return map[int]any{visitUrgency: []string{"routine", "urgent", "stat"}[c%3]} }},
		CancelVisit:    {visit, func() map[int]any { return map[int]any{visitCancel: int64(1 + c%2)} }},
		Collect:        {sample, func() map[int]any { return map[int]any{sampleTaken: w.word()} }},
		MoveSample:     {sample, func() map[int]any { return map[int]any{sampleState: states[c%len(states)]} }},
		EditPrice:      {test, func() map[int]any { return map[int]any{testPrice: w.oracle.value()} }},
		RaiseTag:       {tag, func() map[int]any { return map[int]any{tagLevel: int64(c % 100)} }},
		EditTag:        {tag, func() map[int]any { return map[int]any{tagWords: wordList(c)} }},
	}
	p, ok := places[ev.Kind]
	if !ok || ev.Kind == EditVIP && n.schema < 2 {
		return nil
	}
	k, found := w.pick(n, p.entity, ev.B)
	if r, _ := n.store.row(k); p.entity == patient && r.values[patientName] == nil {
		return nil // nobody writes about somebody who was erased
	}
	return one(found, change{op: journal.OpUpdate, key: k, fields: p.fields(), subject: k.ID})
}

// wordList gives a small set as canonical JSON.
func wordList(c int) string {
	all := []string{"fasting", "home", "old", "repeat", "urgent"}
	var out []string
	for i, word := range all {
		if c>>i&1 == 1 {
			out = append(out, word)
		}
	}
	if out == nil {
		out = all[:1]
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (w *world) newVisit(n *node, ev Event) []change {
	p, ok := w.pick(n, patient, ev.B)
	if !ok {
		return nil
	}
	s, r := w.newRecord(sample), w.newRecord(result)
	out := []change{
		{op: journal.OpInsert, key: w.newRecord(visit), fields: map[int]any{visitPatient: p.ID.Bytes(), visitNote: w.word(), visitUrgency: "routine", visitCancel: int64(0)}},
		{op: journal.OpInsert, key: s, fields: map[int]any{sampleTaken: w.word(), sampleState: "expected"}},
		{op: journal.OpInsert, key: r, fields: w.content(s.ID.Bytes())},
	}
	if ev.C%2 == 0 {
		out = append(out, change{op: journal.OpInsert, key: w.newRecord(tag), fields: map[int]any{tagWords: wordList(ev.C), tagLevel: int64(ev.C % 50)}})
	}
	return out
}

// content gives a result's clinical group with the hash of what it says.
func (w *world) content(sampleID []byte) map[int]any {
	value := w.word()
	sum := sha256.Sum256([]byte(value))
	return map[int]any{resultSample: sampleID, resultValue: value, resultHash: sum[:]}
}

func (w *world) onResult(n *node, ev Event) []change {
	k, ok := w.pick(n, result, ev.B)
	if !ok {
		return nil
	}
	r, _ := n.store.row(k)
	if ev.Kind == Verify {
		hash, _ := r.values[resultHash].([]byte)
		return one(len(hash) > 0 && !r.deleted, change{op: journal.OpInsert, key: w.newRecord(verification), fields: map[int]any{verifyResult: k.ID.Bytes(), verifyHash: hash}})
	}
	if ev.Kind == Comment {
		return one(true, change{op: journal.OpUpdate, key: k, fields: map[int]any{resultNote: w.word()}})
	}
	op := journal.OpUpdate
	if ev.Kind == AmendResult {
		op = journal.OpAmend
	}
	fields := w.content(nil)
	delete(fields, resultSample)
	return one(true, change{op: op, key: k, fields: fields})
}

// decide is a person at the node who ends a conflict with a value of their own.
func (w *world) decide(n *node, ev Event) []change {
	open := n.store.outcomes()
	if len(open) == 0 {
		return nil
	}
	id := open[ev.B%len(open)]
	c := w.hub.state.conflicts[id]
	if c == nil || c.Key.Entity != patient || c.Group != 1 || c.State != engine.StateOpen {
		return nil
	}
	return []change{{op: journal.OpUpdate, key: c.Key, fields: map[int]any{patientMRN: w.word()}, resolves: id, subject: c.Key.ID}}
}

// again writes at the node what another has already written: two who say the same are in no conflict.
func (w *world) again(n *node, ev Event) []change {
	k, ok := w.pick(n, patient, ev.B)
	if !ok {
		return nil
	}
	at := w.hub.state.records[k]
	if at == nil || at.Doc[patientLang] == nil {
		return nil
	}
	return []change{{op: journal.OpUpdate, key: k, fields: map[int]any{patientLang: at.Doc[patientLang]}, subject: k.ID}}
}

// hubAct is a person at the hub.
func (w *world) hubAct(ev Event) bool {
	if len(w.hub.open) > 0 {
		return false
	}
	s := w.hub.state
	n := w.nodes[ev.A%len(w.nodes)]
	e := journal.Entry{Op: journal.OpUpdate, Fields: map[int]any{}, Base: map[int]int64{}}
	var k engine.Key
	switch ev.Kind { //nolint:exhaustive // the rest is the default
	case HubPrice:
		k = w.hubPick(n.org, test, ev.B)
		e.Fields[testPrice] = w.oracle.value()
	case HubPreference:
		k = w.hubPick(n.org, patient, ev.B)
		e.Fields[patientLang] = w.word()
	default:
		k = w.hubDecide(n.org, ev, &e)
	}
	r := s.records[k]
	if r == nil || r.Deleted || w.orgOf(r.Home) != n.org {
		return false
	}
	w.hubEdit(r, e)
	return true
}

// hubEdit makes a change of somebody who sees what the hub shows.
func (w *world) hubEdit(r *engine.Record, e journal.Entry) {
	for g, at := range r.Groups {
		e.Base[g] = at.RV
	}
	e.Entity, e.Record = r.Entity, r.ID
	w.hub.editAt(hubID(w.orgOf(r.Home)), r.Home, e)
}

// hubDecide ends an open conflict: with what stands, or with a value of the person's own.
func (w *world) hubDecide(org lab.ID, ev Event, e *journal.Entry) engine.Key {
	s := w.hub.state
	open := slices.DeleteFunc(slices.Clone(s.order), func(id lab.ID) bool {
		c := s.conflicts[id]
		return c.State != engine.StateOpen || s.records[c.Key] == nil || w.orgOf(c.Home) != org
	})
	if len(open) == 0 {
		return engine.Key{}
	}
	c := s.conflicts[open[ev.B%len(open)]]
	e.Fields[journal.FieldResolves] = c.ID.Bytes()
	if c.Key.Entity == patient && c.Group == 1 && c.Kind == engine.KindValue && ev.C%2 == 0 {
		e.Fields[patientMRN] = w.word()
	}
	return c.Key
}

func (w *world) hubPick(org lab.ID, entity, by int) engine.Key {
	var keys []engine.Key
	for _, k := range sortedKeys(w.hub.state.records) {
		if k.Entity == entity && w.orgOf(w.hub.state.records[k].Home) == org {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return engine.Key{}
	}
	return keys[by%len(keys)]
}

// orgOf gives the organisation to which a scope belongs.
func (w *world) orgOf(scope lab.ID) lab.ID {
	if scope[0] == 0xa0 {
		return scope
	}
	return orgID(int(scope[1]))
}

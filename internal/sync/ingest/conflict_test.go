package ingest_test

import (
	"context"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
	"jaanch/internal/sync/wire"
)

var owner = lab.Actor{Kind: lab.ActorHub, ID: lab.ID{0xaa}}

// bases gives the versions of a record's groups as a node of the lab would have pulled them.
func (h *hub) bases(t *testing.T, puller *node, record lab.ID) map[int]int64 {
	t.Helper()
	out := map[int]int64{}
	for _, page := range puller.pull(0).Pages {
		for place, row := range page.Rows {
			if lab.ID(row.ID) != record {
				continue
			}
			if key := page.Keys[place]; key != nil {
				puller.keys[lab.ID(row.Subject)] = key
			}
			for _, g := range row.Groups {
				out[g.Group] = g.RV
			}
		}
	}
	return out
}

// apart makes both nodes change the patient's name without having seen each other, and gives the conflict.
func (h *hub) apart(t *testing.T, a, b *node) lab.ID {
	t.Helper()
	a.register()
	a.push()
	base := h.bases(t, b, patientA)
	a.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Asha S Sharma"}, nil)
	a.push()
	b.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Aasha Sharma"}, base)
	out := b.push().Outcomes
	if len(out) != 1 || out[0].Outcome != wire.ConflictOpen {
		t.Fatalf("got %+v", out)
	}
	return lab.ID(out[0].Conflict)
}

// told reads a column of the conflict's synced record, as the node's pull brings it; "-" where no such record came.
func (nd *node) told(conflict lab.ID, column string) any {
	nd.t.Helper()
	e, _ := journal.Schema().Entity(journal.EntityConflict)
	f, _ := e.Column(column)
	for _, page := range nd.pull(0).Pages {
		for _, row := range page.Rows {
			if row.Entity != e.ID || lab.ID(row.ID) != conflict {
				continue
			}
			for _, g := range row.Groups {
				for _, raw := range [][]byte{g.Fields, g.PHI} {
					fields, err := journal.DecodeFields(raw)
					if err != nil {
						nd.t.Fatal(err)
					}
					if v, ok := fields[f.ID]; ok {
						return v
					}
				}
			}
		}
	}
	return "-"
}

func field(t *testing.T, entity, column string) int {
	t.Helper()
	e, _ := journal.Schema().Entity(entity)
	f, ok := e.Column(column)
	if !ok {
		t.Fatalf("%s has no %s", entity, column)
	}
	return f.ID
}

func (h *hub) version(t *testing.T, entity string, record lab.ID, group string) int64 {
	t.Helper()
	e, _ := journal.Schema().Entity(entity)
	return h.count(t, "SELECT (groups->'s'->((groups->'g'->>$4)::int)->>'rv')::bigint FROM record WHERE org=$1 AND entity=$2 AND id=$3", h.org, e.ID, record, group)
}

// Both nodes learn of the conflict by their pull, with both values and what stood before; a person at the hub types a
// third value, both nodes get it, and nobody can decide twice.
func TestConflictIsSyncedAndResolvedAtTheHub(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	con := h.apart(t, a, b)
	for name, nd := range map[string]*node{"winner": a, "loser": b} {
		if state := nd.told(con, "state"); state != "open" {
			t.Errorf("the %s reads state %v", name, state)
		}
		if was := nd.told(con, "was_personal"); was != `{"name":"Asha Sharma"}` {
			t.Errorf("the %s reads that before stood %v", name, was)
		}
		if other := nd.told(con, "claims_personal"); other != `[{"name":"Aasha Sharma"}]` {
			t.Errorf("the %s reads the other value as %v", name, other)
		}
	}
	ctx := context.Background()
	decision := ingest.Resolution{
		Org: h.org, Actor: owner, Conflict: con, Values: map[int]any{field(t, "patient", "name"): "Asha Sharma-Rao"}, Winner: engine.TypedWinner,
		Reason: "her card was seen", Seen: h.version(t, "patient", patientA, "1") + 1,
	}
	if err := h.Resolve(ctx, decision); lab.CodeOf(err) != "stale_record" {
		t.Errorf("a decision about another value was taken: %v", err)
	}
	decision.Seen--
	if err := h.Resolve(ctx, decision); err != nil {
		t.Fatal(err)
	}
	if err := h.Resolve(ctx, decision); lab.CodeOf(err) != "conflict_closed" {
		t.Errorf("decided twice: %v", err)
	}
	if v := h.doc(t, "patient", patientA, "name"); v != "Asha Sharma-Rao" {
		t.Errorf("the hub shows %q", v)
	}
	for column, want := range map[string]any{"state": "resolved", "winner": "typed", "reason": "her card was seen", "resolver": owner.String()} {
		if got := b.told(con, column); got != want {
			t.Errorf("%s is %v, want %v", column, got, want)
		}
	}
	if n := h.count(t, "SELECT count(*) FROM journal j JOIN device d ON d.id=j.device WHERE d.kind='hub'"); n != 2 {
		t.Errorf("%d entries of the hub's own, want the change and the decision", n)
	}
	if err := h.Reopen(ctx, h.org, owner, con); err != nil || b.told(con, "state") != "open" {
		t.Errorf("reopened: %v, state %v", err, b.told(con, "state"))
	}
}

// A node decides while it is offline: an entry of the record and one of the conflict, taken like any change.
func TestConflictResolvedByANode(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	con := h.apart(t, a, b)
	base := h.bases(t, b, patientA)
	decide := func(nd *node, state, winner string) {
		e, _ := journal.Schema().Entity(journal.EntityConflict)
		nd.tx++
		nd.add(journal.Entry{
			TxID: nd.tx, Entity: e.ID, Record: con, Op: journal.OpUpdate, Actor: "user:" + nd.device.String(), WallMS: nd.at, Schema: 1,
			Fields: map[int]any{field(t, "conflict", "state"): state, field(t, "conflict", "winner"): winner, journal.FieldResolves: con.Bytes()},
		})
	}
	change := b.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Aasha Sharma"}, base)
	b.pending[len(b.pending)-1].Entry.TxID = change.TxID
	decide(b, "resolved", "client")
	if out := b.push().Outcomes; len(out) != 0 {
		t.Fatalf("the decision was not taken: %+v", out)
	}
	if v := h.doc(t, "patient", patientA, "name"); v != "Aasha Sharma" {
		t.Errorf("the hub shows %q", v)
	}
	if n := h.count(t, "SELECT count(*) FROM conflict WHERE state='resolved' AND winner='client'"); n != 1 {
		t.Errorf("%d decided conflicts, want 1", n)
	}
	decide(a, "resolved", "server")
	if out := a.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.Superseded {
		t.Errorf("whoever decides second must learn it: %+v", out)
	}
	// A change that had seen neither the value nor the decision opens it again.
	a.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Asha S. Sharma"}, map[int]int64{1: 1})
	if out := a.push().Outcomes; len(out) != 1 || lab.ID(out[0].Conflict) != con {
		t.Errorf("got %+v, want the same conflict again", out)
	}
	if n := h.count(t, "SELECT count(*) FROM conflict WHERE state='open' AND jsonb_array_length(clients)=2"); n != 1 {
		t.Errorf("%d open conflicts with both losing values, want 1", n)
	}
	// Nobody but the hub writes what a conflict is about.
	b.write(journal.OpUpdate, "conflict", con, map[string]any{"kind": "tombstone"}, nil)
	b.write(journal.OpInsert, "conflict", lab.ID{9, 15: 9}, map[string]any{"state": "resolved"}, nil)
	if out := b.push().Outcomes; len(out) != 2 || out[0].Outcome != wire.Quarantined || out[1].Outcome != wire.Quarantined {
		t.Errorf("got %+v", out)
	}
}

// What a rule settles by itself leaves its record too, and an organisation may give such a group to a person.
func TestAutomaticOutcomesAreRecorded(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	a.register()
	a.push()
	base := h.bases(t, b, patientA)
	a.write(journal.OpUpdate, "patient", patientA, map[string]any{"phone": "9800000002"}, nil)
	a.push()
	b.at += 5000
	b.write(journal.OpUpdate, "patient", patientA, map[string]any{"phone": "9800000003"}, base)
	if b.push(); h.doc(t, "patient", patientA, "phone") != "9800000003" {
		t.Error("the later one wins")
	}
	con := h.conflictID(t, "auto")
	if state, other := a.told(con, "state"), a.told(con, "stands_personal"); state != "auto" || other != `{"phone":"9800000002"}` {
		t.Errorf("state %v, the loser %v", state, other)
	}
	e, _ := journal.Schema().Entity("patient")
	err := h.db.Queries().AddManualGroup(context.Background(), h.db.Pool(), queries.AddManualGroupParams{Org: h.org, Entity: int32(e.ID), Grp: 2, SetBy: "x", SetAt: start})
	if err != nil {
		t.Fatal(err)
	}
	b.write(journal.OpUpdate, "patient", patientA, map[string]any{"phone": "9800000004"}, nil)
	b.push()
	a.write(journal.OpUpdate, "patient", patientA, map[string]any{"phone": "9800000005"}, base)
	if out := a.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.ConflictOpen {
		t.Errorf("the organisation asked for a person: %+v", out)
	}
}

func (h *hub) conflictID(t *testing.T, state string) lab.ID {
	t.Helper()
	var id lab.ID
	if err := h.db.Pool().QueryRow(context.Background(), "SELECT id FROM conflict WHERE state=$1", state).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// A verification names the content that its author saw. Where the hub shows another value it waits, and it never becomes
// one of that other value; when a person takes the verified one, it stands, and the value is locked.
func TestVerificationOfAnotherValueIsHeld(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	a.register()
	a.push()
	base := h.bases(t, b, resultA)
	a.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "7.0", "content_hash": []byte("seven")}, nil)
	a.push()
	b.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "8.0", "content_hash": []byte("eight")}, base)
	b.write(journal.OpInsert, "verification", lab.ID{5, 15: 1}, map[string]any{"result_id": resultA, "level": int64(1), "content_hash": []byte("eight")}, nil)
	out := b.push().Outcomes
	if len(out) != 2 || out[0].Outcome != wire.ConflictOpen || out[1].Outcome != wire.ConflictOpen || string(out[0].Conflict) != string(out[1].Conflict) {
		t.Fatalf("got %+v", out)
	}
	records := func() int64 { return h.count(t, "SELECT count(*) FROM record WHERE entity=9") }
	if records() != 0 || h.count(t, "SELECT count(*) FROM record WHERE locked <> '{}'") != 0 {
		t.Error("the verification belongs to another value and must wait")
	}
	con := lab.ID(out[0].Conflict)
	if n := a.told(con, "signed"); n != int64(1) {
		t.Errorf("the other node must see that one value is signed, got %v", n)
	}
	err := h.Resolve(context.Background(), ingest.Resolution{
		Org: h.org, Actor: owner, Conflict: con, Winner: "client", Seen: h.version(t, "result", resultA, "1"),
		Values: map[int]any{field(t, "result", "value"): "8.0", field(t, "result", "content_hash"): []byte("eight")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if records() != 1 || h.count(t, "SELECT count(*) FROM record WHERE locked = '{1}'") != 1 {
		t.Error("the verification must stand now, and lock its value")
	}
	a.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "9.0"}, map[int]int64{1: 1 << 50})
	if out := a.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.ConflictOpen || h.doc(t, "result", resultA, "value") != "8.0" {
		t.Errorf("a verified value was changed: %+v", out)
	}
}

// A conflict in which several verifications wait is decided by one entry: all of them enter the feed at once, and no
// position is given a second time, because a node that stands behind it would never see the record.
func TestManyHeldVerificationsKeepTheirPositions(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	a.register()
	a.push()
	base := h.bases(t, b, resultA)
	a.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "7.0", "content_hash": []byte("seven")}, nil)
	a.push()
	b.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "8.0", "content_hash": []byte("eight")}, base)
	for n := range byte(4) {
		b.write(journal.OpInsert, "verification", lab.ID{5, 15: n + 1}, map[string]any{"result_id": resultA, "level": int64(n + 1), "content_hash": []byte("eight")}, nil)
	}
	b.push()
	con := h.conflictID(t, "open")
	e, _ := journal.Schema().Entity(journal.EntityConflict)
	b.tx++
	b.add(journal.Entry{ // the verified value stands at this node already, so its decision carries none
		TxID: b.tx, Entity: e.ID, Record: con, Op: journal.OpUpdate, Actor: "user:" + b.device.String(), WallMS: b.at, Schema: 1,
		Fields: map[int]any{field(t, "conflict", "state"): "resolved", field(t, "conflict", "winner"): "client"},
	})
	if out := b.push().Outcomes; len(out) != 0 {
		t.Fatalf("the decision was not taken: %+v", out)
	}
	if n := h.count(t, "SELECT count(*) FROM record WHERE entity=9"); n != 4 {
		t.Errorf("%d verifications stand, want 4", n)
	}
	if n := h.count(t, "SELECT count(*) FROM record r JOIN scope_head s ON s.org=r.org AND s.scope=r.home WHERE r.pos > s.pos"); n != 0 {
		t.Errorf("%d records stand behind the head of their scope", n)
	}
	a.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Aasha Sharma"}, nil)
	a.push()
	if n := h.count(t, "SELECT count(*) - count(DISTINCT (home, pos)) FROM record"); n != 0 {
		t.Errorf("%d positions were given twice", n)
	}
}

// What was signed, issued or paid is never changed, also by the node that wrote it.
func TestFixedRecordsStay(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a := h.node(t, 1)
	pay := lab.ID{6, 15: 1}
	a.write(journal.OpInsert, "payment", pay, map[string]any{"amount": int64(50000), "mode": "cash"}, nil)
	a.push()
	a.write(journal.OpUpdate, "payment", pay, map[string]any{"amount": int64(5)}, nil)
	if out := a.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.ConflictOpen || h.doc(t, "payment", pay, "amount") != "50000" {
		t.Errorf("got %+v, amount %s", out, h.doc(t, "payment", pay, "amount"))
	}
}

// An erasure reaches the values that wait in conflicts, at the hub and in what the nodes pull.
func TestErasureReachesConflicts(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	h.apart(t, a, b)
	a.add(journal.Entry{TxID: 50, Op: journal.OpErase, Subject: patientA, Actor: "user:x", Fields: map[int]any{journal.EraseNote: "R-1"}})
	a.push()
	for _, query := range []string{
		"SELECT count(*) FROM record r WHERE r::text LIKE '%sha S%' OR r::text LIKE '%Aasha%'",
		"SELECT count(*) FROM conflict c WHERE c::text LIKE '%Aasha%' OR c::text LIKE '%Asha%'",
	} {
		if n := h.count(t, query); n != 0 {
			t.Errorf("%s: %d", query, n)
		}
	}
}

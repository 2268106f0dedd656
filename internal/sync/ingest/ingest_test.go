package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

var (
	patientA = lab.ID{1, 15: 1}
	visitA   = lab.ID{2, 15: 1}
	sampleA  = lab.ID{3, 15: 1}
	resultA  = lab.ID{4, 15: 1}
)

func (nd *node) register() {
	nd.write(journal.OpInsert, "patient", patientA, map[string]any{"mrn": "K70001", "name": "Asha Sharma", "sex": "F", "phone": "9800000001"}, nil)
	nd.write(journal.OpInsert, "visit", visitA, map[string]any{"number": "K7-1", "patient_id": patientA, "priority": "routine"}, nil)
	nd.write(journal.OpInsert, "sample", sampleA, map[string]any{"visit_id": visitA, "accession": "26325K70001F", "state": "collected"}, nil)
	nd.write(journal.OpInsert, "result", resultA, map[string]any{"sample_id": sampleA, "value": "6.8", "num": "6.8", "num_real": 6.8, "unit": "g/dL"}, nil)
}

// A batch arrives once however often it is sent, whole or overlapping, and the answers are the same.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	nd := h.node(t, 1)
	nd.register()
	first := nd.push()
	if first.LastSeq != 4 || len(first.Outcomes) != 0 {
		t.Fatalf("got %+v", first)
	}
	again, err := h.Push(context.Background(), h.org, nd.batch(nd.sent), 1)
	if err != nil || again.LastSeq != 4 {
		t.Fatalf("sent again: %+v %v", again, err)
	}
	nd.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "6.9"}, nil)
	overlap, err := h.Push(context.Background(), h.org, nd.batch(append(nd.sent[2:], nd.pending...)), 1)
	if err != nil || overlap.LastSeq != 5 {
		t.Fatalf("overlapping: %+v %v", overlap, err)
	}
	older, err := h.Push(context.Background(), h.org, nd.batch(nd.sent[:2]), 1)
	if err != nil || older.LastSeq != 5 {
		t.Fatalf("an old part: %+v %v", older, err)
	}
	if n := h.count(t, "SELECT count(*) FROM journal"); n != 5 {
		t.Errorf("%d entries, want 5", n)
	}
	if n := h.count(t, "SELECT count(*) FROM record"); n != 4 {
		t.Errorf("%d records, want 4", n)
	}
	if v := h.doc(t, "result", resultA, "value"); v != "6.9" {
		t.Errorf("value %q", v)
	}
	if v := h.doc(t, "visit", visitA, "patient_id"); v != patientA.String() {
		t.Errorf("an id must stand as UUID, got %q", v)
	}
	if n := h.count(t, "SELECT visits*100+samples*10+results FROM lab_day"); n != 111 {
		t.Errorf("the day's counts are %d, want one of each", n)
	}
}

// What does not fit the chain is refused with the sequence that the hub waits for, and changes nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	h := setup(t)
	nd := h.node(t, 1)
	nd.register()
	all := nd.pending
	check := func(name string, p *wire.Push, code string) {
		t.Helper()
		_, err := h.Push(context.Background(), h.org, p, 1)
		if lab.CodeOf(err) != code {
			t.Errorf("%s: got %v, want %s", name, err, code)
		}
	}
	gap := nd.batch(all[1:])
	check("gap", gap, "sync_gap")
	_, err := h.Push(context.Background(), h.org, gap, 1)
	var le *lab.Error
	if !errors.As(err, &le) || le.Detail["expected_seq"] != int64(1) {
		t.Errorf("the refusal must name the expected sequence: %v", err)
	}
	stranger := nd.batch(all)
	stranger.Device = lab.ID{9}
	check("unknown device", stranger, "device_unknown")
	forged := nd.batch(all)
	forged.Sig[0] ^= 1
	check("forged signature", forged, "sync_signature")
	altered := nd.batch(all)
	altered.Items[3].RawFields[5] ^= 1
	check("altered field", altered, "sync_chain")
	epoch := nd.batch(all)
	epoch.Epoch = 2
	for i := range epoch.Items {
		epoch.Items[i].Entry.Epoch = 2
	}
	if _, err := h.Push(context.Background(), h.org, epoch, 1); err == nil {
		t.Error("another epoch without its first entry was taken")
	}
	if n := h.count(t, "SELECT count(*) FROM journal"); n != 0 {
		t.Errorf("%d entries came in", n)
	}
	nd.push()
}

// Two copies of one node: the second to come is stopped, and so is the first, until somebody decides.
func TestClone(t *testing.T) {
	t.Parallel()
	h := setup(t)
	nd := h.node(t, 1)
	nd.register()
	clone := *nd
	clone.pending = append([]wire.Item{}, nd.pending...)
	nd.write(journal.OpInsert, "doctor", lab.ID{7, 15: 1}, map[string]any{"degree": "MD"}, nil)
	clone.write(journal.OpInsert, "doctor", lab.ID{7, 15: 2}, map[string]any{"degree": "MS"}, nil)
	nd.push()
	if _, err := h.Push(context.Background(), h.org, clone.batch(clone.pending), 1); lab.CodeOf(err) != "device_forked" {
		t.Fatalf("the clone was taken: %v", err)
	}
	nd.write(journal.OpInsert, "doctor", lab.ID{7, 15: 3}, map[string]any{"degree": "MD"}, nil)
	if _, err := h.Push(context.Background(), h.org, nd.batch(nd.pending), 1); lab.CodeOf(err) != "device_forked" {
		t.Fatalf("the first copy must stop as well: %v", err)
	}
	h.exec(t, "UPDATE device SET status = 'active' WHERE id = $1", nd.device)
	nd.push()
}

// A batch whose transaction is cut short leaves nothing behind and is taken whole the next time.
func TestCutShort(t *testing.T) {
	t.Parallel()
	h := setup(t)
	nd := h.node(t, 1)
	for i := range 400 {
		nd.write(journal.OpInsert, "doctor", lab.ID{7, byte(i >> 8), byte(i), 15: 1}, map[string]any{"name": fmt.Sprint("Doctor ", i)}, nil)
	}
	cut := 0
	for round := range 12 {
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		h.Clock = countdown(h, func() {
			if steps++; steps > round {
				cancel()
			}
		})
		_, err := h.Push(ctx, h.org, nd.batch(nd.pending), 1)
		cancel()
		if err == nil {
			break
		}
		cut++
		if n := h.count(t, "SELECT count(*) FROM journal") + h.count(t, "SELECT count(*) FROM record") + h.count(t, "SELECT last_seq FROM device WHERE id=$1", nd.device); n != 0 {
			t.Fatalf("round %d left %d rows behind", round, n)
		}
	}
	if cut == 0 {
		t.Fatal("no round was cut: the test shows nothing")
	}
	h.Clock = countdown(h, func() {})
	nd.push()
	if n := h.count(t, "SELECT count(*) FROM record"); n != 400 {
		t.Errorf("%d records, want 400", n)
	}
}

// Two nodes of a lab edit the same patient without having seen each other: the first stands, the second is kept and a
// person is asked; another field of the patient merges by itself.
func TestConflictOfTwoNodes(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	a.register()
	a.push()
	page := b.pull(0).Pages[0]
	if len(page.Rows) != 4 || page.LastSeq != 0 || page.Epoch != 1 {
		t.Fatalf("b sees %d rows, last sequence %d, epoch %d", len(page.Rows), page.LastSeq, page.Epoch)
	}
	base := map[int]int64{}
	for _, g := range page.Rows[0].Groups {
		base[g.Group] = g.RV
	}
	b.keys[patientA] = page.Keys[0]
	a.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Asha S Sharma"}, nil)
	a.push()
	b.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Aasha Sharma", "city": "Nashik"}, base)
	reply := b.push()
	if len(reply.Outcomes) != 1 || reply.Outcomes[0].Outcome != wire.ConflictOpen || len(reply.Outcomes[0].Conflict) == 0 {
		t.Fatalf("got %+v", reply.Outcomes)
	}
	if v := h.doc(t, "patient", patientA, "name"); v != "Asha S Sharma" {
		t.Errorf("the incumbent must stand, got %q", v)
	}
	if v := h.doc(t, "patient", patientA, "city"); v != "Nashik" {
		t.Errorf("the other group must be merged, got %q", v)
	}
	var kept string
	err := h.db.Pool().QueryRow(context.Background(), "SELECT clients->0->'fields'->>'name' FROM conflict WHERE state='open' AND strategy='ManualResolution'").Scan(&kept)
	if err != nil || kept != "Aasha Sharma" {
		t.Errorf("the losing value is gone: %q %v", kept, err)
	}
	b.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Asha Sarma"}, base)
	if b.push(); h.count(t, "SELECT count(*) FROM conflict") != 1 || h.count(t, "SELECT jsonb_array_length(clients) FROM conflict") != 2 {
		t.Error("a further edit must join the open conflict")
	}
	moved := b.pull(page.Pos)
	if len(moved.Pages) != 1 || len(moved.Pages[0].Rows[0].Groups) != 1 || moved.Pages[0].LastSeq != 2 {
		t.Fatalf("the node whose value lost must pull the truth: %+v", moved)
	}
}

// A node's later edits of its own field are clean although it never pulled: the origin is its own.
func TestOwnEditsAreClean(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a := h.node(t, 1)
	a.register()
	for i := range 5 {
		a.write(journal.OpUpdate, "patient", patientA, map[string]any{"phone": fmt.Sprint("980000010", i)}, nil)
		a.push()
	}
	if n := h.count(t, "SELECT count(*) FROM conflict"); n != 0 {
		t.Errorf("%d conflicts with itself", n)
	}
	if p := a.pull(0).Pages; len(p) != 1 || len(p[0].Rows) != 0 {
		t.Errorf("echoes must be skipped: %+v", p)
	}
}

// Once a result is verified, no plain update of it is applied, whoever sends it and whatever the strategy.
func TestVerifiedIsLocked(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	a.register()
	a.write(journal.OpInsert, "verification", lab.ID{5, 15: 1}, map[string]any{"result_id": resultA, "level": int64(1)}, nil)
	a.push()
	b.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "7.1"}, map[int]int64{1: 1 << 50})
	if out := b.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.ConflictOpen {
		t.Errorf("a verified value was overwritten: %+v", out)
	}
	a.write(journal.OpUpdate, "result", resultA, map[string]any{"value": "7.2", "comment": "seen"}, nil)
	if out := a.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.ConflictOpen {
		t.Errorf("also the home node may only amend: %+v", out)
	}
	if v, c := h.doc(t, "result", resultA, "value"), h.doc(t, "result", resultA, "comment"); v != "6.8" || c != "seen" {
		t.Errorf("value %q, comment %q", v, c)
	}
	if n := h.count(t, "SELECT count(*) FROM conflict WHERE kind='locked' AND state='open'"); n != 1 {
		t.Errorf("%d conflicts, want one that both joined", n)
	}
}

// What cannot be used is kept and acknowledged; the entries behind it are taken.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	h := setup(t)
	other := lab.ID{0x1b, 2}
	h.addLab(t, other)
	a := h.node(t, 1)
	a.register()
	a.push()
	x := &node{t: t, hub: h, device: lab.ID{0xd0, 9}, key: h.node(t, 8).key, epoch: 1, at: a.at, keys: map[lab.ID][]byte{}}
	x.hash = journal.Genesis(x.device)
	h.enrol(t, x, other)
	x.write(journal.OpUpdate, "visit", visitA, map[string]any{"number": "stolen"}, nil)
	x.write(journal.OpUpdate, "visit", lab.ID{2, 15: 9}, map[string]any{"number": "nowhere"}, nil)
	x.write(journal.OpInsert, "visit", lab.ID{2, 15: 8}, map[string]any{"number": int64(5)}, nil)
	x.add(journal.Entry{TxID: 99, Entity: 9999, Record: lab.ID{1}, Op: journal.OpInsert, Actor: "system", Fields: map[int]any{1: "x"}})
	x.write(journal.OpInsert, "doctor", lab.ID{7, 15: 9}, map[string]any{"degree": "MD"}, nil)
	reply := x.push()
	if reply.LastSeq != 5 || len(reply.Outcomes) != 4 {
		t.Fatalf("got %+v", reply)
	}
	rows, err := h.db.Pool().Query(context.Background(), "SELECT error FROM quarantine ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, c)
	}
	if got := strings.Join(codes, " "); got != "foreign_scope record_missing field_type unknown_entity" {
		t.Errorf("got %q", got)
	}
	if v := h.doc(t, "visit", visitA, "number"); v != "K7-1" {
		t.Errorf("another lab's visit was changed to %q", v)
	}
	if n := h.count(t, "SELECT count(*) FROM journal WHERE device=$1 AND outcome=4", x.device); n != 4 {
		t.Errorf("%d entries in quarantine stand in the journal, want 4", n)
	}
}

// Erasing a person empties records, journal, conflicts and key; the chain stays.
func TestErasure(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	a.register()
	a.push()
	b.keys[patientA] = a.keys[patientA]
	b.write(journal.OpUpdate, "patient", patientA, map[string]any{"name": "Planted Name"}, nil)
	b.push()
	a.add(journal.Entry{TxID: 50, Op: journal.OpErase, Subject: patientA, Actor: "user:x", Fields: map[int]any{journal.EraseNote: "R-1"}})
	a.push()
	if n := h.count(t, "SELECT count(*) FROM subject_key"); n != 0 {
		t.Error("the key is still there")
	}
	for _, query := range []string{
		"SELECT count(*) FROM record r WHERE r::text LIKE '%Asha%' OR r::text LIKE '%Planted%'",
		"SELECT count(*) FROM conflict c WHERE c::text LIKE '%Planted%' OR c::text LIKE '%Asha%'",
		"SELECT count(*) FROM journal WHERE phi IS NOT NULL",
	} {
		if n := h.count(t, query); n != 0 {
			t.Errorf("%s: %d", query, n)
		}
	}
	a.add(journal.Entry{TxID: 50, Op: journal.OpUpdate, Entity: 1, Record: patientA, Actor: "user:x", Fields: map[int]any{3: nil}})
	if out := a.push().Outcomes; len(out) != 0 {
		t.Errorf("the emptied row of an erasure is answered by %+v", out)
	}
	if n := h.count(t, "SELECT count(*) FROM quarantine"); n != 0 {
		t.Errorf("%d entries of an erasure are in quarantine", n)
	}
	if v := h.doc(t, "patient", patientA, "mrn"); v != "K70001" {
		t.Errorf("what is not personal must stay, got %q", v)
	}
	a.write(journal.OpInsert, "doctor", lab.ID{7, 15: 9}, map[string]any{"degree": "MD"}, nil)
	a.push()
}

// A price that the hub edits stands in the hub's own chain, and a node that changed it meanwhile loses without losing
// its value.
func TestHubEdit(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a := h.node(t, 1)
	test := lab.ID{8, 15: 1}
	a.write(journal.OpInsert, "test", test, map[string]any{"code": "HB", "name": "Haemoglobin", "price": int64(15000)}, nil)
	a.push()
	edit := hubEdit(h, test, 18000)
	rv, err := h.Edit(context.Background(), edit)
	if err != nil {
		t.Fatal(err)
	}
	edit.Seen = rv - 1
	if _, err := h.Edit(context.Background(), edit); lab.CodeOf(err) != "stale_record" {
		t.Errorf("a stale edit was taken: %v", err)
	}
	edit.Values = map[string]any{"price": "many"}
	edit.Seen = 0
	if _, err := h.Edit(context.Background(), edit); err == nil {
		t.Error("a price in words was taken")
	}
	page := a.pull(1).Pages
	if len(page) != 1 || len(page[0].Rows) != 1 || len(page[0].Rows[0].Groups) != 1 || page[0].Rows[0].Groups[0].Group != 2 {
		t.Fatalf("the node must see the price alone: %+v", page)
	}
	a.write(journal.OpUpdate, "test", test, map[string]any{"price": int64(16000)}, nil)
	if out := a.push().Outcomes; len(out) != 1 || out[0].Outcome != wire.Superseded {
		t.Errorf("got %+v", out)
	}
	if v := h.doc(t, "test", test, "price"); v != "18000" {
		t.Errorf("price %s", v)
	}
	if n := h.count(t, "SELECT count(*) FROM journal j JOIN device d ON d.id=j.device WHERE d.kind='hub'"); n != 1 {
		t.Errorf("%d entries of the hub's own, want 1", n)
	}
	if n := h.count(t, "SELECT count(*) FROM conflict WHERE state='auto' AND winner='server'"); n != 1 {
		t.Errorf("%d automatic conflicts recorded, want 1", n)
	}
}

// Row 21: batches arrive out of order, doubled and cut short. What leaves a gap is refused with the sequence that the hub
// waits for, and in the end everything is there once, as if it had come in order.
func TestRow21ReorderedBatches(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			nd := h.node(t, 1)
			nd.register()
			for i := range 40 {
				nd.write(journal.OpUpdate, "result", resultA, map[string]any{"value": strconv.Itoa(i)}, nil)
			}
			rng := rand.New(rand.NewPCG(seed, 21)) //nolint:gosec // a test's dice
			all := nd.pending
			var cuts [][2]int
			for from := 0; from < len(all); {
				to := min(len(all), from+1+rng.IntN(6))
				cuts = append(cuts, [2]int{from, to}, [2]int{max(0, from-rng.IntN(4)), to}) // the second overlaps what went before
				from = to
			}
			refused := 0
			for last := int64(0); last < int64(len(all)); {
				rng.Shuffle(len(cuts), func(i, j int) { cuts[i], cuts[j] = cuts[j], cuts[i] })
				for _, c := range cuts {
					p := nd.batch(all[c[0]:c[1]])
					reply, err := h.Push(t.Context(), h.org, p, 1)
					if err == nil {
						last = max(last, reply.LastSeq)
						continue
					}
					refused++
					var fault *lab.Error
					if !errors.As(err, &fault) || fault.Code != "sync_gap" || fault.Detail["expected_seq"] != last+1 {
						t.Fatalf("batch %v at %d: %v", c, last, err)
					}
				}
			}
			if refused == 0 {
				t.Error("no batch left a gap: the test shows nothing")
			}
			if n := h.count(t, "SELECT count(*) FROM journal"); n != int64(len(all)) {
				t.Errorf("%d entries, want %d", n, len(all))
			}
			if v := h.doc(t, "result", resultA, "value"); v != "39" {
				t.Errorf("the value is %q, want the last", v)
			}
		})
	}
}

package sqlite_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
)

// tamper writes to the file as somebody with the file and no respect does: triggers dropped, keys off.
func tamper(t *testing.T, path string, fn func(db *sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=foreign_keys(0)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, trigger := range []string{"journal_append", "journal_keep", "journal_fixed", "erasure_append", "erasure_fixed", "erasure_keep", "result_locked"} {
		run(t, db, "DROP TRIGGER "+trigger)
	}
	fn(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// flip changes one value a little, whatever it is.
func flip(v any) any {
	switch v := v.(type) {
	case nil:
		return []byte{1}
	case int64:
		return v + 1
	case string:
		return "x" + v
	case []byte:
		out := bytes.Clone(v)
		out[len(out)/2] ^= 1
		return out
	}
	return nil
}

// sealed makes a database with a history of 12 entries, an erasure among them, and closes it.
func sealed(t *testing.T) (path string, o sqlite.VerifyOptions) {
	t.Helper()
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	b := setup(t)
	_ = b.db.Close()
	b.options.Key = key
	b.db = b.open(t)
	asha := b.patient(t, "Asha Sharma") // 1
	other := b.patient(t, "Asha Verma") // 2
	result := b.db.NewID()              // 3
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("result", result, sqlite.Row{"patient_id": asha, "value": "5.1", "note": "fasting"})
	})
	for i := range 3 { // 4 to 6
		b.update(t, func(tx *sqlite.Tx) error {
			return tx.Change("patient", asha, nil, sqlite.Row{"phone": fmt.Sprint("111", i), "weight": float64(50 + i)}, sqlite.Said("asked"))
		})
	}
	b.update(t, func(tx *sqlite.Tx) error { return tx.Erase(other, "request 4") })                                   // 7, and 8 for the row
	b.update(t, func(tx *sqlite.Tx) error { return tx.Change("result", result, nil, sqlite.Row{"verified": true}) }) // 9
	b.update(t, func(tx *sqlite.Tx) error { return tx.Change("result", result, nil, sqlite.Row{"note": "seen"}) })   // 10
	b.update(t, func(tx *sqlite.Tx) error {                                                                          // 11
		return tx.Apply(sqlite.Install{Entity: "patient", Record: tx.NewID(), RV: 9, Parts: []sqlite.Part{{
			Actor: "hub:x", WallMS: 5, Origin: []byte{0x80}, Row: sqlite.Row{"name": "From Hub", "sex": "m"}, Base: map[int]int64{1: 9},
		}}})
	})
	b.update(t, func(tx *sqlite.Tx) error { return tx.Tombstone("patient", other, "erased") }) // 12
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	return b.path, sqlite.VerifyOptions{Registry: registry(), Key: key.Public().(ed25519.PublicKey)}
}

func copyOf(t *testing.T, path string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{filepath.Base(path), "journal.head"} {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, filepath.Base(path))
}

func TestVerifyNamesTheFirstBadEntry(t *testing.T) {
	t.Parallel()
	path, o := sealed(t)
	clean, err := sqlite.Verify(context.Background(), path, o)
	if err != nil || clean.Fault != nil {
		t.Fatalf("clean: %v, %v", clean.Fault, err)
	}
	if clean.Entries != 12 || clean.Rows != 4 || clean.Signed != 12 || len(clean.Erased) != 1 || clean.Erased[0] != (sqlite.Erased{Seq: 2, By: 7}) {
		t.Fatalf("clean: %+v", clean)
	}
	type attack struct {
		name  string
		do    func(t *testing.T, db *sql.DB)
		seq   int64
		codes []string
	}
	attacks := []attack{
		{"entry deleted", func(t *testing.T, db *sql.DB) { run(t, db, "DELETE FROM journal WHERE seq = 5") }, 5, []string{sqlite.FaultMissing}},
		{"first entry deleted", func(t *testing.T, db *sql.DB) { run(t, db, "DELETE FROM journal WHERE seq = 1") }, 1, []string{sqlite.FaultMissing}},
		{"two swapped", func(t *testing.T, db *sql.DB) {
			run(t, db, "UPDATE journal SET seq = 100 WHERE seq = 4")
			run(t, db, "UPDATE journal SET seq = 4 WHERE seq = 5")
			run(t, db, "UPDATE journal SET seq = 5 WHERE seq = 100")
		}, 4, []string{sqlite.FaultPHI, sqlite.FaultHash}},
		{"tail cut", func(t *testing.T, db *sql.DB) { run(t, db, "DELETE FROM journal WHERE seq > 10") }, 11, []string{sqlite.FaultTail}},
		{"erasure without its list", func(t *testing.T, db *sql.DB) { run(t, db, "DELETE FROM journal_erasure") }, 2, []string{sqlite.FaultEmptied}},
		{"emptied by hand", func(t *testing.T, db *sql.DB) { run(t, db, "UPDATE journal SET phi = NULL WHERE seq = 4") }, 4, []string{sqlite.FaultEmptied}},
		{"emptied and blamed on an erasure", func(t *testing.T, db *sql.DB) {
			run(t, db, "UPDATE journal SET phi = NULL WHERE seq = 4")
			run(t, db, "INSERT INTO journal_erasure VALUES (4, 7)")
		}, 4, []string{sqlite.FaultEmptied}},
		{"key changed", func(t *testing.T, db *sql.DB) { run(t, db, "UPDATE subject_key SET key = randomblob(32)") }, 1, []string{sqlite.FaultPHI}},
		{"row deleted", func(t *testing.T, db *sql.DB) { run(t, db, "DELETE FROM result") }, 10, []string{sqlite.FaultRowMissing}},
		{"row slipped in", func(t *testing.T, db *sql.DB) {
			run(t, db, "INSERT INTO patient (id, name) VALUES (randomblob(16), 'x')")
		}, 0, []string{sqlite.FaultRowUnknown}},
		{"row revived", func(t *testing.T, db *sql.DB) { run(t, db, "UPDATE patient SET _del = 0") }, 12, []string{sqlite.FaultRow}},
		{"erased name put back", func(t *testing.T, db *sql.DB) { run(t, db, "UPDATE patient SET name = 'Asha Verma' WHERE name = ''") }, 8, []string{sqlite.FaultRow}},
		{"row's versions", func(t *testing.T, db *sql.DB) { run(t, db, "UPDATE result SET _gv = NULL") }, 10, []string{sqlite.FaultRowVersions}},
		{"rewritten with its triggers' consent", rewrite, 12, []string{sqlite.FaultRewritten}},
	}
	for _, column := range []string{"value", "note", "verified", "patient_id"} {
		seq := map[string]int64{"value": 3, "note": 10, "verified": 9, "patient_id": 3}[column]
		attacks = append(attacks, attack{"row: " + column, func(t *testing.T, db *sql.DB) {
			var v any
			if err := db.QueryRow("SELECT " + column + " FROM result").Scan(&v); err != nil {
				t.Fatal(err)
			}
			if v == nil {
				t.Fatal("nothing to flip")
			}
			run(t, db, "UPDATE result SET "+column+" = ?", flip(v))
		}, seq, []string{sqlite.FaultRow}})
	}
	for _, column := range []string{
		"epoch", "txid", "entity", "record", "subject", "op", "hlc", "wall_ms", "zone_min", "actor", "session", "origin_pos",
		"reason", "schema", "base", "fields", "phi", "prev", "phi_digest", "digest", "hash",
	} {
		attacks = append(attacks, attack{"entry: " + column, func(t *testing.T, db *sql.DB) {
			var v any
			if err := db.QueryRow("SELECT " + column + " FROM journal WHERE seq = 5").Scan(&v); err != nil {
				t.Fatal(err)
			}
			next := flip(v)
			if column == "op" {
				next = "insert"
			}
			if column == "session" || column == "reason" {
				next = "other"
			}
			run(t, db, "UPDATE journal SET "+column+" = ? WHERE seq = 5", next)
		}, 5, nil})
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			file := copyOf(t, path)
			tamper(t, file, func(db *sql.DB) { a.do(t, db) })
			report, err := sqlite.Verify(context.Background(), file, o)
			if err != nil {
				t.Fatal(err)
			}
			if report.Fault == nil || report.Fault.Seq != a.seq {
				t.Fatalf("fault = %v, want entry %d", report.Fault, a.seq)
			}
			found := len(a.codes) == 0
			for _, c := range a.codes {
				found = found || c == report.Fault.Code
			}
			if !found {
				t.Fatalf("fault = %v, want %v", report.Fault, a.codes)
			}
		})
	}
}

// rewrite changes the last entry and seals it again, as somebody who knows the format can.
func rewrite(t *testing.T, db *sql.DB) {
	var previous, fields []byte
	e := journal.Entry{Seq: 12, Op: journal.OpTombstone, Entity: 1, Reason: "mistake", Schema: 3, ZoneMin: 330, Session: "s1"}
	var record []byte
	var hlc int64
	if err := db.QueryRow(`SELECT p.hash, e.fields, e.epoch, e.txid, e.record, e.hlc, e.wall_ms, e.actor FROM journal e
JOIN journal p ON p.seq = e.seq - 1 WHERE e.seq = 12`).Scan(&previous, &fields, &e.Epoch, &e.TxID, &record, &hlc, &e.WallMS, &e.Actor); err != nil {
		t.Fatal(err)
	}
	e.Record, e.HLC = lab.ID(record), journal.HLC(hlc)
	if _, err := e.Seal(previous, nil); err != nil {
		t.Fatal(err)
	}
	run(t, db, "UPDATE journal SET reason = 'mistake', hash = ?, digest = ? WHERE seq = 12", e.Hash, e.Digest)
}

func TestVerifyChecksTheHeadItself(t *testing.T) {
	t.Parallel()
	path, o := sealed(t)
	head, ok, err := sqlite.ReadHead(sqlite.HeadPath(path))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	forged := head
	forged.Seq--
	o.Heads = []journal.SignedHead{forged}
	report, err := sqlite.Verify(context.Background(), path, o)
	if err != nil || report.Fault == nil || report.Fault.Code != sqlite.FaultSignature {
		t.Fatalf("forged: %+v, %v", report.Fault, err)
	}
	if err := os.WriteFile(sqlite.HeadPath(path), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Heads = nil
	report, err = sqlite.Verify(context.Background(), path, o)
	if err != nil || report.Fault == nil || report.Fault.Code != sqlite.FaultSignature {
		t.Fatalf("damaged: %+v, %v", report.Fault, err)
	}
}

// A young database stands in its log alone. When the log is deleted, the signed head tells what is missing.
func TestVerifyOfALostLog(t *testing.T) {
	t.Parallel()
	path, o := sealed(t)
	lost := copyOf(t, path)
	if err := os.WriteFile(lost, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := sqlite.Verify(t.Context(), lost, o)
	if err != nil || report.Fault == nil || report.Fault.Code != sqlite.FaultTail || report.Fault.Seq != 1 {
		t.Errorf("a lost log: %v, %v", report.Fault, err)
	}
}

package sqlite_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
)

const planted = "Zyxwvutsrq Planted"

// filesWith searches every byte of every file of the folder.
func filesWith(t *testing.T, folder, text string) (found []string) {
	t.Helper()
	if err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// plant writes the name where a lab's day puts it: into rows that grow and move, into old values, into typed sentences,
// into a photo that needs pages of its own, among enough others that pages split.
func plant(t *testing.T, b *bundle) lab.ID {
	t.Helper()
	id := b.patient(t, planted)
	for i := range 60 {
		other := b.patient(t, "Asha Sharma")
		b.update(t, func(tx *sqlite.Tx) error {
			if err := tx.Change("patient", id, nil, sqlite.Row{
				"name":  planted + string(bytes.Repeat([]byte{'x'}, i*7%90)),
				"photo": bytes.Repeat([]byte(planted), 400+i%3),
			}, sqlite.Said("spelt "+planted)); err != nil {
				return err
			}
			if err := tx.Insert("result", tx.NewID(), sqlite.Row{"patient_id": id, "value": "5", "note": planted + string(rune('a'+i))}); err != nil {
				return err
			}
			return tx.Insert("result", tx.NewID(), sqlite.Row{"patient_id": other, "value": "5", "note": "other"})
		})
	}
	return id
}

func TestErasureLeavesNoByte(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := plant(t, b)
	if found := filesWith(t, filepath.Dir(b.path), planted); len(found) == 0 {
		t.Fatal("the name was never in a file: the test looks in the wrong place")
	}
	b.update(t, func(tx *sqlite.Tx) error { return tx.Erase(id, "request 7") })
	if found := filesWith(t, filepath.Dir(b.path), planted); len(found) != 0 {
		t.Fatalf("the name is still in %v", found)
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM subject_key WHERE subject = ?", id[:]); n != 0 {
		t.Error("the key is still there")
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM journal WHERE subject = ? AND op <> 'erase' AND (phi IS NOT NULL OR prev IS NOT NULL)", id[:]); n != 0 {
		t.Errorf("%d entries still hold personal fields", n)
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM journal WHERE prev IS NOT NULL AND seq > (SELECT max(seq) FROM journal WHERE op = 'erase')"); n != 0 {
		t.Errorf("%d entries of the erasure hold old values", n)
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM result WHERE value = '5'"); n != 120 {
		t.Errorf("%d results kept their value, want 120", n)
	}
	if p := b.db.Health(); len(p) != 0 {
		t.Errorf("health = %v", p)
	}
	b.verify(t)
	report, err := b.db.VerifyChain(t.Context(), sqlite.VerifyOptions{})
	if err != nil || len(report.Erased) != 121 {
		t.Errorf("%d erased entries are listed, want 121; %v", len(report.Erased), err)
	}
}

// TestErasureWaitsForReaders holds an old snapshot open: the erasure is stored, but not reported done.
func TestErasureWaitsForReaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := plant(t, b)
	reading, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		left <- b.db.View(context.Background(), func(tx *sqlite.ReadTx) error {
			var n int
			err := tx.QueryRowContext(context.Background(), "SELECT count(*) FROM patient").Scan(&n)
			close(reading)
			<-leave
			return err
		})
	}()
	<-reading
	err := b.db.Update(t.Context(), b.user, "erasure", func(tx *sqlite.Tx) error { return tx.Erase(id, "") })
	if lab.CodeOf(err) != sqlite.CodeErasureOpen {
		t.Fatalf("error = %v", err)
	}
	if p := b.db.Health(); len(p) != 1 || p[0] != sqlite.ProblemErasure {
		t.Fatalf("health = %v", p)
	}
	close(leave)
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	if err := b.db.FinishErasure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, filepath.Dir(b.path), planted); len(found) != 0 {
		t.Fatalf("the name is still in %v", found)
	}
	if p := b.db.Health(); len(p) != 0 {
		t.Fatalf("health = %v", p)
	}
}

// TestOnlyAnErasureEmpties tries the same by hand, through the writer's own connection.
func TestOnlyAnErasureEmpties(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, planted)
	b.patient(t, "Asha Sharma")
	b.update(t, func(tx *sqlite.Tx) error { return tx.Erase(id, "") })
	for _, query := range []string{
		"UPDATE journal SET phi = NULL WHERE seq = 2",
		"UPDATE journal SET phi = x'a0' WHERE seq = 1",
		"UPDATE journal SET reason = 'other' WHERE seq = 2",
		"UPDATE journal SET seq = 9 WHERE seq = 2",
		"DELETE FROM journal WHERE seq = 4",
		"INSERT INTO journal SELECT 9, epoch, txid, entity, record, subject, op, hlc, wall_ms, zone_min, actor, session, origin_pos, reason, schema, base, fields, phi, prev, phi_digest, digest, hash FROM journal WHERE seq = 2",
		"INSERT INTO journal_erasure VALUES (2, 3)",
		"INSERT INTO journal_erasure VALUES (2, 4)",
		"UPDATE journal_erasure SET seq = 2",
		"DELETE FROM journal_erasure",
	} {
		err := b.db.Update(t.Context(), b.user, "test", func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(t.Context(), query)
			return err
		})
		if lab.KindOf(err) != lab.KindConflict {
			t.Errorf("%s: error = %v", query, err)
		}
	}
	for _, query := range []string{
		"INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 2",
		"REPLACE INTO journal_erasure VALUES (1, 3)",
	} {
		err := b.db.Update(t.Context(), b.user, "test", func(tx *sqlite.Tx) error {
			_, err := tx.Raw().ExecContext(t.Context(), query) // tx itself refuses such a text
			return err
		})
		if err == nil {
			t.Errorf("%s: done", query)
		}
	}
	b.verify(t)
}

// TestErasureOfALabsPatient erases somebody from the whole schema: every entity with personal fields, also those whose
// rows are never changed otherwise, and the search words.
func TestErasureOfALabsPatient(t *testing.T) {
	t.Parallel()
	b := whole(t)
	id := b.db.NewID()
	planted := strings.ToLower(planted) // search words are folded
	b.update(t, func(tx *sqlite.Tx) error {
		for _, e := range journal.Schema().Entities {
			if !e.Personal() || e.Subject == "id" && e.Name != "patient" {
				continue
			}
			record := tx.NewID()
			row := sqlite.Row{}
			if e.Name == "patient" {
				record = id
			}
			for _, f := range e.Fields {
				switch {
				case f.Column == e.Subject:
					row[f.Column] = id
				case f.Personal && f.Type == journal.TypeText:
					row[f.Column] = planted
				default:
					row[f.Column] = map[journal.FieldType]any{
						journal.TypeText: "x", journal.TypeJSON: "{}", journal.TypeInt: 0, journal.TypeID: tx.NewID(), journal.TypeBlob: []byte{1}, journal.TypeReal: 1.0,
					}[f.Type]
				}
			}
			if err := tx.Insert(e.Name, record, row); err != nil {
				return err
			}
		}
		return sqlite.IndexNames(t.Context(), tx, id, planted)
	})
	word := strings.Fields(planted)[0]
	if len(filesWith(t, filepath.Dir(b.path), word)) == 0 {
		t.Fatal("the name was never in a file")
	}
	b.update(t, func(tx *sqlite.Tx) error { return tx.Erase(id, "request 8") })
	if found := filesWith(t, filepath.Dir(b.path), word); len(found) != 0 {
		t.Fatalf("the name is still in %v", found)
	}
	b.verify(t)
}

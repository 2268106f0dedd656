package release_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// The name of an erased patient, as it was printed, stands in no file of the database any more, although reports of theirs were signed.
func TestErasedPatientLeavesNoDocument(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	const name = "Qwzxjy Plantedname"
	v := b.Visit(t, name, "F", 34, "K")
	b.fill(t, v.ID, "K", "4.2")
	r := b.sign(t, v.ID, release.Sign{})
	if !bytes.Contains(b.bytes(t), []byte(name)) {
		t.Fatal("the name is nowhere, so the search proves nothing")
	}
	err := b.DB.Update(t.Context(), b.People[access.Manager], "patient.erase", func(tx *sqlite.Tx) error {
		if _, err := queries.New(tx).DropReportFiles(t.Context(), queries.ID(v.Patient.ID)); err != nil {
			return err
		}
		return tx.Erase(v.Patient.ID, "R-1")
	})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b.bytes(t), []byte(name)) {
		t.Error("the erased name still stands in a file")
	}
	if _, err := b.release.PDF(t.Context(), b.People[access.Auditor], r.Report.ID); lab.CodeOf(err) != "file_missing" {
		t.Errorf("document of an erased patient: %v", err)
	}
	if line, err := b.release.Report(t.Context(), r.Report.ID); err != nil || line.Report.Hash != r.Report.Hash {
		t.Errorf("the record of the report is gone: %v", err)
	}
}

// bytes reads every file of the database.
func (b *bundle) bytes(t *testing.T) []byte {
	t.Helper()
	var path string
	if err := b.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path)
	}); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no file of the database: %v", err)
	}
	var out []byte
	for _, n := range names {
		raw, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw...)
	}
	return out
}

package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/measure"
	"jaanch/internal/store/sqlite"
)

// Every figure is printed beside its reference, measured in the same run on the same disk: a rate of durable writes says
// nothing by itself.

// perSecond runs fn n times and gives the rate.
func perSecond(n int, fn func(i int)) float64 {
	start := time.Now()
	for i := range n {
		fn(i)
	}
	return float64(n) / time.Since(start).Seconds()
}

// flushes gives fsyncs of a growing file a second.
func flushes(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "flush"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	return perSecond(200, func(int) {
		if _, err := f.Write(block); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	})
}

// direct opens the same tables with the same settings and nothing in between.
func direct(b testing.TB) *sql.Conn {
	b.Helper()
	s := setup(b)
	_ = s.db.Close()
	pool, err := sql.Open("sqlite", sqlite.WriterSource(b, s.path))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = pool.Close() })
	conn, err := pool.Conn(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return conn
}

const (
	plainRow = "INSERT INTO patient (id, name, phone, sex, weight, photo, _rv, _gv, _del) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
	entryRow = `INSERT INTO journal (seq, epoch, txid, entity, record, subject, op, hlc, wall_ms, zone_min, actor, session,
origin_pos, reason, schema, base, fields, phi, prev, phi_digest, digest, hash)
VALUES (?, 1, ?, 1, ?, ?, 'insert', ?, 1, 330, ?, 's1', NULL, 'test', 3, NULL, ?, ?, NULL, ?, ?, ?)`
	keyRow = "INSERT INTO subject_key (subject, key, made_ms) VALUES (?, ?, 1)"
)

// directly gives functions that begin, write and commit with prepared statements.
func directly(b *testing.B, journalled bool) (write func(i int), begin, commit func()) {
	b.Helper()
	conn := direct(b)
	prepare := func(query string) *sql.Stmt {
		s, err := conn.PrepareContext(context.Background(), query)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	}
	run := func(s *sql.Stmt, args ...any) {
		if _, err := s.ExecContext(context.Background(), args...); err != nil {
			b.Fatal(err)
		}
	}
	row, entry, key := prepare(plainRow), prepare(entryRow), prepare(keyRow)
	start, end := prepare("BEGIN IMMEDIATE"), prepare("COMMIT")
	id, hash, fields, gv := make([]byte, 16), make([]byte, 32), make([]byte, 12), make([]byte, 24)
	write = func(i int) {
		id[0], id[1], id[2], id[3] = byte(i>>24), byte(i>>16), byte(i>>8), byte(i)
		run(row, id, "Asha Sharma", "98765", "f", nil, nil, 0, gv, 0)
		if journalled {
			run(key, id, hash)
			run(entry, i+1, i+1, id, id, i+1, "user:0197-0000", fields, fields, hash, hash, hash)
		}
	}
	return write, func() { run(start) }, func() { run(end) }
}

func insertOne(tx *sqlite.Tx) error {
	return tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "Asha Sharma", "phone": "98765", "sex": "f"})
}

func benchSetup(b testing.TB) *bundle {
	b.Helper()
	s := setup(b)
	_ = s.db.Close()
	s.options.Tripwire = false
	s.db = s.open(b)
	return s
}

// BenchmarkGroupCommit compares updates of one journalled row with the same statements, and with one plain row, each
// committed by itself.
func BenchmarkGroupCommit(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run("callers="+string(rune('0'+callers/10))+string(rune('0'+callers%10)), func(b *testing.B) {
			s := benchSetup(b)
			n := max(b.N, callers)
			b.ResetTimer()
			start := time.Now()
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for range n / callers {
						if err := s.db.Update(context.Background(), s.user, "test", insertOne); err != nil {
							b.Errorf("caller %d: %v", c, err)
							return
						}
					}
				})
			}
			wg.Wait()
			ours := float64(n/callers*callers) / time.Since(start).Seconds()
			b.StopTimer()
			rate := func(journalled bool) float64 {
				write, begin, commit := directly(b, journalled)
				return perSecond(min(max(n, 200), 2000), func(i int) { begin(); write(i); commit() })
			}
			same, plain := rate(true), rate(false)
			b.ReportMetric(ours, "updates/s")
			b.ReportMetric(ours/same, "×same")
			b.ReportMetric(ours/plain, "×plain")
			b.ReportMetric(same, "same/s")
			b.ReportMetric(plain, "plain/s")
			b.ReportMetric(flushes(b), "fsync/s")
		})
	}
}

// BenchmarkJournalOverhead writes 20 rows a transaction through the journal, and the same rows without it: results of one
// patient, as an analyzer's message files them, and patients, each of whom gets a key as well.
func BenchmarkJournalOverhead(b *testing.B) {
	b.Run("results", func(b *testing.B) { overhead(b, insertResult(), plainResult) })
	b.Run("patients", func(b *testing.B) { overhead(b, insertOne, plainPatient) })
}

func overhead(b *testing.B, insert func(tx *sqlite.Tx) error, plainText string) {
	b.Helper()
	s := benchSetup(b)
	journalled, plain := s.journalled(b, insert), s.plain(b, plainText)
	b.ResetTimer()
	ours := overheadRows * perSecond(b.N, journalled)
	b.StopTimer()
	bare := overheadRows * perSecond(b.N, plain)
	b.ReportMetric(ours, "rows/s")
	b.ReportMetric(bare, "plain-rows/s")
	b.ReportMetric(100*(1-ours/bare), "%slower")
	b.ReportMetric(flushes(b), "fsync/s")
}

// overheadRows is how many rows a transaction writes.
const overheadRows = 20

// journalled writes one transaction of rows with their entries.
func (s *bundle) journalled(b testing.TB, insert func(tx *sqlite.Tx) error) func(int) {
	return func(int) {
		if err := s.db.Update(context.Background(), s.user, "test", func(tx *sqlite.Tx) error {
			for range overheadRows {
				if err := insert(tx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// plain writes one transaction of the same rows into a database of its own, with nothing in between.
func (s *bundle) plain(b testing.TB, text string) func(int) {
	b.Helper()
	conn := direct(b)
	gv := make([]byte, 24)
	exec := func(query string, args ...any) {
		if _, err := conn.ExecContext(context.Background(), query, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec("PRAGMA wal_autocheckpoint(1000)") // as the node does by itself
	exec("INSERT INTO patient (id) VALUES (x'00')")
	statement, err := conn.PrepareContext(context.Background(), text)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = statement.Close() })
	return func(int) {
		exec("BEGIN IMMEDIATE")
		for range overheadRows {
			id := s.db.NewID()
			if _, err := statement.ExecContext(context.Background(), id[:], gv); err != nil {
				b.Fatal(err)
			}
		}
		exec("COMMIT")
	}
}

const (
	plainResult  = "INSERT INTO result (id, patient_id, value, note, verified, _rv, _gv, _del) VALUES (?, x'00', '5.1', NULL, 0, 0, ?, 0)"
	plainPatient = "INSERT INTO patient (id, name, phone, sex, _rv, _gv, _del) VALUES (?, 'Asha Sharma', '98765', 'f', 0, ?, 0)"
)

// insertResult gives a closure's insert of a result of one patient, who is made with the first.
func insertResult() func(tx *sqlite.Tx) error {
	var patient lab.ID
	return func(tx *sqlite.Tx) error {
		if patient.IsZero() {
			patient = tx.NewID()
			if err := tx.Insert("patient", patient, sqlite.Row{"name": "Asha Sharma"}); err != nil {
				return err
			}
		}
		return tx.Insert("result", tx.NewID(), sqlite.Row{"patient_id": patient, "value": "5.1", "verified": 0})
	}
}

// TestFiguresJournal measures the same in turns, for make bench.
func TestFiguresJournal(t *testing.T) {
	measure.Wanted(t)
	const turns = 100
	var figures []measure.Figure
	for _, c := range []struct {
		what   string
		insert func(tx *sqlite.Tx) error
		plain  string
	}{
		{"results of one patient, as an analyzer's message files them", insertResult(), plainResult},
		{"patients, each of whom gets a key as well", insertOne, plainPatient},
	} {
		s := benchSetup(t)
		journalled, plain := s.journalled(t, c.insert), s.plain(t, c.plain)
		got := measure.Turns(9,
			measure.Side{Name: "with", Run: func() float64 { return overheadRows * perSecond(turns, journalled) }},
			measure.Side{Name: "without", Run: func() float64 { return overheadRows * perSecond(turns, plain) }})
		slower := 1 - got["with"].Median/got["without"].Median
		figures = append(figures, measure.Figure{
			What: c.what, Measured: fmt.Sprintf("%.0f rows/s, %.0f %% slower", got["with"].Median, 100*slower),
			Reference: fmt.Sprintf("the same rows without the journal: %.0f rows/s", got["without"].Median), Ratio: got["with"].Median / got["without"].Median,
			Aim: "under 45 % slower", Met: slower < 0.45,
		})
	}
	measure.Sheet(t, "What the journal costs, 20 rows a transaction", figures...)
}

// BenchmarkVerify walks the chain and rebuilds the rows.
func BenchmarkVerify(b *testing.B) {
	s := benchSetup(b)
	const patients, changes = 2000, 4
	for range patients / 100 {
		if err := s.db.Update(context.Background(), s.user, "test", func(tx *sqlite.Tx) error {
			for range 100 {
				id := tx.NewID()
				if err := tx.Insert("patient", id, sqlite.Row{"name": "Asha Sharma", "phone": "98765", "sex": "f"}); err != nil {
					return err
				}
				for i := range changes {
					if err := tx.Change("patient", id, nil, sqlite.Row{"weight": float64(i)}); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	start := time.Now()
	var entries int64
	for range b.N {
		report, err := s.db.VerifyChain(context.Background(), sqlite.VerifyOptions{})
		if err != nil || report.Fault != nil {
			b.Fatal(report.Fault, err)
		}
		entries += report.Entries
	}
	b.ReportMetric(float64(entries)/time.Since(start).Seconds(), "entries/s")
}

// BenchmarkView reads one row by its id.
func BenchmarkView(b *testing.B) {
	s := benchSetup(b)
	var id lab.ID
	if err := s.db.Update(context.Background(), s.user, "test", func(tx *sqlite.Tx) error {
		id = tx.NewID()
		return tx.Insert("patient", id, sqlite.Row{"name": "Asha Sharma"})
	}); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		one[string](b, s.db, "SELECT name FROM patient WHERE id = ?", id[:])
	}
}

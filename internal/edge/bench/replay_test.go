package bench_test

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"jaanch/internal/store/sqlite"
)

// statement is one statement of an update with its arguments.
type statement struct {
	query string
	args  []any
}

// recorder keeps the statements of a run, a list for every transaction, in the order in which they were committed.
type recorder struct {
	mu    sync.Mutex
	turns [][]statement
}

func (r *recorder) note(query string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if query == "BEGIN" {
		r.turns = append(r.turns, nil)
		return
	}
	kept := slices.Clone(args)
	for i, a := range kept {
		if b, ok := a.([]byte); ok {
			kept[i] = slices.Clone(b)
		}
	}
	n := len(r.turns) - 1
	r.turns[n] = append(r.turns[n], statement{query, kept})
}

// bareDB runs recorded statements on a copy of the database as it was before the run: the same file, the same settings, the
// same rows, with nothing but database/sql in between.
type bareDB struct {
	t     testing.TB
	conn  *sql.Conn
	kept  map[string]*sql.Stmt
	turns [][]statement
	next  int
}

func bareOn(t testing.TB, path string, turns [][]statement) *bareDB {
	t.Helper()
	dsn, err := sqlite.Source(path)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The node carries its log into the file by itself at this size. A log that only grew would make each sync dearer.
	if _, err := conn.ExecContext(t.Context(), "PRAGMA wal_autocheckpoint(1000)"); err != nil {
		t.Fatal(err)
	}
	b := &bareDB{t: t, conn: conn, kept: map[string]*sql.Stmt{}, turns: turns}
	t.Cleanup(func() {
		for _, s := range b.kept {
			_ = s.Close()
		}
		_ = conn.Close()
		_ = pool.Close()
	})
	return b
}

func (b *bareDB) prepared(query string) *sql.Stmt {
	s, ok := b.kept[query]
	if !ok {
		var err error
		if s, err = b.conn.PrepareContext(context.Background(), query); err != nil {
			panic(err)
		}
		b.kept[query] = s
	}
	return s
}

// run runs a statement as a program would that knows what it asks for: Exec where no row comes back, and every row read
// where rows do.
func (b *bareDB) run(query string, args ...any) {
	if _, text, _ := strings.Cut(query, "\n"); !strings.HasPrefix(query, "SELECT") && !strings.HasPrefix(text, "SELECT") && !strings.Contains(query, "RETURNING") {
		if _, err := b.prepared(query).ExecContext(context.Background(), args...); err != nil {
			panic(err)
		}
		return
	}
	rows, err := b.prepared(query).QueryContext(context.Background(), args...)
	if err != nil {
		panic(err)
	}
	columns, err := rows.Columns()
	if err != nil {
		panic(err)
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			panic(err)
		}
	}
	if err := rows.Close(); err != nil {
		panic(err)
	}
}

// commit runs the next n turns in one transaction.
func (b *bareDB) commit(n int) {
	b.run("BEGIN IMMEDIATE")
	for range min(n, len(b.turns)-b.next) {
		for _, s := range b.turns[b.next] {
			b.run(s.query, s.args...)
		}
		b.next++
	}
	b.run("COMMIT")
}

// serve answers uploads with the statements that the node ran for them, one transaction a message: it takes the same bytes
// off the same kind of socket, and gives the same acknowledgements, and knows nothing else.
func (b *bareDB) serve(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the test
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		all.Wait()
	})
	var one sync.Mutex
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = c.Close() }()
				b.answer(c, &one)
			})
		}
	})
	return ln.Addr().String()
}

func (b *bareDB) answer(c net.Conn, one *sync.Mutex) {
	r := bufio.NewReader(c)
	store := func() {
		one.Lock()
		defer one.Unlock()
		b.commit(1)
	}
	for {
		first, err := r.ReadByte()
		if err != nil {
			return
		}
		switch first {
		case 0x05:
			_, _ = c.Write([]byte{0x06})
		case 0x02: // to the line feed that ends the frame
			frame, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			if len(frame) > 5 && frame[len(frame)-5] == 0x03 {
				store()
			}
			_, _ = c.Write([]byte{0x06})
		case 0x0b:
			if _, err := r.ReadBytes(0x1c); err != nil {
				return
			}
			if _, err := r.ReadByte(); err != nil {
				return
			}
			store()
			_, _ = io.WriteString(c, "\x0bMSH|^~\\&|||||||ACK|1|P|2.3.1\rMSA|AA|1\r\x1c\r")
		}
	}
}

// copyOf puts a copy of a closed database into a folder of its own.
func copyOf(t testing.TB, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "lab.db")
	data, err := os.ReadFile(path) //nolint:gosec // a database of the test's own
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

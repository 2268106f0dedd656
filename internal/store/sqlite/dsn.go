package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	driver "modernc.org/sqlite"
)

// The settings of the connections. secure_delete is ON and not FAST: FAST leaves what a freed page held (a long text, a
// picture) in the file, where the test of the erasure finds it.
const (
	busyTimeoutMS = "5000"
	writerQuery   = "_pragma=busy_timeout(" + busyTimeoutMS + ")&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=recursive_triggers(1)&_pragma=secure_delete(ON)&_pragma=wal_autocheckpoint(0)" +
		"&_txlock=immediate&_defensive=1&_dqs=0"
	readerQuery = "mode=ro&_pragma=busy_timeout(" + busyTimeoutMS + ")&_defensive=1&_dqs=0&_query_only=1"
)

// dataSource gives the URI of a database file. A plain path would drop its parameters silently, and a "?" or "%" in a
// folder's name would be taken for one, so the path is always escaped.
func dataSource(path, query string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("resolve database path: %w", err)
	}
	slash := filepath.ToSlash(abs)
	if !strings.HasPrefix(slash, "/") {
		slash = "/" + slash // C:/data/lab.db
	}
	return "file:" + (&url.URL{Path: slash}).EscapedPath() + "?" + query, nil
}

// Source gives the address of a database file with the writer's settings, for measurements that must run under the same.
func Source(path string) (string, error) { return dataSource(path, writerQuery) }

// openPool opens connections of one kind. It opens no file yet.
func openPool(path, query string, connections int) (*sql.DB, error) {
	dsn, err := dataSource(path, query)
	if err != nil {
		return nil, err
	}
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// guardDriver sets the driver's process-wide switches: a DSN value can be one statement only, and locks of the database
// survive a stray close of the same file. Where the system has no such locks, or a database is open already, the
// ordinary ones stay.
func guardDriver() {
	driver.StrictPragmas(true)
	_, _ = driver.OFDLocking(true) // unavailable outside Linux, and fixed after the first open: both leave working locks
}

// Package private starts a Postgres server of our own: for tests (in a temporary directory, without fsync) and for a
// demonstration hub (in a directory that is kept, with every safety on). It uses the binaries that the machine has and
// never downloads a server. The server listens on the loopback address alone and asks for a password made at initdb.
//
// The server ends with its parent, also when that is killed: a shell stands between the two, reads from a pipe that the
// parent never writes to, and stops the server when the pipe closes.
package private

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say how the server runs.
type Options struct {
	Dir       string // kept when given; a temporary directory that is removed at the end when empty
	Volatile  bool   // fsync off: for tests alone, a power cut may destroy the data
	StartWait time.Duration
}

// Server is a running private Postgres.
type Server struct {
	dir    string
	port   int
	secret string
	stdin  io.Closer
	done   chan error
}

const (
	superuser = "jaanch"
	// guard runs the server as its child and stops it when standard input ends. $1 is a directory to remove afterwards
	// or empty, $2 the signal that stops the server.
	guard = `d=$1; s=$2; shift 2; "$@" </dev/null & p=$!; read -r _; kill -"$s" $p 2>/dev/null; wait $p; [ -n "$d" ] && rm -rf "$d"; exit 0`
)

// Start makes the data directory when it is missing, starts the server and waits until it answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	bin, err := FindBinaries()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: o.Dir, done: make(chan error, 1)}
	remove := ""
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "jaanch-pg-"); err != nil {
			return nil, fmt.Errorf("private postgres: %w", err)
		}
		remove = s.dir
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil { // initdb and the server run in that directory
		return nil, fmt.Errorf("private postgres: %w", err)
	}
	if err := s.prepare(ctx, bin, o); err != nil {
		return nil, errors.Join(err, removeAll(remove))
	}
	if err := s.launch(ctx, bin, o, remove); err != nil {
		return nil, errors.Join(err, removeAll(remove))
	}
	wait := o.StartWait
	if wait == 0 {
		wait = 30 * time.Second
	}
	if err := s.ready(ctx, wait); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// URL gives the connection string of a database of the server, with its password: it is never logged.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.secret),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes the database when it does not exist yet.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the connection is only read from after this
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("private postgres: create database: %w", err)
	}
	return nil
}

// Stop ends the server and waits for it; a second call does nothing.
func (s *Server) Stop() error {
	if s.stdin == nil {
		return nil
	}
	_ = s.stdin.Close() // closing is the signal; a pipe that is already broken means the same
	s.stdin = nil
	if err := <-s.done; err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	return nil
}

// FindBinaries gives the directory of initdb and postgres: from PATH, else the newest of /usr/lib/postgresql.
func FindBinaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if _, err := exec.LookPath(filepath.Join(filepath.Dir(p), "postgres")); err == nil {
			return filepath.Dir(p), nil
		}
	}
	best, version := "", -1
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, p := range found {
		dir := filepath.Dir(p)
		v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && v > version {
			best, version = dir, v
		}
	}
	if best == "" {
		return "", errors.New("private postgres: initdb and postgres were not found; on Debian or Ubuntu: apt-get install postgresql")
	}
	return best, nil
}

func (s *Server) prepare(ctx context.Context, bin string, o Options) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	secretFile := filepath.Join(s.dir, "password")
	if b, err := os.ReadFile(filepath.Clean(secretFile)); err == nil {
		s.secret = strings.TrimSpace(string(b))
	} else {
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return fmt.Errorf("private postgres: %w", err)
		}
		s.secret = hex.EncodeToString(raw[:])
		if err := os.WriteFile(secretFile, []byte(s.secret+"\n"), 0o600); err != nil {
			return fmt.Errorf("private postgres: %w", err)
		}
	}
	if err := handOver(s.dir, secretFile); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.dir, "data", "PG_VERSION")); err == nil {
		return nil
	}
	args := []string{
		"-D", filepath.Join(s.dir, "data"), "-U", superuser, "--pwfile", secretFile,
		"--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
	}
	if o.Volatile {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...) //nolint:gosec // the arguments are our own
	cmd.Dir = s.dir
	if err := unprivileged(cmd); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("private postgres: initdb: %w: %s", err, lastLine(out))
	}
	return nil
}

func (s *Server) launch(ctx context.Context, bin string, o Options, remove string) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	s.port = port
	signal := "INT"
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(port), "unix_socket_directories": "",
		"max_connections": "200", "shared_buffers": "64MB", "log_min_messages": "warning", "timezone": "UTC",
		"dynamic_shared_memory_type": "mmap",
	}
	if o.Volatile {
		for _, safety := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			settings[safety] = "off"
		}
		signal = "QUIT"
	}
	args := []string{"-c", guard, "guard", remove, signal, filepath.Join(bin, "postgres"), "-D", filepath.Join(s.dir, "data")}
	for k, v := range settings {
		args = append(args, "-c", k+"="+v)
	}
	cmd := exec.Command("/bin/sh", args...) //nolint:gosec,noctx // the arguments are our own; Stop ends it, not a context
	cmd.Dir = s.dir
	if err := unprivileged(cmd); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "server.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	defer log.Close() //nolint:errcheck // the child holds its own copy
	cmd.Stdout, cmd.Stderr = log, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("private postgres: %w", err)
	}
	s.stdin = stdin
	go func() { s.done <- cmd.Wait() }()
	return nil
}

// ready asks the server until it answers or the wait is over.
func (s *Server) ready(ctx context.Context, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("private postgres: the server does not answer, see %s: %w", filepath.Join(s.dir, "server.log"), err)
		case <-tick.C:
		}
	}
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("private postgres: %w", err)
	}
	defer l.Close() //nolint:errcheck // it was only opened to learn a number
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, fmt.Errorf("private postgres: %w", err)
	}
	return strconv.Atoi(port)
}

func lastLine(out []byte) string {
	last := ""
	for sc := bufio.NewScanner(strings.NewReader(string(out))); sc.Scan(); {
		if t := strings.TrimSpace(sc.Text()); t != "" {
			last = t
		}
	}
	return last
}

func removeAll(dir string) error {
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}

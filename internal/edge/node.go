// Package edge puts the node of one lab together: its database, the analyzers' lines, the screens and their API, the label
// printers and the connection with the hub. Nothing that a lab does in a working day needs the hub.
package edge

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	_ "modernc.org/sqlite" // the driver of the sessions' file

	"jaanch/internal/edge/api"
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/conflict"
	"jaanch/internal/edge/dialect"
	"jaanch/internal/edge/folder"
	"jaanch/internal/edge/line"
	"jaanch/internal/edge/overview"
	"jaanch/internal/edge/privacy"
	"jaanch/internal/edge/quality"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/lab/label"
	"jaanch/internal/reportpdf"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/telemetry"
)

// Options are what a node needs besides its configuration.
type Options struct {
	Config  Config
	Logger  *slog.Logger
	Version string
	UI      fs.FS            // the built browser app; nil for none
	Clock   func() time.Time // time.Now
	// Device is the id of a node that is made again in a folder without a database; zero for a new one.
	Device lab.ID
	// WeakPasswords makes hashing cheap, for tests alone.
	WeakPasswords bool
}

// Node is a lab's node, opened and not yet serving.
type Node struct {
	DB      *sqlite.DB
	Desk    *reception.Desk
	Bench   *bench.Bench
	Quality *quality.Quality
	Release *release.Desk
	Office  *setup.Office
	Agent   *agent.Agent
	Routes  []api.Route

	config    Config
	log       *slog.Logger
	clock     func() time.Time
	zone      *time.Location
	key       ed25519.PrivateKey
	board     *session.Board
	tapes     *line.Tapes
	keeper    *line.Keeper
	finder    *line.Finder
	archive   *line.Archive
	dialects  *dialect.Desk
	live      *httpkit.Live
	privacy   *privacy.Office
	health    *telemetry.Health
	dbCheck   *telemetry.Check
	lineCheck *telemetry.Check
	authority *httpkit.Authority
	certs     *httpkit.Certificates
	handler   http.Handler
	sessions  *sessionStore
	draw      *reportpdf.Renderer
	toPrint   chan struct{}
	lock      *folder.Lock
	guard     *folder.Guard
}

// sessionStore is the sessions' file; losing it logs people out and loses nothing else.
type sessionStore struct {
	db    *sql.DB
	store *sqlite3store.SQLite3Store
}

// Open opens the node's folder, or makes it, and puts the parts together. It speaks to nobody yet.
func Open(ctx context.Context, o Options) (n *Node, err error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if err := os.MkdirAll(o.Config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if _, err := os.Stat(o.Config.rebuildFile()); err == nil && o.Device.IsZero() {
		return nil, errRebuilding
	}
	n = &Node{config: o.Config, log: o.Logger, clock: o.Clock, toPrint: make(chan struct{}, 1), board: session.NewBoard(nil)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.lock, err = folder.Acquire(o.Config.Data); err != nil {
		return n, err
	}
	if err = folder.Private(o.Config.Database(), o.Config.sessionFile()); err != nil {
		return n, err
	}
	if n.zone, err = zoneOf(o.Config.Zone); err != nil {
		return n, err
	}
	if n.key, err = agent.OpenKey(o.Config.KeyFile()); err != nil {
		return n, err
	}
	n.DB, err = sqlite.Open(ctx, sqlite.Options{
		Path: o.Config.Database(), Clock: o.Clock, Zone: n.zone, Logger: o.Logger, Registry: journal.Schema(), Key: n.key, Device: o.Device,
	})
	if err != nil {
		return n, err
	}
	if n.sessions, err = openSessions(ctx, o.Config.sessionFile()); err != nil {
		return n, err
	}
	if err := n.assemble(o); err != nil {
		return n, err
	}
	if err := n.certificates(); err != nil {
		return n, err
	}
	return n, n.route(o)
}

// zoneOf reads the lab's zone. India has one, so a machine without a zone database still runs.
func zoneOf(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err == nil {
		return zone, nil
	}
	if name == "Asia/Kolkata" {
		return time.FixedZone("IST", 5*3600+1800), nil
	}
	return nil, fmt.Errorf("configuration: zone: %w", err)
}

func openSessions(ctx context.Context, path string) (*sessionStore, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open the sessions: %w", err)
	}
	db.SetMaxOpenConns(2)
	if _, err := db.ExecContext(ctx, httpkit.SessionTableSQLite); err != nil {
		return nil, errors.Join(fmt.Errorf("open the sessions: %w", err), db.Close())
	}
	return &sessionStore{db: db, store: sqlite3store.NewWithCleanupInterval(db, 10*time.Minute)}, nil
}

// assemble makes the use cases.
func (n *Node) assemble(o Options) error {
	cost := httpkit.PasswordOptions{}
	if o.WeakPasswords {
		cost = httpkit.PasswordOptions{MemoryKiB: 64, Passes: 1}
	}
	passwords, err := httpkit.NewPasswords(cost)
	if err != nil {
		return err
	}
	profiles, err := profile.Builtin()
	if err != nil {
		return fmt.Errorf("read profiles: %w", err)
	}
	if n.draw, err = reportpdf.New(); err != nil {
		return fmt.Errorf("load fonts: %w", err)
	}
	throttle := httpkit.NewThrottle(n.clock, func(string) { n.log.Warn("many failed log-ins") })
	n.Office = setup.New(setup.Options{DB: n.DB, Zone: n.zone, Log: n.log, Passwords: passwords, Throttle: throttle, Version: o.Version})
	n.Desk = reception.New(reception.Options{DB: n.DB, Zone: n.zone, Log: n.log, Kick: n.kickPrinter, Marked: func(ctx context.Context, tx *sqlite.Tx, barcode string) error {
		return n.Bench.LookForTube(ctx, tx, barcode)
	}})
	n.Bench = bench.New(bench.Options{DB: n.DB, Zone: n.zone, Log: n.log, Profiles: profiles, TrustLoopback: o.Config.Demo})
	n.Bench.OnWake(n.board.Wake)
	n.Quality = quality.New(quality.Options{DB: n.DB, Zone: n.zone, Again: n.Bench.LookAgainAtControls})
	n.Release = release.New(release.Options{DB: n.DB, Zone: n.zone, Log: n.log, Key: n.key, Draw: n.draw, Tubes: n.Desk.NewTube})
	n.privacy = privacy.New(privacy.Options{DB: n.DB})
	p := &pulled{visits: map[lab.ID]bool{}}
	n.Agent, err = agent.New(agent.Options{
		DB: n.DB, Key: n.key, Version: o.Version, Logger: n.log, Clock: n.clock, Applied: p.applied, Settled: p.settled, Renumber: renumber,
		LookAhead: n.privacy.LookAhead, Erase: n.privacy.Forget,
	})
	if err != nil {
		return err
	}
	n.live = httpkit.NewLive(httpkit.LiveOptions{Log: n.log})
	n.health = telemetry.NewHealth(n.clock)
	n.dbCheck, n.lineCheck = n.health.Register("database", true), n.health.Register("lines", false)
	n.keepSpace()
	n.lines(o, profiles)
	return nil
}

// lines makes what watches the analyzers' lines and holds those open that begin at the node.
func (n *Node) lines(o Options, profiles *profile.Set) {
	n.tapes = line.NewTapes(n.DB.NewID, n.clock, n.zone, n.touchLine)
	n.archive = line.New(line.Options{DB: n.DB, Zone: n.zone, Profiles: profiles, Tapes: n.tapes, Version: o.Version})
	n.keeper = line.NewKeeper(line.KeeperOptions{DB: n.DB, Log: n.log, Board: n.board, Host: n.host(), Tapes: n.tapes, Profiles: profiles})
	n.dialects = dialect.New(n.DB, profiles, n.log)
	n.finder = line.NewFinder(line.FinderOptions{Keeper: n.keeper, Profiles: profiles, Now: n.clock, Touched: n.touchLine})
}

// certificates opens or makes the lab's own authority and the server's certificate.
func (n *Node) certificates() error {
	name, err := os.Hostname()
	if err != nil {
		name = "node"
	}
	if n.authority, err = httpkit.OpenAuthority(n.config.TLSDir(), "Jaanch lab "+name, n.clock()); err != nil {
		return err
	}
	n.certs, err = httpkit.NewCertificates(n.authority, n.config.TLSDir(), func() []string { return httpkit.LocalHosts(name, name+".local") }, n.clock, n.log)
	return err
}

// route builds the handler: guards, health, API, and the UI under everything else.
func (n *Node) route(o Options) error {
	registry := telemetry.NewRegistry(o.Version)
	router, err := httpkit.NewRouter(httpkit.RouterOptions{Log: n.log, HTTP: telemetry.NewHTTP(registry, n.log, time.Now)})
	if err != nil {
		return err
	}
	sessions := httpkit.NewSessions(n.sessions.store, httpkit.SessionOptions{Now: n.clock})
	router.Use(api.Remote, n.guard.Middleware, sessions.Middleware)
	router.Method(http.MethodGet, "/api/v1/health", n.health.LiveHandler())
	router.Method(http.MethodGet, "/api/v1/ready", n.health.ReadyHandler())
	router.Method(http.MethodGet, "/metrics", telemetry.MetricsHandler(registry))
	ca := httpkit.CAHandler(n.authority, portOf(n.config.ListenTLS))
	router.Method(http.MethodGet, "/ca", ca)
	router.Method(http.MethodGet, "/ca.crt", ca)
	look := overview.New(overview.Options{DB: n.DB, Zone: n.zone, Devices: n.Bench.Instruments, Critical: n.Release.CriticalCalls})
	n.Routes = api.Mount(router, api.Services{
		Desk: n.Desk, Bench: n.Bench, Quality: n.Quality, Release: n.Release, Office: n.Office, Privacy: n.privacy, Overview: look, Conflict: conflict.New(conflict.Options{DB: n.DB, Peers: n.Agent.Peers}), Sync: &syncer{agent: n.Agent, office: n.Office}, Sessions: sessions,
		Lines: n.archive, Finder: n.finder, Dialects: n.dialects, Live: n.live, Now: n.clock, Version: o.Version, NodeCode: n.nodeCode, Network: n.network, Labels: n.labels,
	})
	if o.UI != nil {
		ui, err := httpkit.NewUI(o.UI, "Jaanch node")
		if err != nil {
			return err
		}
		router.NotFound(ui.ServeHTTP)
	}
	n.handler = router
	return nil
}

func (n *Node) labels(list []label.Label) ([]byte, error) { return n.draw.Labels(list) }

// Handler gives the whole HTTP face, for tests and for servers of the caller's own.
func (n *Node) Handler() http.Handler { return n.handler }

// Close closes what Open opened.
func (n *Node) Close() error {
	var err error
	if n.live != nil {
		n.live.Close()
	}
	if n.sessions != nil {
		n.sessions.store.StopCleanup()
		err = n.sessions.db.Close()
	}
	if n.DB != nil {
		err = errors.Join(err, n.DB.Close())
	}
	return errors.Join(err, n.lock.Release())
}

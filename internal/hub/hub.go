// Package hub puts the hub together: database, sync, API, UI and the jobs that keep it tidy. The process holds no truth
// of its own: any number of them may run against one database, and each may be stopped at any time.
package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/api"
	"jaanch/internal/hub/conflict"
	"jaanch/internal/hub/dashboard"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/people"
	"jaanch/internal/hub/throttle"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
	"jaanch/internal/sync/wire"
	"jaanch/internal/telemetry"
)

// Hub is one replica.
type Hub struct {
	Fleet  *fleet.Fleet
	People *people.People
	Ingest *ingest.Ingest
	// Outside is what leaves to and comes from outside services; nil without a sealing key.
	Outside *outside.Outside

	config  Config
	db      *postgres.DB
	codec   *wire.Codec
	logger  *slog.Logger
	clock   func() time.Time
	handler http.Handler
	health  *telemetry.Health
	dbCheck *telemetry.Check
}

// Options are what a hub needs besides its configuration.
type Options struct {
	Config  Config
	URL     telemetry.Secret // of the database
	Logger  *slog.Logger
	Version string
	UI      fs.FS            // the built browser app; nil for none
	Clock   func() time.Time // time.Now
	// WeakPasswords makes hashing cheap, for tests alone.
	WeakPasswords bool
}

// New connects to the database, brings it up to date where the configuration says so, and puts the parts together.
func New(ctx context.Context, o Options) (*Hub, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	db, err := postgres.Open(ctx, o.URL.Reveal())
	if err != nil {
		return nil, err
	}
	h := &Hub{config: o.Config, db: db, logger: o.Logger, clock: o.Clock}
	if err := h.assemble(ctx, o); err != nil {
		db.Close()
		return nil, err
	}
	return h, nil
}

// NewID makes an id by the system's clock and random source.
func NewID() lab.ID { return lab.ID(uuid.Must(uuid.NewV7())) }

func (h *Hub) assemble(ctx context.Context, o Options) error {
	if o.Config.Migrate {
		if err := h.db.Migrate(ctx, h.clock()); err != nil {
			return err
		}
	}
	if err := h.db.CheckSchema(ctx); err != nil {
		return err
	}
	cost := httpkit.PasswordOptions{}
	if o.WeakPasswords {
		cost = httpkit.PasswordOptions{MemoryKiB: 64, Passes: 1}
	}
	passwords, err := httpkit.NewPasswords(cost)
	if err != nil {
		return err
	}
	if h.codec, err = wire.NewCodec(); err != nil {
		return err
	}
	schema := engine.NewSchema(journal.Schema())
	h.Fleet = &fleet.Fleet{DB: h.db, Clock: h.clock, NewID: NewID, Logger: h.logger}
	h.People = &people.People{DB: h.db, Passwords: passwords, Clock: h.clock, NewID: NewID}
	h.Ingest = &ingest.Ingest{DB: h.db, Schema: schema, Clock: h.clock, Logger: h.logger}
	if err := h.assembleOutside(); err != nil {
		return err
	}
	return h.route(o, schema)
}

// route builds the handler: guards, health, API, and the UI under everything else.
func (h *Hub) route(o Options, schema *engine.Schema) error {
	registry := telemetry.NewRegistry(o.Version)
	h.gauges(registry)
	h.health = telemetry.NewHealth(h.clock)
	h.dbCheck = h.health.Register("database", true)
	secure := h.config.TLSCert != "" || h.config.BehindTLS
	router, err := httpkit.NewRouter(httpkit.RouterOptions{Log: h.logger, HTTP: telemetry.NewHTTP(registry, h.logger, time.Now), HSTS: secure})
	if err != nil {
		return err
	}
	sessions := httpkit.NewSessions(pgxstore.NewWithCleanupInterval(h.db.Pool(), 0), httpkit.SessionOptions{Now: h.clock, BehindTLS: h.config.BehindTLS})
	router.Use(api.Remote, sessions.Middleware)
	router.Method(http.MethodGet, "/api/v1/health", h.health.LiveHandler())
	router.Method(http.MethodGet, "/api/v1/ready", h.health.ReadyHandler())
	router.Method(http.MethodGet, "/metrics", telemetry.MetricsHandler(registry))
	if err := h.mountOutside(router.Handle, secure); err != nil {
		return err
	}
	api.Mount(router, api.Services{
		Fleet: h.Fleet, Ingest: h.Ingest, People: h.People, Sessions: sessions, Codec: h.codec, Clock: h.clock, Logger: h.logger, Version: o.Version,
		Dashboard:  &dashboard.Dashboard{DB: h.db, Schema: schema, Fleet: h.Fleet, Clock: h.clock},
		Conflict:   &conflict.Desk{DB: h.db, Schema: schema, Ingest: h.Ingest, Fleet: h.Fleet, Clock: h.clock},
		Throttle:   throttle.New(h.db, func() { h.logger.Warn("many failed log-ins or enrolments") }),
		MaxBatches: h.config.MaxBatches, Outside: h.Outside,
	})
	if o.UI != nil {
		ui, err := httpkit.NewUI(o.UI, "Jaanch hub")
		if err != nil {
			return err
		}
		router.NotFound(ui.ServeHTTP)
	}
	h.handler = router
	return nil
}

// gauges tells Prometheus about the database's pool.
func (h *Hub) gauges(registry *prometheus.Registry) {
	for name, read := range map[string]func() float64{
		"jaanch_hub_database_connections":      func() float64 { return float64(h.db.Pool().Stat().TotalConns()) },
		"jaanch_hub_database_connections_busy": func() float64 { return float64(h.db.Pool().Stat().AcquiredConns()) },
	} {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: "Connections of this replica to Postgres."}, read))
	}
}

// Handler gives the whole HTTP face, for tests and for servers of the caller's own.
func (h *Hub) Handler() http.Handler { return h.handler }

// Close ends the connections to the database.
func (h *Hub) Close() {
	h.codec.Close()
	h.db.Close()
}

// Serve answers on the listener until the context ends, then lets running requests finish for ten seconds. Ready is
// called once the hub answers.
func (h *Hub) Serve(ctx context.Context, listener net.Listener, ready func()) error {
	server := httpkit.NewServer(h.handler, h.logger)
	server.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	if h.config.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(h.config.TLSCert, h.config.TLSKey)
		if err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	}
	jobs, err := h.startJobs(ctx)
	if err != nil {
		return err
	}
	var others sync.WaitGroup
	watch, stopWatch := context.WithCancel(ctx)
	others.Go(func() { h.watchDatabase(watch) })
	if h.Outside != nil {
		others.Go(func() { h.Outside.Sweep(watch, sweepEvery) })
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopWatch()
	others.Wait()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = errors.Join(err, jobs.Stop(grace))
	if shutdown := server.Shutdown(grace); shutdown != nil {
		err = errors.Join(err, server.Close())
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// watchDatabase keeps the readiness check true.
func (h *Hub) watchDatabase(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, 3*time.Second)
		if err := h.db.Ping(limited); err == nil {
			h.dbCheck.OK()
		} else if ctx.Err() == nil {
			h.dbCheck.Failed("The database does not answer. Nodes keep their changes and send them later.")
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

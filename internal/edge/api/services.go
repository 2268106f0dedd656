package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/conflict"
	"jaanch/internal/edge/dialect"
	"jaanch/internal/edge/line"
	"jaanch/internal/edge/overview"
	"jaanch/internal/edge/privacy"
	"jaanch/internal/edge/quality"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/label"
)

// Services are the use cases behind the operations.
type Services struct {
	Desk     *reception.Desk
	Bench    *bench.Bench
	Quality  *quality.Quality
	Release  *release.Desk
	Office   *setup.Office
	Privacy  *privacy.Office
	Overview *overview.Overview
	Sync     Syncer
	Conflict *conflict.Desk
	Lines    *line.Archive
	Finder   *line.Finder
	Dialects *dialect.Desk
	Sessions *httpkit.Sessions
	Live     *httpkit.Live
	Now      func() time.Time
	Version  string
	NodeCode func() identifier.Node                       // a code for a lab that is founded now
	Network  func(context.Context) (setup.Network, error) // how other PCs reach this node
	Labels   func([]label.Label) ([]byte, error)          // draws a sheet of labels
}

// Syncer is what the screens need of the connection with the hub.
type Syncer interface {
	Sync(ctx context.Context) (setup.Sync, error)
	Log(ctx context.Context) (setup.SyncLog, error)
	Enrol(ctx context.Context, actor lab.Actor, in setup.Enrol) (setup.Sync, error)
	Now(ctx context.Context) (setup.Sync, error)
	Pause(ctx context.Context, actor lab.Actor) (setup.Sync, error)
	Resume(ctx context.Context, actor lab.Actor) (setup.Sync, error)
	Confirm(ctx context.Context, actor lab.Actor) (setup.Sync, error)
}

// Mount puts all operations onto a router that has the session middleware already, and gives the routes.
func Mount(router chi.Router, s Services) []Route {
	r := &routes{api: httpkit.NewAPI(router, info(s.Version)), s: s, now: s.Now}
	r.all()
	router.Method(http.MethodGet, "/api/v1/live", s.Live.Handler(func(req *http.Request) (httpkit.Subscriber, error) {
		session, err := httpkit.SessionOf(req.Context())
		return httpkit.Subscriber{Session: session.ID}, err
	}))
	return r.list
}

// Remote puts the peer's address into the context, for the throttle of log-ins.
func Remote(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), remoteKey{}, httpkit.RemoteIP(r))))
	})
}

type remoteKey struct{}

func remoteOf(ctx context.Context) string {
	ip, ok := ctx.Value(remoteKey{}).(string)
	if !ok {
		return ""
	}
	return ip
}

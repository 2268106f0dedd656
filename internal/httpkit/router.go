package httpkit

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// MaxBody is the default limit of a request body in bytes. Uploads and sync raise it on their own routes.
const MaxBody = 1 << 20

// RouterOptions say how the shared guards are set.
type RouterOptions struct {
	Log            *slog.Logger
	HTTP           *telemetry.HTTP // nil leaves requests uncounted, for tests
	HSTS           bool            // the hub, behind a public certificate
	TrustedOrigins []string        // scheme://host[:port] of other origins whose browsers may change things; normally none
}

// NewRouter makes a router with every guard in its place: request id, metrics, recovery from panics, security headers,
// refusal of cross-origin changes, and no-store on everything under /api.
func NewRouter(o RouterOptions) (*chi.Mux, error) {
	if o.Log == nil {
		o.Log = telemetry.Discard()
	}
	guard, err := crossOrigin(o.TrustedOrigins)
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(telemetry.RequestIDs)
	if o.HTTP != nil {
		r.Use(o.HTTP.Middleware)
	}
	r.Use(recoverer(o.Log), headers(o.HSTS), limitBody, guard)
	r.NotFound(func(w http.ResponseWriter, req *http.Request) {
		WriteProblem(w, req, lab.NotFound("route_unknown", "There is nothing at this address."))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		WriteProblem(w, req, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take that method."))
	})
	return r, nil
}

// crossOrigin refuses changes that another site's page asks for in the name of a logged-in browser.
func crossOrigin(trusted []string) (func(http.Handler) http.Handler, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trusted origin: %w", err)
		}
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteProblem(w, r, lab.Forbidden("cross_origin", "This request came from another site and was refused."))
	}))
	return p.Handler, nil
}

// recoverer turns a panic into a 500 and a log line with the stack. The panic's own text may hold anything and is
// cleaned like an error's.
func recoverer(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { //nolint:contextcheck // the request carries it
				v := recover()
				if v == nil {
					return
				}
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				log.ErrorContext(r.Context(), "panic in a handler", "err", fmt.Errorf("%v", v), "stack", string(debug.Stack()))
				WriteProblem(w, r, errors.New("panic"))
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// headers sets what every answer carries. Pages set their own Content-Security-Policy over the strict one that stands
// here for everything else.
func headers(hsts bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Permissions-Policy", "geolocation=(), microphone=(), payment=(), usb=()")
			if strings.HasPrefix(r.URL.Path, "/api/") {
				h.Set("Cache-Control", "no-store")
			}
			if hsts {
				h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// limitBody refuses bodies that say they are too large, and cuts those that do not say. huma has the same limit for
// its own operations; AllowBody raises this one for a route.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := &bodyLimit{w: w, original: r.Body}
		if r.Body != nil && r.Body != http.NoBody {
			limit.allow(MaxBody)
			r.Body = limit
		}
		next.ServeHTTP(w, r)
	})
}

// AllowBody raises the body limit of the routes behind it, in bytes. For a huma operation set MaxBodyBytes as well.
func AllowBody(limit int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b, ok := r.Body.(*bodyLimit); ok {
				b.allow(limit)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// NewServer makes a server whose limits hold off slow and oversized clients. The caller gives it a listener and shuts it
// down.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      120 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

package telemetry

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewRegistry makes the metrics registry of a program, with what the Go runtime and the process tell about themselves.
// Parts of the program register their own metrics at it; nothing uses Prometheus' global registry.
func NewRegistry(version string) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "jaanch_build_info",
		Help:        "Always 1; the label tells the version of the program.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build,
	)
	return reg
}

// MetricsHandler serves the registry in Prometheus' format.
func MetricsHandler(reg *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// HTTP watches requests: it counts and times them by route pattern, and logs each one without its address, so that no
// id, name or number out of a path ever becomes a label or a log line.
type HTTP struct {
	log      *slog.Logger
	now      func() time.Time
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewHTTP registers the HTTP metrics. now is a clock that moves forward (time.Now).
func NewHTTP(reg prometheus.Registerer, log *slog.Logger, now func() time.Time) *HTTP {
	h := &HTTP{
		log: log,
		now: now,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jaanch_http_requests_total",
			Help: "Requests answered, by method, route pattern and status.",
		}, []string{keyMethod, keyRoute, "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "jaanch_http_request_seconds",
			Help:    "Time from the head of the request to the end of the answer, by method and route pattern.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{keyMethod, keyRoute}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "jaanch_http_requests_in_flight",
			Help: "Requests being answered now, open websockets included.",
		}),
	}
	reg.MustRegister(h.requests, h.duration, h.inFlight)
	return h
}

// Middleware goes onto a chi router, outside of everything that answers.
func (h *HTTP) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := h.now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		h.inFlight.Inc()
		defer func() {
			h.inFlight.Dec()
			h.record(r, ww.Status(), ww.BytesWritten(), h.now().Sub(start))
		}()
		next.ServeHTTP(ww, r)
	})
}

func (h *HTTP) record(r *http.Request, status, size int, elapsed time.Duration) {
	if status == 0 {
		status = http.StatusOK
	}
	method, route := knownMethod(r.Method), routeOf(r)
	h.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if status != http.StatusSwitchingProtocols {
		h.duration.WithLabelValues(method, route).Observe(elapsed.Seconds())
	}
	level := slog.LevelDebug
	if status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	h.log.Log(r.Context(), level, "request", keyMethod, method, keyRoute, route, "status", status,
		"bytes", size, "elapsed_ms", elapsed.Milliseconds())
}

// routeOf gives the pattern of the route, which is written by us, never the path, which is written by a client.
func routeOf(r *http.Request) string {
	if rc := chi.RouteContext(r.Context()); rc != nil {
		if p := rc.RoutePattern(); p != "" {
			return p
		}
	}
	return "unmatched"
}

func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return m
	default:
		return "other"
	}
}

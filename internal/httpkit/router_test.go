package httpkit_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jaanch/internal/httpkit"
	"jaanch/internal/telemetry"
)

func TestForgedOriginIsRefused(t *testing.T) {
	t.Parallel()
	h, _, _ := newAPI(t, nil)
	for _, tc := range []struct {
		name   string
		header []string
		status int
	}{
		{"another site", []string{"Origin", "https://evil.example"}, 403},
		{"another site by fetch metadata", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a sibling site", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://other.localhost"}, 403},
		{"our own page", []string{"Origin", "http://localhost"}, 200},
		{"our own page by fetch metadata", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"a program", nil, 200},
	} {
		w := post(h, goodBody, tc.header...)
		if w.Code != tc.status {
			t.Errorf("%s: %d, want %d", tc.name, w.Code, tc.status)
		}
		if tc.status == 403 && problemOf(t, w).Code != "cross_origin" {
			t.Errorf("%s: %s", tc.name, w.Body)
		}
	}
}

func TestTrustedOriginMustBeAnOrigin(t *testing.T) {
	t.Parallel()
	if _, err := httpkit.NewRouter(httpkit.RouterOptions{TrustedOrigins: []string{"https://a.example/path"}}); err == nil {
		t.Error("an address with a path was taken for an origin")
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h, _, _ := newAPI(t, nil)
	got := post(h, goodBody).Header()
	for name, want := range map[string]string{
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Cache-Control":             "no-store",
		"X-Frame-Options":           "DENY",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	if !strings.HasPrefix(got.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("policy %q", got.Get("Content-Security-Policy"))
	}
}

func TestUnknownAddressAndMethod(t *testing.T) {
	t.Parallel()
	h, _, _ := newAPI(t, nil)
	for _, tc := range []struct {
		method, path string
		status       int
		code         string
	}{
		{http.MethodGet, "/api/v1/nothing", 404, "route_unknown"},
		{http.MethodTrace, "/api/v1/patients", 405, "method_not_allowed"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tc.method, tc.path, nil))
		if p := problemOf(t, w); w.Code != tc.status || p.Code != tc.code {
			t.Errorf("%s %s: %d %s", tc.method, tc.path, w.Code, p.Code)
		}
	}
}

func TestPanicIsAnAnswerAndALogLineWithoutItsText(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	router, err := httpkit.NewRouter(httpkit.RouterOptions{Log: telemetry.NewLogger(&logged, telemetry.LogOptions{})})
	if err != nil {
		t.Fatal(err)
	}
	router.Get("/boom", func(http.ResponseWriter, *http.Request) { panic(`index of "Planted Name"`) })
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/boom", nil))
	if p := problemOf(t, w); w.Code != 500 || p.Code != "internal" {
		t.Errorf("%d %+v", w.Code, p)
	}
	if s := logged.String(); !strings.Contains(s, "router_test.go") || strings.Contains(s, "Planted") {
		t.Errorf("log: %s", s)
	}
}

func TestBodyLimitOutsideOfOperations(t *testing.T) {
	t.Parallel()
	router, err := httpkit.NewRouter(httpkit.RouterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	read := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			httpkit.WriteProblem(w, r, err)
		}
	}
	router.Post("/small", read)
	router.With(httpkit.AllowBody(4*httpkit.MaxBody)).Post("/large", read)
	for path, want := range map[string]int{"/small": 413, "/large": 200} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(make([]byte, 2*httpkit.MaxBody))))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestServerLimits(t *testing.T) {
	t.Parallel()
	s := httpkit.NewServer(http.NotFoundHandler(), telemetry.Discard())
	if s.ReadHeaderTimeout != 5*time.Second || s.MaxHeaderBytes != 32<<10 {
		t.Errorf("slow headers: %s, %d bytes", s.ReadHeaderTimeout, s.MaxHeaderBytes)
	}
	if s.ReadTimeout == 0 || s.WriteTimeout == 0 || s.IdleTimeout == 0 {
		t.Error("a timeout is missing")
	}
}

// The labels and the log hold the pattern of a route, never what a client put into the path.
func TestMetricsNameRoutesNotPaths(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	log := telemetry.NewLogger(&logged, telemetry.LogOptions{Level: slog.LevelDebug})
	reg := prometheus.NewRegistry()
	router, err := httpkit.NewRouter(httpkit.RouterOptions{Log: log, HTTP: telemetry.NewHTTP(reg, log, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	router.Get("/api/v1/patients/{id}", func(http.ResponseWriter, *http.Request) {})
	for _, path := range []string{"/api/v1/patients/planted-id", "/planted/nowhere"} {
		router.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	w := httptest.NewRecorder()
	telemetry.MetricsHandler(reg).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`jaanch_http_requests_total{method="GET",route="/api/v1/patients/{id}",status="200"} 1`,
		`jaanch_http_requests_total{method="GET",route="unmatched",status="404"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "planted") || strings.Contains(logged.String(), "planted") {
		t.Error("a path became a label or a log line")
	}
	if !strings.Contains(logged.String(), `"route":"/api/v1/patients/{id}"`) {
		t.Errorf("log: %s", logged.String())
	}
}

func TestConcurrencyShedsAtOnce(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	h := httpkit.Concurrency(1)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-leave
	}))
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	<-entered
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	close(leave)
	<-finished
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	h := httpkit.RateLimit(2, time.Hour, nil)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	var last *httptest.ResponseRecorder
	for range 3 {
		last = httptest.NewRecorder()
		h.ServeHTTP(last, httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", last.Code, last.Header().Get("Retry-After"))
	}
	other := httptest.NewRequest(http.MethodGet, "/", nil)
	other.RemoteAddr = "198.51.100.7:1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, other)
	if w.Code != 200 {
		t.Errorf("another address was limited too: %d", w.Code)
	}
}

func TestTrustProxies(t *testing.T) {
	t.Parallel()
	if _, err := httpkit.TrustProxies("10.0.0.1"); err == nil {
		t.Error("an address was taken for a network")
	}
	trust, err := httpkit.TrustProxies("10.0.0.0/8", "::1/128")
	if err != nil {
		t.Fatal(err)
	}
	var seen string
	h := trust(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = httpkit.RemoteIP(r) }))
	for _, tc := range []struct{ name, peer, forwarded, want string }{
		{"no proxy", "203.0.113.7:5", "", "203.0.113.7"},
		{"a stranger who says he is somebody else", "203.0.113.7:5", "198.51.100.1", "203.0.113.7"},
		{"our proxy", "10.0.0.2:5", "198.51.100.1", "198.51.100.1"},
		{"two proxies of ours", "10.0.0.2:5", "198.51.100.1, 10.0.0.3", "198.51.100.1"},
		{"a forged head of the list", "10.0.0.2:5", "127.0.0.1, 198.51.100.1", "198.51.100.1"},
		{"our proxy without a list", "10.0.0.2:5", "", "10.0.0.2"},
		{"noise", "10.0.0.2:5", "198.51.100.1, unknown", "10.0.0.2"},
		{"IPv6", "[::1]:5", "2001:db8::7", "2001:db8::7"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tc.peer
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if seen != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, seen, tc.want)
		}
	}
}

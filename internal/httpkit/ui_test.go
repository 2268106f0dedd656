package httpkit_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"jaanch/internal/httpkit"
)

func dist() fstest.MapFS {
	return fstest.MapFS{
		"index.html":       {Data: []byte(`<meta name="csp-nonce" content="__CSP_NONCE__"><script src="/assets/a-1f.js"></script>`)},
		"assets/a-1f.js":   {Data: []byte(strings.Repeat("let a = 1;\n", 200))},
		"assets/i-2.woff2": {Data: []byte("font")},
		"favicon.svg":      {Data: []byte("<svg/>")},
		".gitkeep":         {Data: []byte("")},
	}
}

func TestUI(t *testing.T) {
	t.Parallel()
	ui, err := httpkit.NewUI(dist(), "Jaanch node")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		method, path string
		status       int
		contentType  string
		cache        string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/results/0193", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/index.html", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/assets/a-1f.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"HEAD", "/assets/i-2.woff2", 200, "font/woff2", "public, max-age=31536000, immutable"},
		{"GET", "/favicon.svg", 200, "image/svg+xml", "no-cache"},
		{"GET", "/assets/gone.js", 404, httpkit.ProblemType, "no-store"},
		{"GET", "/.gitkeep", 404, httpkit.ProblemType, "no-store"},
		{"GET", "/api/v1/nothing", 404, httpkit.ProblemType, "no-store"},
		{"GET", "/../../etc/passwd", 200, "text/html; charset=utf-8", "no-store"}, // the app's own page, nothing else
		{"POST", "/", 405, httpkit.ProblemType, "no-store"},
	} {
		r := httptest.NewRequest(tc.method, "http://localhost/", nil)
		r.URL.Path = tc.path
		w := httptest.NewRecorder()
		ui.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != tc.status || h.Get("Content-Type") != tc.contentType || h.Get("Cache-Control") != tc.cache {
			t.Errorf("%s %s: %d %q %q", tc.method, tc.path, w.Code, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
	}
}

func TestUINonceIsFreshAndInThePolicy(t *testing.T) {
	t.Parallel()
	ui, err := httpkit.NewUI(dist(), "Jaanch node")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		w := httptest.NewRecorder()
		ui.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		nonce := between(w.Body.String(), `content="`, `"`)
		policy := w.Header().Get("Content-Security-Policy")
		if len(nonce) < 22 || seen[nonce] || !strings.Contains(policy, "style-src 'self' 'nonce-"+nonce+"'") {
			t.Errorf("nonce %q, policy %q", nonce, policy)
		}
		seen[nonce] = true
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-src 'self'", "worker-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("no %q in %q", want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("policy %q", policy)
		}
	}
}

func TestUICompressionAndRevalidation(t *testing.T) {
	t.Parallel()
	ui, err := httpkit.NewUI(dist(), "Jaanch node")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/assets/a-1f.js", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	ui.ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 500 {
		t.Fatalf("%q, %d bytes", w.Header().Get("Content-Encoding"), w.Body.Len())
	}
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(zr); err != nil || string(body) != string(dist()["assets/a-1f.js"].Data) {
		t.Errorf("%v: %q", err, body)
	}
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	ui.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified {
		t.Errorf("%d", again.Code)
	}
}

func TestUIPlaceholder(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{"empty": {}, "placeholder": {".gitkeep": {}}} {
		ui, err := httpkit.NewUI(files, "Jaanch node")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w := httptest.NewRecorder()
		ui.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), "Jaanch node is running") || strings.Contains(w.Body.String(), "__") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestPDFAndUpload(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpkit.ServePDF(w, "report.pdf", []byte("%PDF"))
	if w.Header().Get("Content-Security-Policy") != "frame-ancestors 'self'" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "inline") {
		t.Errorf("%v", w.Header())
	}
	w = httptest.NewRecorder()
	httpkit.ServeUpload(w, "scan.pdf", "application/pdf", []byte("%PDF"))
	if !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%v", w.Header())
	}
}

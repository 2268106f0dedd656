package httpkit

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"jaanch/internal/lab"
)

// noncePlaceholder stands in index.html where the nonce of the page goes.
const noncePlaceholder = "__CSP_NONCE__"

// UI serves a single-page app out of a file system, normally an embedded one.
type UI struct {
	files map[string]*asset
	index string // with the nonce's placeholder; "" when the app was not built
	name  string
}

type asset struct {
	body        []byte
	etag        string
	contentType string
	immutable   bool
	gzipped     func() []byte // nil when it would not help
}

// NewUI reads the built app. dist is the folder that holds index.html; when it does not, a page says how to build it.
// name is the program's, for that page.
func NewUI(dist fs.FS, name string) (*UI, error) {
	ui := &UI{files: make(map[string]*asset), name: name}
	err := fs.WalkDir(dist, ".", func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && p == "." {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(p), ".") {
			return err
		}
		body, err := fs.ReadFile(dist, p)
		if err != nil {
			return fmt.Errorf("file %s: %w", p, err)
		}
		if p == "index.html" {
			ui.index = string(body)
			return nil
		}
		ui.files[p] = newAsset(p, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read user interface: %w", err)
	}
	return ui, nil
}

func newAsset(p string, body []byte) *asset {
	sum := sha256.Sum256(body)
	a := &asset{
		body: body, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, contentType: contentType(p),
		immutable: strings.HasPrefix(p, "assets/"), // Vite puts a hash into every name there
	}
	if strings.HasPrefix(a.contentType, "text/") || strings.HasSuffix(a.contentType, "json") ||
		strings.HasPrefix(a.contentType, "image/svg") {
		a.gzipped = sync.OnceValue(func() []byte { return gzipped(body) })
	}
	return a
}

// contentType does not ask the machine's MIME table, which on Windows is the registry and often wrong.
func contentType(p string) string {
	switch path.Ext(p) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".json", ".webmanifest", ".map":
		return "application/json"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func gzipped(body []byte) []byte {
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	_, err := zw.Write(body)
	if err = errors.Join(err, zw.Close()); err != nil {
		return body // a bytes.Buffer does not fail
	}
	return out.Bytes()
}

// ServeHTTP gives a file, or for any other address of the app the page itself with a fresh nonce.
func (ui *UI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		WriteProblem(w, r, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This address only shows pages."))
		return
	}
	p := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if a, ok := ui.files[p]; ok {
		a.serve(w, r)
		return
	}
	if strings.HasPrefix(p, "api/") || p == "api" || (path.Ext(p) != "" && p != "index.html") {
		WriteProblem(w, r, lab.NotFound("route_unknown", "There is nothing at this address."))
		return
	}
	ui.page(w)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", a.etag)
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body := a.body
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", strings.TrimSuffix(a.etag, `"`)+`-gz"`)
			body = a.gzipped()
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func (ui *UI) page(w http.ResponseWriter) {
	nonce := newNonce()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pagePolicy(nonce))
	if ui.index == "" {
		writePage(w, strings.ReplaceAll(placeholderPage, "__NAME__", ui.name), nonce)
		return
	}
	writePage(w, ui.index, nonce)
}

// pagePolicy is the Content-Security-Policy of the apps: nothing from outside, no inline script, inline style only by
// nonce, frames and workers of our own.
func pagePolicy(nonce string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data:; " +
		"connect-src 'self'; font-src 'self'; frame-src 'self'; worker-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// placeholderPage is what a program built without its app shows, so that Go builds without Node.
const placeholderPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>__NAME__</title>
<style nonce="__CSP_NONCE__">body{font:16px/1.6 system-ui,sans-serif;max-width:40em;margin:12vh auto;padding:0 1em}</style></head>
<body><h1>__NAME__ is running</h1><p>This program was built without its user interface. Build it with <code>make build</code>
and start it again. The API is at <a href="/api/docs">/api/docs</a>.</p></body></html>`

// newNonce gives 128 random bits in base 32.
func newNonce() string { return rand.Text() }

func writePage(w http.ResponseWriter, page, nonce string) {
	_, _ = w.Write([]byte(strings.ReplaceAll(page, noncePlaceholder, nonce))) // the client hung up; nobody to tell
}

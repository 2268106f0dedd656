package httpkit

import (
	_ "embed"
	"net/http"
)

//go:embed docs.html
var docsPage string

// serveDocs gives the readable form of the API: one page of ours, without anything from outside, that draws
// /api/openapi.json.
func serveDocs(w http.ResponseWriter, _ *http.Request) {
	nonce := newNonce()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; script-src 'nonce-"+nonce+
		"'; style-src 'nonce-"+nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	writePage(w, docsPage, nonce)
}

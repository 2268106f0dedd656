package httpkit

import (
	"net/http"
	"strconv"
)

// ServePDF answers with a PDF of our own, shown inside our own pages. The file name is made of ids and numbers that we
// gave, never of a person's name, since it ends up in download folders and histories.
func ServePDF(w http.ResponseWriter, fileName string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", "inline; filename="+strconv.Quote(fileName))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "frame-ancestors 'self'")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	_, _ = w.Write(body) // the client hung up; there is nobody to tell
}

// ServeUpload answers with a file that somebody uploaded: always as a download and in a sandbox, so that nothing in it
// runs in our origin.
func ServeUpload(w http.ResponseWriter, fileName, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", "attachment; filename="+strconv.Quote(fileName))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(body) // the client hung up; there is nobody to tell
}

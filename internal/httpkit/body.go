package httpkit

import (
	"errors"
	"io"
	"net/http"

	"jaanch/internal/lab"
)

// bodyLimit is a request body with a limit that a route may still raise before the first byte is read.
type bodyLimit struct {
	w        http.ResponseWriter
	original io.ReadCloser
	limited  io.ReadCloser
}

func (b *bodyLimit) allow(limit int64) { b.limited = http.MaxBytesReader(b.w, b.original, limit) }

func (b *bodyLimit) Read(p []byte) (int, error) {
	n, err := b.limited.Read(p)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		err = &lab.Error{Kind: lab.KindTooLarge, Code: "body_too_large", Message: "The request is too large.", Cause: err}
	}
	return n, err //nolint:wrapcheck // an io.Reader hands on io.EOF as it is
}

func (b *bodyLimit) Close() error { return b.original.Close() } //nolint:wrapcheck // a pass-through

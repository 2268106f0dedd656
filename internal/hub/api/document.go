package api

import (
	"io"

	"github.com/go-chi/chi/v5"

	"jaanch/internal/httpkit"
)

// Document writes the OpenAPI document. It needs nothing that runs.
func Document(w io.Writer, version string) error {
	return httpkit.WriteSpec(w, Mount(chi.NewRouter(), Services{Version: version}))
}

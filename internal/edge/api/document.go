package api

import (
	"io"
	"time"

	"github.com/go-chi/chi/v5"

	"jaanch/internal/httpkit"
)

// Document writes the OpenAPI 3.1 document of the node, without a database behind it.
func Document(w io.Writer, version string) error {
	router := chi.NewRouter()
	r := &routes{api: httpkit.NewAPI(router, info(version)), now: time.Now}
	r.all()
	return httpkit.WriteSpec(w, r.api)
}

func info(version string) httpkit.Info {
	return httpkit.Info{Title: "Jaanch node", Version: version, Description: "The node of one lab: reception, bench, verification and release. Patient data never stands in an address."}
}

// all mounts every operation; it reads like the index of the API.
func (r *routes) all() {
	r.session()
	r.setup()
	r.sync()
	r.conflicts()
	r.catalogue()
	r.reception()
	r.samples()
	r.bench()
	r.inbox()
	r.instruments()
	r.lines()
	r.quality()
	r.watching()
	r.dialects()
	r.release()
	r.privacyRoutes()
	r.overview()
}

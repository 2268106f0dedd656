package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
)

// Document gives the OpenAPI 3.1 document of the node as JSON, without a database behind it.
func Document(version string) ([]byte, error) {
	huma.DefaultArrayNullable = false
	cfg := huma.DefaultConfig("Jaanch node", version)
	cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", nil
	r := &routes{api: humachi.New(chi.NewRouter(), cfg)}
	r.all()
	raw, err := r.api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("indent the OpenAPI document: %w", err)
	}
	pretty.WriteByte('\n')
	return pretty.Bytes(), nil
}

// all mounts every operation; it reads like the index of the API.
func (r *routes) all() {
	r.session()
	r.setup()
	r.sync()
	r.catalogue()
	r.reception()
	r.samples()
	r.bench()
	r.inbox()
	r.instruments()
	r.release()
	r.overview()
}

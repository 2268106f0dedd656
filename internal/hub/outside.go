package hub

import (
	"net/http"
	"os"
	"strings"
	"time"

	"jaanch/internal/hub/files"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/seal"
	"jaanch/internal/hub/share"
)

// sweepEvery is how often the replicas look for what a killed one left behind.
const sweepEvery = 15 * time.Second

// assembleOutside puts the outside world together where there is a key to seal what it needs.
func (h *Hub) assembleOutside() error {
	if !h.config.SealKey.IsSet() {
		return nil
	}
	box, err := seal.New(h.config.SealKey)
	if err != nil {
		return err
	}
	store, err := files.NewDisk(h.config.filesDir())
	if err != nil {
		return err
	}
	h.Outside = outside.New(outside.Options{
		Ingest: h.Ingest, Schema: h.Ingest.Schema, Store: store, PublicURL: h.config.publicURL(),
		DB: h.db, Box: box, Clock: h.clock, NewID: NewID, Logger: h.logger, Env: os.Getenv,
		Hosts: strings.FieldsFunc(h.config.Hosts, func(r rune) bool { return r == ',' || r == ' ' }), Near: h.config.StandIns,
	})
	h.Ingest.Noted = h.Outside.Noted
	return nil
}

// mountOutside puts the hooks of services and the pages of patients onto the router.
func (h *Hub) mountOutside(handle func(pattern string, handler http.Handler), secure bool) error {
	if h.Outside == nil {
		return nil
	}
	pages, err := h.Outside.Share.Handler(secure)
	if err != nil {
		return err
	}
	handle(outside.HooksPath+"*", h.Outside.Hooks())
	handle(share.Path+"*", pages)
	return nil
}

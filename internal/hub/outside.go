package hub

import (
	"os"
	"strings"
	"time"

	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/seal"
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
	h.Outside = outside.New(outside.Options{
		DB: h.db, Box: box, Clock: h.clock, NewID: NewID, Logger: h.logger, Env: os.Getenv,
		Hosts: strings.FieldsFunc(h.config.Hosts, func(r rune) bool { return r == ',' || r == ' ' }), Near: h.config.StandIns,
	})
	return nil
}

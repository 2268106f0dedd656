//go:build linux

package main_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/simulate"
)

// TestProfileOnASerialLine plays the analyzer of one profile over a pseudo-terminal against a node that has the port in its
// set-up: upload, question and orders that come by themselves, all read in the database.
func TestProfileOnASerialLine(t *testing.T) {
	t.Parallel()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	all, err := simulate.Scripted(set)
	if err != nil {
		t.Fatal(err)
	}
	near, far := serialPair(t)
	data := filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	s := newScene(t, startNode(t, edgeBinary(t), data))
	for _, m := range all {
		if m.ID != "sysmex-xn" {
			continue
		}
		p := &played{t: t, s: s, model: m, set: set, number: 1, tests: testsOf(m, map[string]int{}), serial: &link.Serial{Device: far, Baud: 9600}}
		s.manager.must(http.MethodPost, "/instruments", bench.InstrumentInput{
			Name: "Counter", Profile: m.ID, Link: bench.Link{Kind: "serial", Port: near, Baud: 9600, Frame: "8N1"}, Enabled: true, Query: true, WindowDays: 7,
		}, &p.device)
		p.mapCodes()
		p.obeys()
	}
}

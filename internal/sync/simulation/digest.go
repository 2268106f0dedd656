package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Digest plays a history and gives a hash of all that the hub and the nodes hold in the end.
func Digest(p Plan) string {
	w := newWorld(p, NoMistake)
	err := w.play()
	h := sha256.New()
	fmt.Fprintf(h, "%v\n", err)
	s := w.hub.state
	for _, k := range sortedKeys(s.records) {
		r := s.records[k]
		fmt.Fprintf(h, "%v %v %d %d %v\n", k, r.Home, r.RV, r.Pos, r.Deleted)
		for _, f := range slices.Sorted(maps.Keys(r.Doc)) {
			fmt.Fprintf(h, "%d=%v\n", f, r.Doc[f])
		}
		for _, g := range slices.Sorted(maps.Keys(r.Groups)) {
			fmt.Fprintf(h, "%d %+v\n", g, r.Groups[g])
		}
	}
	for _, id := range s.order {
		c := s.conflicts[id]
		fmt.Fprintf(h, "%v %v %d %s %s %d\n", id, c.Key, c.Group, c.Kind, c.State, len(c.Clients))
	}
	for _, n := range w.nodes {
		for _, e := range n.store.entries() {
			fmt.Fprintf(h, "%x\n", e.Hash)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

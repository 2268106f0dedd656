package simulation

import (
	"jaanch/internal/lab"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// again finds the entries that another copy of the journal has brought before.
func (s *hubState) again(device lab.ID, items []wire.Item) map[int64]bool {
	out := map[int64]bool{}
	for i := range items {
		e := &items[i].Entry
		if !engine.Reissued(e) {
			continue
		}
		for j := range s.journal[device] {
			before := &s.journal[device][j].entry
			if before.Epoch < e.Epoch && engine.SameWrite(before, e) {
				out[e.Seq] = true
			}
		}
	}
	return out
}

package bench_test

import (
	"fmt"
	"slices"
	"testing"

	"jaanch/internal/edge"
	"jaanch/internal/measure"
)

// damaged gives the messages with a fault on one in a hundred: by turns a frame whose checksum is wrong, which is refused and
// sent again, and a frame that comes twice because its acknowledgement was lost.
func damaged(all []talk) []talk {
	out := slices.Clone(all)
	for i := 50; i < len(out); i += 100 {
		m := &out[i]
		frame := m.steps[len(m.steps)-1]
		if i%200 < 100 {
			bad := slices.Clone(frame)
			bad[10] ^= 1
			m.steps, m.refused = [][]byte{m.steps[0], bad, frame}, 1
			continue
		}
		m.steps = append(slices.Clone(m.steps), frame)
	}
	return out
}

// TestFiguresLinks uploads over 64 ASTM links at once, whole and with one fault in a hundred messages. Every result must be
// on its test once, whatever the line did.
func TestFiguresLinks(t *testing.T) {
	measure.Wanted(t)
	defer edge.Slack()() // the node has it too
	w := newWard(t, 1152, 1)
	whole := w.messages(true, func(i int, tube string) talk { return asAstm(w.astmRecords(i, tube), true) })
	const slice = 192
	var sides []measure.Side
	for name, all := range map[string][]talk{"whole": whole, "faulty": damaged(whole)} {
		address, db, stop := w.node(t, nil)
		defer stop()
		defer count(t, db, "matched", len(all)/slice*slice)
		s := &standing{t: t, wires: dial(t, address, 64), all: all, slice: slice}
		sides = append(sides, measure.Side{Name: name, Run: s.turn})
	}
	got := measure.Turns(len(whole)/slice, sides...)
	measure.Sheet(t, "64 ASTM links at once, one result a message", measure.Figure{
		What: "1 % of the messages with a damaged or a repeated frame", Measured: fmt.Sprintf("%.0f/s", got["faulty"].Median),
		Reference: fmt.Sprintf("the same without faults: %.0f/s", got["whole"].Median), Ratio: got["faulty"].Median / got["whole"].Median,
		Note: fmt.Sprintf("all %d results filed once", len(whole)),
	})
}

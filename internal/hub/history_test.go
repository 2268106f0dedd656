package hub_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/measure"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/ingest"
)

const (
	shortHistory  = 10_000
	longHistory   = 200_000 // JAANCH_BENCH_HISTORY takes its place
	changesAtOnce = 1000
)

// past is a node and a hub that have a history of so many results between them, all of it sent.
type past struct {
	*node

	world   *world
	results []lab.ID // of which a turn changes some, spread over the whole history
	tests   []lab.ID
	turn    int
}

func newPast(t *testing.T, size int) *past {
	t.Helper()
	w := setup(t)
	w.measured = true
	p := &past{node: w.node(t, 1, 0), world: w}
	p.update(func(tx *sqlite.Tx) error {
		for i := range changesAtOnce {
			id := tx.NewID()
			p.tests = append(p.tests, id)
			row := sqlite.Row{
				"code": fmt.Sprintf("T%d", i), "name": fmt.Sprintf("Test %d", i), "specimen": "blood", "draw": "edta", "unit": "g/dL", "unit_text": "g/dL",
				"department": "haematology", "kind": "numeric", "decimals": 1, "sensitive": 0, "position": i, "price": lab.Paise(15000), "report_min": 0, "active": 1,
			}
			if err := tx.Insert("test", id, row); err != nil {
				return err
			}
		}
		return nil
	})
	for at := 0; at < size; at += changesAtOnce {
		p.update(func(tx *sqlite.Tx) error {
			for i := at; i < at+changesAtOnce; i++ {
				id := tx.NewID()
				row := sqlite.Row{
					"order_test_id": tx.NewID(), "sample_id": tx.NewID(), "test_id": p.tests[i%len(p.tests)], "version": 1, "value": strconv.Itoa(i%90 + 10),
					"raw": "", "unit": "g/dL", "comparator": "", "interval_text": "12 – 15", "holds": "[]", "flag": "", "critical": 0, "source": "manual",
					"entered_ms": 1_790_000_000_000 + i, "content_hash": id[:],
				}
				if err := tx.Insert("result", id, row); err != nil {
					return err
				}
				if i%(size/changesAtOnce) == 0 {
					p.results = append(p.results, id)
				}
			}
			return nil
		})
		if at%50_000 == 0 {
			p.drain()
		}
	}
	p.drain()
	if got := w.count(t, "SELECT count(*) FROM journal"); got < int64(size) {
		t.Fatalf("the hub has %d entries of %d", got, size)
	}
	return p
}

// drain syncs until nothing waits.
func (p *past) drain() {
	p.t.Helper()
	for p.status().Pending > 0 {
		p.sync()
	}
}

// push changes 1,000 results and gives how many of those changes a second reached the hub.
func (p *past) push() float64 {
	p.turn++
	p.update(func(tx *sqlite.Tx) error {
		for _, id := range p.results {
			if err := tx.Change("result", id, nil, sqlite.Row{"comment": fmt.Sprintf("seen %d", p.turn)}); err != nil {
				return err
			}
		}
		return nil
	})
	began := time.Now()
	p.drain()
	return changesAtOnce / time.Since(began).Seconds()
}

// pull has the hub change 1,000 prices and gives how many of them a second reached the node.
func (p *past) pull() float64 {
	p.t.Helper()
	p.turn++
	price := int64(20_000 + p.turn)
	for _, id := range p.tests {
		edit := ingest.Edit{
			Org: p.world.org, Actor: lab.Actor{Kind: lab.ActorHub, ID: lab.ID{9}}, Reason: "price", Entity: "test", Record: id, Values: map[string]any{"price": price},
		}
		if _, err := p.world.hub.Ingest.Edit(context.Background(), edit); err != nil {
			p.t.Fatal(err)
		}
	}
	last := p.tests[len(p.tests)-1]
	began := time.Now()
	for p.text("test", "price", last) != strconv.FormatInt(price, 10) {
		p.sync()
	}
	rate := changesAtOnce / time.Since(began).Seconds()
	p.drain()
	return rate
}

// TestFiguresHistory pushes and pulls 1,000 changes on a node, and at a hub, with 10 thousand results and with many more:
// the cost must grow with the change, not with the history.
func TestFiguresHistory(t *testing.T) {
	measure.Wanted(t)
	size := longHistory
	if s := os.Getenv("JAANCH_BENCH_HISTORY"); s != "" {
		var err error
		if size, err = strconv.Atoi(s); err != nil || size < shortHistory {
			t.Fatalf("JAANCH_BENCH_HISTORY=%s: a number of results from %d on", s, shortHistory)
		}
	}
	short, long := newPast(t, shortHistory), newPast(t, size)
	got := measure.Turns(3,
		measure.Side{Name: "push short", Run: short.push}, measure.Side{Name: "push long", Run: long.push},
		measure.Side{Name: "pull short", Run: short.pull}, measure.Side{Name: "pull long", Run: long.pull})
	var figures []measure.Figure
	for _, what := range []string{"push", "pull"} {
		l, s := got[what+" long"].Median, got[what+" short"].Median
		figures = append(figures, measure.AtLeast(0.8, fmt.Sprintf("%s of 1,000 changes with %d results", what, size), fmt.Sprintf("%.0f changes/s", l),
			fmt.Sprintf("with %d results: %.0f changes/s", shortHistory, s), l/s, "node, hub and Postgres share two cores"))
	}
	measure.Sheet(t, "What the history costs", figures...)
}

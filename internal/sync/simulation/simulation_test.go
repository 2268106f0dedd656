package simulation_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"jaanch/internal/sync/simulation"
)

// number reads a number from the environment: make sim sets them.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}

// broken shrinks a failing history, and tells how to see it again.
func broken(t *testing.T, p simulation.Plan, err error) {
	t.Helper()
	small := simulation.Shrink(p, simulation.NoMistake)
	t.Fatalf("seed %d: %v\nagain: make sim SEED=%d\nthe smallest history that breaks %v:\n%v", p.Seed, err, p.Seed, simulation.Run(small, simulation.NoMistake), small)
}

// Every invariant holds over many histories. The race detector has nothing to find in one thread, so it sees fewer.
func TestSeeds(t *testing.T) {
	t.Parallel()
	if text := os.Getenv("JAANCH_SIM_SEED"); text != "" {
		p := simulation.NewPlan(number(t, "JAANCH_SIM_SEED", 0))
		if err := simulation.Run(p, simulation.NoMistake); err != nil {
			broken(t, p, err)
		}
		return
	}
	seeds := number(t, "JAANCH_SIM_SEEDS", 2000)
	if raceEnabled {
		seeds = min(seeds, 150)
	}
	for seed := range seeds {
		p := simulation.NewPlan(seed)
		if err := simulation.Run(p, simulation.NoMistake); err != nil {
			broken(t, p, err)
		}
	}
}

// Each mistake that is made on purpose is found. A run of go test looks at 200 seeds of each, and some are rarer than
// that; make sim looks at 10,000, and there all must be found.
func TestPlantedBugs(t *testing.T) {
	t.Parallel()
	if os.Getenv("JAANCH_SIM_SEED") != "" {
		t.Skip("one seed was asked for")
	}
	seeds := number(t, "JAANCH_SIM_BUGS", 200)
	if raceEnabled {
		seeds = min(seeds, 20)
	}
	var table strings.Builder
	table.WriteString("mistake | seeds needed | found by\n")
	found := 0
	for _, bug := range simulation.Mistakes() {
		seed, err := find(bug, seeds)
		if err == nil {
			fmt.Fprintf(&table, "%s | more than %d | -\n", bug, seeds)
			if seeds >= 10_000 {
				t.Errorf("%q was not found in %d seeds: an oracle or a workload is missing", bug, seeds)
			}
			continue
		}
		found++
		fmt.Fprintf(&table, "%s | %d | %v\n", bug, seed+1, err)
	}
	t.Log("\n" + table.String())
	if want := 22; !raceEnabled && found < want {
		t.Errorf("%d of %d mistakes were found in %d seeds each, want at least %d", found, len(simulation.Mistakes()), seeds, want)
	}
}

// find gives the first seed whose history breaks with the mistake.
func find(bug simulation.Mistake, seeds uint64) (uint64, error) {
	for seed := range seeds {
		if err := simulation.Run(simulation.NewPlan(seed), bug); err != nil {
			return seed, err
		}
	}
	return 0, nil
}

// The same seed always plays the same history, to the last byte of the hub.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		p := simulation.NewPlan(seed)
		first, second := simulation.Digest(p), simulation.Digest(p)
		if first != second {
			t.Fatalf("seed %d plays two histories: %s and %s", seed, first, second)
		}
	}
}

// A failing history becomes small, and fails in the same way.
func TestShrink(t *testing.T) {
	t.Parallel()
	seed, err := find(simulation.CutInsideUpdate, 50)
	if err == nil {
		t.Fatal("the mistake was not found")
	}
	p := simulation.NewPlan(seed)
	small := simulation.Shrink(p, simulation.CutInsideUpdate)
	if len(small.Events) > 8 || len(small.Events) >= len(p.Events) {
		t.Errorf("%d of %d events are left", len(small.Events), len(p.Events))
	}
	if simulation.Run(small, simulation.CutInsideUpdate) == nil {
		t.Error("the small history does not fail")
	}
	if simulation.Run(small, simulation.NoMistake) != nil {
		t.Error("the small history fails without the mistake")
	}
}

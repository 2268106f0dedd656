// Package measure prints what tests measure beside the reference that was measured with it. A rate by itself says more
// about the machine and the minute than about the program, so a figure and its reference take turns in one run, and the
// medians are compared. It is imported by tests alone.
package measure

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Wanted skips the test unless JAANCH_BENCH is set: measuring takes long and proves nothing on a busy machine.
func Wanted(t testing.TB) {
	t.Helper()
	if os.Getenv("JAANCH_BENCH") == "" {
		t.Skip("measured by make bench: JAANCH_BENCH is not set")
	}
}

// Side is one of the things that take turns. Run does its work once and gives a rate a second.
type Side struct {
	Name string
	Run  func() float64
}

// Spread is what the turns of one side gave.
type Spread struct{ Low, Median, High float64 }

// Turns runs every side n times, one after the other and round again, so that a slow minute of the machine meets all of
// them. The answer goes by name.
func Turns(n int, sides ...Side) map[string]Spread {
	all := make(map[string][]float64, len(sides))
	for range n {
		for _, s := range sides {
			all[s.Name] = append(all[s.Name], s.Run())
		}
	}
	out := make(map[string]Spread, len(sides))
	for name, got := range all {
		slices.Sort(got)
		out[name] = Spread{Low: got[0], Median: got[len(got)/2], High: got[len(got)-1]}
	}
	return out
}

// Rate runs fn n times and gives how often it ran a second.
func Rate(n int, fn func(i int)) float64 {
	start := time.Now()
	for i := range n {
		fn(i)
	}
	return float64(n) / time.Since(start).Seconds()
}

// For runs fn for about that long, looking at the clock after every batch, and gives how often it ran a second.
func For(d time.Duration, batch int, fn func()) float64 {
	start := time.Now()
	n := 0
	for time.Since(start) < d {
		for range batch {
			fn()
		}
		n += batch
	}
	return float64(n) / time.Since(start).Seconds()
}

// Flushes gives how often a second the disk under a folder makes one more block of a file durable: the bound of
// everything that commits alone.
func Flushes(t testing.TB, folder string) float64 {
	t.Helper()
	f, err := os.CreateTemp(folder, "flush")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	block := make([]byte, 4096)
	return Rate(100, func(int) {
		if _, err := f.Write(block); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
	})
}

// Figure is one line of the table: what was measured, beside what, and what is asked of the ratio.
type Figure struct {
	What      string
	Aim       string // as it is asked for: "≥ 0.80", empty for a line that only informs
	Measured  string
	Reference string
	Ratio     float64 // 0 where there is nothing to compare with
	Met       bool
	Note      string
}

// Sheet prints the figures of one subject: to the test's log, and as lines of a Markdown table to the file that
// JAANCH_BENCH_OUT names.
func Sheet(t testing.TB, title string, figures ...Figure) {
	t.Helper()
	var text strings.Builder
	text.WriteString("\n### " + title + "\n\n| what | measured | reference | ratio | aim | |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, f := range figures {
		ratio, verdict := "", f.Note
		if f.Ratio != 0 {
			ratio = fmt.Sprintf("%.2f", f.Ratio)
		}
		if f.Aim != "" && !f.Met {
			verdict = "**missed** " + f.Note
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s |\n", f.What, f.Measured, f.Reference, ratio, f.Aim, verdict)
	}
	t.Log(text.String())
	path := os.Getenv("JAANCH_BENCH_OUT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the developer names the file
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteString(text.String()); err != nil {
		t.Fatal(err)
	}
}

// AtLeast is a figure whose ratio to its reference must not be less than aim.
func AtLeast(aim float64, what, measured, reference string, ratio float64, note string) Figure {
	return Figure{What: what, Measured: measured, Reference: reference, Ratio: ratio, Aim: fmt.Sprintf("≥ %.2f", aim), Met: ratio >= aim, Note: note}
}

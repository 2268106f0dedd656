package qc

import (
	"slices"
	"strconv"
	"strings"

	"jaanch/internal/lab"
)

// window is all points since the last reset; those from start on are of the last run.
type window struct {
	points []Point
	start  int
}

func newWindow(runs []Run) window {
	first := 0
	for i, r := range runs {
		if r.Reset {
			first = i
		}
	}
	var w window
	for i, r := range runs[first:] {
		if first+i == len(runs)-1 {
			w.start = len(w.points)
		}
		w.points = append(w.points, r.Points...)
	}
	return w
}

func (w window) current() []Point { return w.points[w.start:] }

// level gives the points of one level alone.
func (w window) level(level int) window {
	var out window
	for i, p := range w.points {
		if p.Level != level {
			continue
		}
		if i < w.start {
			out.start++
		}
		out.points = append(out.points, p)
	}
	return out
}

// levels gives the levels of the last run.
func (w window) levels() []int {
	var out []int
	for _, p := range w.current() {
		if !slices.Contains(out, p.Level) {
			out = append(out, p.Level)
		}
	}
	return out
}

func (w window) fire(rule Rule, s Settings) []Violation {
	switch rule {
	case Rule12s:
		return w.point(rule, 2)
	case Rule13s:
		return w.point(rule, 3)
	case Rule22s:
		return append(w.inRun(rule, 2), w.perLevel(rule, func(x window, side int64) bool { return x.consecutive(2, 2, side) })...)
	case Rule2of3:
		return append(w.inRun(rule, 3), w.perLevel(rule, window.twoOfThree)...)
	case RuleR4s:
		return w.range4(s.Range)
	case Rule41s:
		return w.row(rule, 4, 1)
	case Rule31s:
		return w.row(rule, 3, 1)
	case Rule7T:
		return w.trend()
	case Rule6x, Rule8x, Rule9x, Rule10x, Rule12x:
		n, _ := strconv.Atoi(strings.TrimSuffix(string(rule), "x"))
		return w.row(rule, n, 0)
	}
	return nil
}

// sides are + and -, as the factor that turns the side up.
func sides() []int64 { return []int64{1, -1} }

func sign(side int64) string {
	if side > 0 {
		return "+"
	}
	return "-"
}

func onSide(p Point, limit, side int64) bool { return beyond(p.Z.Mul(lab.DecimalFromInt(side)), limit) }

func (w window) point(rule Rule, limit int64) []Violation {
	var out []Violation
	for _, side := range sides() {
		if slices.ContainsFunc(w.current(), func(p Point) bool { return onSide(p, limit, side) }) {
			out = append(out, Violation{rule, "point", sign(side)})
		}
	}
	return out
}

// inRun fires where two results of the run are beyond 2 on one side, in a run of at least that many results.
func (w window) inRun(rule Rule, atLeast int) []Violation {
	var out []Violation
	for _, side := range sides() {
		n := 0
		for _, p := range w.current() {
			if onSide(p, 2, side) {
				n++
			}
		}
		if n >= 2 && len(w.current()) >= atLeast {
			out = append(out, Violation{rule, scopeRun, sign(side)})
		}
	}
	return out
}

func (w window) perLevel(rule Rule, test func(window, int64) bool) []Violation {
	var out []Violation
	for _, side := range sides() {
		if slices.ContainsFunc(w.levels(), func(level int) bool { return test(w.level(level), side) }) {
			out = append(out, Violation{rule, scopeLevel, sign(side)})
		}
	}
	return out
}

// row is a rule of n consecutive results beyond limit, within a level and across levels.
func (w window) row(rule Rule, n int, limit int64) []Violation {
	out := w.perLevel(rule, func(x window, side int64) bool { return x.consecutive(n, limit, side) })
	for _, side := range sides() {
		if w.consecutive(n, limit, side) {
			out = append(out, Violation{rule, scopeStream, sign(side)})
		}
	}
	return out
}

// consecutive tells whether n results in a row, the last of them in the last run, are beyond limit on that side.
func (w window) consecutive(n int, limit, side int64) bool {
	count := 0
	for i, p := range w.points {
		if !onSide(p, limit, side) {
			count = 0
			continue
		}
		count++
		if count >= n && i >= w.start {
			return true
		}
	}
	return false
}

// twoOfThree looks at the three results that end at each result of the last run: two beyond 2 on one side, at least one of
// the two in the last run.
func (w window) twoOfThree(side int64) bool {
	for end := w.start; end < len(w.points); end++ {
		if end < 2 {
			continue
		}
		hits, now := 0, 0
		for i := end - 2; i <= end; i++ {
			if onSide(w.points[i], 2, side) {
				hits++
				if i >= w.start {
					now++
				}
			}
		}
		if hits >= 2 && now >= 1 {
			return true
		}
	}
	return false
}

func (w window) range4(byRange bool) []Violation {
	low, high := lab.Decimal{}, lab.Decimal{}
	for i, p := range w.current() {
		if i == 0 || p.Z.Cmp(low) < 0 {
			low = p.Z
		}
		if i == 0 || p.Z.Cmp(high) > 0 {
			high = p.Z
		}
	}
	fires := beyond(high, 2) && low.Cmp(lab.DecimalFromInt(-2)) < 0
	if byRange {
		fires = beyond(high.Sub(low), 4)
	}
	if !fires {
		return nil
	}
	return []Violation{{RuleR4s, scopeRun, "+-"}}
}

// trend is seven results of one level, each strictly greater (or each strictly less) than the one before.
func (w window) trend() []Violation {
	var out []Violation
	for _, way := range []struct {
		sign int
		name string
	}{{1, "up"}, {-1, "down"}} {
		if slices.ContainsFunc(w.levels(), func(level int) bool { return w.level(level).monotone(way.sign) }) {
			out = append(out, Violation{Rule7T, scopeLevel, way.name})
		}
	}
	return out
}

func (w window) monotone(way int) bool {
	count := 1
	for i := 1; i < len(w.points); i++ {
		if w.points[i].Z.Cmp(w.points[i-1].Z) != way {
			count = 1
			continue
		}
		count++
		if count >= 7 && i >= w.start {
			return true
		}
	}
	return false
}

package reportpdf

import (
	"math"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
)

// point is one measurement for a plot. Floats are good enough to draw with; nothing is decided by them.
type point struct {
	value float64
	text  string
	at    time.Time
}

// series gives the measurements of a result that are numbers, oldest first; now is the time of this one.
func series(l report.Line, now time.Time) []point {
	if l.Number == nil {
		return nil
	}
	var out []point
	for _, p := range slices.Backward(l.Previous) {
		if d, err := lab.ParseDecimal(p.Value); err == nil {
			out = append(out, point{d.Float(), p.Value, p.At})
		}
	}
	return append(out, point{l.Number.Float(), l.Value, now})
}

// taken gives when a result's sample was taken, for the axis of a plot; when it was reported, where nobody knows.
func (s *sheet) taken(l report.Line) time.Time {
	for _, sample := range s.rep.Samples {
		if sample.Accession == l.Accession && !sample.CollectedAt.IsZero() {
			return sample.CollectedAt
		}
	}
	return s.rep.IssuedAt
}

// extent gives the smallest and the largest value that the plot has to show: the measurements and the interval.
func extent(points []point, l report.Line) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	take := func(v float64) { low, high = min(low, v), max(high, v) }
	for _, p := range points {
		take(p.value)
	}
	if l.Low != nil {
		take(l.Low.Float())
	}
	if l.High != nil {
		take(l.High.Float())
	}
	if high-low < 1e-9 {
		low, high = low-1, high+1
	}
	return low, high
}

// spark draws the small trend at the end of a row: the interval as a grey band, the last point in its flag's colour.
func (s *sheet) spark(l report.Line, y, height float64) {
	points := series(l, s.taken(l))
	if len(points) < 2 {
		return
	}
	width := right - trendLeft - 4
	low, high := extent(points, l)
	at := func(v float64) float64 { return y + height - (v-low)/(high-low)*height }
	s.band(l, trendLeft, width+4, y, y+height, at)
	var path [][2]float64
	for i, p := range points {
		path = append(path, [2]float64{trendLeft + 2 + width*float64(i)/float64(len(points)-1), at(p.value)})
	}
	s.page.polyline(path, 0.9, inkSoft)
	last := path[len(path)-1]
	s.page.dot(last[0], last[1], 1.9, flagInk(l.Flag))
}

func (s *sheet) band(l report.Line, x, width, top, bottom float64, at func(float64) float64) {
	if l.Low == nil && l.High == nil {
		return
	}
	if l.High != nil {
		top = at(l.High.Float())
	}
	if l.Low != nil {
		bottom = at(l.Low.Float())
	}
	s.page.rect(x, top, width, max(bottom-top, 0.8), groundBand)
}

// worst gives the result that most deserves a plot: at least three visits, flagged, critical first, then the furthest
// out in widths of its interval.
func (s *sheet) worst() (report.Line, bool) {
	var best report.Line
	score := 0.0
	if s.rep.State == report.Cancelled {
		return best, false
	}
	for _, section := range s.rep.Sections {
		for _, l := range section.Lines {
			if len(series(l, s.taken(l))) < 3 || l.Flag == result.Normal {
				continue
			}
			v := distance(l)
			if l.Flag.Critical() {
				v += 1e6
			}
			if v > score {
				best, score = l, v
			}
		}
	}
	return best, score > 0
}

func distance(l report.Line) float64 {
	v, width := l.Number.Float(), 1.0
	if l.Low != nil && l.High != nil {
		width = max(l.High.Float()-l.Low.Float(), 1e-9)
	}
	switch {
	case l.High != nil && v > l.High.Float():
		return (v - l.High.Float()) / width
	case l.Low != nil && v < l.Low.Float():
		return (l.Low.Float() - v) / width
	default:
		return 1e-6
	}
}

const (
	plotWidth  = 220.0
	plotHeight = 92.0
)

// plot draws one result over the visits, with every value written at its point.
func (s *sheet) plot(l report.Line, x, y float64) {
	points := series(l, s.taken(l))
	if len(points) > 6 {
		points = points[len(points)-6:]
	}
	title := []span{{l.Name, bold(8.6)}}
	if l.Unit != "" {
		title[0].text += ", " + l.Unit
	}
	if hindi := (span{"  " + l.NameHi + " का रुझान", soft(8.2)}); l.NameHi != "" &&
		s.spansWidth(title[0], hindi) <= plotWidth {
		title = append(title, hindi)
	}
	s.spans(x, y+8, title...)
	top, bottom := y+28, y+plotHeight-16
	low, high := extent(points, l)
	at := func(v float64) float64 { return bottom - (v-low)/(high-low)*(bottom-top) }
	axis := x + 26
	s.band(l, axis, x+plotWidth-axis, top, bottom, at)
	st := soft(7)
	if l.High != nil {
		s.rightText(axis-4, at(l.High.Float())+1.5, l.High.String(), st)
	}
	if l.Low != nil && (l.High == nil || at(l.Low.Float())-at(l.High.Float()) > 7) {
		s.rightText(axis-4, at(l.Low.Float())+4, l.Low.String(), st)
	}
	var path [][2]float64
	for i, p := range points {
		path = append(path, [2]float64{axis + 14 + (x+plotWidth-axis-28)*float64(i)/float64(len(points)-1), at(p.value)})
	}
	s.page.polyline(path, 1, ink)
	for i, p := range path {
		last := i == len(path)-1
		label := plain(7.2)
		if last {
			label = bold(7.8)
			s.page.dot(p[0], p[1], 3, flagInk(l.Flag))
		} else {
			s.page.dot(p[0], p[1], 2.5, ink)
			s.page.dot(p[0], p[1], 1.6, white)
		}
		s.centreText(p[0], p[1]-6, points[i].text, label)
		s.centreText(p[0], bottom+13, points[i].at.In(s.zone).Format("2 Jan"), soft(7))
	}
}

package reportpdf

import (
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
)

// The columns of the results, in points from the left edge of the paper.
const (
	nameWidth   = 178.0
	valueLeft   = 212.0
	valuePoint  = 243.0 // where decimal points stand under each other
	flagLeft    = 272.0
	unitLeft    = 312.0
	unitWidth   = 56.0
	rangeRight  = 448.0
	rangeWidth  = 78.0
	beforeLeft  = 458.0
	beforePoint = 481.0
	trendLeft   = 519.0
	noteHeight  = 10.2
	cellSize    = 8.8
)

// cells is one result, measured.
type cells struct {
	line   report.Line
	names  [][]span
	values []string // more than one for text
	notes  []span
	height float64
}

// section draws a panel. Its head never stands without a result below it, and is repeated where the panel goes on.
func (s *sheet) section(sec report.Section) {
	rows := make([]cells, len(sec.Lines))
	shared := sharedMethod(sec)
	for i, l := range sec.Lines {
		rows[i] = s.measure(l, shared == "")
	}
	const headHeight = 34
	need := headHeight + 4.0
	for i := range min(2, len(rows)) {
		need += rows[i].height
	}
	s.room(need)
	s.sectionHead(sec, shared, false)
	for _, r := range rows {
		if s.y+r.height > footTop-6 {
			s.nextPage()
			s.sectionHead(sec, shared, true)
		}
		s.drawRow(r)
	}
	s.y += s.gap + 2
}

func (s *sheet) sectionHead(sec report.Section, method string, again bool) {
	base := s.y + 9
	title := []span{{sec.Title, bold(10)}}
	if sec.TitleHi != "" {
		title = append(title, span{"  " + sec.TitleHi, style{size: 10, ink: inkSoft}})
	}
	if again {
		title = append(title, span{"  (continued / जारी)", soft(8.4)})
	}
	x := left + s.spans(left, base, title...)
	about := joined(s.specimens(sec), method)
	if parts := s.shaper.wrap(about, soft(7.8), right-x-16); len(parts) > 0 {
		s.rightText(right, base, parts[0], soft(7.8))
	}
	base += 16
	st := soft(7.6)
	s.text(left, base, both("Test", "जाँच"), st)
	s.text(valueLeft, base, both("Result", "परिणाम"), st)
	s.text(unitLeft, base, both("Unit", "इकाई"), st)
	s.rightText(rangeRight, base, both("Reference", "सामान्य"), st)
	if before, visits := s.beforeHead(sec); visits > 1 {
		s.text(beforeLeft, base, before, st)
		if s.anyTrend(sec) {
			s.rightText(right, base, strconv.Itoa(visits)+" visits", st)
		}
	}
	s.y = base + 4
	s.page.rule(s.y, 0.9, ink)
}

// beforeHead gives the head of the column of earlier values, their day when all have the same, and the number of visits.
func (s *sheet) beforeHead(sec report.Section) (head string, visits int) {
	days := map[string]bool{}
	for _, l := range sec.Lines {
		visits = max(visits, 1+len(l.Previous))
		if len(l.Previous) > 0 {
			head = s.day(l.Previous[0].At)
			days[head] = true
		}
	}
	if len(days) > 1 {
		head = both("Before", "पहले")
	}
	return head, visits
}

func (s *sheet) anyTrend(sec report.Section) bool {
	for _, l := range sec.Lines {
		if len(series(l, time.Time{})) > 1 {
			return true
		}
	}
	return false
}

func sharedMethod(sec report.Section) string {
	method := ""
	for i, l := range sec.Lines {
		if i > 0 && l.Method != method {
			return ""
		}
		method = l.Method
	}
	return method
}

// specimens names what the section was measured in.
func (s *sheet) specimens(sec report.Section) string {
	var names []string
	for _, sample := range s.rep.Samples {
		for _, l := range sec.Lines {
			if l.Accession == sample.Accession && !strings.Contains(strings.Join(names, " · "), sample.Specimen) {
				names = append(names, sample.Specimen)
			}
		}
	}
	return joined(names...)
}

// measure breaks a result into lines and finds its height.
func (s *sheet) measure(l report.Line, ownMethod bool) cells {
	c := cells{line: l}
	name := l.Name
	if s.rep.Lab.Accreditation != "" && !l.InScope {
		name += "*"
	}
	english, hindi := plain(cellSize), soft(cellSize)
	if oneLine := []span{{name, english}, {"  " + l.NameHi, hindi}}; s.spansWidth(oneLine...) <= nameWidth {
		if l.NameHi == "" {
			oneLine = oneLine[:1]
		}
		c.names = [][]span{oneLine}
	} else {
		for _, part := range s.shaper.wrap(name, english, nameWidth) {
			c.names = append(c.names, []span{{part, english}})
		}
		for _, part := range s.shaper.wrap(l.NameHi, hindi, nameWidth) {
			c.names = append(c.names, []span{{part, hindi}})
		}
	}
	c.values = s.valueLines(l)
	c.notes = s.notes(l, ownMethod)
	lines := max(len(c.names), len(c.values))
	c.height = s.row + 11.5*float64(lines-1)
	if len(c.notes) > 0 {
		c.height += noteHeight*float64(len(c.notes)) + 1
	}
	return c
}

// valueLines gives the result as printed; long text takes the room of the columns that it leaves empty.
func (s *sheet) valueLines(l report.Line) []string {
	switch {
	case l.Pending:
		return []string{both("awaited", "प्रतीक्षित")}
	case l.NotReported != "":
		return s.shaper.wrap("not reported: "+l.NotReported, soft(cellSize), rangeRight-valueLeft)
	case isNumber(l.Value):
		return []string{l.Value}
	}
	room := flagLeft - valueLeft - 4
	if l.Flag == result.Normal {
		room = unitLeft - valueLeft - 4
		if l.Unit == "" {
			room = rangeRight - rangeWidth - valueLeft
			if l.Interval == "" {
				room = rangeRight - valueLeft
			}
		}
	}
	return s.shaper.wrap(l.Value, bold(cellSize), room)
}

// isNumber tells whether a printed value is set by its decimal point.
func isNumber(v string) bool {
	digits := strings.TrimLeft(v, "<>≤≥ ")
	return digits != "" && strings.Trim(digits, "0123456789.,-") == ""
}

// notes gives what stands in small print below a result.
func (s *sheet) notes(l report.Line, ownMethod bool) []span {
	var out []span
	add := func(text string, st style) {
		for _, part := range s.shaper.wrap(text, st, right-left-12) {
			out = append(out, span{part, st})
		}
	}
	if l.Old != nil {
		add(joined("Was "+orDash(l.Old.Value)+" "+l.Unit, l.Old.Reason, l.Old.By, s.when(l.Old.At)), bold(7.6))
	}
	if l.Interval != "" && s.shaper.width(l.Interval, soft(cellSize)) > rangeWidth {
		add("Reference: "+l.Interval, soft(7.6))
	}
	if unclassified(l) {
		add("No reference interval fits this patient: not compared, and not shown as normal.", soft(7.6))
	}
	method := ""
	if ownMethod {
		method = l.Method
	}
	referral := ""
	if l.Referral != "" {
		referral = "Done at " + l.Referral
	}
	research := ""
	if l.Research {
		research = "For research use only"
	}
	add(joined(method, referral, research), soft(7.6))
	add(l.Comment, style{size: 7.8, ink: ink})
	return out
}

// unclassified tells whether a number stands without anything to compare it with.
func unclassified(l report.Line) bool {
	return l.Value != "" && isNumber(l.Value) && l.Interval == "" && l.Low == nil && l.High == nil && l.Flag == result.Normal
}

func (s *sheet) drawRow(c cells) {
	l, base := c.line, s.y+s.row/2+2.9
	for i, line := range c.names {
		s.spans(left, base+11.5*float64(i), line...)
	}
	s.value(c, base)
	if s.rep.State == report.Cancelled { // still readable, and plainly not valid
		s.page.rect(valueLeft, base-3.4, unitLeft-valueLeft-8, 0.8, ink)
	}
	s.flag(l.Flag, base)
	for i, part := range s.shaper.wrap(l.Unit, soft(cellSize), unitWidth+12) {
		s.text(unitLeft, base+9*float64(i), part, soft(cellSize))
	}
	switch {
	case unclassified(l):
		s.rightText(rangeRight, base, "not compared", soft(7.8))
	case s.shaper.width(l.Interval, soft(cellSize)) <= rangeWidth:
		s.rightText(rangeRight, base, l.Interval, soft(cellSize))
	default:
		s.rightText(rangeRight, base, "see below", soft(7.8))
	}
	s.before(l, base)
	s.spark(l, s.y+3, s.row-6)
	y := s.y + c.height - noteHeight*float64(len(c.notes)) + 5
	for _, n := range c.notes {
		s.text(left+10, y, n.text, n.st)
		y += noteHeight
	}
	s.y += c.height
	s.page.rule(s.y, 0.4, lineSoft)
}

func (s *sheet) value(c cells, base float64) {
	l := c.line
	st := plain(cellSize)
	switch {
	case l.Pending || l.NotReported != "":
		st = soft(cellSize)
	case l.Flag != result.Normal:
		st = bold(9.2)
	}
	if isNumber(l.Value) {
		s.decimal(valuePoint, base, l.Value, st)
		return
	}
	for i, line := range c.values {
		s.text(valueLeft, base+11.5*float64(i), line, st)
	}
}

// decimal sets a number so that its decimal point stands at x.
func (s *sheet) decimal(x, y float64, number string, st style) {
	whole, _, _ := strings.Cut(number, ".")
	s.text(x-s.shaper.width(whole, st), y, number, st)
}

func (s *sheet) before(l report.Line, base float64) {
	if len(l.Previous) == 0 {
		return
	}
	st := soft(8.2)
	if v := l.Previous[0].Value; isNumber(v) {
		s.decimal(beforePoint, base, v, st)
	} else if parts := s.shaper.wrap(v, st, trendLeft-beforeLeft-4); len(parts) > 0 {
		s.text(beforeLeft, base, parts[0], st)
	}
}

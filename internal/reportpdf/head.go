package reportpdf

import (
	"slices"
	"time"

	"jaanch/internal/lab/report"
)

func (s *sheet) letterheadHeight() float64 {
	height := s.opt.LetterheadMM
	if height == 0 {
		height = 35
	}
	return height * mm
}

// letterhead draws the lab's name, or leaves its area empty on pre-printed paper.
func (s *sheet) letterhead() error {
	if s.opt.PrePrinted {
		s.y = s.letterheadHeight()
		return nil
	}
	l := s.rep.Lab
	x := left
	if len(s.opt.Logo) > 0 {
		logo, err := s.doc.addPicture(s.opt.Logo)
		if err != nil {
			return err
		}
		s.page.image(logo, left, s.y, 60, 34)
		x += 70
	}
	contact := []string{l.Address, joined(l.Phone, l.Email)}
	if l.Accreditation != "" && s.anyInScope() {
		contact = append(contact, l.Accreditation)
	}
	lines, widest := []string{}, 0.0
	for _, c := range contact {
		for _, part := range s.shaper.wrap(c, soft(8), 210) {
			lines = append(lines, part)
			widest = max(widest, s.shaper.width(part, soft(8)))
		}
	}
	for i, line := range lines {
		s.rightText(right, s.y+8+11*float64(i), line, soft(8))
	}
	room := right - x - widest - 16
	y := s.y + 15
	for _, part := range s.shaper.wrap(l.Name, bold(16), room) {
		s.text(x, y, part, bold(16))
		y += 17
	}
	for _, part := range s.shaper.wrap(l.NameHi, soft(11.5), room) {
		s.text(x, y, part, soft(11.5))
		y += 15
	}
	s.y = max(y-6, s.y+8+11*float64(len(lines)), s.y+38)
	s.page.rect(left, s.y, right-left, 1.4, accent)
	s.y += 6
	return nil
}

func (s *sheet) anyInScope() bool {
	for _, section := range s.rep.Sections {
		if slices.ContainsFunc(section.Lines, func(l report.Line) bool { return l.InScope }) {
			return true
		}
	}
	return false
}

// titleRow says what this is and in which state, with the visit's first tube number as a barcode for the lab's scanner.
func (s *sheet) titleRow() error {
	base := s.y + 16
	s.spans(left, base, span{"Test report", bold(11.5)}, span{"  जाँच रिपोर्ट", style{size: 11.5, ink: ink}})
	x := s.badge(right, s.y+5)
	if len(s.rep.Samples) > 0 {
		const module = 0.26 * mm
		wide := 10 * module // quiet zone
		symbol, err := code128Width(s.rep.Samples[0].Accession)
		if err != nil {
			return err
		}
		if err := s.page.code128(s.rep.Samples[0].Accession, x-wide-symbol*module, s.y+4, module, 17); err != nil {
			return err
		}
	}
	s.y += 27
	return nil
}

func (s *sheet) badgeText() string {
	switch s.rep.State {
	case report.Preliminary:
		return "PRELIMINARY अंतरिम"
	case report.Amended:
		return "AMENDED संशोधित"
	case report.Cancelled:
		return "CANCELLED रद्द"
	case report.Final:
	}
	return "FINAL अंतिम"
}

// badge draws the state with its right edge at x and gives its left edge. Whatever is not final is filled.
func (s *sheet) badge(x, y float64) float64 {
	st := bold(8.6)
	width := s.shaper.width(s.badgeText(), st) + 14
	if s.rep.State == report.Final {
		s.page.frame(x-width, y, width, 16, 3, 0.9, ink)
	} else {
		s.page.pill(x-width, y, width, 16, 3, ink)
		st.ink = white
	}
	s.text(x-width+7, y+11.2, s.badgeText(), st)
	return x - width
}

type fact struct {
	label, value string
	strong       bool
}

// patientBlock says whose report it is, who asked, and when what happened.
func (s *sheet) patientBlock() {
	p, v := s.rep.Patient, s.rep.Visit
	who := []fact{
		{both("Name", "नाम"), p.Name, true},
		{both("Age, sex", "आयु, लिंग"), p.AgeSex, false},
		{both("Patient no", "मरीज़ नं."), p.MRN, true},
		{both("Phone", "फ़ोन"), p.Phone, false},
	}
	what := []fact{
		{both("Visit no", "विज़िट नं."), v.Number, true},
		{both("Asked by", "चिकित्सक"), orDash(v.Referrer), false},
		{both("Client", "संस्था"), v.Client, false},
		{"ABHA", p.ABHA, false},
	}
	collected, received := s.sampleTimes()
	times := []fact{
		{both("Collected", "सैंपल लिया"), s.when(collected), false},
		{both("Received", "प्राप्त"), s.when(received), false},
		{both("Issued", "जारी"), s.when(s.rep.IssuedAt), false},
	}
	if !s.opt.Printed.IsZero() {
		times = append(times, fact{both("Printed", "मुद्रित"), s.when(s.opt.Printed), false})
	}
	top := s.y + 8
	var ends [3]float64
	ends[0], s.factsAt = s.facts(who, left, left+194, top)
	ends[1], _ = s.facts(what, left+202, left+370, top)
	ends[2], _ = s.facts(times, left+378, right, top)
	s.y = max(ends[0], ends[1], ends[2]) - 3
	s.page.rule(s.y, 0.6, lineMid)
	s.y += s.gap
}

// facts draws a column of labels and values between x and end; it gives where it ends below and where its values begin.
func (s *sheet) facts(list []fact, x, end, y float64) (bottom, at float64) {
	labels := 0.0
	for _, f := range list {
		if f.value != "" {
			labels = max(labels, s.shaper.width(f.label, soft(7.8)))
		}
	}
	at = x + labels + 7
	for _, f := range list {
		if f.value == "" {
			continue
		}
		s.text(x, y, f.label, soft(7.8))
		st := plain(8.8)
		if f.strong {
			st = bold(8.8)
		}
		for _, part := range s.shaper.wrap(f.value, st, end-at) {
			s.text(at, y, part, st)
			y += 12
		}
		y++
	}
	return y, at
}

// sampleTimes gives the first collection and the last receipt that are known; each tube's own stand in its row.
func (s *sheet) sampleTimes() (collected, received time.Time) {
	for _, sample := range s.rep.Samples {
		if t := sample.CollectedAt; !t.IsZero() && (collected.IsZero() || t.Before(collected)) {
			collected = t
		}
		if t := sample.ReceivedAt; t.After(received) {
			received = t
		}
	}
	return collected, received
}

// sampleRows lists every tube with its times, and its condition where that was poor.
func (s *sheet) sampleRows() {
	if len(s.rep.Samples) == 0 {
		return
	}
	y := s.y + 11 - s.gap
	s.text(left, y, both("Samples", "सैंपल"), soft(7.8))
	for _, sample := range s.rep.Samples {
		x := s.factsAt
		x += s.spans(x, y, span{sample.Accession, bold(8)}, span{"  " + sample.Specimen, plain(8)},
			span{"  " + joined("collected "+s.when(sample.CollectedAt), "received "+s.when(sample.ReceivedAt)), soft(7.8)})
		if sample.Condition != "" {
			text := "  Condition: " + sample.Condition
			if x+s.shaper.width(text, bold(8)) > right {
				y += 11
				x = s.factsAt
			}
			s.text(x, y, text, bold(8))
		}
		y += 11.5
	}
	s.y = y - 6
	s.page.rule(s.y, 0.6, lineMid)
	s.y += s.gap
}

func orDash(v string) string {
	if v == "" {
		return "–"
	}
	return v
}

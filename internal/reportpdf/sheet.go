package reportpdf

import (
	"fmt"
	"time"

	"jaanch/internal/lab/report"
)

// sheet is a report being laid out, from the top of the first page to the foot of the last.
type sheet struct {
	pen
	density

	rep     report.Report
	opt     Options
	zone    *time.Location
	y       float64 // where the next thing begins
	factsAt float64 // where the values of the first column begin
}

const footTop = pageHeight - 36 // the line above the foot

func (s *sheet) compose() error {
	s.page = s.doc.newPage()
	s.y = 22
	if err := s.letterhead(); err != nil {
		return err
	}
	if err := s.titleRow(); err != nil {
		return err
	}
	s.patientBlock()
	s.sampleRows()
	s.notice()
	for _, section := range s.rep.Sections {
		s.section(section)
	}
	s.remarks()
	if err := s.closing(); err != nil {
		return err
	}
	for i, page := range s.doc.pages {
		s.page = page
		s.foot(i+1, len(s.doc.pages))
	}
	return nil
}

// room makes sure that so much fits on the page, beginning a new one when it does not.
func (s *sheet) room(height float64) {
	if s.y+height > footTop-6 {
		s.nextPage()
	}
}

// nextPage begins a page with the head that every page but the first has: whose report it is, and which.
func (s *sheet) nextPage() {
	s.page = s.doc.newPage()
	s.y = 24
	if s.opt.PrePrinted {
		s.y = s.letterheadHeight()
	} else {
		width := s.text(left, s.y+9, s.cut(s.rep.Lab.Name, bold(11), 360), bold(11))
		s.text(left+width+6, s.y+9, s.cut(s.rep.Lab.NameHi, soft(10), 370-width), soft(10))
	}
	s.rightText(right, s.y+9, both("Test report", "जाँच रिपोर्ट")+s.stateSuffix(), soft(8.5))
	s.y += 16
	s.page.rule(s.y, 1.2, accent)
	s.y += 12
	about := "   " + joined(s.rep.Patient.AgeSex, s.rep.Patient.MRN)
	room := right - left - s.shaper.width(about, plain(8.8)) - s.shaper.width(s.rep.Visit.Number, bold(8.8)) - 12
	s.spans(left, s.y, span{s.cut(s.rep.Patient.Name, bold(9.5), room), bold(9.5)}, span{about, plain(8.8)})
	s.rightText(right, s.y, s.rep.Visit.Number, bold(8.8))
	s.y += 14
}

func (s *sheet) stateSuffix() string {
	if s.rep.State == report.Final {
		return ""
	}
	return " · " + s.badgeText()
}

// foot stands on every page, so that a lost page can be put back with its own.
func (s *sheet) foot(n, of int) {
	s.page.rule(footTop, 0.6, lineMid)
	y := footTop + 12
	version := fmt.Sprintf("version %d", s.rep.Version)
	if s.opt.Copy > 0 {
		version += fmt.Sprintf(", copy %d", s.opt.Copy)
	}
	page := fmt.Sprintf("Page %d of %d", n, of)
	middle := both("continued on the next page", "आगे जारी")
	st := soft(7.2)
	if n == of {
		middle, st = both("End of report", "रिपोर्ट समाप्त"), bold(7.6)
	}
	rest := " · " + joined(s.rep.Patient.MRN, s.rep.Visit.Number, version)
	room := right - 140 - s.shaper.width(middle, st)/2 - left - 8 - s.shaper.width(rest, soft(7.6))
	s.text(left, y, s.cut(s.rep.Patient.Name, soft(7.6), room)+rest, soft(7.6))
	s.centreText(right-140, y, middle, st)
	s.rightText(right, y, page, soft(7.6))
}

// when writes a time as people at the lab read it.
func (s *sheet) when(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return t.In(s.zone).Format("2 Jan 2006 15:04")
}

func (s *sheet) day(t time.Time) string { return t.In(s.zone).Format("2 Jan 2006") }

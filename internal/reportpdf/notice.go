package reportpdf

import "jaanch/internal/lab/report"

// notice stands above the results of a report that is not simply final: what it is, and for an amended one every value
// that changed, old beside new.
func (s *sheet) notice() {
	headline := s.rep.Headline(s.when)
	if headline == "" {
		return
	}
	lines := [][]span{{{headline, bold(9.5)}}}
	add := func(text string, st style) {
		for _, part := range s.shaper.wrap(text, st, right-left-24) {
			lines = append(lines, []span{{part, st}})
		}
	}
	switch s.rep.State {
	case report.Preliminary:
		add("Not all results are ready and those shown may still change. The final report replaces this one.", plain(8.4))
		add("यह अंतरिम रिपोर्ट है; परिणाम बदल सकते हैं।", plain(8.4))
	case report.Cancelled:
		add("Do not use this report. Any copy made before is void.", plain(8.4))
		add("यह रिपोर्ट रद्द है; इसका उपयोग न करें।", plain(8.4))
	case report.Amended:
		if s.rep.Replaces != nil {
			add("Reason: "+s.rep.Replaces.Reason, plain(8.4))
		}
		for _, section := range s.rep.Sections {
			for _, l := range section.Lines {
				if l.Old != nil {
					add(l.Name+": was "+orDash(l.Old.Value)+", now "+orDash(l.Value)+" "+l.Unit, bold(8.4))
				}
			}
		}
		add("यह संशोधित रिपोर्ट है; पिछली रिपोर्ट की जगह इसे देखें।", plain(8.4))
	case report.Final:
	}
	height := 12*float64(len(lines)) + 9
	s.room(height + s.gap)
	s.page.frame(left, s.y, right-left, height, 2, 0.9, ink)
	s.page.rect(left, s.y, 4, height, ink)
	for i, line := range lines {
		s.spans(left+13, s.y+13+12*float64(i), line...)
	}
	s.y += height + s.gap
}

package reportpdf

import (
	"slices"

	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
)

// remarks draws the comments, and beside them the plot of the result that most needs to be seen.
func (s *sheet) remarks() {
	line, plotted := s.worst()
	if len(s.rep.Comments) == 0 && !plotted {
		return
	}
	lines, height := s.commentLines(right - left - plotWidth - 24)
	if !plotted || height > plotHeight+40 { // a long comment takes the whole width, and the small trends have to do
		plotted = false
		lines, height = s.commentLines(right - left)
	}
	if plotted {
		s.room(max(plotHeight, min(height, plotHeight)))
		s.plot(line, right-plotWidth, s.y)
	} else {
		s.room(min(height, 60))
	}
	end := s.comments(lines)
	if plotted && end < s.y+plotHeight && s.y < end {
		end = max(end, s.y+plotHeight)
	} else if plotted && len(lines) == 0 {
		end = s.y + plotHeight
	}
	s.y = end + s.gap
}

func (s *sheet) commentLines(width float64) (lines []string, height float64) {
	for _, c := range s.rep.Comments {
		lines = append(lines, s.shaper.wrap(c, plain(8.8), width-14)...)
	}
	if len(lines) > 0 {
		height = 14 + 12.4*float64(len(lines))
	}
	return lines, height
}

// comments draws the text with a bar at its left, over pages where it must, and gives where it ends.
func (s *sheet) comments(lines []string) float64 {
	if len(lines) == 0 {
		return s.y
	}
	top := s.y
	y := s.y + 9
	s.text(left+12, y, both("Comment", "टिप्पणी"), bold(8.8))
	for _, line := range lines {
		if y += 12.4; y > footTop-8 {
			s.page.rect(left, top, 2, y-12.4+4-top, accent)
			s.nextPage()
			top, y = s.y, s.y+9
		}
		s.text(left+12, y, line, plain(8.8))
	}
	s.page.rect(left, top, 2, y+4-top, accent)
	if top != s.y {
		s.y = top
	}
	return y + 4
}

const (
	signerWidth  = 128.0
	signerHeight = 62.0
)

// closing is the last block, at the foot of the last page: proof, legend, signatures. It is never torn apart.
func (s *sheet) closing() error {
	columns, wide := min(2, max(1, len(s.rep.Signers))), signerWidth
	if columns == 1 {
		wide = 158
	}
	rows := (len(s.rep.Signers) + columns - 1) / columns
	legend := s.legend()
	x := left
	if s.opt.Proof != "" {
		x += s.qr + 16
	}
	textWidth := right - float64(columns)*wide - 12 - x
	var small []string
	for _, l := range legend {
		small = append(small, s.shaper.wrap(l, soft(7.4), textWidth)...)
	}
	height := max(s.qr, float64(rows)*signerHeight, 34+9.6*float64(len(small)))
	s.room(height + 8)
	top := footTop - 8 - height
	if s.opt.Proof != "" {
		if err := s.page.qrCode(s.opt.Proof, left, top+height-s.qr, s.qr); err != nil {
			return err
		}
	}
	y := top + height - 9.6*float64(len(small))
	for i, line := range small {
		s.text(x, y+7+9.6*float64(i), line, soft(7.4))
	}
	s.key(x, y-4)
	if s.opt.Proof != "" {
		s.text(x, y-28, "Scan to check that this report is genuine", bold(8.2))
		s.text(x, y-16.5, "असली रिपोर्ट की पुष्टि के लिए स्कैन करें", soft(8.2))
	}
	return s.signers(top+height, wide, columns)
}

// key explains the flags, with the shapes themselves.
func (s *sheet) key(x, base float64) {
	for _, f := range []struct {
		flag result.Flag
		word string
		wide float64
	}{{result.High, "high", 18}, {result.Low, "low", 17}, {result.CriticalHigh, "critical", 35}} {
		s.flagAt(x, f.flag, base)
		x += f.wide + s.text(x+f.wide, base, f.word, soft(7.4)) + 9
		if f.flag == result.Low {
			x += 3
		}
	}
	if s.anyLine(func(l report.Line) bool { return l.Flag == result.Abnormal }) {
		s.flagAt(x, result.Abnormal, base)
		s.text(x+18, base, "abnormal", soft(7.4))
	}
}

func (s *sheet) legend() []string {
	out := []string{"Bold: outside the interval for age and sex.", "Results relate to the samples received."}
	if s.anyLine(func(l report.Line) bool { return s.rep.Lab.Accreditation != "" && !l.InScope }) {
		out = append(out, "* outside the scope of accreditation.")
	}
	if s.anyLine(unclassified) {
		out = append(out, "“Not compared”: no interval fits; the value is not shown as normal.")
	}
	return out
}

func (s *sheet) anyLine(match func(report.Line) bool) bool {
	for _, section := range s.rep.Sections {
		if slices.ContainsFunc(section.Lines, match) {
			return true
		}
	}
	return false
}

// signers names who answers for the report, side by side, above the line at bottom.
func (s *sheet) signers(bottom, wide float64, columns int) error {
	for i, signer := range s.rep.Signers {
		row := (len(s.rep.Signers) - 1 - i) / columns
		x := right - wide*float64(columns-i%columns) + 8
		base := bottom - signerHeight*float64(row)
		if body := s.opt.Signatures[signer.UserID]; len(body) > 0 {
			picture, err := s.doc.addPicture(body)
			if err != nil {
				return err
			}
			s.page.image(picture, x, base-signerHeight+2, wide-14, 24)
		}
		lines := []span{{signer.Name, bold(9)}}
		for _, part := range s.credentials(signer, wide-10) {
			lines = append(lines, span{part, plain(7.8)})
		}
		lines = append(lines, span{signedWord(signer.Meaning) + " " + s.when(signer.At), soft(7.4)})
		y := base - 10.4*float64(s.tallest(wide)-1) - 2
		for _, l := range lines {
			s.text(x, y, l.text, l.st)
			y += 10.4
		}
	}
	if len(s.rep.Signers) == 0 {
		s.rightText(right, bottom-2, "Not yet authorised / अभी अधिकृत नहीं", bold(8.6))
	}
	return nil
}

// tallest gives the lines of the signer with the most, so that all names stand on one line.
func (s *sheet) tallest(wide float64) int {
	most := 0
	for _, signer := range s.rep.Signers {
		most = max(most, 2+len(s.credentials(signer, wide-10)))
	}
	return most
}

// credentials gives qualification and registration on one line where they fit, else each on its own.
func (s *sheet) credentials(signer report.Signer, width float64) []string {
	if one := joined(signer.Qualification, signer.Registration); s.shaper.width(one, plain(7.8)) <= width {
		return []string{one}
	}
	return append(s.shaper.wrap(signer.Qualification, plain(7.8), width), s.shaper.wrap(signer.Registration, plain(7.8), width)...)
}

func signedWord(meaning string) string {
	switch meaning {
	case "authorised":
		return "Authorised"
	case "verified":
		return "Verified"
	case "":
		return "Signed"
	default:
		return meaning
	}
}

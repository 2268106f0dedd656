package reportpdf

import (
	"strings"
	"unicode"
)

// pen writes text onto the current page.
type pen struct {
	doc    *document
	shaper *shaper
	page   *canvas
	said   []string // what was written, in order; tests read it
}

// span is a piece of a line with its own look.
type span struct {
	text string
	st   style
}

// text writes at x on the baseline y and gives the width.
func (p *pen) text(x, y float64, text string, st style) float64 {
	if text == "" {
		return 0
	}
	p.said = append(p.said, text)
	return p.page.runs(x, y, p.shaper.shape(text, st.bold), st)
}

// rightText writes so that the text ends at x.
func (p *pen) rightText(x, y float64, text string, st style) {
	p.text(x-p.shaper.width(text, st), y, text, st)
}

// centreText writes around x.
func (p *pen) centreText(x, y float64, text string, st style) {
	p.text(x-p.shaper.width(text, st)/2, y, text, st)
}

// spans writes pieces one after the other and gives their width.
func (p *pen) spans(x, y float64, list ...span) float64 {
	start := x
	for _, s := range list {
		x += p.text(x, y, s.text, s.st)
	}
	return x - start
}

func (p *pen) spansWidth(list ...span) float64 {
	total := 0.0
	for _, s := range list {
		total += p.shaper.width(s.text, s.st)
	}
	return total
}

// cut shortens a line to a width and marks the cut. It is only for what stands whole elsewhere.
func (p *pen) cut(text string, st style, width float64) string {
	if p.shaper.width(text, st) <= width {
		return text
	}
	runes := []rune(text)
	for end := len(runes) - 1; end > 0; end-- {
		if unicode.IsMark(runes[end]) || runes[end-1] == virama {
			continue
		}
		if short := strings.TrimSpace(string(runes[:end])) + "…"; p.shaper.width(short, st) <= width {
			return short
		}
	}
	return "…"
}

// both gives a label in English and Hindi.
func both(english, hindi string) string { return english + " / " + hindi }

// joined puts a middle dot between the parts that are not empty.
func joined(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}

func plain(size float64) style { return style{size: size, ink: ink} }
func bold(size float64) style  { return style{size: size, bold: true, ink: ink} }
func soft(size float64) style  { return style{size: size, ink: inkSoft} }

package reportpdf

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab/label"
)

// The tube label: 50 × 25 mm, one a page, drawn as the label printer's own language draws it, so that a lab without one
// prints it on any printer.
const (
	labelWidth  = 50 * mm
	labelHeight = 25 * mm
	labelEdge   = 1.8 * mm
	labelModule = 0.25 * mm // two dots at 203 dpi
)

// Labels draws tube labels, one on each page of 50 × 25 mm.
func (r *Renderer) Labels(list []label.Label) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.shaper.forget()
	p := &pen{doc: newDocument("Tube labels", time.Time{}, labelWidth, labelHeight), shaper: r.shaper}
	for _, l := range list {
		if err := l.Check(); err != nil {
			return nil, fmt.Errorf("draw label: %w", err)
		}
		p.page = p.doc.newPage()
		if err := p.label(l, 0, 0); err != nil {
			return nil, fmt.Errorf("draw label: %w", err)
		}
	}
	out, err := p.doc.bytes()
	if err != nil {
		return nil, fmt.Errorf("write labels: %w", err)
	}
	return out, nil
}

// SheetOptions describe a sheet of self-adhesive labels; zero values mean A4 with 4 × 11 labels of 50 × 25 mm, centred.
type SheetOptions struct {
	Columns, Rows int
	Skip          int // labels of the first sheet that are used already
}

// LabelSheet draws tube labels onto A4 sheets of labels.
func (r *Renderer) LabelSheet(list []label.Label, o SheetOptions) ([]byte, error) {
	if o.Columns <= 0 || o.Rows <= 0 {
		o.Columns, o.Rows = 4, 11
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.shaper.forget()
	p := &pen{doc: newDocument("Tube labels", time.Time{}, pageWidth, pageHeight), shaper: r.shaper}
	x0 := (pageWidth - float64(o.Columns)*labelWidth) / 2
	y0 := (pageHeight - float64(o.Rows)*labelHeight) / 2
	for i, l := range list {
		if err := l.Check(); err != nil {
			return nil, fmt.Errorf("draw label: %w", err)
		}
		at := (i + max(o.Skip, 0)) % (o.Columns * o.Rows)
		if p.page == nil || at == 0 {
			p.page = p.doc.newPage()
		}
		x, y := x0+float64(at%o.Columns)*labelWidth, y0+float64(at/o.Columns)*labelHeight
		if err := p.label(l, x, y); err != nil {
			return nil, fmt.Errorf("draw label: %w", err)
		}
	}
	out, err := p.doc.bytes()
	if err != nil {
		return nil, fmt.Errorf("write labels: %w", err)
	}
	return out, nil
}

// label draws one label with its top left corner at x, y.
func (p *pen) label(l label.Label, x, y float64) error {
	from, to := x+labelEdge, x+labelWidth-labelEdge
	line := func(base float64, leftText, rightText string, st style) {
		room := to - from
		if rightText != "" {
			room -= p.shaper.width(rightText, st) + 4
			p.rightText(to, base, rightText, st)
		}
		p.text(from, base, p.fit(leftText, st, room), st)
	}
	strong := style{size: 8.2, bold: true, ink: black}
	line(y+8.6, label.Cut(l.Name, label.NameLength), l.AgeSex, strong)
	small := style{size: 6.2, ink: black}
	collected := "__-__-__ __:__"
	if !l.Collected.IsZero() {
		collected = l.Collected.Format("02-01-06 15:04")
	}
	p.spans(from, y+16.4, span{l.MRN, small}, span{"   " + label.Cut(l.Specimen, 10), style{size: 6.2, bold: true, ink: black}})
	p.rightText(to, y+16.4, strings.TrimSpace(collected+" "+l.Collector), small)
	symbol, err := code128Width(string(l.Accession))
	if err != nil {
		return err
	}
	width := symbol * labelModule
	if width+20*labelModule > labelWidth {
		return fmt.Errorf("the number %d characters long does not fit on a label", len(l.Accession))
	}
	if err := p.page.code128(string(l.Accession), x+(labelWidth-width)/2, y+20, labelModule, 11*mm); err != nil {
		return err
	}
	base := y + labelHeight - 4
	number := style{size: 8.2, bold: true, ink: black}
	p.text(from, base, string(l.Accession), number)
	room := to - from - p.shaper.width(string(l.Accession), number) - 6
	p.rightText(to, base, p.tests(l, strong, room), strong)
	return nil
}

// tests gives the priority and as many tests as fit, and how many more there are.
func (p *pen) tests(l label.Label, st style, width float64) string {
	for n := len(l.Tests); n >= 0; n-- {
		text := l.Priority + "  " + strings.Join(l.Tests[:n], " ")
		if n < len(l.Tests) {
			text += " +" + strconv.Itoa(len(l.Tests)-n)
		}
		if text = strings.TrimSpace(text); p.shaper.width(text, st) <= width {
			return text
		}
	}
	return ""
}

// fit shortens text to a width and marks the cut.
func (p *pen) fit(text string, st style, width float64) string {
	if p.shaper.width(text, st) <= width {
		return text
	}
	for limit := len([]rune(text)) - 1; limit > 1; limit-- {
		if cut := label.Cut(text, limit); p.shaper.width(cut, st) <= width {
			return cut
		}
	}
	return ""
}

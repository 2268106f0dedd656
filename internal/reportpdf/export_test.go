package reportpdf

import (
	"fmt"
	"strings"
	"time"

	"jaanch/internal/lab/report"
)

// Said gives what a drawing writes, in order, for tests.
func (r *Renderer) Said(rep report.Report, o Options) ([]string, int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.draw(rep, o)
	if err != nil {
		return nil, 0, err
	}
	return s.said, len(s.doc.pages), nil
}

// GlyphIDs gives the glyphs of a text, in drawing order, for tests.
func (r *Renderer) GlyphIDs(text string, bold bool) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []int
	for _, run := range r.shaper.shape(text, bold) {
		for _, g := range run.glyphs {
			out = append(out, g.id)
		}
	}
	return out
}

// Drawn gives every glyph that a report draws, by font.
func (r *Renderer) Drawn(rep report.Report, o Options) (map[string][]int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.draw(rep, o)
	if err != nil {
		return nil, err
	}
	out := map[string][]int{}
	for _, f := range s.doc.order {
		for g := range f.glyphs {
			out[f.face.name] = append(out[f.face.name], g)
		}
	}
	return out, nil
}

// Bars gives the bars of a Code 128 symbol as drawn, each with where it begins and how wide it is, in modules.
func Bars(text string) ([][2]float64, error) {
	c := newDocument("", time.Time{}, 500, 100).newPage()
	if err := c.code128(text, 0, 0, 1, 10); err != nil {
		return nil, err
	}
	var out [][2]float64
	for line := range strings.Lines(c.ops.String()) {
		var x, y, w, h float64
		if n, _ := fmt.Sscanf(line, "%f %f %f %f re", &x, &y, &w, &h); n == 4 {
			out = append(out, [2]float64{x, w})
		}
	}
	return out, nil
}

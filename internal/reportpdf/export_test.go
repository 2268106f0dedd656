package reportpdf

import "jaanch/internal/lab/report"

// Said gives what a drawing writes, in order, for tests.
func (r *Renderer) Said(rep report.Report, o Options) ([]string, int, error) {
	s, err := r.draw(rep, o)
	if err != nil {
		return nil, 0, err
	}
	return s.said, len(s.doc.pages), nil
}

// GlyphIDs gives the glyphs of a text, in drawing order, for tests.
func (r *Renderer) GlyphIDs(text string, bold bool) []int {
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

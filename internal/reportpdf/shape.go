package reportpdf

import (
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
)

// replacement is drawn for a character that no font has. It is visible, so that nobody takes a damaged name for a whole
// one, and the text layer keeps the character itself.
const replacement = '\uFFFD'

// virama joins the consonant before it to the one after it.
const virama = '\u094D'

// shaper turns text into glyphs. It serves one goroutine at a time, like the faces that it uses.
type shaper struct {
	regular, bold fontSet
	engine        shaping.HarfbuzzShaper
	segments      shaping.Segmenter
	cache         map[shapeKey][]run
}

type shapeKey struct {
	text string
	bold bool
}

// run is a piece of text in one font. Lengths are thousandths of the font size.
type run struct {
	font   *typeface
	glyphs []glyph
	text   string
	plain  bool // every glyph stands for its own characters, in order
	width  float64
}

type glyph struct {
	id      int
	advance float64
	dx, dy  float64
	text    string // of its cluster, on the cluster's first glyph
	shared  bool   // the cluster has more glyphs
}

func newShaper() (*shaper, error) {
	regular, bold, err := loadFonts()
	if err != nil {
		return nil, err
	}
	return &shaper{regular: regular, bold: bold, cache: map[shapeKey][]run{}}, nil
}

// forget empties the cache, which would otherwise hold the names of all patients of the day.
func (s *shaper) forget() { clear(s.cache) }

func (s *shaper) shape(text string, bold bool) []run {
	key := shapeKey{text, bold}
	if runs, ok := s.cache[key]; ok {
		return runs
	}
	set := s.regular
	if bold {
		set = s.bold
	}
	original := []rune(clean(text))
	drawn := make([]rune, len(original))
	for i, r := range original {
		drawn[i] = r
		if !set.has(r) && !unicode.Is(unicode.Cf, r) {
			drawn[i] = replacement
		}
	}
	var runs []run
	if len(drawn) > 0 {
		input := shaping.Input{
			Text: drawn, RunEnd: len(drawn), Direction: di.DirectionLTR, Size: 1000 << 6, Language: language.NewLanguage("en"),
		}
		for _, part := range s.segments.Split(input, set) {
			for _, piece := range refine(part, set) {
				runs = append(runs, newRun(set, s.engine.ShapeNoExtents(piece), original))
			}
		}
	}
	s.cache[key] = runs
	return runs
}

// refine cuts a run where its face lacks a character that another face has: the segmenter lets a blank stay with the
// face before it, and the symbols have none.
func refine(part shaping.Input, set fontSet) []shaping.Input {
	var out []shaping.Input
	from := part.RunStart
	face := part.Face
	pick := func(r rune) *font.Face {
		if _, ok := part.Face.NominalGlyph(r); ok || unicode.Is(unicode.Cf, r) {
			return part.Face
		}
		return set.ResolveFace(r)
	}
	for i := part.RunStart; i <= part.RunEnd; i++ {
		next := face
		if i < part.RunEnd {
			next = pick(part.Text[i])
		}
		if i < part.RunEnd && next == face {
			continue
		}
		if i > from {
			piece := part
			piece.RunStart, piece.RunEnd, piece.Face = from, i, face
			out = append(out, piece)
		}
		from, face = i, next
	}
	return out
}

// clean makes text printable on one line: line breaks and tabs become blanks, other control characters go.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		default:
			return r
		}
	}, text)
}

func newRun(set fontSet, out shaping.Output, original []rune) run {
	r := run{plain: true, text: string(original[out.Runes.Offset : out.Runes.Offset+out.Runes.Count])}
	for _, t := range set {
		if t.face == out.Face {
			r.font = t
		}
	}
	cluster := -1
	for _, g := range out.Glyphs {
		at := g.TextIndex()
		if g.GlyphID == font.EmptyGlyph { // a joiner that has done its work
			r.plain = false
			r.skip(units(g.Advance))
			continue
		}
		item := glyph{id: int(g.GlyphID), advance: units(g.Advance), dx: units(g.XOffset), dy: units(g.YOffset)}
		if at < cluster || g.GlyphsCount() != 1 || item.dy != 0 {
			r.plain = false
		}
		item.shared = g.GlyphsCount() != 1
		if at != cluster {
			item.text = string(original[at : at+g.RunesCount()])
		}
		if g.GlyphsCount() == 1 && g.RunesCount() > 1 && !isLatinLigature(item.text) {
			r.plain = false // one shape for a conjunct: its text is carried by the run
		}
		cluster = at
		r.width += item.advance
		r.glyphs = append(r.glyphs, item)
	}
	return r
}

// skip leaves room without a glyph.
func (r *run) skip(advance float64) {
	r.width += advance
	if n := len(r.glyphs); n > 0 {
		r.glyphs[n-1].advance += advance
	}
}

func isLatinLigature(s string) bool {
	for _, r := range s {
		if r > unicode.MaxLatin1 {
			return false
		}
	}
	return true
}

// units turns the shaper's lengths, which have six binary digits behind the point, into thousandths of the font size.
func units[T ~int32](v T) float64 { return float64(v) / 64 }

// width gives the length of text in points at that size.
func (s *shaper) width(text string, st style) float64 {
	total := 0.0
	for _, r := range s.shape(text, st.bold) {
		total += r.width
	}
	return total * st.size / 1000
}

// wrap breaks text into lines that fit the width; a word that is too long for a line is broken at a character that can
// begin one.
func (s *shaper) wrap(text string, st style, width float64) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			for s.width(word, st) > width {
				head, tail := s.split(word, st, width)
				if line != "" {
					lines, line = append(lines, line), ""
				}
				lines, word = append(lines, head), tail
			}
			joined := word
			if line != "" {
				joined = line + " " + word
			}
			if line != "" && s.width(joined, st) > width {
				lines, joined = append(lines, line), word
			}
			line = joined
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// split cuts a word so that its head fits; never before a mark, and never to nothing.
func (s *shaper) split(word string, st style, width float64) (head, tail string) {
	runes := []rune(word)
	end := 1
	for i := 2; i < len(runes); i++ {
		if unicode.IsMark(runes[i]) || runes[i-1] == virama || runes[i-1] == '\u200D' {
			continue
		}
		if s.width(string(runes[:i]), st) > width {
			break
		}
		end = i
	}
	return string(runes[:end]), string(runes[end:])
}

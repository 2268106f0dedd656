package reportpdf

import (
	"bytes"
	"embed"
	"fmt"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// typeface is one parsed font: the face that shapes, and the raw tables that are cut down and embedded.
type typeface struct {
	name   string // PostScript name, without the subset's prefix
	bold   bool
	face   *font.Face
	tables map[string][]byte
	upem   float64
	ascent, descent,
	capHeight float64 // font units
	box    [4]int // xMin, yMin, xMax, yMax
	glyphs int
}

func loadTypeface(file, name string, bold bool) (*typeface, error) {
	raw, err := fontFiles.ReadFile("fonts/" + file)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", file, err)
	}
	face, err := font.ParseTTF(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", file, err)
	}
	loader, err := ot.NewLoader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", file, err)
	}
	t := &typeface{name: name, bold: bold, face: face, tables: map[string][]byte{}, upem: float64(face.Upem())}
	for _, tag := range embeddedTables() {
		table, err := loader.RawTable(ot.MustNewTag(tag))
		if err != nil {
			continue // cvt, fpgm and prep are not in every font
		}
		t.tables[tag] = table
	}
	for _, tag := range []string{tableHead, "hhea", "maxp", tableHmtx, tableLoca, tableGlyf} {
		if len(t.tables[tag]) == 0 {
			return nil, fmt.Errorf("font %s: no %s table", file, tag)
		}
	}
	t.measure()
	return t, nil
}

// The tables of a font file that are read or written here.
const (
	tableGlyf = "glyf"
	tableHead = "head"
	tableHmtx = "hmtx"
	tableLoca = "loca"
)

// embeddedTables are the tables that a font inside a PDF needs, sorted as a font file wants them. Shaping is done
// before, so that cmap, GSUB and GPOS stay out.
func embeddedTables() []string {
	return []string{"cvt ", "fpgm", tableGlyf, tableHead, "hhea", tableHmtx, tableLoca, "maxp", "prep"}
}

func (t *typeface) measure() {
	head, hhea := t.tables[tableHead], t.tables["hhea"]
	for i := range t.box {
		t.box[i] = int(int16(be16(head, 36+2*i)))
	}
	t.ascent = float64(int16(be16(hhea, 4)))
	t.descent = float64(int16(be16(hhea, 6)))
	t.capHeight = 714
	t.glyphs = int(be16(t.tables["maxp"], 4))
}

// advance gives a glyph's width in font units.
func (t *typeface) advance(gid int) float64 {
	long := int(be16(t.tables["hhea"], 34))
	i := min(gid, long-1)
	return float64(be16(t.tables[tableHmtx], 4*i))
}

func be16(b []byte, at int) uint16 { return uint16(b[at])<<8 | uint16(b[at+1]) }

func be32(b []byte, at int) uint32 { return uint32(be16(b, at))<<16 | uint32(be16(b, at+2)) }

// fontSet is one weight: the faces in the order in which they are asked for a character.
type fontSet []*typeface

// ResolveFace gives the first face that has the character; the first of all when none has.
func (s fontSet) ResolveFace(r rune) *font.Face {
	for _, t := range s {
		if _, ok := t.face.NominalGlyph(r); ok {
			return t.face
		}
	}
	return s[0].face
}

// has tells whether any face of the set can draw the character.
func (s fontSet) has(r rune) bool {
	for _, t := range s {
		if _, ok := t.face.NominalGlyph(r); ok {
			return true
		}
	}
	return false
}

func loadFonts() (regular, bold fontSet, err error) {
	for _, f := range []struct {
		file, name string
		inRegular  bool
		inBold     bool
	}{
		{"NotoSans-Regular.ttf", "NotoSans-Regular", true, false},
		{"NotoSans-Bold.ttf", "NotoSans-Bold", false, true},
		{"NotoSansDevanagari-Regular.ttf", "NotoSansDevanagari-Regular", true, false},
		{"NotoSansDevanagari-Bold.ttf", "NotoSansDevanagari-Bold", false, true},
		{"NotoSansMath-Symbols.ttf", "NotoSansMath-Regular", true, true},
	} {
		t, err := loadTypeface(f.file, f.name, f.inBold && !f.inRegular)
		if err != nil {
			return nil, nil, err
		}
		if f.inRegular {
			regular = append(regular, t)
		}
		if f.inBold {
			bold = append(bold, t)
		}
	}
	return regular, bold, nil
}

package reportpdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// document collects pages and the fonts that they use, and writes the file.
type document struct {
	title         string
	issued        time.Time
	width, height float64 // of each page, in points
	pages         []*canvas
	fonts         map[*typeface]*usedFont
	order         []*usedFont
	images        []*picture
}

// usedFont is a font of the file: which glyphs are drawn, and what each stands for.
type usedFont struct {
	face   *typeface
	name   string // F1, F2, …
	glyphs map[int]bool
	text   map[int]string
}

func newDocument(title string, issued time.Time, width, height float64) *document {
	return &document{title: title, issued: issued, width: width, height: height, fonts: map[*typeface]*usedFont{}}
}

func (d *document) use(t *typeface) *usedFont {
	f, ok := d.fonts[t]
	if !ok {
		f = &usedFont{face: t, name: "F" + strconv.Itoa(len(d.order)+1), glyphs: map[int]bool{}, text: map[int]string{}}
		d.fonts[t] = f
		d.order = append(d.order, f)
	}
	return f
}

func (d *document) newPage() *canvas {
	c := &canvas{doc: d, height: d.height}
	d.pages = append(d.pages, c)
	return c
}

// file writes numbered objects and remembers where each stands.
type file struct {
	out     bytes.Buffer
	offsets []int
}

func (f *file) reserve() int {
	f.offsets = append(f.offsets, 0)
	return len(f.offsets)
}

func (f *file) object(id int, body string) {
	f.offsets[id-1] = f.out.Len()
	fmt.Fprintf(&f.out, "%d 0 obj\n%s\nendobj\n", id, body)
}

func (f *file) stream(id int, dict string, content []byte) error {
	var packed bytes.Buffer
	zw := zlib.NewWriter(&packed)
	_, err := zw.Write(content)
	if err = errors.Join(err, zw.Close()); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	f.offsets[id-1] = f.out.Len()
	fmt.Fprintf(&f.out, "%d 0 obj\n<<%s/Filter/FlateDecode/Length %d>>\nstream\n", id, dict, packed.Len())
	f.out.Write(packed.Bytes())
	f.out.WriteString("\nendstream\nendobj\n")
	return nil
}

// bytes writes the whole file.
func (d *document) bytes() ([]byte, error) {
	f := &file{}
	f.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	catalog, pages, resources, info := f.reserve(), f.reserve(), f.reserve(), f.reserve()
	fonts, err := d.writeFonts(f)
	if err != nil {
		return nil, err
	}
	images, err := d.writeImages(f)
	if err != nil {
		return nil, err
	}
	f.object(resources, "<</Font<<"+fonts+">>/XObject<<"+images+">>>>")
	var kids strings.Builder
	for _, p := range d.pages {
		page, content := f.reserve(), f.reserve()
		fmt.Fprintf(&kids, "%d 0 R ", page)
		f.object(page, fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s %s]/Resources %d 0 R/Contents %d 0 R>>",
			pages, num(d.width), num(d.height), resources, content))
		if err := f.stream(content, "", p.ops.Bytes()); err != nil {
			return nil, err
		}
	}
	f.object(pages, fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(d.pages)))
	f.object(catalog, fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/Lang(en-IN)/ViewerPreferences<</DisplayDocTitle true>>>>", pages))
	f.object(info, d.info())
	d.finish(f, catalog, info)
	return f.out.Bytes(), nil
}

// info names the document. The patient's name is not in it: a viewer shows the title in its window.
func (d *document) info() string {
	date := ""
	if !d.issued.IsZero() {
		date = "/CreationDate(D:" + d.issued.UTC().Format("20060102150405") + "Z)"
	}
	return "<</Title" + textString(d.title) + "/Producer(Jaanch)" + date + ">>"
}

func (d *document) finish(f *file, catalog, info int) {
	sum := sha256.Sum256(f.out.Bytes())
	start := f.out.Len()
	fmt.Fprintf(&f.out, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, at := range f.offsets {
		fmt.Fprintf(&f.out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&f.out, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%x><%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(f.offsets)+1, catalog, info, sum[:16], sum[:16], start)
}

func (d *document) writeFonts(f *file) (string, error) {
	var refs strings.Builder
	for _, u := range d.order {
		id, err := u.write(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&refs, "/%s %d 0 R", u.name, id)
	}
	return refs.String(), nil
}

func (u *usedFont) write(f *file) (int, error) {
	font, cid, descriptor, program, unicode := f.reserve(), f.reserve(), f.reserve(), f.reserve(), f.reserve()
	name := u.tag() + "+" + u.face.name
	scale := func(v int) int { return int(float64(v) * 1000 / u.face.upem) }
	f.object(font, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>",
		name, cid, unicode))
	f.object(cid, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"+
		"/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/DW 0/W[%s]>>", name, descriptor, u.widths()))
	weight := 80
	if u.face.bold {
		weight = 140
	}
	b := u.face.box
	f.object(descriptor, fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d"+
		"/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R>>", name, scale(b[0]), scale(b[1]), scale(b[2]), scale(b[3]),
		scale(int(u.face.ascent)), scale(int(u.face.descent)), scale(int(u.face.capHeight)), weight, program))
	ttf := u.face.subset(u.glyphs)
	if err := f.stream(program, "/Length1 "+strconv.Itoa(len(ttf)), ttf); err != nil {
		return 0, err
	}
	return font, f.stream(unicode, "", u.toUnicode())
}

// learn notes what the glyphs of a run stand for. It tells whether the run can be read back glyph by glyph; where it
// cannot, because signs were reordered or a glyph already stands for another character, the run carries its text.
func (u *usedFont) learn(r run) bool {
	readable := r.plain
	for _, g := range r.glyphs {
		if g.text == "" || g.shared {
			continue
		}
		if known, ok := u.text[g.id]; ok && known != g.text {
			readable = false
			continue
		}
		u.text[g.id] = g.text
	}
	return readable
}

// tag gives the six letters that mark a subset; they follow from its glyphs, so that they are the same every time.
func (u *usedFont) tag() string {
	var list []byte
	for _, g := range slices.Sorted(maps.Keys(u.glyphs)) {
		list = append(list, byte(g>>8), byte(g))
	}
	sum := sha256.Sum256(list)
	out := make([]byte, 6)
	for i := range out {
		out[i] = 'A' + sum[i]%26
	}
	return string(out)
}

func (u *usedFont) widths() string {
	var b strings.Builder
	for _, g := range slices.Sorted(maps.Keys(u.glyphs)) {
		fmt.Fprintf(&b, "%d[%s]", g, num(u.face.advance(g)*1000/u.face.upem))
	}
	return b.String()
}

// toUnicode maps glyph ids back to the characters they stand for.
func (u *usedFont) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)" +
		"/Supplement 0>>def/CMapName/Adobe-Identity-UCS def/CMapType 2 def 1 begincodespacerange<0000><FFFF>endcodespacerange\n")
	u.learnSigns()
	ids := make([]int, 0, len(u.text))
	for g := range u.text {
		ids = append(ids, g)
	}
	sort.Ints(ids)
	for part := range slices.Chunk(ids, 100) {
		fmt.Fprintf(&b, "%d beginbfchar\n", len(part))
		for _, g := range part {
			fmt.Fprintf(&b, "<%04X><%s>\n", g, utf16Hex(u.text[g]))
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap CMapName currentdict/CMap defineresource pop\nend\nend\n") //nolint:dupword // two dictionaries end
	return b.Bytes()
}

// learnSigns adds the drawn glyphs that were only seen inside of a syllable, for readers that look at glyphs alone.
func (u *usedFont) learnSigns() {
	for r := rune(0x900); r <= 0x97F; r++ {
		gid, ok := u.face.face.NominalGlyph(r)
		if _, known := u.text[int(gid)]; ok && !known && u.glyphs[int(gid)] {
			u.text[int(gid)] = string(r)
		}
	}
}

func utf16Hex(s string) string {
	var b strings.Builder
	for _, v := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", v)
	}
	return b.String()
}

// textString writes a text as PDF wants it outside of a page.
func textString(s string) string { return "<FEFF" + utf16Hex(s) + ">" }

// num writes a number with at most two digits behind the point.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

package reportpdf

import (
	"encoding/binary"
	"slices"

	ot "github.com/go-text/typesetting/font/opentype"
)

// subset gives a font file with the outlines of the used glyphs alone. Glyph ids stay, so that what was shaped can be
// written as it is; unused entries become empty and compress to almost nothing.
func (t *typeface) subset(used map[int]bool) []byte {
	keep := t.withComponents(used)
	glyf, loca := t.outlines(keep)
	var tables []ot.Table
	for _, tag := range embeddedTables() {
		content, ok := t.tables[tag]
		if !ok {
			continue
		}
		switch tag {
		case tableGlyf:
			content = glyf
		case tableLoca:
			content = loca
		case tableHead:
			content = slices.Clone(content)
			binary.BigEndian.PutUint16(content[50:], 1) // long offsets
			binary.BigEndian.PutUint32(content[8:], 0)  // the sum of the whole file is not kept up by anybody
		case tableHmtx:
			content = t.metrics(keep)
		}
		tables = append(tables, ot.Table{Tag: ot.MustNewTag(tag), Content: padded(content)})
	}
	return ot.WriteTTF(tables)
}

// padded fills a table up to four bytes, as a font file wants it.
func padded(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(slices.Clip(b), 0)
	}
	return b
}

// glyph gives the outline of one glyph, empty for a blank.
func (t *typeface) glyph(gid int) []byte {
	loca, glyf := t.tables[tableLoca], t.tables[tableGlyf]
	var from, to uint32
	if be16(t.tables[tableHead], 50) == 0 {
		from, to = 2*uint32(be16(loca, 2*gid)), 2*uint32(be16(loca, 2*gid+2))
	} else {
		from, to = be32(loca, 4*gid), be32(loca, 4*gid+4)
	}
	return glyf[from:to]
}

// withComponents adds the glyphs that composite glyphs are made of, and glyph 0, which every font has.
func (t *typeface) withComponents(used map[int]bool) map[int]bool {
	keep := map[int]bool{0: true}
	queue := make([]int, 0, len(used))
	for gid := range used {
		queue = append(queue, gid)
	}
	for len(queue) > 0 {
		gid := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if gid >= t.glyphs || keep[gid] {
			continue
		}
		keep[gid] = true
		queue = append(queue, components(t.glyph(gid))...)
	}
	return keep
}

// Flags of a composite glyph's parts (OpenType specification, glyf table).
const (
	argsAreWords   = 0x0001
	haveScale      = 0x0008
	moreComponents = 0x0020
	haveXYScale    = 0x0040
	have2x2        = 0x0080
)

func components(outline []byte) []int {
	if len(outline) < 10 || outline[0]&0x80 == 0 { // a negative number of contours marks a composite
		return nil
	}
	var out []int
	for at := 10; at+4 <= len(outline); {
		flags := be16(outline, at)
		out = append(out, int(be16(outline, at+2)))
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&haveScale != 0:
			at += 2
		case flags&haveXYScale != 0:
			at += 4
		case flags&have2x2 != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			break
		}
	}
	return out
}

func (t *typeface) outlines(keep map[int]bool) (glyf, loca []byte) {
	loca = make([]byte, 0, 4*(t.glyphs+1))
	for gid := range t.glyphs {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if keep[gid] {
			glyf = padded(append(glyf, t.glyph(gid)...))
		}
	}
	return glyf, binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
}

// metrics empties the widths of unused glyphs; the table's length is given by hhea and stays.
func (t *typeface) metrics(keep map[int]bool) []byte {
	out := slices.Clone(t.tables[tableHmtx])
	long := int(be16(t.tables["hhea"], 34))
	for gid := range long - 1 { // the last one counts for all glyphs after it
		if !keep[gid] {
			clear(out[4*gid : 4*gid+4])
		}
	}
	return out
}

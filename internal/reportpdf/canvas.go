package reportpdf

import (
	"bytes"
	"fmt"
)

// colour is a colour as 0xRRGGBB.
type colour uint32

// operands gives the three numbers from 0 to 1 that a PDF operator takes.
func (k colour) operands() string {
	part := func(shift int) string { return num(float64(k>>shift&255) / 255) }
	return part(16) + " " + part(8) + " " + part(0)
}

// style is how a piece of text looks; size in points.
type style struct {
	size float64
	bold bool
	ink  colour
}

// canvas is one page. Positions are points from the top left corner; text stands on its baseline.
type canvas struct {
	doc    *document
	height float64
	ops    bytes.Buffer
	ink    colour
	inkSet bool
}

func (c *canvas) opf(format string, args ...any) {
	fmt.Fprintf(&c.ops, format, args...)
	c.ops.WriteByte('\n')
}

func (c *canvas) fillWith(k colour) {
	if c.inkSet && c.ink == k {
		return
	}
	c.ink, c.inkSet = k, true
	c.opf("%s rg", k.operands())
}

func (c *canvas) strokeWith(k colour, width float64) {
	c.opf("%s RG %s w", k.operands(), num(width))
}

func (c *canvas) y(fromTop float64) float64 { return c.height - fromTop }

// rect fills a rectangle.
func (c *canvas) rect(x, y, w, h float64, k colour) {
	c.fillWith(k)
	c.opf("%s %s %s %s re f", num(x), num(c.y(y+h)), num(w), num(h))
}

// frame draws the outline of a rectangle with round corners.
func (c *canvas) frame(x, y, w, h, radius, width float64, k colour) {
	c.strokeWith(k, width)
	c.roundPath(x, y, w, h, radius)
	c.opf("S")
}

// pill fills a rectangle with round corners.
func (c *canvas) pill(x, y, w, h, radius float64, k colour) {
	c.fillWith(k)
	c.roundPath(x, y, w, h, radius)
	c.opf("f")
}

// kappa makes a Bézier curve out of a quarter of a circle.
const kappa = 0.5523

func (c *canvas) roundPath(x, y, w, h, r float64) {
	k := r * (1 - kappa)
	move := func(px, py float64, cmd string) { c.opf("%s %s %s", num(px), num(c.y(py)), cmd) }
	curve := func(ax, ay, bx, by, px, py float64) {
		c.opf("%s %s %s %s %s %s c", num(ax), num(c.y(ay)), num(bx), num(c.y(by)), num(px), num(c.y(py)))
	}
	move(x+r, y, "m")
	move(x+w-r, y, "l")
	curve(x+w-k, y, x+w, y+k, x+w, y+r)
	move(x+w, y+h-r, "l")
	curve(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h)
	move(x+r, y+h, "l")
	curve(x+k, y+h, x, y+h-k, x, y+h-r)
	move(x, y+r, "l")
	curve(x, y+k, x+k, y, x+r, y)
	c.opf("h")
}

// dot fills a circle.
func (c *canvas) dot(x, y, radius float64, k colour) {
	c.pill(x-radius, y-radius, 2*radius, 2*radius, radius, k)
}

// rule draws a line from margin to margin.
func (c *canvas) rule(y, width float64, k colour) {
	c.strokeWith(k, width)
	c.opf("%s %s m %s %s l S", num(left), num(c.y(y)), num(right), num(c.y(y)))
}

// polyline draws connected lines through points.
func (c *canvas) polyline(points [][2]float64, width float64, k colour) {
	c.strokeWith(k, width)
	c.opf("1 J 1 j")
	for i, p := range points {
		cmd := "l"
		if i == 0 {
			cmd = "m"
		}
		c.opf("%s %s %s", num(p[0]), num(c.y(p[1])), cmd)
	}
	c.opf("S 0 J 0 j")
}

// polygon fills a shape.
func (c *canvas) polygon(k colour, points ...[2]float64) {
	c.fillWith(k)
	for i, p := range points {
		cmd := "l"
		if i == 0 {
			cmd = "m"
		}
		c.opf("%s %s %s", num(p[0]), num(c.y(p[1])), cmd)
	}
	c.opf("h f")
}

// runs draws shaped text with its baseline at y and gives its width in points.
func (c *canvas) runs(x, y float64, runs []run, st style) float64 {
	start := x
	for _, r := range runs {
		font := c.doc.use(r.font)
		c.fillWith(st.ink)
		spoken := !font.learn(r)
		if spoken {
			c.opf("/Span<</ActualText%s>>BDC", textString(r.text))
		}
		fmt.Fprintf(&c.ops, "BT/%s %s Tf %s %s Td", font.name, num(st.size), num(x), num(c.y(y)))
		c.glyphs(font, r, st.size)
		c.opf(" ET")
		if spoken {
			c.opf("EMC")
		}
		x += r.width * st.size / 1000
	}
	return x - start
}

// glyphs writes one run as glyph ids with the small moves between them. Numbers in the array are thousandths of the
// font size to the left.
func (c *canvas) glyphs(font *usedFont, r run, size float64) {
	rise, open, move := 0.0, false, 0.0
	closeArray := func() {
		if open {
			c.ops.WriteString("]TJ")
			open = false
		}
	}
	for _, g := range r.glyphs {
		font.glyphs[g.id] = true
		if g.dy != rise {
			closeArray()
			fmt.Fprintf(&c.ops, " %s Ts", num(g.dy*size/1000))
			rise = g.dy
		}
		if !open {
			c.ops.WriteString("[")
			open = true
		}
		if before := move + g.dx; before > 0.01 || before < -0.01 {
			c.ops.WriteString(num(-before))
			move = -g.dx
		}
		fmt.Fprintf(&c.ops, "<%04X>", g.id)
		move += g.advance - font.face.advance(g.id)*1000/font.face.upem
	}
	closeArray()
	if rise != 0 {
		c.ops.WriteString(" 0 Ts")
	}
}

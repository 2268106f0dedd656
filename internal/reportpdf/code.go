package reportpdf

import (
	"fmt"
	"image/color"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
)

// qrCode draws a QR code as a square of that many points, its quiet zone left to the caller.
func (c *canvas) qrCode(text string, x, y, size float64) error {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	n := code.Bounds().Dx()
	module := size / float64(n)
	c.fillWith(black)
	for row := range n {
		for from := 0; from < n; {
			to := from
			for to < n && dark(code, to, row) {
				to++
			}
			if to > from {
				c.opf("%s %s %s %s re", num4(x+float64(from)*module), num4(c.y(y+float64(row+1)*module)),
					num4(float64(to-from)*module), num4(module))
			}
			from = max(to, from+1)
		}
	}
	c.opf("f")
	return nil
}

// code128 draws a Code 128 symbol with modules of that width; the quiet zones are left to the caller.
func (c *canvas) code128(text string, x, y, module, height float64) error {
	code, err := code128.Encode(text)
	if err != nil {
		return fmt.Errorf("barcode: %w", err)
	}
	n := code.Bounds().Dx()
	c.fillWith(black)
	for from := 0; from < n; {
		to := from
		for to < n && dark(code, to, 0) {
			to++
		}
		if to > from {
			c.opf("%s %s %s %s re", num4(x+float64(from)*module), num4(c.y(y+height)), num4(float64(to-from)*module), num4(height))
		}
		from = max(to, from+1)
	}
	c.opf("f")
	return nil
}

func dark(code barcode.Barcode, x, y int) bool {
	grey, _ := color.GrayModel.Convert(code.At(x, y)).(color.Gray)
	return grey.Y < 0x80
}

// num4 writes a number with four digits: the edges of a code's modules must meet.
func num4(v float64) string { return fmt.Sprintf("%.4f", v) }

// code128Width gives the width of a symbol in modules.
func code128Width(text string) (float64, error) {
	code, err := code128.Encode(text)
	if err != nil {
		return 0, fmt.Errorf("barcode: %w", err)
	}
	return float64(code.Bounds().Dx()), nil
}

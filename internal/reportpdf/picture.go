package reportpdf

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the two forms that a lab's logo may have
	_ "image/png"
	"strings"

	"jaanch/internal/lab"
)

// picture is the lab's logo or a scanned signature, decoded and written anew: nothing of the uploaded file itself gets
// into the report.
type picture struct {
	name          string
	width, height int
	rgb, alpha    []byte
}

const maxPicturePixels = 4_000_000

func (d *document) addPicture(body []byte) (*picture, error) {
	bad := lab.Invalid("picture_malformed", "The picture is not a PNG or JPEG that can be printed.")
	config, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil || config.Width*config.Height > maxPicturePixels || config.Width == 0 || config.Height == 0 {
		return nil, bad
	}
	img, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, bad
	}
	b := img.Bounds()
	p := &picture{name: fmt.Sprintf("I%d", len(d.images)+1), width: b.Dx(), height: b.Dy()}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c, _ := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			p.rgb = append(p.rgb, c.R, c.G, c.B)
			p.alpha = append(p.alpha, c.A)
		}
	}
	d.images = append(d.images, p)
	return p, nil
}

func (d *document) writeImages(f *file) (string, error) {
	var refs strings.Builder
	for _, p := range d.images {
		id, mask := f.reserve(), f.reserve()
		head := fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8", p.width, p.height)
		if err := f.stream(id, fmt.Sprintf("%s/ColorSpace/DeviceRGB/SMask %d 0 R", head, mask), p.rgb); err != nil {
			return "", err
		}
		if err := f.stream(mask, head+"/ColorSpace/DeviceGray", p.alpha); err != nil {
			return "", err
		}
		fmt.Fprintf(&refs, "/%s %d 0 R", p.name, id)
	}
	return refs.String(), nil
}

// image draws a picture within a box, keeping its shape, at the box's left and bottom.
func (c *canvas) image(p *picture, x, y, w, h float64) {
	scale := min(w/float64(p.width), h/float64(p.height))
	c.opf("q %s 0 0 %s %s %s cm /%s Do Q", num(scale*float64(p.width)), num(scale*float64(p.height)), num(x), num(c.y(y+h)), p.name)
}

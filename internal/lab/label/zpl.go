package label

import (
	"bytes"
	"fmt"
	"strings"

	"jaanch/internal/lab/sample"
)

// The label is 50 x 25 mm at 203 dpi, 8 dots a mm.
const (
	dotsPerMM    = 8
	widthDots    = 50 * dotsPerMM
	heightDots   = 25 * dotsPerMM
	moduleDots   = 2
	barcodeLeft  = 40
	quietModules = 10
)

// BarcodeWidth gives the width in dots of a Code 128 symbol in set B, without quiet zones: start, characters, check and
// stop, in modules of two dots. Automatic mode packs digits and is never wider.
func BarcodeWidth(characters int) int { return (11*(1+characters+1) + 13) * moduleDots }

// ZPL writes the label for a Zebra printer. Text fields are UTF-8 (^CI28) with ^FH escapes; control bytes and the
// printer's own command characters cannot get through, whatever the patient's name is.
func ZPL(l Label) ([]byte, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "^XA^CI28^PW%d^LL%d^LH0,0\n", widthDots, heightDots)
	line := func(y, height, width int, text string) {
		fmt.Fprintf(&b, "^FO12,%d^A0N,%d,%d^FB376,1,0,L^FH_^FD%s^FS\n", y, height, width, Escape(text))
	}
	line(8, 26, 24, spaced(Cut(l.Name, NameLength), l.AgeSex))
	line(38, 20, 18, spaced(l.MRN, Cut(l.Specimen, 10), collected(l)))
	fmt.Fprintf(&b, "^FO%d,64^BY%d,2.0,80^BCN,80,N,N,N,A^FD%s^FS\n", barcodeLeft, moduleDots, l.Accession)
	line(150, 24, 22, Cut(spaced(string(l.Accession), l.Priority, strings.Join(l.Tests, " "), l.Collector), 34))
	b.WriteString("^PQ1^XZ\n")
	return b.Bytes(), nil
}

// Escape writes text for a ^FD field under ^FH_: the command characters and the escape itself as hexadecimal, control
// characters and invalid UTF-8 dropped.
func Escape(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case r < 0x20 || (r >= 0x7f && r < 0xa0):
		case r == '^' || r == '~' || r == '_':
			fmt.Fprintf(&b, "_%02X", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Fits tells whether the barcode of a number and its quiet zones fit on the label.
func Fits() bool {
	width := BarcodeWidth(sample.AccessionLength)
	return barcodeLeft >= quietModules*moduleDots && barcodeLeft+width+quietModules*moduleDots <= widthDots
}

func collected(l Label) string {
	if l.Collected.IsZero() {
		return "__-__ __:__"
	}
	return l.Collected.Format("02-01-06 15:04")
}

func spaced(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "  ")
}

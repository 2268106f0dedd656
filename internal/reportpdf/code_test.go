package reportpdf_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"jaanch/internal/reportpdf"
)

// patterns are the widths of bars and gaps of Code 128's characters 0 to 105 (ISO/IEC 15417, table 1).
const patterns = `212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231
113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121
211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124
121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241
114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141
114131 311141 411131 211412 211214 211232`

const (
	codeC, codeB, codeA = 99, 100, 101
	startA              = 103
	startC              = 105
	stopWidths          = "2331112"
)

// values reads the bars as a scanner does and checks start, check character and stop.
func values(bars [][2]float64) ([]int, error) {
	var widths strings.Builder
	for i, b := range bars {
		fmt.Fprintf(&widths, "%.0f", math.Round(b[1]))
		if i+1 < len(bars) {
			fmt.Fprintf(&widths, "%.0f", math.Round(bars[i+1][0]-b[0]-b[1]))
		}
	}
	all := widths.String()
	if !strings.HasSuffix(all, stopWidths) || (len(all)-len(stopWidths))%6 != 0 {
		return nil, fmt.Errorf("no stop in %s", all)
	}
	table := map[string]int{}
	for i, p := range strings.Fields(patterns) {
		table[p] = i
	}
	var out []int
	for at := 0; at < len(all)-len(stopWidths); at += 6 {
		v, ok := table[all[at:at+6]]
		if !ok {
			return nil, fmt.Errorf("no character has widths %s", all[at:at+6])
		}
		out = append(out, v)
	}
	sum := out[0]
	for i, v := range out[1 : len(out)-1] {
		sum += (i + 1) * v
	}
	if out[0] < startA || out[0] > startC || sum%103 != out[len(out)-1] {
		return nil, fmt.Errorf("start or check character is wrong: %v", out)
	}
	return out[:len(out)-1], nil
}

// decode turns characters into text, following the changes between the sets.
func decode(list []int) string {
	var text strings.Builder
	set := map[int]int{103: codeA, 104: codeB, 105: codeC}[list[0]]
	for _, v := range list[1:] {
		switch {
		case v == codeC && set != codeC, v == codeB && set != codeB, v == codeA && set != codeA:
			set = v
		case set == codeC:
			fmt.Fprintf(&text, "%02d", v)
		default:
			text.WriteByte(byte(v + ' '))
		}
	}
	return text.String()
}

// A scanner reads from the drawn bars the number that stands on the tube.
func TestBarcodeReadsBack(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"26325K70042L", "26325K701189", "26325K70119A", "V26325K7-0118", "123456", "A1", "ZZZZZZZZZZZZ"} {
		bars, err := reportpdf.Bars(number)
		if err != nil {
			t.Fatal(err)
		}
		list, err := values(bars)
		if err != nil {
			t.Errorf("%s: %v", number, err)
			continue
		}
		if got := decode(list); got != number {
			t.Errorf("%s reads as %s", number, got)
		}
	}
}

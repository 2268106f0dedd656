package reportpdf

import "jaanch/internal/lab/result"

// flag draws a mark beside a value: shape, letter and colour say the same thing three times.
func (s *sheet) flag(f result.Flag, base float64) { s.flagAt(flagLeft, f, base) }

func (s *sheet) flagAt(x float64, f result.Flag, base float64) {
	switch f {
	case result.High:
		s.triangle(x, base, true, inkHigh)
		s.text(x+9, base, "H", style{size: cellSize, bold: true, ink: inkHigh})
	case result.Low:
		s.triangle(x, base, false, inkLow)
		s.text(x+9, base, "L", style{size: cellSize, bold: true, ink: inkLow})
	case result.CriticalHigh:
		s.criticalPill(x, base, true, "HH")
	case result.CriticalLow:
		s.criticalPill(x, base, false, "LL")
	case result.Abnormal:
		s.page.polygon(inkHigh, [2]float64{x, base - 3}, [2]float64{x + 3, base - 6}, [2]float64{x + 6, base - 3}, [2]float64{x + 3, base})
		s.text(x+9, base, "A", style{size: cellSize, bold: true, ink: inkHigh})
	case result.Normal, result.Uncertain: // the second is refused by Check
	}
}

func (s *sheet) criticalPill(x, base float64, up bool, letters string) {
	s.page.pill(x-3, base-8.6, 34, 11.4, 5.7, inkCritical)
	s.triangle(x+1.5, base-0.4, up, white)
	s.triangle(x+8, base-0.4, up, white)
	s.text(x+15.5, base-0.2, letters, style{size: 8.2, bold: true, ink: white})
}

// triangle stands on the baseline at x, 6 points wide.
func (s *sheet) triangle(x, base float64, up bool, k colour) {
	if up {
		s.page.polygon(k, [2]float64{x, base - 0.6}, [2]float64{x + 6, base - 0.6}, [2]float64{x + 3, base - 5.8})
		return
	}
	s.page.polygon(k, [2]float64{x, base - 5.8}, [2]float64{x + 6, base - 5.8}, [2]float64{x + 3, base - 0.6})
}

func flagInk(f result.Flag) colour {
	switch f {
	case result.High, result.Abnormal:
		return inkHigh
	case result.Low:
		return inkLow
	case result.CriticalHigh, result.CriticalLow:
		return inkCritical
	case result.Normal, result.Uncertain:
	}
	return ink
}

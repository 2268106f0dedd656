package formula

import "jaanch/internal/lab"

// factors gives, for an analyte, how many conventional units are one SI unit: SI = conventional / factor.
func factors() map[string]string {
	return map[string]string{
		"glucose": "18.016", "cholesterol": "38.67", "triglyceride": "88.57", "calcium": "4.008", "urea": "6.006",
		"bun": "2.801", "phosphate": "3.097", "magnesium": "2.431", "lactate": "9.008", "creatinine": "0.011312",
		"bilirubin": "0.058467", "uric_acid": "0.016811", "iron": "5.5845",
	}
}

// ToSI converts from the conventional unit (mg/dL, iron ug/dL) to the SI unit, unrounded; false for an unknown analyte.
func ToSI(analyte string, v lab.Decimal) (lab.Decimal, bool) {
	f, ok := factors()[analyte]
	if !ok {
		return lab.Decimal{}, false
	}
	return v.Div(num(f))
}

// FromSI converts from the SI unit to the conventional one, unrounded; false for an unknown analyte.
func FromSI(analyte string, v lab.Decimal) (lab.Decimal, bool) {
	f, ok := factors()[analyte]
	if !ok {
		return lab.Decimal{}, false
	}
	return v.Mul(num(f)), true
}

package formula

import "jaanch/internal/lab"

func blood() map[string]definition {
	const count = "10*3/uL"
	return map[string]definition{
		"absolute_count":     {inputs: []string{"wbc", "percent"}, decimals: 2, unit: count, compute: absoluteCount},
		"wbc_corrected_nrbc": {inputs: []string{"wbc", "nrbc_per_100"}, decimals: 2, unit: count, compute: wbcCorrected},
		"mcv":                {inputs: []string{"hct", "rbc"}, decimals: 1, unit: "fL", compute: scaledRatio("10", "hct", "rbc")},
		"mch":                {inputs: []string{"hb", "rbc"}, decimals: 1, unit: "pg", compute: scaledRatio("10", "hb", "rbc")},
		"mchc":               {inputs: []string{"hb", "hct"}, decimals: 1, unit: "g/dL", compute: scaledRatio("100", "hb", "hct")},
		"hct_from_mcv":       {inputs: []string{"rbc", "mcv"}, decimals: 1, unit: "%", compute: hctFromMCV},
		"mentzer_index":      {inputs: []string{"mcv", "rbc"}, decimals: 1, unit: "1", compute: scaledRatio("1", "mcv", "rbc")},
		"nlr": {
			inputs: []string{"neutrophils", "lymphocytes"}, decimals: 2, unit: "1",
			compute: scaledRatio("1", "neutrophils", "lymphocytes"),
		},
		"retic_corrected": {inputs: []string{"retic_percent", "hct"}, decimals: 2, unit: "%", compute: reticCorrected},
	}
}

// scaledRatio is factor x a / b, with b above zero: the red cell indices of Wintrobe and the plain ratios.
func scaledRatio(factor, a, b string) func(*calculation) lab.Decimal {
	return func(c *calculation) lab.Decimal {
		return c.div(num(factor).Mul(c.notNegative(a)), c.positive(b))
	}
}

func absoluteCount(c *calculation) lab.Decimal {
	percent := c.notNegative("percent")
	if percent.Cmp(num("100")) > 0 {
		c.refuse("percent_over_100", "percent")
	}
	return c.div(c.notNegative("wbc").Mul(percent), num("100"))
}

// wbcCorrected takes nucleated red cells, counted per 100 leucocytes, off the leucocyte count.
func wbcCorrected(c *calculation) lab.Decimal {
	return c.div(c.notNegative("wbc").Mul(num("100")), num("100").Add(c.notNegative("nrbc_per_100")))
}

func hctFromMCV(c *calculation) lab.Decimal {
	return c.div(c.notNegative("rbc").Mul(c.notNegative("mcv")), num("10"))
}

// reticCorrected scales reticulocytes to a normal haematocrit, 45 % where the lab has not set its own.
func reticCorrected(c *calculation) lab.Decimal {
	normal := num("45")
	if own, ok := c.in.Numbers["normal_hct"]; ok {
		normal = own
	}
	return c.div(c.notNegative("retic_percent").Mul(c.positive("hct")), normal)
}

func ironAndClotting() map[string]definition {
	return map[string]definition{
		"tibc_from_uibc":        {inputs: []string{"iron", "uibc"}, unit: "ug/dL", compute: tibcFromUIBC},
		"tibc_from_transferrin": {inputs: []string{"transferrin_mg_dl"}, unit: "ug/dL", compute: tibcFromTransferrin},
		"transferrin_saturation": {
			inputs: []string{"iron", "tibc"}, decimals: 1, unit: "%", compute: scaledRatio("100", "iron", "tibc"),
		},
		"inr": {inputs: []string{"pt", MNPT, ISI}, decimals: 2, unit: "1", compute: inr},
	}
}

func tibcFromUIBC(c *calculation) lab.Decimal {
	return c.notNegative("iron").Add(c.notNegative("uibc"))
}

// tibcFromTransferrin uses 1.40 ug/dL of iron per mg/dL of transferrin (25.1 umol/g) unless the lab set its own factor.
func tibcFromTransferrin(c *calculation) lab.Decimal {
	factor := num("1.40")
	if own, ok := c.in.Numbers["factor"]; ok {
		factor = own
	}
	return c.notNegative("transferrin_mg_dl").Mul(factor)
}

// inr is (PT / mean normal PT) to the power ISI (WHO).
func inr(c *calculation) lab.Decimal {
	ratio, isi := c.div(c.positive("pt"), c.positive(MNPT)), c.positive(ISI)
	if c.fault != nil {
		return lab.Decimal{}
	}
	return c.pow(ratio, isi)
}

package formula

import "jaanch/internal/lab"

func chemistry() map[string]definition {
	const mg, mmol, osm = "mg/dL", "mmol/L", "mosm/kg"
	return map[string]definition{
		"corrected_calcium":  {inputs: []string{"calcium", "albumin"}, decimals: 1, unit: mg, compute: correctedCalcium},
		"homa_ir":            {inputs: []string{"glucose_mg_dl", "insulin_uiu_ml"}, decimals: 2, unit: "1", compute: homaIR},
		"eag":                {inputs: []string{"hba1c"}, unit: mg, compute: linear("28.7", "46.7")},
		"hba1c_ifcc":         {inputs: []string{"hba1c"}, unit: "mmol/mol", compute: linear("10.93", "23.50")},
		"globulin":           {inputs: []string{"total_protein", "albumin"}, decimals: 1, unit: "g/dL", compute: globulin},
		"ag_ratio":           {inputs: []string{"total_protein", "albumin"}, decimals: 2, unit: "1", compute: agRatio},
		"indirect_bilirubin": {inputs: []string{"total", "direct"}, decimals: 2, unit: mg, compute: indirectBilirubin},
		"fib4":               {inputs: []string{Age, "ast", "alt", "platelets"}, decimals: 2, unit: "1", compute: fib4},
		"anion_gap":          {inputs: []string{"na", "cl", "hco3"}, unit: mmol, compute: anionGap},
		"anion_gap_k":        {inputs: []string{"na", "k", "cl", "hco3"}, decimals: 1, unit: mmol, compute: anionGapK},
		"osmolality_urea": {
			inputs: []string{"na", "glucose_mg_dl", "urea_mg_dl"}, unit: osm, compute: osmolality("urea_mg_dl", "6"),
		},
		"osmolality_bun": {
			inputs: []string{"na", "glucose_mg_dl", "bun_mg_dl"}, unit: osm, compute: osmolality("bun_mg_dl", "2.8"),
		},
		"bun_from_urea": {inputs: []string{"urea_mg_dl"}, decimals: 1, unit: mg, compute: bunFromUrea},
		"free_psa_percent": {
			inputs: []string{"free_psa", "total_psa"}, decimals: 1, unit: "%", compute: scaledRatio("100", "free_psa", "total_psa"),
		},
	}
}

// correctedCalcium is calcium at an albumin of 4.0 g/dL (Payne et al., BMJ 1973;4:643). Not for critical illness.
func correctedCalcium(c *calculation) lab.Decimal {
	return c.outcome(c.notNegative("calcium").Add(num("0.8").Mul(num("4.0").Sub(c.notNegative("albumin")))))
}

// homaIR is Matthews et al., Diabetologia 1985;28:412, in mg/dL.
func homaIR(c *calculation) lab.Decimal {
	return c.div(c.notNegative("glucose_mg_dl").Mul(c.notNegative("insulin_uiu_ml")), num("405"))
}

// linear is slope x HbA1c - offset: estimated average glucose (Nathan et al., Diabetes Care 2008;31:1473) and the IFCC
// master equation.
func linear(slope, offset string) func(*calculation) lab.Decimal {
	return func(c *calculation) lab.Decimal {
		return c.outcome(num(slope).Mul(c.positive("hba1c")).Sub(num(offset)))
	}
}

func globulin(c *calculation) lab.Decimal {
	tp, alb := c.notNegative("total_protein"), c.notNegative("albumin")
	if alb.Cmp(tp) >= 0 {
		c.refuse("albumin_not_less_than_total_protein", "albumin")
	}
	return tp.Sub(alb)
}

func agRatio(c *calculation) lab.Decimal {
	g := globulin(c)
	if c.fault != nil {
		return lab.Decimal{}
	}
	return c.div(c.get("albumin"), g)
}

func indirectBilirubin(c *calculation) lab.Decimal {
	total, direct := c.notNegative("total"), c.notNegative("direct")
	if direct.Cmp(total) > 0 {
		c.refuse("direct_exceeds_total", "direct")
	}
	return total.Sub(direct)
}

// fib4 is Sterling et al., Hepatology 2006;43:1317; platelets in 10*9/L.
func fib4(c *calculation) lab.Decimal {
	up := c.positive(Age).Mul(c.positive("ast"))
	return c.div(up, c.positive("platelets").Mul(c.sqrt(c.positive("alt"))))
}

func anionGap(c *calculation) lab.Decimal {
	return c.positive("na").Sub(c.positive("cl")).Sub(c.positive("hco3"))
}

func anionGapK(c *calculation) lab.Decimal { return anionGap(c).Add(c.positive("k")) }

// osmolality is 2 Na + glucose/18 + urea/6 (or BUN/2.8).
func osmolality(nitrogen, divisor string) func(*calculation) lab.Decimal {
	return func(c *calculation) lab.Decimal {
		return num("2").Mul(c.positive("na")).Add(c.div(c.notNegative("glucose_mg_dl"), num("18"))).
			Add(c.div(c.notNegative(nitrogen), num(divisor)))
	}
}

func bunFromUrea(c *calculation) lab.Decimal { return c.div(c.notNegative("urea_mg_dl"), num("2.14")) }

func urine() map[string]definition {
	return map[string]definition{
		"urine_acr": {
			inputs: []string{"albumin_mg_l", "creatinine_mg_dl"}, decimals: 1, unit: "mg/g",
			compute: scaledRatio("100", "albumin_mg_l", "creatinine_mg_dl"),
		},
		"urine_pcr": {
			inputs: []string{"protein_mg_dl", "creatinine_mg_dl"}, unit: "mg/g",
			compute: scaledRatio("1000", "protein_mg_dl", "creatinine_mg_dl"),
		},
		"urine_24h_mass": {inputs: []string{"conc_mg_dl", Volume}, unit: "mg/(24.h)", compute: urine24hMass},
	}
}

func urine24hMass(c *calculation) lab.Decimal {
	return c.div(c.notNegative("conc_mg_dl").Mul(c.positive(Volume)), num("100"))
}

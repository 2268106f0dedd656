package formula

import "jaanch/internal/lab"

func lipids() map[string]definition {
	const mg = "mg/dL"
	return map[string]definition{
		"ldl_friedewald":  {inputs: []string{"tc", "hdl", "tg"}, unit: mg, compute: ldlFriedewald},
		"ldl_sampson_nih": {inputs: []string{"tc", "hdl", "tg"}, unit: mg, compute: ldlSampson},
		"vldl":            {inputs: []string{"tg"}, unit: mg, compute: vldl},
		"non_hdl":         {inputs: []string{"tc", "hdl"}, unit: mg, compute: nonHDL},
		"tc_hdl_ratio":    {inputs: []string{"tc", "hdl"}, decimals: 2, unit: "1", compute: tcHDLRatio},
	}
}

// ldlFriedewald is Friedewald, Levy and Fredrickson, Clin Chem 1972;18:499: not from triglycerides of 400 mg/dL on.
func ldlFriedewald(c *calculation) lab.Decimal {
	return c.outcome(c.notNegative("tc").Sub(c.notNegative("hdl")).Sub(vldl(c)))
}

// ldlSampson is the NIH equation: Sampson et al., JAMA Cardiol 2020;5:540. Up to triglycerides of 800 mg/dL.
func ldlSampson(c *calculation) lab.Decimal {
	tc, hdl, tg := c.notNegative("tc"), c.notNegative("hdl"), c.notNegative("tg")
	if tg.Cmp(num("800")) > 0 {
		c.refuse("tg_over_800", "tg")
	}
	vldlC := c.div(tg, num("8.56")).Add(c.div(tg.Mul(tc.Sub(hdl)), num("2140"))).Sub(c.div(tg.Mul(tg), num("16100")))
	return c.outcome(c.div(tc, num("0.948")).Sub(c.div(hdl, num("0.971"))).Sub(vldlC).Sub(num("9.44")))
}

// vldl is triglycerides / 5, the part of Friedewald's equation.
func vldl(c *calculation) lab.Decimal {
	tg := c.notNegative("tg")
	if tg.Cmp(num("400")) >= 0 {
		c.refuse("tg_400_or_more", "tg")
	}
	return c.div(tg, num("5"))
}

func nonHDL(c *calculation) lab.Decimal { return c.outcome(c.get("tc").Sub(c.notNegative("hdl"))) }

func tcHDLRatio(c *calculation) lab.Decimal { return c.div(c.notNegative("tc"), c.positive("hdl")) }

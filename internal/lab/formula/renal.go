package formula

import (
	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
)

func renal() map[string]definition {
	const perArea = "mL/min/{1.73_m2}"
	return map[string]definition{
		"egfr_ckdepi_2021":      {inputs: []string{"scr", Age}, unit: perArea, sexed: true, compute: egfrCKDEPI2021},
		"egfr_bedside_schwartz": {inputs: []string{"scr", Height}, unit: perArea, compute: bedsideSchwartz},
		"cockcroft_gault":       {inputs: []string{"scr", Age, Weight}, unit: "mL/min", sexed: true, compute: cockcroftGault},
		"creatinine_clearance": {
			inputs: []string{"urine_creat_mg_dl", Volume, Minutes, "scr"}, decimals: 1, unit: "mL/min", compute: creatinineClearance,
		},
		"bsa_mosteller": {inputs: []string{Height, Weight}, decimals: 2, unit: "m2", compute: bsaMosteller},
	}
}

// egfrCKDEPI2021 is the race-free CKD-EPI creatinine equation for adults: Inker et al., NEJM 2021;385:1737. scr in mg/dL,
// IDMS-traceable.
func egfrCKDEPI2021(c *calculation) lab.Decimal {
	scr, age := c.positive("scr"), c.get(Age)
	if age.Cmp(num("18")) < 0 {
		c.refuse("age_under_18", Age)
	}
	kappa, alpha, factor := num("0.9"), num("-0.302"), num("1")
	if c.in.Sex == patient.Female {
		kappa, alpha, factor = num("0.7"), num("-0.241"), num("1.012")
	}
	ratio, exponent := c.div(scr, kappa), alpha
	if ratio.Cmp(num("1")) > 0 {
		exponent = num("-1.200")
	}
	if c.fault != nil {
		return lab.Decimal{}
	}
	return num("142").Mul(c.pow(ratio, exponent)).Mul(c.pow(num("0.9938"), age)).Mul(factor)
}

// bedsideSchwartz is the bedside Schwartz equation for children of 1 to 17 years: Schwartz et al., JASN 2009;20:629.
func bedsideSchwartz(c *calculation) lab.Decimal {
	if age, ok := c.in.Numbers[Age]; ok && (age.Cmp(num("1")) < 0 || age.Cmp(num("18")) >= 0) {
		c.refuse("age_outside_1_to_17", Age)
	}
	return c.div(num("0.413").Mul(c.positive(Height)), c.positive("scr"))
}

// cockcroftGault is creatinine clearance from weight: Cockcroft and Gault, Nephron 1976;16:31.
func cockcroftGault(c *calculation) lab.Decimal {
	v := c.div(num("140").Sub(c.get(Age)).Mul(c.positive(Weight)), num("72").Mul(c.positive("scr")))
	if c.in.Sex == patient.Female {
		v = v.Mul(num("0.85"))
	}
	return c.outcome(v)
}

// creatinineClearance is U x V / t / S, not normalised to body surface.
func creatinineClearance(c *calculation) lab.Decimal {
	excreted := c.notNegative("urine_creat_mg_dl").Mul(c.positive(Volume))
	return c.div(c.div(excreted, c.positive(Minutes)), c.positive("scr"))
}

// bsaMosteller is body surface: Mosteller, NEJM 1987;317:1098.
func bsaMosteller(c *calculation) lab.Decimal {
	return c.sqrt(c.div(c.positive(Height).Mul(c.positive(Weight)), num("3600")))
}

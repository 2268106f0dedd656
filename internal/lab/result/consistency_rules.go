package result

import (
	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
)

func bloodCountRules() []Rule {
	return []Rule{
		{
			"rule_of_three", "3 x Hb {HB} and PCV {PCV} differ by more than 3: check dilution, clots or lipaemia.",
			[]string{"HB", "PCV"},
			func(p Panel) bool {
				small := p.has("MCV") && below(p.v("MCV"), "75")
				return !small && !p.Marks[MarkRedCell] && above(times(p.v("HB"), "3").Sub(p.v("PCV")).Abs(), "3")
			},
		},
		{
			"mchc_high", "MCHC {MCHC} is above 36.5: lipaemia, cold agglutinins or a fault.",
			[]string{"MCHC"},
			func(p Panel) bool { return above(p.v("MCHC"), "36.5") },
		},
		{
			"mchc_low", "MCHC {MCHC} is below 25: the sample may be diluted.",
			[]string{"MCHC"},
			func(p Panel) bool { return below(p.v("MCHC"), "25") },
		},
		{
			"pcv_mismatch", "PCV {PCV} does not fit RBC {RBC} and MCV {MCV}.",
			[]string{"PCV", "RBC", "MCV"},
			func(p Panel) bool { return above(p.v("PCV").Sub(times(p.v("RBC").Mul(p.v("MCV")), "0.1")).Abs(), "1") },
		},
		{
			"differential_sum", "The differential does not add up to 100 %.",
			[]string{"NEU", "LYM", "MON", "EOS", "BAS"},
			func(p Panel) bool {
				sum := p.v("NEU").Add(p.v("LYM")).Add(p.v("MON")).Add(p.v("EOS")).Add(p.v("BAS"))
				return outside(sum, "99", "101")
			},
		},
		{
			"wbc_nrbc", "Nucleated red cells are counted in WBC {WBC}: correct it from the smear.",
			[]string{"WBC"},
			func(p Panel) bool { return p.Marks[MarkNRBC] },
		},
		{
			"platelet_clump", "Platelets {PLT} with clumps: look at a smear or take a citrate sample.",
			[]string{"PLT"},
			func(p Panel) bool { return p.Marks[MarkClump] && below(p.v("PLT"), "100") },
		},
	}
}

func electrolyteRules() []Rule {
	return []Rule{
		{
			"anion_gap", "The anion gap of Na {NA}, Cl {CL} and HCO3 {HCO3} is below 3 or above 30.",
			[]string{"NA", "CL", "HCO3"},
			func(p Panel) bool { return outside(p.v("NA").Sub(p.v("CL")).Sub(p.v("HCO3")), "3", "30") },
		},
		{
			"na_cl", "Na {NA} and Cl {CL} do not fit each other.",
			[]string{"NA", "CL"},
			func(p Panel) bool { return outside(p.v("NA").Sub(p.v("CL")), "20", "55") },
		},
		{
			"osmolality_gap", "The measured osmolality {OSM} is more than 15 above the calculated one.",
			[]string{"OSM", "NA", "GLUR", "UREA"},
			func(p Panel) bool {
				calculated := times(p.v("NA"), "2")
				for code, divisor := range map[string]string{"GLUR": "18", "UREA": "6"} {
					part, _ := p.v(code).Div(lab.MustDecimal(divisor))
					calculated = calculated.Add(part)
				}
				return above(p.v("OSM").Sub(calculated), "15")
			},
		},
	}
}

func liverRules() []Rule {
	return []Rule{
		{
			"albumin_protein", "Albumin {ALB} is not less than total protein {TP}.",
			[]string{"ALB", "TP"},
			func(p Panel) bool { return p.v("ALB").Cmp(p.v("TP")) >= 0 },
		},
		{
			"ag_ratio", "The A/G ratio of albumin {ALB} and total protein {TP} is below 0.5 or above 3.0.",
			[]string{"ALB", "TP"},
			func(p Panel) bool {
				globulin := p.v("TP").Sub(p.v("ALB"))
				return globulin.Sign() > 0 && ratioOutside(p.v("ALB"), globulin, "0.5", "3.0")
			},
		},
		{
			"direct_bilirubin", "Direct bilirubin {DBIL} is more than total bilirubin {TBIL}.",
			[]string{"DBIL", "TBIL"},
			func(p Panel) bool { return above(p.v("DBIL").Sub(p.v("TBIL")), "0.1") },
		},
		{
			"alt_ast_ratio", "ALT {ALT} and AST {AST} do not fit each other.",
			[]string{"ALT", "AST"},
			func(p Panel) bool { return ratioOutside(p.v("ALT"), p.v("AST"), "0.05", "10") },
		},
	}
}

func kidneyRules() []Rule {
	return []Rule{{
		"urea_creatinine", "Urea {UREA} and creatinine {CREA} do not fit each other.",
		[]string{"UREA", "CREA"},
		func(p Panel) bool { return ratioOutside(p.v("UREA"), p.v("CREA"), "5", "100") },
	}}
}

func lipidRules() []Rule {
	return []Rule{
		{
			"ldl_not_calculable", "Triglycerides {TRIG} are 400 or more: LDL cannot be calculated, order direct LDL.",
			[]string{"TRIG"},
			func(p Panel) bool { return !below(p.v("TRIG"), "400") },
		},
		{
			"ldl_too_low", "LDL {LDL} is below 10: check the lipids.",
			[]string{"LDL"},
			func(p Panel) bool { return below(p.v("LDL"), "10") },
		},
		{
			"hdl_cholesterol", "HDL {HDL} is more than total cholesterol {CHOL}.",
			[]string{"HDL", "CHOL"},
			func(p Panel) bool { return p.v("HDL").Cmp(p.v("CHOL")) > 0 },
		},
		{
			"ldl_cholesterol", "LDL {LDL} is more than total cholesterol {CHOL}.",
			[]string{"LDL", "CHOL"},
			func(p Panel) bool { return p.v("LDL").Cmp(p.v("CHOL")) > 0 },
		},
	}
}

// sampleRules find samples that are not what they should be.
func sampleRules() []Rule {
	return []Rule{
		{
			"edta_contamination", "K {K} high with Ca {CA} and ALP {ALP} low: EDTA may have got into the serum tube.",
			[]string{"K", "CA", "ALP"},
			func(p Panel) bool { return p.high("K") && p.low("CA") && p.low("ALP") },
		},
		{
			"drip_arm", "Glucose {GLUR} high with Na, Cl, Ca and protein low: the blood may be from the drip arm.",
			[]string{"GLUR", "NA", "CL", "CA", "TP"},
			func(p Panel) bool {
				return p.high("GLUR") && p.low("NA") && p.low("CL") && p.low("CA") && p.low("TP")
			},
		},
		{
			"potassium_haemolysis", "K {K} is high and the sample is haemolysed.",
			[]string{"K"},
			func(p Panel) bool { return p.high("K") && p.Marks[MarkHaemolysed] },
		},
		{
			"potassium_platelets", "K {K} is high with platelets {PLT}: check potassium in plasma.",
			[]string{"K", "PLT"},
			func(p Panel) bool { return p.high("K") && above(p.v("PLT"), "500") },
		},
		{
			"glucose_old_sample", "Glucose {GLUR} is low and the sample stood unspun.",
			[]string{"GLUR"},
			func(p Panel) bool { return p.low("GLUR") && p.Marks[MarkOldUnspun] },
		},
		{
			"urine_water", "The specific gravity {USG} is that of water.",
			[]string{"USG"},
			func(p Panel) bool { return p.v("USG").Cmp(lab.MustDecimal("1.000")) <= 0 },
		},
		{
			"fibrinogen_clotted", "PT {PT} is normal with fibrinogen {FIB} below 50: look for a clot.",
			[]string{"PT", "FIB"},
			func(p Panel) bool { return p.Flags["PT"] == Normal && below(p.v("FIB"), "50") },
		},
	}
}

func otherRules() []Rule {
	return []Rule{
		{
			"thyroid_both_low", "TSH {TSH} and FT4 {FT4} are both low: uncommon, check.",
			[]string{"TSH", "FT4"},
			func(p Panel) bool { return p.low("TSH") && p.low("FT4") },
		},
		{
			"thyroid_both_high", "TSH {TSH} and FT4 {FT4} are both high: uncommon, check.",
			[]string{"TSH", "FT4"},
			func(p Panel) bool { return p.high("TSH") && p.high("FT4") },
		},
		{
			"iron_tibc", "Iron {IRON} is more than TIBC {TIBC}.",
			[]string{"IRON", "TIBC"},
			func(p Panel) bool { return p.v("IRON").Cmp(p.v("TIBC")) > 0 },
		},
		{
			"free_psa", "Free PSA {FPSA} is more than total PSA {PSA}.",
			[]string{"FPSA", "PSA"},
			func(p Panel) bool { return p.v("FPSA").Cmp(p.v("PSA")) > 0 },
		},
		{
			"hba1c_variant", "HbA1c {HBA1C} with a haemoglobin variant: it may not be valid.",
			[]string{"HBA1C"},
			func(p Panel) bool { return p.Marks[MarkHbVariant] },
		},
		{
			"hba1c_glucose", "The average glucose {EAG} and fasting glucose {GLUF} differ by more than 100.",
			[]string{"EAG", "GLUF"},
			func(p Panel) bool { return above(p.v("EAG").Sub(p.v("GLUF")).Abs(), "100") },
		},
		{
			"glucose_after_meal", "Glucose after the meal {GLUPP} is more than 30 % below fasting {GLUF}: were the tubes swapped?",
			[]string{"GLUPP", "GLUF"},
			func(p Panel) bool { return p.v("GLUPP").Cmp(times(p.v("GLUF"), "0.7")) < 0 },
		},
		{
			"identity_bhcg", "Beta hCG {BHCG} is high in a man: check whose sample it is.",
			[]string{"BHCG"},
			func(p Panel) bool { return p.Sex == patient.Male && p.high("BHCG") },
		},
		{
			"identity_psa", "PSA {PSA} in a woman: check whose sample it is.",
			[]string{"PSA"},
			func(p Panel) bool { return p.Sex == patient.Female },
		},
		{
			"identity_bhcg_age", "Beta hCG {BHCG} under ten years of age: check whose sample it is.",
			[]string{"BHCG"},
			func(p Panel) bool { return p.AgeSet && p.Years < 10 },
		},
	}
}

package catalogue

import (
	"strings"

	"jaanch/internal/lab"
)

// starterFormulas binds the calculated tests of the starter to their inputs.
func starterFormulas() map[string]Formula {
	in := func(id string, pairs ...string) Formula {
		f := Formula{ID: id, Inputs: map[string]string{}}
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Inputs[pairs[i]] = pairs[i+1]
		}
		return f
	}
	return map[string]Formula{
		"MCH":   in("mch", "hb", "HB", "rbc", "RBC"),
		"MCHC":  in("mchc", "hb", "HB", "hct", "PCV"),
		"ANC":   in("absolute_count", "wbc", "WBC", "percent", "NEU"),
		"AEC":   in("absolute_count", "wbc", "WBC", "percent", "EOS"),
		"IBIL":  in("indirect_bilirubin", "total", "TBIL", "direct", "DBIL"),
		"GLOB":  in("globulin", "total_protein", "TP", "albumin", "ALB"),
		"AGR":   in("ag_ratio", "total_protein", "TP", "albumin", "ALB"),
		"BUN":   in("bun_from_urea", "urea_mg_dl", "UREA"),
		"EGFR":  in("egfr_ckdepi_2021", "scr", "CREA"),
		"LDL":   in("ldl_friedewald", "tc", "CHOL", "hdl", "HDL", "tg", "TRIG"),
		"VLDL":  in("vldl", "tg", "TRIG"),
		"TCHDL": in("tc_hdl_ratio", "tc", "CHOL", "hdl", "HDL"),
		"NHDL":  in("non_hdl", "tc", "CHOL", "hdl", "HDL"),
		"EAG":   in("eag", "hba1c", "HBA1C"),
		"INR":   in("inr", "pt", "PT"),
		"UACR":  in("urine_acr", "albumin_mg_l", "UMALB", "creatinine_mg_dl", "UCRE"),
		"TSAT":  in("transferrin_saturation", "iron", "IRON", "tibc", "TIBC"),
	}
}

// starterOptions gives the values of a coded test, normal ones first.
func starterOptions(code string) []Option {
	normal := func(texts ...string) []Option {
		var out []Option
		for _, t := range texts {
			out = append(out, Option{Text: t})
		}
		return out
	}
	abnormal := func(base []Option, texts ...string) []Option {
		for _, t := range texts {
			base = append(base, Option{Text: t, Abnormal: true})
		}
		return base
	}
	if strings.HasPrefix(code, "U") && code != "UPT" {
		return starterUrineOptions(code, normal, abnormal)
	}
	switch code {
	case "ABO":
		return normal("A", "B", "AB", "O")
	case "RH":
		return normal("Positive", "Negative")
	case "HIV", "HIVE", "HBSAG", "HCV", "VDRL":
		return abnormal(normal("Non-reactive"), "Reactive", "Equivocal")
	case "DNS1", "DIGM", "DIGG":
		return abnormal(normal("Negative"), "Positive", "Equivocal")
	case "FOB":
		return abnormal(normal("Negative"), "Positive")
	case "UPT":
		return normal("Negative", "Positive", "Invalid, repeat")
	case "MPTK", "MPTN":
		return critical(abnormal(normal("Not seen"), "P. falciparum seen", "P. vivax seen", "Mixed infection seen", "Seen, species not sure"))
	case "MALAG":
		return critical(abnormal(normal("Negative"), "Positive: Pf", "Positive: Pan", "Positive: Pf and Pan"))
	case "AFB":
		return critical(abnormal(normal("AFB not seen"), "Scanty", "1+", "2+", "3+"))
	}
	return nil
}

// starterUrineOptions are those of the dipstick and the microscopy.
func starterUrineOptions(code string, normal func(...string) []Option, abnormal func([]Option, ...string) []Option) []Option {
	switch code {
	case "UNIT":
		return abnormal(normal("Negative"), "Positive")
	case "UCOL":
		return abnormal(normal("Pale yellow", "Yellow", "Colourless"), "Dark yellow", "Amber", "Red", "Brown", "Orange")
	case "UAPP":
		return abnormal(normal("Clear"), "Slightly turbid", "Turbid")
	case "UPRO", "UGLU":
		return abnormal(normal("Nil"), "Trace", "1+", "2+", "3+", "4+")
	case "UKET", "UBIL", "UBLD", "ULE":
		return abnormal(normal("Negative"), "Trace", "1+", "2+", "3+")
	case "UURO":
		return abnormal(normal("Normal"), "1+", "2+", "3+")
	case "UCRY":
		return abnormal(normal("Nil"), "Calcium oxalate", "Uric acid", "Triple phosphate", "Amorphous", "Other, see comment")
	case "UBAC":
		return abnormal(normal("Nil"), "Few", "Many")
	}
	return nil
}

// critical marks every abnormal option for the call-back workflow.
func critical(options []Option) []Option {
	for i := range options {
		options[i].Critical = options[i].Abnormal
	}
	return options
}

// starterDeltas is the table of lab-rules 2.2. MCV has two windows, so two rows.
func starterDeltas() []DeltaLimit {
	abs := func(test, limit string, days int) DeltaLimit {
		d := lab.MustDecimal(limit)
		return DeltaLimit{Test: test, Absolute: &d, Days: days}
	}
	pct := func(test, percent string, days int) DeltaLimit {
		d := lab.MustDecimal(percent)
		return DeltaLimit{Test: test, Percent: &d, Days: days}
	}
	both := func(test, percent, floor string, days int) DeltaLimit {
		p, f := lab.MustDecimal(percent), lab.MustDecimal(floor)
		return DeltaLimit{Test: test, Percent: &p, Absolute: &f, Both: true, Days: days}
	}
	return []DeltaLimit{
		abs("MCV", "3", 3), abs("MCV", "6", 30), abs("MCHC", "3", 3), abs("HB", "2.0", 3),
		both("PLT", "50", "50", 4), both("WBC", "75", "5", 3), pct("ALB", "25", 7), pct("TP", "20", 7), pct("ALP", "50", 30),
		abs("HBA1C", "1.5", 90), both("INR", "100", "1.0", 3), both("CREA", "50", "0.3", 7), both("UREA", "60", "15", 3),
		abs("NA", "8", 3), abs("K", "1.2", 3), abs("CA", "1.5", 3), both("TBIL", "75", "1", 3), both("ALT", "100", "50", 7),
		both("AST", "100", "50", 7), both("TSH", "90", "2", 90), pct("CHOL", "30", 30),
		{Test: "ABO", Change: true},
		{Test: "RH", Change: true},
	}
}

// namePanels gives the starter's panels their names and prices.
func namePanels(c *Catalogue) {
	type row struct {
		name, nameHi string
		rupees       lab.Paise
	}
	rows := map[string]row{
		"CBC":     {"Complete blood count", "संपूर्ण रक्त गणना", 300},
		"LFT":     {"Liver function test", "यकृत कार्य जाँच", 600},
		"KFT":     {"Kidney function test", "गुर्दा कार्य जाँच", 650},
		"ELEC":    {"Electrolytes", "इलेक्ट्रोलाइट", 400},
		"LIPID":   {"Lipid profile", "लिपिड प्रोफ़ाइल", 550},
		"TFT":     {"Thyroid profile, total", "थायरॉइड प्रोफ़ाइल", 500},
		"FTFT":    {"Thyroid profile, free", "थायरॉइड प्रोफ़ाइल (मुक्त)", 750},
		"HBA1C":   {"HbA1c with average glucose", "एचबीए1सी और औसत शर्करा", 450},
		"GLU":     {"Glucose fasting and post-prandial", "शर्करा (खाली पेट और भोजन के बाद)", 130},
		"COAG":    {"Coagulation screen", "थक्का जाँच", 650},
		"BTCT":    {"Bleeding and clotting time", "रक्तस्राव और थक्का समय", 100},
		"URINE":   {"Urine routine and microscopy", "पेशाब की सामान्य जाँच", 150},
		"UACR":    {"Urine albumin/creatinine", "पेशाब एल्ब्यूमिन/क्रिएटिनिन", 500},
		"VIRAL":   {"Viral markers", "वायरल मार्कर", 1200},
		"DENGUE":  {"Dengue profile", "डेंगू प्रोफ़ाइल", 1400},
		"WIDAL":   {"Widal test", "विडाल जाँच", 180},
		"MALARIA": {"Malaria panel", "मलेरिया जाँच", 450},
		"IRON":    {"Iron studies", "आयरन जाँच", 1000},
		"CARD":    {"Cardiac markers", "हृदय मार्कर", 1800},
		"BGRH":    {"Blood group and Rh", "रक्त समूह और आरएच", 120},
	}
	for i, p := range c.Panels {
		if r, ok := rows[p.Code]; ok {
			c.Panels[i].Name, c.Panels[i].NameHi, c.Panels[i].Price = r.name, r.nameHi, r.rupees*100
		}
	}
}

package result_test

import (
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/result"
)

// panel makes a panel of cells: a number, and a flag behind a blank where the rule asks for it.
func panel(cells map[string]string) result.Panel {
	p := result.Panel{Values: map[string]lab.Decimal{}, Flags: map[string]result.Flag{}, Marks: map[result.Mark]bool{}}
	for code, cell := range cells {
		number, flag, _ := strings.Cut(cell, " ")
		p.Values[code], p.Flags[code] = lab.MustDecimal(number), result.Flag(flag)
	}
	return p
}

func fired(p result.Panel) map[string]bool {
	out := map[string]bool{}
	for _, f := range result.Check(p) {
		out[f.Hold.Code] = true
	}
	return out
}

// consistencyCase hits one rule and misses it by the smallest step.
type consistencyCase struct {
	rule      string
	hit, miss map[string]string
	mark      result.Mark
	sex       patient.Sex
	missSex   patient.Sex
	years     int
	missYears int
}

func consistencyCases() []consistencyCase {
	type c = map[string]string
	return []consistencyCase{
		{rule: "rule_of_three", hit: c{"HB": "10.0", "PCV": "33.1"}, miss: c{"HB": "10.0", "PCV": "33.0"}},
		{rule: "rule_of_three", hit: c{"HB": "10.0", "PCV": "34", "MCV": "75"}, miss: c{"HB": "10.0", "PCV": "34", "MCV": "74.9"}},
		{rule: "mchc_high", hit: c{"MCHC": "36.6"}, miss: c{"MCHC": "36.5"}},
		{rule: "mchc_low", hit: c{"MCHC": "24.9"}, miss: c{"MCHC": "25"}},
		{rule: "pcv_mismatch", hit: c{"PCV": "43.1", "RBC": "5", "MCV": "84"}, miss: c{"PCV": "43", "RBC": "5", "MCV": "84"}},
		{
			rule: "differential_sum", hit: c{"NEU": "60", "LYM": "30", "MON": "6", "EOS": "2", "BAS": "0.9"},
			miss: c{"NEU": "60", "LYM": "30", "MON": "6", "EOS": "2", "BAS": "1"},
		},
		{rule: "wbc_nrbc", mark: result.MarkNRBC, hit: c{"WBC": "12"}, miss: c{"PLT": "200"}},
		{rule: "platelet_clump", mark: result.MarkClump, hit: c{"PLT": "99"}, miss: c{"PLT": "100"}},
		{rule: "anion_gap", hit: c{"NA": "140", "CL": "110", "HCO3": "27.1"}, miss: c{"NA": "140", "CL": "110", "HCO3": "27"}},
		{rule: "anion_gap", hit: c{"NA": "140", "CL": "100", "HCO3": "9"}, miss: c{"NA": "140", "CL": "100", "HCO3": "10"}},
		{rule: "na_cl", hit: c{"NA": "140", "CL": "121"}, miss: c{"NA": "140", "CL": "120"}},
		{rule: "na_cl", hit: c{"NA": "140", "CL": "84"}, miss: c{"NA": "140", "CL": "85"}},
		{
			rule: "osmolality_gap", hit: c{"OSM": "306", "NA": "140", "GLUR": "90", "UREA": "30"},
			miss: c{"OSM": "305", "NA": "140", "GLUR": "90", "UREA": "30"},
		},
		{rule: "albumin_protein", hit: c{"ALB": "4", "TP": "4"}, miss: c{"ALB": "4", "TP": "4.1"}},
		{rule: "ag_ratio", hit: c{"ALB": "2.9", "TP": "9.8"}, miss: c{"ALB": "4", "TP": "12"}},
		{rule: "ag_ratio", hit: c{"ALB": "4.0", "TP": "5.3"}, miss: c{"ALB": "4.0", "TP": "5.4"}},
		{rule: "direct_bilirubin", hit: c{"DBIL": "1.01", "TBIL": "0.9"}, miss: c{"DBIL": "1.0", "TBIL": "0.9"}},
		{rule: "alt_ast_ratio", hit: c{"ALT": "401", "AST": "40"}, miss: c{"ALT": "400", "AST": "40"}},
		{rule: "urea_creatinine", hit: c{"UREA": "4.9", "CREA": "1"}, miss: c{"UREA": "5", "CREA": "1"}},
		{rule: "urea_creatinine", hit: c{"UREA": "101", "CREA": "1"}, miss: c{"UREA": "100", "CREA": "1"}},
		{rule: "ldl_not_calculable", hit: c{"TRIG": "400"}, miss: c{"TRIG": "399"}},
		{rule: "ldl_too_low", hit: c{"LDL": "9"}, miss: c{"LDL": "10"}},
		{rule: "hdl_cholesterol", hit: c{"HDL": "101", "CHOL": "100"}, miss: c{"HDL": "100", "CHOL": "100"}},
		{rule: "ldl_cholesterol", hit: c{"LDL": "101", "CHOL": "100"}, miss: c{"LDL": "100", "CHOL": "100"}},
		{rule: "edta_contamination", hit: c{"K": "9 HH", "CA": "5 LL", "ALP": "9 L"}, miss: c{"K": "9 HH", "CA": "5 LL", "ALP": "60"}},
		{
			rule: "drip_arm", hit: c{"GLUR": "600 HH", "NA": "120 L", "CL": "80 L", "CA": "6 LL", "TP": "4 L"},
			miss: c{"GLUR": "600 HH", "NA": "120 L", "CL": "80 L", "CA": "6 LL", "TP": "7"},
		},
		{rule: "potassium_haemolysis", mark: result.MarkHaemolysed, hit: c{"K": "6 H"}, miss: c{"K": "5"}},
		{rule: "potassium_platelets", hit: c{"K": "6 H", "PLT": "501"}, miss: c{"K": "6 H", "PLT": "500"}},
		{rule: "glucose_old_sample", mark: result.MarkOldUnspun, hit: c{"GLUR": "40 LL"}, miss: c{"GLUR": "80"}},
		{rule: "urine_water", hit: c{"USG": "1.000"}, miss: c{"USG": "1.001"}},
		{rule: "fibrinogen_clotted", hit: c{"PT": "12", "FIB": "49"}, miss: c{"PT": "30 H", "FIB": "49"}},
		{rule: "thyroid_both_low", hit: c{"TSH": "0.1 L", "FT4": "0.2 L"}, miss: c{"TSH": "0.1 L", "FT4": "1"}},
		{rule: "thyroid_both_high", hit: c{"TSH": "10 H", "FT4": "3 H"}, miss: c{"TSH": "10 H", "FT4": "1"}},
		{rule: "iron_tibc", hit: c{"IRON": "301", "TIBC": "300"}, miss: c{"IRON": "300", "TIBC": "300"}},
		{rule: "free_psa", hit: c{"FPSA": "2.1", "PSA": "2"}, miss: c{"FPSA": "2", "PSA": "2"}},
		{rule: "hba1c_variant", mark: result.MarkHbVariant, hit: c{"HBA1C": "6"}, miss: c{"HB": "12"}},
		{rule: "hba1c_glucose", hit: c{"EAG": "200", "GLUF": "99"}, miss: c{"EAG": "200", "GLUF": "100"}},
		{rule: "glucose_after_meal", hit: c{"GLUPP": "69", "GLUF": "100"}, miss: c{"GLUPP": "70", "GLUF": "100"}},
		{rule: "identity_bhcg", sex: patient.Male, missSex: patient.Female, hit: c{"BHCG": "900 H"}, miss: c{"BHCG": "900 H"}},
		{rule: "identity_psa", sex: patient.Female, missSex: patient.Male, hit: c{"PSA": "1"}, miss: c{"PSA": "1"}},
		{rule: "identity_bhcg_age", years: 9, missYears: 10, hit: c{"BHCG": "1"}, miss: c{"BHCG": "1"}},
	}
}

// Rules of lab-rules 2.4, each hit and missed.
func TestConsistencyRules(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, tt := range consistencyCases() {
		tested[tt.rule] = true
		hit, miss := panel(tt.hit), panel(tt.miss)
		hit.Marks[tt.mark], miss.Marks[tt.mark] = true, true
		hit.Sex, miss.Sex = tt.sex, tt.missSex
		hit.Years, hit.AgeSet, miss.Years, miss.AgeSet = tt.years, tt.years > 0, tt.missYears, tt.missYears > 0
		if !fired(hit)[tt.rule] {
			t.Errorf("%s did not fire on %v", tt.rule, tt.hit)
		}
		if fired(miss)[tt.rule] {
			t.Errorf("%s fired on %v", tt.rule, tt.miss)
		}
	}
	for _, r := range result.Rules() {
		if !tested[r.Code] {
			t.Errorf("no test for %s", r.Code)
		}
		for _, code := range r.Tests {
			if r.Text == "" {
				t.Errorf("%s has no text for %s", r.Code, code)
			}
		}
	}
}

func TestRedCellDisorderSkipsRuleOfThree(t *testing.T) {
	t.Parallel()
	p := panel(map[string]string{"HB": "7", "PCV": "30"})
	p.Marks[result.MarkRedCell] = true
	if fired(p)["rule_of_three"] {
		t.Error("fired in a known red cell disorder")
	}
}

func TestHoldTextFillsEveryGap(t *testing.T) {
	t.Parallel()
	for _, tt := range consistencyCases() {
		p := panel(tt.hit)
		p.Marks[tt.mark] = true
		p.Sex, p.Years, p.AgeSet = tt.sex, tt.years, tt.years > 0
		for _, f := range result.Check(p) {
			if text := f.Hold.Text(); text == f.Hold.Code || strings.ContainsAny(text, "{}") {
				t.Errorf("%s reads %q", f.Hold.Code, text)
			}
		}
	}
}

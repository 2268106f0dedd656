package formula_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/formula"
	"jaanch/internal/lab/patient"
)

// vector is one case of testdata/vectors.json, the project's own table of worked examples.
type vector struct {
	ID      string                     `json:"id"`
	Formula string                     `json:"formula"`
	Inputs  map[string]json.RawMessage `json:"inputs"`
	Expect  struct {
		Value    string `json:"value"`
		Decimals int    `json:"decimals"`
		Unit     string `json:"unit"`
		Raw      string `json:"raw"`
		Error    string `json:"error"`
	} `json:"expect"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []vector `json:"cases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// text gives an input as text, whether it stands as a string or as a whole number.
func text(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func values(t *testing.T, v vector) formula.Values {
	t.Helper()
	out := formula.Values{Numbers: map[string]lab.Decimal{}}
	for name, raw := range v.Inputs {
		if name == "sex" {
			out.Sex = patient.Sex(text(t, raw))
			continue
		}
		out.Numbers[name] = lab.MustDecimal(text(t, raw))
	}
	return out
}

// near is the tolerance that the vectors state: 1e-6 relative or 5e-9 absolute.
func near(a, b lab.Decimal) bool {
	diff := a.Sub(b).Abs()
	return diff.Cmp(lab.MustDecimal("0.000000005")) <= 0 || diff.Cmp(b.Abs().Mul(lab.MustDecimal("0.000001"))) <= 0
}

func TestVectors(t *testing.T) {
	t.Parallel()
	covered := map[string]int{}
	for _, v := range vectors(t) {
		if _, ok := formula.Inputs(v.Formula); !ok {
			continue
		}
		covered[v.Formula]++
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			got, err := formula.Compute(v.Formula, values(t, v))
			if v.Expect.Error != "" {
				var not *formula.NotCalculated
				if !errors.As(err, &not) || not.Code != v.Expect.Error {
					t.Fatalf("got %v %v, want %s", got, err, v.Expect.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Rounded().String() != v.Expect.Value || got.Decimals != v.Expect.Decimals || got.Unit != v.Expect.Unit {
				t.Errorf("got %s %s with %d decimals, want %+v", got.Rounded(), got.Unit, got.Decimals, v.Expect)
			}
			if !near(got.Value, lab.MustDecimal(v.Expect.Raw)) {
				t.Errorf("raw is %s, want %s", got.Value, v.Expect.Raw)
			}
		})
	}
	for _, id := range formula.IDs() {
		if covered[id] == 0 {
			t.Errorf("no vector for %s", id)
		}
	}
}

func TestConversion(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, v := range vectors(t) {
		var convert func(string, lab.Decimal) (lab.Decimal, bool)
		switch v.Formula {
		case "convert_to_si":
			convert = formula.ToSI
		case "convert_from_si":
			convert = formula.FromSI
		default:
			continue
		}
		seen++
		got, ok := convert(text(t, v.Inputs["analyte"]), lab.MustDecimal(text(t, v.Inputs["value"])))
		if !ok || got.Round(v.Expect.Decimals).String() != v.Expect.Value {
			t.Errorf("%s: got %s, want %s", v.ID, got.Round(v.Expect.Decimals), v.Expect.Value)
		}
	}
	if seen != 11 {
		t.Errorf("%d conversions in the vectors, want 11", seen)
	}
	if _, ok := formula.ToSI("unobtainium", lab.DecimalFromInt(1)); ok {
		t.Error("an unknown analyte was converted")
	}
}

// Every formula without inputs gives a reason, never a zero.
func TestMissingInputIsNotZero(t *testing.T) {
	t.Parallel()
	for _, id := range formula.IDs() {
		_, err := formula.Compute(id, formula.Values{Sex: patient.Female})
		var not *formula.NotCalculated
		if !errors.As(err, &not) || not.Code != "missing_input" || not.Input == "" {
			t.Errorf("%s without inputs gave %v", id, err)
		}
	}
}

func TestSexNeeded(t *testing.T) {
	t.Parallel()
	in := formula.Values{Sex: patient.Other, Numbers: map[string]lab.Decimal{
		"scr": lab.MustDecimal("1.0"), formula.Age: lab.DecimalFromInt(40), formula.Weight: lab.DecimalFromInt(60),
	}}
	for _, id := range []string{"egfr_ckdepi_2021", "cockcroft_gault"} {
		_, err := formula.Compute(id, in)
		var not *formula.NotCalculated
		if !errors.As(err, &not) || not.Code != "sex_needed" {
			t.Errorf("%s for another sex gave %v", id, err)
		}
	}
}

func TestAnalyzerLikeOddInputs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id   string
		in   map[string]string
		want string
	}{
		"schwartz for an adult":        {"egfr_bedside_schwartz", map[string]string{"scr": "1", "height_cm": "170", "age": "18"}, "age_outside_1_to_17"},
		"schwartz for an infant":       {"egfr_bedside_schwartz", map[string]string{"scr": "1", "height_cm": "50", "age": "0"}, "age_outside_1_to_17"},
		"creatinine below zero":        {"egfr_bedside_schwartz", map[string]string{"scr": "-1", "height_cm": "120"}, "nonpositive"},
		"HDL above total cholesterol":  {"non_hdl", map[string]string{"tc": "100", "hdl": "120"}, "negative"},
		"percentage above a hundred":   {"absolute_count", map[string]string{"wbc": "5", "percent": "101"}, "percent_over_100"},
		"triglycerides too high, VLDL": {"vldl", map[string]string{"tg": "400"}, "tg_400_or_more"},
		"HbA1c so low that eAG is < 0": {"eag", map[string]string{"hba1c": "1.0"}, "negative"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := formula.Values{Numbers: map[string]lab.Decimal{}}
			for k, v := range tt.in {
				in.Numbers[k] = lab.MustDecimal(v)
			}
			got, err := formula.Compute(tt.id, in)
			var not *formula.NotCalculated
			if !errors.As(err, &not) || not.Code != tt.want {
				t.Errorf("got %v %v, want %s", got, err, tt.want)
			}
		})
	}
	if _, err := formula.Compute("no such", formula.Values{}); lab.CodeOf(err) != "formula_unknown" {
		t.Errorf("an unknown formula gave %v", err)
	}
}

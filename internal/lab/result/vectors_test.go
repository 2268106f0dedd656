package result_test

import (
	"encoding/json"
	"os"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/result"
)

type vector struct {
	ID      string         `json:"id"`
	Formula string         `json:"formula"`
	Inputs  map[string]any `json:"inputs"`
	Expect  struct {
		Text  string `json:"text"`
		Value string `json:"value"`
		Error string `json:"error"`
	} `json:"expect"`
}

func vectorsOf(t *testing.T, formula string, want int) []vector {
	t.Helper()
	b, err := os.ReadFile("../formula/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []vector `json:"cases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	var out []vector
	for _, v := range file.Cases {
		if v.Formula == formula {
			out = append(out, v)
		}
	}
	if len(out) != want {
		t.Fatalf("%d vectors of %s, want %d", len(out), formula, want)
	}
	return out
}

// optional gives a limit that may be null.
func optional(v any) *lab.Decimal {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	d := lab.MustDecimal(s)
	return &d
}

func str(t *testing.T, v any) string {
	t.Helper()
	s, ok := v.(string)
	if !ok {
		t.Fatalf("%v is not text", v)
	}
	return s
}

func parsed(t *testing.T, text string) result.Value {
	t.Helper()
	v, err := result.Parse(catalogue.Test{Type: catalogue.Numeric}, text, result.Form{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFlagVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectorsOf(t, "flag", 12) {
		l := result.Limits{
			Low: optional(v.Inputs["low"]), High: optional(v.Inputs["high"]),
			CriticalLow: optional(v.Inputs["crit_low"]), CriticalHigh: optional(v.Inputs["crit_high"]),
		}
		got, _ := result.FlagNumber(parsed(t, str(t, v.Inputs["value"])), l)
		if string(got) != v.Expect.Text {
			t.Errorf("%s: %v is %q, want %q", v.ID, v.Inputs, got, v.Expect.Text)
		}
	}
}

func TestFormatVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectorsOf(t, "format_result", 9) {
		decimals, ok := v.Inputs["decimals"].(float64)
		if !ok {
			t.Fatal("decimals missing")
		}
		m := result.Measuring{Lower: optional(v.Inputs["lo"]), Upper: optional(v.Inputs["hi"])}
		if got := result.Format(lab.MustDecimal(str(t, v.Inputs["raw"])), int(decimals), m); got != v.Expect.Text {
			t.Errorf("%s: got %s, want %s", v.ID, got, v.Expect.Text)
		}
	}
}

func TestDeltaPercentVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectorsOf(t, "delta_percent", 3) {
		got, ok := result.DeltaPercent(lab.MustDecimal(str(t, v.Inputs["current"])), lab.MustDecimal(str(t, v.Inputs["previous"])))
		if ok != (v.Expect.Error == "") || (ok && got.Round(1).String() != v.Expect.Value) {
			t.Errorf("%s: got %s %v, want %+v", v.ID, got, ok, v.Expect)
		}
	}
}

// A bound that is certainly low but perhaps critically low keeps its plain flag and asks for a person.
func TestBoundThatMayBeCritical(t *testing.T) {
	t.Parallel()
	l := result.Limits{Low: optional("3.5"), High: optional("5.1"), CriticalLow: optional("2.5"), CriticalHigh: optional("6.5")}
	tests := map[string]struct {
		flag    result.Flag
		certain bool
	}{
		"<3.5": {result.Low, false}, "<=2.4": {result.CriticalLow, true}, "<2.5": {result.CriticalLow, true},
		"<=2.5": {result.Low, false}, ">=6.5": {result.High, false}, ">6.5": {result.CriticalHigh, true},
		">5.1": {result.High, false}, ">=5.1": {result.Uncertain, false}, ">4": {result.Uncertain, false}, "4": {result.Normal, true},
	}
	for text, tt := range tests {
		if flag, certain := result.FlagNumber(parsed(t, text), l); flag != tt.flag || certain != tt.certain {
			t.Errorf("%s: got %q %v, want %q %v", text, flag, certain, tt.flag, tt.certain)
		}
	}
}

// Rule: lab-rules section 4, "if the rounded value and limit look contradictory add one decimal".
func TestPrintNeverContradictsItsFlag(t *testing.T) {
	t.Parallel()
	l := result.Limits{Low: optional("3.5"), High: optional("5.1")}
	for text, want := range map[string]string{
		"5.14": "5.14", "5.1004": "5.1004", "5.16": "5.2", "5.10": "5.1", "3.46": "3.46", "3.44": "3.4", "4": "4.0", "4.25": "4.3",
		"<0.01": "<0.01", "-0.0": "0.0",
	} {
		if got := result.Print(parsed(t, text), 1, l); got != want {
			t.Errorf("%s prints %s, want %s", text, got, want)
		}
	}
	if got := result.Print(result.Value{Text: "Reactive"}, 0, result.Limits{}); got != "Reactive" {
		t.Errorf("text prints %q", got)
	}
}

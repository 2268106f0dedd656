package result_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
)

// TestConversionIsExact: the factors are those of lab-rules section 4; IFCC to NGSP is the master equation of HbA1c.
func TestConversionIsExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from, factor, offset, sent string
		comparator                       result.Comparator
		want, words                      string
	}{
		{"glucose", "mmol/L", "18.016", "", "5.4", result.None, "97.2864", "mmol/L × 18.016"},
		{"creatinine", "umol/L", "0.011312", "", "88", result.None, "0.995456", "umol/L × 0.011312"},
		{"HbA1c", "mmol/mol", "0.0915", "2.15", "48", result.None, "6.5420", "mmol/mol × 0.0915 + 2.15"},
		{"below zero", "F", "0.5", "-2.15", "8", result.None, "1.85", "F × 0.5 − 2.15"},
		{"a bound stays a bound", "mmol/L", "18.016", "", "0.6", result.Less, "10.8096", "mmol/L × 18.016"},
		{"not by binary fractions", "x", "0.1", "0.2", "3", result.None, "0.5", "x × 0.1 + 0.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conv, err := result.NewConversion(c.from, c.factor, c.offset)
			if err != nil {
				t.Fatal(err)
			}
			sent := lab.MustDecimal(c.sent)
			got := conv.Apply(result.Value{Text: c.sent, Comparator: c.comparator, Num: &sent})
			if got.Num.String() != c.want || got.Text != c.sent || got.Comparator != c.comparator || conv.String() != c.words {
				t.Errorf("%+v is %s, %s; want %s, %s", got, got.Num, conv, c.want, c.words)
			}
			if sent.String() != c.sent {
				t.Error("what was sent was changed")
			}
		})
	}
}

func TestConversionRefusals(t *testing.T) {
	t.Parallel()
	for code, in := range map[string][3]string{
		"conversion_unit":   {" ", "2", ""},
		"conversion_factor": {"mmol/L", "0", ""},
		"conversion_offset": {"mmol/L", "2", "a bit"},
	} {
		if _, err := result.NewConversion(in[0], in[1], in[2]); lab.CodeOf(err) != code {
			t.Errorf("%v: %v, want %s", in, err, code)
		}
	}
	if _, err := result.NewConversion("mmol/L", "-1", ""); lab.CodeOf(err) != "conversion_factor" {
		t.Errorf("a factor below zero turns < into >: %v", err)
	}
	conv, err := result.NewConversion("mmol/L", "2", "")
	if got := conv.Apply(result.Value{Text: "positive"}); err != nil || got.Num != nil || got.Text != "positive" {
		t.Errorf("a value without a number became %+v, %v", got, err)
	}
}

package result_test

import (
	"errors"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/formula"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/result"
)

func TestCalculateFromTheVisit(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]result.Value{
		"CREA": exact("1.0"), "CHOL": exact("200"), "HDL": exact("50"), "TRIG": exact("150"), "PT": exact("24.0"),
		"TBIL": {Text: "<0.1", Comparator: result.Less, Num: exact("0.1").Num}, "DBIL": exact("0.05"),
	}
	context := formula.Values{Sex: patient.Male, Numbers: map[string]lab.Decimal{
		formula.Age: lab.DecimalFromInt(50), formula.MNPT: lab.MustDecimal("12.0"), formula.ISI: lab.MustDecimal("1.10"),
		"scr": lab.MustDecimal("9"), // an input that belongs to a test cannot come in by the context
	}}
	for code, want := range map[string]string{"EGFR": "92", "LDL": "120", "TCHDL": "4.0", "INR": "2.14"} {
		test, _ := c.Test(code)
		got, err := result.Calculate(test, values, context)
		if err != nil || got.Text != want || !got.Exact() {
			t.Errorf("%s: got %+v %v, want %s", code, got, err, want)
		}
	}
	for code, want := range map[string]string{"MCH": "missing_input", "IBIL": "input_not_exact"} {
		test, _ := c.Test(code)
		_, err := result.Calculate(test, values, context)
		var not *formula.NotCalculated
		if !errors.As(err, &not) || not.Code != want {
			t.Errorf("%s: got %v, want %s", code, err, want)
		}
	}
}

// Every calculated test of the starter can be calculated, so no input is bound to a name that the formula does not have.
func TestEveryStarterFormulaIsBound(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]result.Value{}
	for _, test := range c.Tests {
		values[test.Code] = exact("5")
	}
	values["TP"], values["CHOL"], values["HBA1C"] = exact("7"), exact("200"), exact("7")
	context := formula.Values{Sex: patient.Female, Numbers: map[string]lab.Decimal{
		formula.Age: lab.DecimalFromInt(40), formula.MNPT: lab.DecimalFromInt(12), formula.ISI: lab.DecimalFromInt(1),
	}}
	seen := 0
	for _, test := range c.Tests {
		if test.Type != catalogue.Calculated {
			continue
		}
		seen++
		if _, err := result.Calculate(test, values, context); err != nil {
			t.Errorf("%s: %v", test.Code, err)
		}
	}
	if seen != 17 {
		t.Errorf("%d calculated tests, want 17", seen)
	}
}

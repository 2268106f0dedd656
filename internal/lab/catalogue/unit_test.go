package catalogue_test

import (
	"testing"

	"jaanch/internal/lab/catalogue"
)

func TestFriendlyUnit(t *testing.T) {
	t.Parallel()
	for ucum, want := range map[string]string{
		"mg/dL": "mg/dL", "10*3/uL": "10³/µL", "10*6/uL": "10⁶/µL", "10*12/L": "10¹²/L", "ug/dL": "µg/dL", "umol/L": "µmol/L", "u[IU]/mL": "µIU/mL", "[IU]/L": "IU/L",
		"m[IU]/mL": "mIU/mL", "mL/min/{1.73_m2}": "mL/min/1.73 m²", "ng/mL{FEU}": "ng/mL FEU", "/[HPF]": "/HPF", "{ratio}": "", "{INR}": "", "1": "", "[pH]": "",
		"unit": "unit", "%": "%", "": "",
	} {
		if got := catalogue.FriendlyUnit(ucum); got != want {
			t.Errorf("%q reads %q, want %q", ucum, got, want)
		}
	}
	if got := (catalogue.Test{Unit: "10*3/uL", UnitText: "lakh/cumm"}).PrintedUnit(); got != "lakh/cumm" {
		t.Errorf("the lab's own text gave %q", got)
	}
}

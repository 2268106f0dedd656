package catalogue_test

import (
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
)

func starter(t *testing.T) catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStarterIsWhole(t *testing.T) {
	t.Parallel()
	c := starter(t)
	if len(c.Tests) != 128 || len(c.Panels) != 20 {
		t.Errorf("starter has %d tests and %d panels, want 128 and 20", len(c.Tests), len(c.Panels))
	}
	for _, p := range catalogue.Lint(c) {
		t.Errorf("%s: %s: %s (fatal %v)", p.Code, p.Rule, p.Message, p.Fatal)
	}
	for _, test := range c.Tests {
		if test.NameHi == "" || test.Price <= 0 {
			t.Errorf("%s has no Hindi name or no price", test.Code)
		}
	}
	for _, p := range c.Panels {
		var sum lab.Paise
		for _, code := range p.Tests {
			test, _ := c.Test(code)
			sum += test.Price
		}
		if p.NameHi == "" || p.Price > sum {
			t.Errorf("panel %s has no Hindi name or costs more (%s) than its tests (%s)", p.Code, p.Price, sum)
		}
	}
}

func TestStarterMakesCriticalLimitsRowsOfTheirOwn(t *testing.T) {
	t.Parallel()
	rows := starter(t).CriticalsOf("HB")
	if len(rows) != 1 || rows[0].Sex != catalogue.AnySex || rows[0].Low.String() != "7.0" || rows[0].High.String() != "20.0" {
		t.Errorf("critical rows of HB are %+v, want one row 7.0 to 20.0 for all", rows)
	}
}

func TestStarterHasNoIntervalForChildrenAndPregnancy(t *testing.T) {
	t.Parallel()
	c := starter(t)
	for _, s := range []catalogue.Subject{
		{Sex: patient.Male, AgeDays: 6569, AgeKnown: true},
		{Sex: patient.Female, AgeDays: 9000, AgeKnown: true, Pregnancy: catalogue.Trimester2},
	} {
		if got := catalogue.ChooseInterval(c.IntervalsOf("HB"), s); got.Flaggable || got.Reason != "no_limit_for_age" {
			t.Errorf("%+v got %+v, want no interval", s, got)
		}
	}
}

func TestReadNamesEveryWrongRow(t *testing.T) {
	t.Parallel()
	const head = "code,name,loinc,specimen,unit,method,department,result_type,decimals,sex,age_min_days,age_max_days,ref_low,ref_high,critical_low,critical_high,text_normal,panel\n"
	file := head + "HB,Haemoglobin,718-7,Whole blood EDTA,g/dL,,H,numeric,1,M,6570,54750,13.x,17.0,,,,\n" +
		"HB,Something else,718-7,Whole blood EDTA,g/dL,,H,numeric,1,Q,6570,54750,12.0,15.0,,,,\n"
	_, err := catalogue.Read(strings.NewReader(file))
	var e *lab.Error
	if !asError(err, &e) || len(e.Fields) != 3 {
		t.Fatalf("got %v, want three faults", err)
	}
	for i, want := range []string{"row[1].ref_low", "row[2].code", "row[2].sex"} {
		if e.Fields[i].Field != want {
			t.Errorf("fault %d is at %s, want %s", i, e.Fields[i].Field, want)
		}
	}
	if _, err := catalogue.Read(strings.NewReader("a,b\n")); lab.CodeOf(err) != "catalogue_header" {
		t.Errorf("a file without the columns gave %v", err)
	}
}

package result_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/result"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	t.Parallel()
	coded := catalogue.Test{Type: catalogue.Coded, Options: []catalogue.Option{{Text: "Non-reactive"}, {Text: "Reactive", Abnormal: true}}}
	numeric := catalogue.Test{Type: catalogue.Numeric}
	titer, fields := catalogue.Test{Type: catalogue.Titer}, catalogue.Test{Type: catalogue.Range}
	comma := result.Form{DecimalComma: true}
	tests := map[string]struct {
		test       catalogue.Test
		text       string
		form       result.Form
		comparator result.Comparator
		num        string
		code       string
	}{
		"plain":                        {numeric, "6.80", result.Form{}, "", "6.80", ""},
		"blanks around":                {numeric, "  6.8 ", result.Form{}, "", "6.8", ""},
		"below":                        {numeric, "< 0.01", result.Form{}, "<", "0.01", ""},
		"at least, sign":               {numeric, "≥5", result.Form{}, ">=", "5", ""},
		"thousands":                    {numeric, "1,234.5", result.Form{}, "", "1234.5", ""},
		"lakhs":                        {numeric, "1,50,000", result.Form{}, "", "150000", ""},
		"crores":                       {numeric, "1,23,45,678", result.Form{}, "", "12345678", ""},
		"millions":                     {numeric, "1,234,567", result.Form{}, "", "1234567", ""},
		"negative":                     {numeric, "-2.5", result.Form{}, "", "-2.5", ""},
		"comma not declared":           {numeric, "6,8", result.Form{}, "", "", "value_not_numeric"},
		"comma declared":               {numeric, "6,8", comma, "", "6.8", ""},
		"comma declared, points group": {numeric, "1.234,5", comma, "", "1234.5", ""},
		"mixed groups":                 {numeric, "1,2345,678", result.Form{}, "", "", "value_not_numeric"},
		"two points":                   {numeric, "1.2.3", result.Form{}, "", "", "value_not_numeric"},
		"point at the end":             {numeric, "5.", result.Form{}, "", "", "value_not_numeric"},
		"exponent":                     {numeric, "1e3", result.Form{}, "", "", "value_not_numeric"},
		"not a number":                 {numeric, "NaN", result.Form{}, "", "", "value_not_numeric"},
		"plus signs of a dipstick":     {numeric, "++", result.Form{}, "", "", "value_not_numeric"},
		"empty is not zero":            {numeric, "", result.Form{}, "", "", "value_empty"},
		"blank is not zero":            {numeric, "  ", result.Form{}, "", "", "value_empty"},
		"option":                       {coded, "reactive", result.Form{}, "", "", ""},
		"not an option":                {coded, "maybe", result.Form{}, "", "", "value_not_option"},
		"titer":                        {titer, "1:160", result.Form{}, "", "160", ""},
		"titer below":                  {titer, "<1:80", result.Form{}, "<", "80", ""},
		"titer malformed":              {titer, "2:80", result.Form{}, "", "", "value_not_titer"},
		"range":                        {fields, "2-4", result.Form{}, "", "4", ""},
		"range, one number":            {fields, "3", result.Form{}, "", "3", ""},
		"range, word":                  {fields, "Plenty", result.Form{}, "", "", ""},
		"range upside down":            {fields, "4-2", result.Form{}, "", "", "value_not_range"},
		"no type":                      {catalogue.Test{}, "1", result.Form{}, "", "", "value_type"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := result.Parse(tt.test, tt.text, tt.form)
			if tt.code != "" {
				if lab.CodeOf(err) != tt.code {
					t.Fatalf("got %+v %v, want %s", got, err, tt.code)
				}
				return
			}
			num := ""
			if got.Num != nil {
				num = got.Num.String()
			}
			if err != nil || got.Comparator != tt.comparator || num != tt.num {
				t.Errorf("got %q %s %v, want %q %s", got.Comparator, num, err, tt.comparator, tt.num)
			}
		})
	}
}

// The text is kept as reported, and what it says is what rules read.
func TestParseKeepsTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[<>]?-?[0-9]{1,9}(\.[0-9]{1,6})?`).Draw(t, "text")
		v, err := result.Parse(catalogue.Test{Type: catalogue.Numeric}, text, result.Form{})
		if err != nil || v.Text != text {
			t.Fatalf("got %+v %v", v, err)
		}
		again, err := result.Parse(catalogue.Test{Type: catalogue.Numeric}, string(v.Comparator)+v.Num.String(), result.Form{})
		if err != nil || again.Num.Cmp(*v.Num) != 0 || again.Comparator != v.Comparator {
			t.Fatalf("%s reads again as %+v %v", text, again, err)
		}
	})
}

func TestFlagText(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		code, text string
		want       result.Flag
	}{
		{"HIV", "Reactive", result.Abnormal},
		{"HIV", "Non-reactive", result.Normal},
		{"WTO", "1:80", result.Abnormal},
		{"WTO", "1:40", result.Normal},
		{"WTO", "<1:80", result.Normal},
		{"WTO", ">1:320", result.Abnormal},
		{"UWBC", "0-5", result.Normal},
		{"UWBC", "4-6", result.Abnormal},
		{"UWBC", ">50", result.Abnormal},
		{"UWBC", "Plenty", result.Abnormal},
		{"UWBC", "Nil", result.Normal},
		{"PS", "Anything", result.Normal},
	}
	for _, tt := range tests {
		test, _ := c.Test(tt.code)
		v, err := result.Parse(test, tt.text, result.Form{})
		if err != nil {
			t.Fatal(err)
		}
		if got := result.FlagText(test, v); got != tt.want {
			t.Errorf("%s %s is %q, want %q", tt.code, tt.text, got, tt.want)
		}
	}
}

package patient_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"

	"pgregory.net/rapid"
)

func day(s string) lab.Date {
	d, err := lab.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestAgeVectors(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../formula/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID      string         `json:"id"`
			Formula string         `json:"formula"`
			Inputs  map[string]any `json:"inputs"`
			Expect  struct {
				Years  int    `json:"years"`
				Months int    `json:"months"`
				Days   int    `json:"days"`
				Error  string `json:"error"`
			} `json:"expect"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, v := range file.Cases {
		if v.Formula != "age" {
			continue
		}
		seen++
		birth, _ := v.Inputs["b"].(string)
		on, _ := v.Inputs["c"].(string)
		got, err := patient.AgeBetween(day(birth), day(on))
		if v.Expect.Error != "" {
			if lab.CodeOf(err) != v.Expect.Error {
				t.Errorf("%s: got %v", v.ID, err)
			}
			continue
		}
		if err != nil || got != (patient.Age{Years: v.Expect.Years, Months: v.Expect.Months, Days: v.Expect.Days}) {
			t.Errorf("%s: got %+v %v, want %+v", v.ID, got, err, v.Expect)
		}
	}
	if seen != 7 {
		t.Errorf("%d vectors of age, want 7", seen)
	}
}

// Rule: lab-rules section 4, "days below 28 d, then completed months to 24, then years".
func TestAgeAsPrinted(t *testing.T) {
	t.Parallel()
	for on, want := range map[string]string{
		"2020-01-15": "0D", "2020-02-11": "27D", "2020-02-12": "28D", "2020-02-15": "1M", "2022-01-14": "23M", "2022-01-15": "2Y",
		"2054-01-14": "33Y", "2054-01-15": "34Y",
	} {
		age, err := patient.AgeBetween(day("2020-01-15"), day(on))
		if err != nil || age.String() != want {
			t.Errorf("on %s: %s %v, want %s", on, age, err, want)
		}
	}
}

func TestStatedAgeGrows(t *testing.T) {
	t.Parallel()
	p := patient.Patient{Stated: patient.StatedAge{Value: 34, Unit: patient.Years, On: day("2024-02-29")}}
	for on, want := range map[string]int{"2024-02-29": 34, "2025-02-27": 34, "2025-02-28": 35, "2026-11-21": 36} {
		if age, ok := p.AgeOn(day(on)); !ok || age.Years != want {
			t.Errorf("on %s: %d %v, want %d", on, age.Years, ok, want)
		}
	}
	if _, ok := (patient.Patient{}).AgeOn(day("2026-11-21")); ok {
		t.Error("an age without birth")
	}
}

func TestStatedAgeIsKeptOnItsDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		on := day("2000-01-01").AddDays(rapid.IntRange(0, 20000).Draw(t, "on"))
		s := patient.StatedAge{Value: rapid.IntRange(0, 110).Draw(t, "value"), Unit: patient.Years, On: on}
		age, ok := patient.Patient{Stated: s}.AgeOn(on)
		if !ok || age.Years != s.Value {
			t.Fatalf("stated %d on %s, counted %d", s.Value, on, age.Years)
		}
	})
}

func TestNewNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	_, err := patient.New(patient.Patient{
		Name: "\xff", Sex: "x", Birth: day("2027-01-01"), Phone: "12", Email: "a@b", ABHA: "1",
		Guardian: patient.Guardian{Phone: "abc"},
	}, day("2026-11-21"))
	var e *lab.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range e.Fields {
		got[f.Field] = f.Code
	}
	for field, code := range map[string]string{
		"name": "text_not_utf8", "sex": "sex_invalid", "birth": "birth_future", "phone": "phone_length", "email": "email_invalid",
		"abha": "abha_length", "guardian.phone": "phone_characters",
	} {
		if got[field] != code {
			t.Errorf("%s: got %q, want %s", field, got[field], code)
		}
	}
	if len(got) != 7 {
		t.Errorf("faults: %v", got)
	}
	if strings.Contains(err.Error(), "abc") {
		t.Error("the error repeats what was typed")
	}
}

func TestNewCleans(t *testing.T) {
	t.Parallel()
	p, err := patient.New(patient.Patient{Name: "  Asha   Sharma ", Sex: "female", Phone: "098765 43210"}, day("2026-11-21"))
	if err != nil || p.Name != "Asha Sharma" || p.Sex != patient.Female || p.Phone != "+919876543210" || p.Language != "en" {
		t.Errorf("got %+v %v", p, err)
	}
	for name, in := range map[string]patient.Patient{
		"no name":     {},
		"no letters":  {Name: "---"},
		"control":     {Name: "a\x00b"},
		"birth twice": {Name: "A", Birth: day("2000-01-01"), Stated: patient.StatedAge{Value: 3, Unit: patient.Years, On: day("2020-01-01")}},
		"impossible":  {Name: "A", Stated: patient.StatedAge{Value: 131, Unit: patient.Years, On: day("2020-01-01")}},
		"no unit":     {Name: "A", Stated: patient.StatedAge{Value: 1, Unit: "w", On: day("2020-01-01")}},
	} {
		if _, err := patient.New(in, day("2026-11-21")); lab.CodeOf(err) != "patient_invalid" {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if _, err := patient.New(patient.Patient{Flags: patient.Flags{Unidentified: true}}, day("2026-11-21")); err != nil {
		t.Errorf("an unidentified emergency gave %v", err)
	}
}

func TestNormalizePhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"9876543210": "+919876543210", "+91 98765-43210": "+919876543210", "0091 9876543210": "+919876543210",
		"919876543210": "+919876543210", "(011) 2345 6789": "+911123456789", "९८७६५४३२१०": "+919876543210",
		"+1 415 555 2671": "+14155552671", "": "", "98765": "!", "+9198765": "!", "phone": "!", "00000000000": "!",
	} {
		got, err := patient.NormalizePhone(in)
		if (want == "!") != (err != nil) || (err == nil && got != want) {
			t.Errorf("%q: got %q %v, want %q", in, got, err, want)
		}
	}
}

func TestTokensFindAnyOrder(t *testing.T) {
	t.Parallel()
	name := "Dr. Asha Devi Sharma"
	for query, want := range map[string]bool{
		"sharma asha": true, "ASH": true, "sha": true, "devi d": true, "": true, "asha gupta": false, "harma": false,
	} {
		if patient.Matches(query, name) != want {
			t.Errorf("%q finds %q: %v", query, name, !want)
		}
	}
	for a, b := range map[string]string{
		"\u0958\u093c":                 "\u0915\u093c\u093c", // composed and decomposed dotted ka
		"आशा शर्मा":                    "शर्मा, आशा",
		"José D'Souza":                 "jose dsouza",
		"Kri\u0301shna":                "Krishna",
		"क\u094d\u200dष":               "क\u094dष",
		"K.K. Rao":                     "rao kk",
		"a\u0301sha  SHARMA\u00a0Devi": "devi asha sharma",
	} {
		if !slices.Equal(patient.Tokens(a), patient.Tokens(b)) {
			t.Errorf("%q gives %q, %q gives %q", a, patient.Tokens(a), b, patient.Tokens(b))
		}
	}
}

// Every word of a name finds it, by every beginning.
func TestEveryPrefixFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("abcXYZ éशर्मा.'-")), 1, 30, -1).Draw(t, "name")
		for _, w := range patient.Tokens(name) {
			r := []rune(w)
			if !patient.Matches(string(r[:1+len(r)/2]), name) || !patient.Matches(strings.ToUpper(w), name) {
				t.Fatalf("%q does not find %q", w, name)
			}
		}
	})
}

func TestMRN(t *testing.T) {
	t.Parallel()
	m, err := patient.NewMRN("K7", 123)
	if err != nil || !strings.HasPrefix(string(m), "K7000123") || len(m) != 9 {
		t.Fatal(m, err)
	}
	if got, err := patient.ParseMRN(" " + strings.ToLower(string(m))); err != nil || got != m {
		t.Errorf("got %s %v", got, err)
	}
	if _, err := patient.ParseMRN("K7000124" + string(m[8])); lab.CodeOf(err) != "mrn_check" {
		t.Errorf("a wrong digit gave %v", err)
	}
	if _, err := patient.ParseMRN("K7"); lab.CodeOf(err) != "mrn_shape" {
		t.Errorf("a short number gave %v", err)
	}
	if _, err := patient.NewMRN("K7", 0); err == nil {
		t.Error("counter 0 was taken")
	}
}

func TestLikeness(t *testing.T) {
	t.Parallel()
	asha := patient.Patient{Name: "Asha Sharma", Sex: patient.Female, Birth: day("1990-05-01"), Phone: "+919876543210"}
	with := func(change func(*patient.Patient)) patient.Patient {
		p := asha
		change(&p)
		return p
	}
	tests := map[string]struct {
		other patient.Patient
		want  bool
	}{
		"the same":                       {asha, true},
		"typing mistake, same phone":     {with(func(p *patient.Patient) { p.Name, p.Birth = "Aasha Sharma", lab.Date{} }), true},
		"swapped letters, same birth":    {with(func(p *patient.Patient) { p.Name, p.Phone = "Asha Shamra", "" }), true},
		"same name and birth":            {with(func(p *patient.Patient) { p.Phone = "+919000000000" }), true},
		"same name alone":                {patient.Patient{Name: "Sharma Asha"}, false},
		"the mother: phone alone":        {patient.Patient{Name: "Meena Sharma", Sex: patient.Female, Phone: asha.Phone}, false},
		"a twin brother":                 {with(func(p *patient.Patient) { p.Name, p.Sex = "Amit Sharma", patient.Male }), false},
		"ABHA decides, whatever is said": {patient.Patient{Name: "A. Kumari", ABHA: "91111111111111"}, true},
		"near age, same phone and name": {with(func(p *patient.Patient) {
			p.Birth, p.Stated = lab.Date{}, patient.StatedAge{Value: 35, Unit: "y", On: day("2026-01-01")}
		}), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			me := asha
			me.ABHA = "91111111111111"
			a, b := patient.Compare(me, tt.other), patient.Compare(tt.other, me)
			if (a.Score >= patient.LikelyDuplicate) != tt.want || a.Score != b.Score {
				t.Errorf("got %+v and %+v, want %v", a, b, tt.want)
			}
		})
	}
}

package report_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
)

func limit(s string) *lab.Decimal {
	d := lab.MustDecimal(s)
	return &d
}

// full is an amended report in which every field is filled.
func full() report.Report {
	at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	return report.Report{
		ID: lab.ID{1}, Version: 2, State: report.Amended, IssuedAt: at, ZoneMin: 330,
		Lab: report.Laboratory{
			Name: "Demo Lab", NameHi: "डेमो लैब", Address: "1 Road", Phone: "+911", Email: "a@b.in", Accreditation: "MC-1",
		},
		Patient: report.Patient{ID: lab.ID{2}, Name: "Asha Sharma", MRN: "K7000123X", AgeSex: "34Y/F", Phone: "+919", ABHA: "9"},
		Visit:   report.Visit{Number: "K7V000001X", Referrer: "Dr Demo", Client: "Clinic", RegisteredAt: at},
		Samples: []report.Sample{{Accession: "26325K70042L", Specimen: "Serum", CollectedAt: at, ReceivedAt: at, Condition: "haemolysed"}},
		Sections: []report.Section{{Title: "Biochemistry", TitleHi: "जैव रसायन", Lines: []report.Line{{
			ResultID: lab.ID{3}, TestCode: "K", Name: "Potassium", NameHi: "पोटैशियम", Value: "5.2", Unit: "mmol/L",
			Interval: "3.5 - 5.1", Flag: result.High, Method: "ISE", Accession: "26325K70042L", Comment: "c", Referral: "Other lab",
			InScope: true, Research: true, Low: limit("3.5"), High: limit("5.1"), Number: limit("5.2"),
			Previous: []report.Previous{{Value: "4.9", At: at}},
			Old:      &report.Change{Value: "6.2", Reason: "dilution", By: "Dr Demo", At: at},
		}}}},
		Comments: []string{"note"},
		Signers: []report.Signer{{
			UserID: lab.ID{4}, Name: "Dr Demo", Qualification: "MD", Registration: "1", Meaning: "authorised", At: at,
		}},
		Replaces: &report.Replaces{Version: 1, IssuedAt: at.Add(-time.Hour), Reason: "dilution"},
	}
}

// change alters one leaf of a struct to something else and calls back, for every leaf.
func change(v reflect.Value, path string, visit func(path string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*lab.Decimal]() {
			old := v.Interface()
			v.Set(reflect.ValueOf(limit("77")))
			visit(path)
			v.Set(reflect.ValueOf(old))
			return
		}
		change(v.Elem(), path, visit)
	case reflect.Slice:
		for i := range v.Len() {
			change(v.Index(i), path+"[]", visit)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			old := v.Interface()
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			visit(path)
			v.Set(reflect.ValueOf(old))
			return
		}
		for i := range v.NumField() {
			change(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.String:
		old := v.String()
		v.SetString(old + "\n")
		visit(path)
		v.SetString(old)
	case reflect.Int:
		v.SetInt(v.Int() + 1)
		visit(path)
		v.SetInt(v.Int() - 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
		visit(path)
		v.SetBool(!v.Bool())
	case reflect.Array:
		old := v.Index(0).Uint()
		v.Index(0).SetUint(old + 1)
		visit(path)
		v.Index(0).SetUint(old)
	default:
		panic("a field of a kind that this test does not know: " + path)
	}
}

// No field of a report can be changed without changing what is signed; a field added later without being signed fails
// here.
func TestEveryFieldIsPartOfTheHash(t *testing.T) {
	t.Parallel()
	r := full()
	want := r.Canonical()
	leaves := 0
	change(reflect.ValueOf(&r).Elem(), "report", func(path string) {
		leaves++
		if bytes.Equal(r.Canonical(), want) {
			t.Errorf("%s can be changed without a trace", path)
		}
	})
	if leaves < 60 || !bytes.Equal(r.Canonical(), want) {
		t.Errorf("%d leaves were tried, or the report did not come back", leaves)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := full().Check(); err != nil {
		t.Fatal(err)
	}
	line := func(r *report.Report) *report.Line { return &r.Sections[0].Lines[0] }
	tests := map[string]struct {
		change func(*report.Report)
		want   string
	}{
		"no patient number":             {func(r *report.Report) { r.Patient.MRN = "" }, "report_patient"},
		"no laboratory":                 {func(r *report.Report) { r.Lab.Name = "" }, "report_lab"},
		"unsigned":                      {func(r *report.Report) { r.Signers = nil }, "report_unsigned"},
		"amended without the version":   {func(r *report.Report) { r.Replaces = nil }, "report_replaces"},
		"replaces itself":               {func(r *report.Report) { r.Replaces.Version = 2 }, "report_replaces"},
		"without a reason":              {func(r *report.Report) { r.Replaces.Reason = "" }, "report_replaces"},
		"uncertain flag":                {func(r *report.Report) { line(r).Flag = result.Uncertain }, "report_line_uncertain"},
		"no value and no reason":        {func(r *report.Report) { line(r).Value = "" }, "report_line_value"},
		"value and reason":              {func(r *report.Report) { line(r).NotReported = "x" }, "report_line_value"},
		"pending on a signed report":    {func(r *report.Report) { line(r).Value, line(r).Pending = "", true }, "report_line_pending"},
		"no results":                    {func(r *report.Report) { r.Sections = nil }, "report_empty"},
		"no identity":                   {func(r *report.Report) { r.ID = lab.ID{} }, "report_identity"},
		"a change on a final report":    {func(r *report.Report) { r.State, r.Replaces = report.Final, nil }, "report_line_change"},
		"final that replaces a version": {func(r *report.Report) { r.State, line(r).Old = report.Final, nil }, "report_replaces"},
		"preliminary, unsigned, is fine": {func(r *report.Report) {
			r.State, r.Signers, r.Replaces, line(r).Old = report.Preliminary, nil, nil, nil
		}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := full()
			tt.change(&r)
			err := r.Check()
			var e *lab.Error
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (!errors.As(err, &e) || e.Fields[0].Code != tt.want || e.Fields[0].Message == ""):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	got := full().Headline(func(at time.Time) string { return at.Format("02 Jan 2006 15:04") })
	if got != "AMENDED REPORT, replaces version 1 of 21 Nov 2026 03:00" {
		t.Errorf("got %q", got)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no public key")
	}
	r := full()
	p, err := report.NewProof(r, lab.Date{Year: 2026, Month: 11, Day: 21})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Text(); lab.CodeOf(err) != "proof_unsigned" {
		t.Errorf("an unsigned proof was written: %v", err)
	}
	p.Signature = ed25519.Sign(private, p.SignedBytes())
	text, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ:") != "" || len(text) > 200 {
		t.Errorf("not dense for a QR code: %q", text)
	}
	back, err := report.ParseProof(strings.ToLower(text))
	if err != nil || !back.Verify(public) || !back.Proves(r) || back.Day.String() != "2026-11-21" {
		t.Fatalf("got %+v %v", back, err)
	}
	r.Sections[0].Lines[0].Value = "4.2"
	if back.Proves(r) {
		t.Error("a changed value is proven")
	}
	back.Version = 3
	if back.Verify(public) {
		t.Error("another version is verified")
	}
	for i := 4; i < len(text); i += 7 {
		b := []byte(text)
		if b[i] = 'A'; text[i] == 'A' {
			b[i] = 'B'
		}
		if q, err := report.ParseProof(string(b)); err == nil && q.Verify(public) {
			t.Errorf("character %d can be changed", i)
		}
	}
	for _, bad := range []string{"", "JR1:", "JR2:" + text[4:], text[:len(text)-2], "JR1:!!"} {
		if _, err := report.ParseProof(bad); lab.CodeOf(err) != "proof_malformed" {
			t.Errorf("%q gave %v", bad, err)
		}
	}
}

package fhir_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/fhir"
)

func report() fhir.Report {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	return fhir.Report{
		ID: lab.ID{1}, Version: 1, Title: "Complete blood count", Released: at, Zone: time.FixedZone("IST", 19800),
		Code:     fhir.Coding{System: fhir.Loinc, Code: "58410-2", Display: "CBC panel - Blood by Automated count"},
		Category: fhir.Coding{System: fhir.Snomed, Code: "708196005", Display: "Hematology service"},
		Patient:  fhir.Person{Name: "Asha Sharma", Number: "MRN-1", System: "https://lab.example.in/mrn", Gender: "female", Born: lab.Date{Year: 1990, Month: 2, Day: 3}, ABHANumber: "91-0000-0000-0018", ABHAAddress: "asha@sbx"},
		Verifier: fhir.Person{Name: "Dr. Verifier", Number: "MH-1234"}, Requester: fhir.Person{Name: "Dr. Requester", Number: "MH-9"},
		Lab:      fhir.Laboratory{Name: "City Lab", HFR: "IN0000000001"},
		Specimen: fhir.Specimen{Kind: fhir.Coding{System: fhir.Snomed, Code: "119297000", Display: "Blood specimen"}, Collected: at.Add(-time.Hour), Received: at.Add(-30 * time.Minute)},
		Results: []fhir.Result{
			{ID: lab.ID{2}, Code: fhir.Coding{System: fhir.Loinc, Code: "718-7", Display: "Hemoglobin [Mass/volume] in Blood"}, Name: "Haemoglobin", Number: "9.10", Unit: "g/dL", UCUM: "g/dL", Low: "12.0", High: "15.0", Interval: "12.0 - 15.0", Flag: "L", At: at},
			{ID: lab.ID{3}, Code: fhir.Coding{System: fhir.Loinc, Code: "5196-1", Display: "HBsAg"}, Name: "HBsAg", Text: "Non-reactive", At: at},
			{ID: lab.ID{4}, Code: fhir.Coding{System: fhir.Loinc, Code: "1988-5", Display: "CRP"}, Name: "CRP", Number: "0.5", Comparator: "<", Unit: "mg/L", UCUM: "mg/L", At: at},
			{ID: lab.ID{5}, Code: fhir.Coding{System: fhir.Loinc, Code: "4537-7", Display: "ESR"}, Name: "ESR", NotDone: "Clotted", At: at},
			{ID: lab.ID{6}, Name: "In-house stain", Text: "Negative"},
		},
		PDF: []byte("%PDF-1.7 test"),
	}
}

func TestBuiltRecordIsValidAndStable(t *testing.T) {
	t.Parallel()
	one, err := fhir.Build(report())
	if err != nil {
		t.Fatal(err)
	}
	r, err := fhir.Judge(one.JSON())
	if err != nil {
		t.Fatal(err)
	}
	if r.Resources["Observation"] != 4 || r.Resources["Practitioner"] != 2 || r.Profile != "DiagnosticReportRecord" {
		t.Errorf("%+v", r)
	}
	two, _ := fhir.Build(report())
	if string(one.JSON()) != string(two.JSON()) {
		t.Error("the same version gives other bytes")
	}
	for _, want := range []string{`"value":9.10`, `"comparator":"<"`, `+05:30"`, `"not-performed"`, `"status":"final"`} {
		if !strings.Contains(string(one.JSON()), want) {
			t.Errorf("%s is missing", want)
		}
	}
	amended := report()
	amended.Version = 2
	three, err := fhir.Build(amended)
	if err != nil {
		t.Fatal(err)
	}
	if three.At("identifier").At("value").Scalar() == one.At("identifier").At("value").Scalar() || !strings.Contains(string(three.JSON()), `"status":"amended"`) {
		t.Error("an amendment is not a record of its own")
	}
}

func TestRecordWithoutCodesCarriesThePDF(t *testing.T) {
	t.Parallel()
	r := report()
	r.Code = fhir.Coding{}
	v, err := fhir.Build(r)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(v.JSON()); strings.Contains(s, "Observation") || !strings.Contains(s, "DocumentReference") {
		t.Error(s)
	}
	r.PDF, r.Results = nil, nil
	if _, err := fhir.Build(r); lab.CodeOf(err) != "record_empty" {
		t.Error(err)
	}
	r = report()
	r.Lab.HFR = ""
	if _, err := fhir.Build(r); lab.CodeOf(err) != "record_incomplete" {
		t.Error(err)
	}
}

type object = map[string]any

// at walks names and indexes of a decoded document.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(object)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

func resource(d object, kind string) object {
	for _, e := range d["entry"].([]any) {
		if r := e.(object)["resource"].(object); r["resourceType"] == kind {
			return r
		}
	}
	return nil
}

// Each change makes a record that must not leave or enter; the judge names the place.
func TestMutationsAreRefused(t *testing.T) {
	t.Parallel()
	built, err := fhir.Build(report())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		field string
		do    func(d object)
	}{
		"first entry is no composition": {"entry[0].resource.resourceType", func(d object) { e := d["entry"].([]any); e[0], e[1] = e[1], e[0] }},
		"bundle without identifier":     {"identifier", func(d object) { delete(d, "identifier") }},
		"bundle of another type":        {"type", func(d object) { d["type"] = "collection" }},
		"bundle without timestamp":      {"timestamp", func(d object) { delete(d, "timestamp") }},
		"bundle without version":        {"meta.versionId", func(d object) { delete(d["meta"].(object), "versionId") }},
		"bundle without profile":        {"meta.profile", func(d object) { delete(d["meta"].(object), "profile") }},
		"dangling reference": {"entry[0].resource.subject.reference", func(d object) {
			at(d, "entry", 0, "resource", "subject").(object)["reference"] = "urn:uuid:00000000-0000-4000-8000-000000000000"
		}},
		"full url is no uuid":         {"entry[1].fullUrl", func(d object) { at(d, "entry", 1).(object)["fullUrl"] = "Patient/1" }},
		"same full url twice":         {"entry[2].fullUrl", func(d object) { at(d, "entry", 2).(object)["fullUrl"] = at(d, "entry", 1, "fullUrl") }},
		"composition without type":    {"entry[0].resource.type", func(d object) { delete(resource(d, "Composition"), "type") }},
		"composition of another kind": {"entry[0].resource.type.coding[0].code", func(d object) { at(resource(d, "Composition"), "type", "coding", 0).(object)["code"] = "371530004" }},
		"composition without author":  {"entry[0].resource.author", func(d object) { delete(resource(d, "Composition"), "author") }},
		"composition without title":   {"entry[0].resource.title", func(d object) { delete(resource(d, "Composition"), "title") }},
		"two sections": {"entry[0].resource.section", func(d object) {
			c := resource(d, "Composition")
			c["section"] = append(c["section"].([]any), at(c, "section", 0))
		}},
		"section entry without type": {"entry[0].resource.section[0].entry[0].type", func(d object) { delete(at(resource(d, "Composition"), "section", 0, "entry", 0).(object), "type") }},
		"section entry to another resource": {"entry[0].resource.section[0].entry[0].type", func(d object) {
			at(resource(d, "Composition"), "section", 0, "entry", 0).(object)["type"] = "Observation"
		}},
		"patient without identifier":      {"entry[1].resource.identifier", func(d object) { delete(resource(d, "Patient"), "identifier") }},
		"patient identifier without type": {"entry[1].resource.identifier[0].type", func(d object) { delete(at(resource(d, "Patient"), "identifier", 0).(object), "type") }},
		"patient without name":            {"entry[1].resource.name", func(d object) { delete(resource(d, "Patient"), "name") }},
		"impossible birthday":             {"entry[1].resource.birthDate", func(d object) { resource(d, "Patient")["birthDate"] = "1990-02-30" }},
		"unknown gender":                  {"entry[1].resource.gender", func(d object) { resource(d, "Patient")["gender"] = "F" }},
		"report without interpreter":      {"entry[4].resource.resultsInterpreter", func(d object) { delete(resource(d, "DiagnosticReport"), "resultsInterpreter") }},
		"report without result":           {"entry[4].resource.result", func(d object) { delete(resource(d, "DiagnosticReport"), "result") }},
		"report without conclusion":       {"entry[4].resource.conclusion", func(d object) { delete(resource(d, "DiagnosticReport"), "conclusion") }},
		"report without status":           {"entry[4].resource.status", func(d object) { delete(resource(d, "DiagnosticReport"), "status") }},
		"report code of another system": {"entry[4].resource.code.coding[0].system", func(d object) {
			at(resource(d, "DiagnosticReport"), "code", "coding", 0).(object)["system"] = "http://snomed.info/sct"
		}},
		"result code of a local system": {"entry[5].resource.code.coding[0].system", func(d object) {
			at(resource(d, "Observation"), "code", "coding", 0).(object)["system"] = "http://lab.example.in"
		}},
		"result code without display": {"entry[5].resource.code.coding[0].display", func(d object) { delete(at(resource(d, "Observation"), "code", "coding", 0).(object), "display") }},
		"result without status":       {"entry[5].resource.status", func(d object) { delete(resource(d, "Observation"), "status") }},
		"two values":                  {"entry[5].resource.valueString", func(d object) { resource(d, "Observation")["valueString"] = "9" }},
		"number as text":              {"entry[5].resource.valueQuantity.value", func(d object) { at(resource(d, "Observation"), "valueQuantity").(object)["value"] = "9.1" }},
		"unknown element":             {"entry[5].resource.colour", func(d object) { resource(d, "Observation")["colour"] = "red" }},
		"list where one belongs":      {"entry[5].resource.code", func(d object) { o := resource(d, "Observation"); o["code"] = []any{o["code"]} }},
		"empty list":                  {"entry[5].resource.performer", func(d object) { resource(d, "Observation")["performer"] = []any{} }},
		"time without zone":           {"entry[5].resource.effectiveDateTime", func(d object) { resource(d, "Observation")["effectiveDateTime"] = "2026-03-04T10:36:07" }},
		"resource without profile":    {"entry[5].resource.meta.profile", func(d object) { delete(resource(d, "Observation"), "meta") }},
		"profile of another type": {"entry[5].resource.meta.profile[0]", func(d object) {
			at(resource(d, "Observation"), "meta").(object)["profile"] = []any{fhir.Profiles + "Patient"}
		}},
		"specimen without received time": {"entry[9].resource.receivedTime", func(d object) { delete(resource(d, "Specimen"), "receivedTime") }},
		"document without data": {"entry[12].resource.content[0].attachment.data", func(d object) {
			delete(at(resource(d, "DocumentReference"), "content", 0, "attachment").(object), "data")
		}},
		"document that is no base64": {"entry[12].resource.content[0].attachment.data", func(d object) {
			at(resource(d, "DocumentReference"), "content", 0, "attachment").(object)["data"] = "a"
		}},
		"script in the narrative": {"entry[1].resource.text.div", func(d object) {
			at(resource(d, "Patient"), "text").(object)["div"] = `<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>`
		}},
		"subject that is no patient": {"entry[4].resource.subject.reference", func(d object) {
			at(resource(d, "DiagnosticReport"), "subject").(object)["reference"] = at(d, "entry", 3, "fullUrl")
		}},
		"unknown resource": {"entry[3].resource.resourceType", func(d object) { resource(d, "Organization")["resourceType"] = "Organisation" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d object
			if err := json.Unmarshal(built.JSON(), &d); err != nil {
				t.Fatal(err)
			}
			c.do(d)
			raw, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			_, err = fhir.Judge(raw)
			if err == nil || !strings.Contains(err.Error(), "; "+c.field+": ") {
				t.Errorf("want %s, got %v", c.field, err)
			}
			if err != nil && strings.Contains(err.Error(), "Asha") {
				t.Error("the refusal names the patient")
			}
		})
	}
}

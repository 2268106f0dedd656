package fhir

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// The code systems that a laboratory's record uses.
const (
	Loinc            = "http://loinc.org"
	Snomed           = "http://snomed.info/sct"
	Ucum             = "http://unitsofmeasure.org"
	identifierTypes  = "http://terminology.hl7.org/CodeSystem/v2-0203"
	abdmIdentifiers  = "https://nrces.in/ndhm/fhir/r4/CodeSystem/ndhm-identifier-type-code"
	confidentiality  = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	observationFlags = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
	absentReasons    = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
)

// Coding is a code of a system with the words that belong to it. Never invented: a test without one travels in the PDF.
type Coding struct{ System, Code, Display string }

// Person is the patient, a pathologist or the doctor who asked.
type Person struct {
	ID     lab.ID
	Name   string
	Number string // MRN of a patient, registration number of a doctor
	System string // whose number it is: a URL of the laboratory or of a registry
	// Of a patient:
	Gender      string // male, female, other, unknown
	Born        lab.Date
	ABHANumber  string // 14 digits with dashes, where known
	ABHAAddress string // name@abdm, where known
}

// Laboratory is who reports.
type Laboratory struct {
	ID   lab.ID
	Name string
	HFR  string // id in the Health Facility Registry
}

// Specimen is the material of the results.
type Specimen struct {
	ID        lab.ID
	Kind      Coding // SNOMED CT
	Collected time.Time
	Received  time.Time
}

// Result is one released result as the report shows it.
type Result struct {
	ID         lab.ID
	Code       Coding // LOINC or SNOMED CT; without a system the result stands in the PDF alone
	Name       string
	Number     string // plain decimal; empty for a text
	Comparator string // < <= >= >
	Unit       string // as printed
	UCUM       string // the code of the unit, where known
	Text       string // of a result that is no number
	NotDone    string // why there is no value
	Low, High  string // reference limits, plain decimals, each may be empty
	Interval   string // the reference interval as printed
	Flag       string // N, L, H, LL, HH, A
	At         time.Time
	Amended    bool
}

// Report is one released version of a report with everything that the record needs.
type Report struct {
	ID         lab.ID
	Version    int // 1, 2, ... each released version is a record of its own
	Title      string
	Code       Coding // LOINC of the panel; without it the record carries the PDF alone
	Category   Coding // SNOMED CT, for example 708196005 Hematology service
	Conclusion string
	Released   time.Time
	Zone       *time.Location // of the laboratory: times travel with its offset
	Patient    Person
	Verifier   Person // who signed
	Requester  Person // who asked; zero where nobody did
	Lab        Laboratory
	Specimen   Specimen
	Results    []Result
	PDF        []byte
}

// Build makes the document bundle of a released version. The same version always gives the same bytes; an amendment is a
// new version with a new identifier and the status "amended".
func Build(r Report) (*tree.Value, error) {
	if r.Version < 1 || r.Released.IsZero() || r.Zone == nil || r.Patient.Number == "" || r.Verifier.Number == "" || r.Lab.HFR == "" {
		return nil, lab.Invalid("record_incomplete", "The record needs a released version, the patient's number, the signer's registration and the laboratory's HFR id.")
	}
	b := &builder{report: r, seed: r.ID.String() + "/" + strconv.Itoa(r.Version)}
	b.status = "final"
	if r.Version > 1 {
		b.status = "amended"
	}
	coded := b.coded()
	if len(coded) == 0 && len(r.PDF) == 0 {
		return nil, lab.Invalid("record_empty", "No result of this report has a code, and there is no PDF: nothing can be sent.")
	}
	structured := r.Code.System == Loinc && len(coded) > 0
	b.add("composition", b.composition(structured))
	b.add("patient", b.patient())
	b.add("verifier", practitioner(r.Verifier))
	b.add("lab", b.organization())
	if structured {
		b.add("report", b.diagnosticReport(coded))
		for _, res := range coded {
			b.add("result/"+res.ID.String(), b.observation(res))
		}
		b.addSpecimenAndRequest()
	}
	if len(r.PDF) > 0 {
		b.add("pdf", b.documentReference())
	}
	bundle := b.bundle().Placed()
	if _, err := JudgeTree(bundle); err != nil {
		return nil, err
	}
	return bundle, nil
}

// builder gathers the entries of one bundle.
type builder struct {
	report  Report
	seed    string
	status  string
	entries []*tree.Value
}

// uuid gives the id of a part: the same for the same version (RFC 9562, version 8, from SHA-256).
func (b *builder) uuid(part string) string {
	h := sha256.Sum256([]byte("jaanch fhir " + b.seed + " " + part))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	s := hex.EncodeToString(h[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func (b *builder) add(part string, resource *tree.Value) {
	id := b.uuid(part)
	members := append([]tree.Member{resource.Members()[0], tree.M("id", tree.T(id))}, resource.Members()[1:]...)
	b.entries = append(b.entries, tree.Of(tree.M("fullUrl", tree.T("urn:uuid:"+id)), tree.M("resource", tree.Of(members...))))
}

func (b *builder) ref(part, display string) *tree.Value {
	return tree.Of(tree.M("reference", tree.T("urn:uuid:"+b.uuid(part))), tree.M("display", tree.T(display)))
}

func (b *builder) typed(part, kind string) *tree.Value {
	return tree.Of(tree.M("reference", tree.T("urn:uuid:"+b.uuid(part))), tree.M("type", tree.T(kind)))
}

// at gives a time with the laboratory's offset, to the second as an instant needs it.
func (b *builder) at(t time.Time) *tree.Value {
	if t.IsZero() {
		return nil
	}
	return tree.T(t.In(b.report.Zone).Format("2006-01-02T15:04:05-07:00"))
}

func head(kind, profile string) (tree.Member, tree.Member) {
	return tree.M("resourceType", tree.T(kind)), tree.M("meta", tree.Of(tree.M("profile", tree.L(tree.T(Profiles+profile)))))
}

func coding(c Coding) *tree.Value {
	if c.System == "" {
		return nil
	}
	return tree.Of(tree.M("system", tree.T(c.System)), tree.M("code", tree.T(c.Code)), tree.M("display", tree.T(c.Display)))
}

func concept(c Coding, text string) *tree.Value {
	if c.System == "" && text == "" {
		return nil
	}
	return tree.Of(tree.M("coding", tree.L(coding(c))), tree.M("text", tree.T(text)))
}

func identifier(system, kind, display, issuer, value string) *tree.Value {
	if value == "" {
		return nil
	}
	return tree.Of(
		tree.M("type", concept(Coding{system, kind, display}, "")),
		tree.M("system", tree.T(issuer)), tree.M("value", tree.T(value)))
}

func narrative(text string) *tree.Value {
	return tree.Of(tree.M("status", tree.T("generated")),
		tree.M("div", tree.T(`<div xmlns="http://www.w3.org/1999/xhtml"><p>`+html.EscapeString(text)+`</p></div>`)))
}

func (b *builder) bundle() *tree.Value {
	r := b.report
	return tree.Of(
		tree.M("resourceType", tree.T("Bundle")),
		tree.M("id", tree.T(b.uuid("bundle"))),
		tree.M("meta", tree.Of(
			tree.M("versionId", tree.T(strconv.Itoa(r.Version))),
			tree.M("lastUpdated", b.at(r.Released)),
			tree.M("profile", tree.L(tree.T(Profiles+"DocumentBundle"))),
			tree.M("security", tree.L(coding(Coding{confidentiality, "V", "very restricted"}))))),
		tree.M("identifier", tree.Of(tree.M("system", tree.T("urn:ietf:rfc:3986")), tree.M("value", tree.T("urn:uuid:"+b.uuid("bundle"))))),
		tree.M("type", tree.T("document")),
		tree.M("timestamp", b.at(r.Released)),
		tree.M("entry", tree.L(b.entries...)))
}

func (b *builder) composition(structured bool) *tree.Value {
	r := b.report
	kind, meta := head("Composition", "DiagnosticReportRecord")
	var entries []*tree.Value
	if structured {
		entries = append(entries, b.typed("report", "DiagnosticReport"))
	}
	if len(r.PDF) > 0 {
		entries = append(entries, b.typed("pdf", "DocumentReference"))
	}
	return tree.Of(kind, meta,
		tree.M("language", tree.T("en-IN")),
		tree.M("text", narrative(r.Title)),
		tree.M("identifier", tree.Of(tree.M("system", tree.T("urn:ietf:rfc:3986")), tree.M("value", tree.T("urn:uuid:"+b.uuid("composition"))))),
		tree.M("status", tree.T(b.status)),
		tree.M("type", concept(Coding{Snomed, diagnosticRecord, "Diagnostic studies report"}, "Diagnostic Report")),
		tree.M("subject", b.ref("patient", r.Patient.Name)),
		tree.M("date", b.at(r.Released)),
		tree.M("author", tree.L(b.ref("verifier", r.Verifier.Name))),
		tree.M("title", tree.T(r.Title)),
		tree.M("custodian", b.ref("lab", r.Lab.Name)),
		tree.M("section", tree.L(tree.Of(
			tree.M("title", tree.T(r.Title)),
			tree.M("code", concept(r.Category, "")),
			tree.M("entry", tree.L(entries...))))))
}

func (b *builder) patient() *tree.Value {
	p := b.report.Patient
	kind, meta := head("Patient", "Patient")
	born := ""
	if !p.Born.IsZero() {
		born = p.Born.String()
	}
	return tree.Of(kind, meta,
		tree.M("text", narrative(p.Name)),
		tree.M("identifier", tree.L(
			identifier(identifierTypes, "MR", "Medical record number", p.System, p.Number),
			identifier(abdmIdentifiers, "HIN", "Health ID number", "https://healthid.abdm.gov.in", p.ABHANumber),
			identifier(abdmIdentifiers, "ABHA", "Ayushman Bharat Health Account", "https://healthid.abdm.gov.in", p.ABHAAddress))),
		tree.M("name", tree.L(tree.Of(tree.M("text", tree.T(p.Name))))),
		tree.M("gender", tree.T(p.Gender)),
		tree.M("birthDate", tree.T(born)))
}

func practitioner(p Person) *tree.Value {
	kind, meta := head("Practitioner", "Practitioner")
	return tree.Of(kind, meta,
		tree.M("text", narrative(p.Name)),
		tree.M("identifier", tree.L(identifier(identifierTypes, "MD", "Medical License number", "https://doctor.ndhm.gov.in", p.Number))),
		tree.M("name", tree.L(tree.Of(tree.M("text", tree.T(p.Name))))))
}

func (b *builder) organization() *tree.Value {
	kind, meta := head("Organization", "Organization")
	return tree.Of(kind, meta,
		tree.M("text", narrative(b.report.Lab.Name)),
		tree.M("identifier", tree.L(identifier(identifierTypes, "PRN", "Provider number", "https://facility.ndhm.gov.in", b.report.Lab.HFR))),
		tree.M("name", tree.T(b.report.Lab.Name)))
}

func (b *builder) documentReference() *tree.Value {
	r := b.report
	kind, meta := head("DocumentReference", "DocumentReference")
	return tree.Of(kind, meta,
		tree.M("text", narrative(r.Title)),
		tree.M("status", tree.T("current")),
		tree.M("docStatus", tree.T(b.status)),
		tree.M("type", concept(Coding{Snomed, "4241000179101", "Laboratory report"}, "Laboratory report")),
		tree.M("subject", b.ref("patient", r.Patient.Name)),
		tree.M("date", b.at(r.Released)),
		tree.M("content", tree.L(tree.Of(tree.M("attachment", tree.Of(
			tree.M("contentType", tree.T("application/pdf")),
			tree.M("language", tree.T("en-IN")),
			tree.M("data", tree.T(base64.StdEncoding.EncodeToString(r.PDF))),
			tree.M("title", tree.T(r.Title)),
			tree.M("creation", b.at(r.Released))))))))
}

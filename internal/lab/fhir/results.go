package fhir

import (
	"strings"

	"jaanch/internal/lab/tree"
)

// coded gives the results that may travel as observations: those with a code of LOINC or SNOMED CT.
func (b *builder) coded() []Result {
	var out []Result
	for _, r := range b.report.Results {
		if (r.Code.System == Loinc || r.Code.System == Snomed) && r.Code.Code != "" && r.Code.Display != "" {
			out = append(out, r)
		}
	}
	return out
}

func (b *builder) diagnosticReport(results []Result) *tree.Value {
	r := b.report
	kind, meta := head("DiagnosticReport", "DiagnosticReportLab")
	refs := make([]*tree.Value, 0, len(results))
	for _, res := range results {
		refs = append(refs, b.ref("result/"+res.ID.String(), res.Name))
	}
	conclusion := r.Conclusion
	if conclusion == "" {
		conclusion = "Results as reported; to be read together with the clinical findings."
	}
	members := []tree.Member{
		kind, meta,
		tree.M("text", narrative(r.Title)),
		tree.M("identifier", tree.L(tree.Of(tree.M("system", tree.T("urn:ietf:rfc:3986")), tree.M("value", tree.T("urn:uuid:"+b.uuid("report")))))),
		tree.M("status", tree.T(b.status)),
		tree.M("category", tree.L(concept(r.Category, ""))),
		tree.M("code", concept(r.Code, r.Title)),
		tree.M("subject", b.ref("patient", r.Patient.Name)),
		tree.M("issued", b.at(r.Released)),
		tree.M("performer", tree.L(b.ref("lab", r.Lab.Name))),
		tree.M("resultsInterpreter", tree.L(b.ref("verifier", r.Verifier.Name))),
		tree.M("result", tree.L(refs...)),
		tree.M("conclusion", tree.T(conclusion)),
	}
	if b.hasSpecimen() {
		members = append(members, tree.M("effectiveDateTime", b.at(r.Specimen.Collected)), tree.M("specimen", tree.L(b.ref("specimen", ""))))
	}
	if b.hasRequest() {
		members = append(members, tree.M("basedOn", tree.L(b.ref("request", ""))))
	}
	return tree.Of(members...)
}

func (b *builder) hasSpecimen() bool {
	s := b.report.Specimen
	return s.Kind.System == Snomed && !s.Received.IsZero()
}

func (b *builder) hasRequest() bool {
	return b.report.Requester.Name != "" && b.report.Requester.Number != "" && b.report.Category.System == Snomed
}

func (b *builder) addSpecimenAndRequest() {
	r := b.report
	if b.hasSpecimen() {
		kind, meta := head("Specimen", "Specimen")
		var collection *tree.Value
		if !r.Specimen.Collected.IsZero() {
			collection = tree.Of(tree.M("collectedDateTime", b.at(r.Specimen.Collected)))
		}
		b.add("specimen", tree.Of(kind, meta,
			tree.M("text", narrative(r.Specimen.Kind.Display)),
			tree.M("type", concept(r.Specimen.Kind, "")),
			tree.M("subject", b.ref("patient", r.Patient.Name)),
			tree.M("receivedTime", b.at(r.Specimen.Received)),
			tree.M("collection", collection)))
	}
	if b.hasRequest() {
		kind, meta := head("ServiceRequest", "ServiceRequest")
		b.add("request", tree.Of(kind, meta,
			tree.M("text", narrative(r.Title)),
			tree.M("status", tree.T("completed")),
			tree.M("intent", tree.T("order")),
			tree.M("code", concept(r.Category, r.Title)),
			tree.M("subject", b.ref("patient", r.Patient.Name)),
			tree.M("requester", b.ref("requester", r.Requester.Name))))
		b.add("requester", practitioner(r.Requester))
	}
}

// flags are the interpretation codes of HL7 for ours.
var flags = map[string]string{"N": "Normal", "L": "Low", "H": "High", "LL": "Critical low", "HH": "Critical high", "A": "Abnormal"}

func (b *builder) observation(r Result) *tree.Value {
	kind, meta := head("Observation", "Observation")
	status := "final"
	if r.Amended {
		status = "amended"
	}
	members := []tree.Member{
		kind, meta,
		tree.M("text", narrative(r.Name)),
		tree.M("status", tree.T(status)),
		tree.M("code", concept(r.Code, r.Name)),
		tree.M("subject", b.ref("patient", b.report.Patient.Name)),
		tree.M("effectiveDateTime", b.at(r.At)),
		tree.M("performer", tree.L(b.ref("lab", b.report.Lab.Name))),
		value(r),
	}
	if display := flags[r.Flag]; display != "" {
		members = append(members, tree.M("interpretation", tree.L(concept(Coding{observationFlags, r.Flag, display}, ""))))
	}
	if b.hasSpecimen() {
		members = append(members, tree.M("specimen", b.ref("specimen", "")))
	}
	low, high := limit(r.Low, r), limit(r.High, r)
	if low != nil || high != nil || r.Interval != "" {
		members = append(members, tree.M("referenceRange", tree.L(tree.Of(tree.M("low", low), tree.M("high", high), tree.M("text", tree.T(r.Interval))))))
	}
	return tree.Of(members...)
}

// value gives what was measured: a number with its comparator, a text, or why there is none. A decimal is written as
// reported: 5.10 stays 5.10, because its digits say how exact it is.
func value(r Result) tree.Member {
	switch {
	case r.Number != "":
		q := quantity(r.Number, r)
		return tree.M("valueQuantity", q)
	case r.Text != "":
		return tree.M("valueString", tree.T(r.Text))
	}
	reason := "unknown"
	if r.NotDone != "" {
		reason = "not-performed"
	}
	return tree.M("dataAbsentReason", concept(Coding{absentReasons, reason, map[string]string{"unknown": "Unknown", "not-performed": "Not Performed"}[reason]}, r.NotDone))
}

func quantity(number string, r Result) *tree.Value {
	var system string
	if r.UCUM != "" {
		system = Ucum
	}
	return tree.Of(tree.M("value", tree.N(strings.TrimPrefix(number, "+"))), tree.M("comparator", tree.T(r.Comparator)),
		tree.M("unit", tree.T(r.Unit)), tree.M("system", tree.T(system)), tree.M("code", tree.T(r.UCUM)))
}

func limit(number string, r Result) *tree.Value {
	if number == "" {
		return nil
	}
	r.Comparator = ""
	return quantity(number, r)
}

package reception

import (
	"time"

	"jaanch/internal/lab"
)

// SearchInput is what was typed or scanned. It travels in a body, never in an address.
type SearchInput struct {
	Query string   `json:"query" minLength:"1" maxLength:"120" doc:"Name in any word order, phone, MRN, visit number, accession number or a tube's own barcode."`
	Kinds []string `json:"kinds,omitempty" maxItems:"3" doc:"patient, visit, sample; all when empty."`
	Limit int      `json:"limit,omitempty" minimum:"0" maximum:"50"`
}

// Hit is one thing found.
type Hit struct {
	Kind      string     `json:"kind" enum:"patient,visit,sample"`
	ID        lab.ID     `json:"id"`
	PatientID lab.ID     `json:"patient_id,omitempty,omitzero"`
	VisitID   lab.ID     `json:"visit_id,omitempty,omitzero"`
	Number    string     `json:"number" doc:"MRN, visit number or accession number."`
	Barcode   string     `json:"barcode,omitempty" doc:"A tube's own number."`
	Name      string     `json:"name,omitempty" doc:"Of a patient; a scanned sample shows none."`
	NameLocal string     `json:"name_local,omitempty"`
	Sex       string     `json:"sex,omitempty"`
	Age       string     `json:"age,omitempty"`
	Phone     string     `json:"phone,omitempty"`
	Tests     []string   `json:"tests,omitempty"`
	State     string     `json:"state,omitempty"`
	Priority  string     `json:"priority,omitempty"`
	Critical  int        `json:"critical,omitempty" doc:"Critical values without a closed call."`
	At        *time.Time `json:"at,omitempty"`
}

// Hits are what was found, best first.
type Hits struct {
	Hits []Hit `json:"hits"`
	// Problem says why a scanned number cannot be one of ours, so that nobody searches on with a mistyped one.
	Problem string `json:"problem,omitempty" enum:",accession_check,accession_unknown" doc:"Why a scanned number was not found."`
}

package release

import (
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/lab"
)

// ReportLine is one version of a report in a list.
type ReportLine struct {
	ID        lab.ID     `json:"id"`
	VisitID   lab.ID     `json:"visit_id"`
	Number    string     `json:"number" doc:"Visit number."`
	PatientID lab.ID     `json:"patient_id"`
	Sex       string     `json:"sex"`
	Age       string     `json:"age"`
	Panels    []string   `json:"panels"`
	Version   int        `json:"version"`
	State     string     `json:"state" enum:"preliminary,final,amended,withdrawn,superseded"`
	SignedAt  time.Time  `json:"signed_at"`
	SignedBy  string     `json:"signed_by"`
	Printed   *time.Time `json:"printed_at,omitempty"`
	Delivery  []string   `json:"delivery"`
	Messages  []Told     `json:"messages,omitempty" doc:"What became of the messages to the patient, as the hub told it; oldest first."`
	Critical  bool       `json:"critical"`
	Hash      string     `json:"content_sha256"`
	Reason    string     `json:"reason,omitempty" doc:"Of an amendment or a withdrawal."`
	Replaces  lab.ID     `json:"replaces_id,omitempty,omitzero"`
}

// Told is how far a message about a report came.
type Told struct {
	Channel string    `json:"channel" enum:"none,whatsapp,sms,email"`
	Status  string    `json:"status" enum:"not_sent,queued,sent,delivered,read,failed,cancelled"`
	Code    string    `json:"code,omitempty" doc:"Why not."`
	At      time.Time `json:"at"`
}

// Reports is one page of reports, newest first.
type Reports struct {
	Reports []ReportLine `json:"reports"`
	Counts  ReportCounts `json:"counts"`
	Next    string       `json:"next,omitempty"`
}

// ReportCounts are reports by what is still to do.
type ReportCounts struct {
	Unprinted int `json:"unprinted"`
	Amended   int `json:"amended"`
	Critical  int `json:"critical"`
	All       int `json:"all"`
}

// Report is one version with all versions of its visit.
type Report struct {
	Report   ReportLine   `json:"report"`
	Name     string       `json:"patient_name"`
	MRN      string       `json:"mrn"`
	Versions []ReportLine `json:"versions" doc:"Newest first."`
	PDF      string       `json:"pdf" doc:"Address of the PDF on this node."`
	Payload  string       `json:"qr_payload" doc:"What the QR code holds."`
}

// Amend replaces a released value by a new version and releases an amended report in the same transaction.
type Amend struct {
	Value    string `json:"value" minLength:"1" maxLength:"2000"`
	Reason   string `json:"reason" minLength:"3" maxLength:"300"`
	Told     string `json:"told,omitempty" maxLength:"200" doc:"Who was told."`
	Versions string `json:"versions" minLength:"1" doc:"Of the row."`
}

// Withdraw takes a report back. It stays for the audit and is hidden from the patient.
type Withdraw struct {
	Reason string `json:"reason" minLength:"3" maxLength:"300"`
}

// LogCall writes one attempt to tell a critical value.
type LogCall struct {
	Reached  string `json:"reached,omitempty" maxLength:"120" doc:"Person reached."`
	Role     string `json:"role,omitempty" maxLength:"60"`
	Phone    string `json:"phone,omitempty" maxLength:"20"`
	Said     string `json:"said" maxLength:"200" doc:"Value and unit as they were said."`
	ReadBack bool   `json:"read_back"`
	Outcome  string `json:"outcome" enum:"reached,no_answer,refused"`
}

// CriticalCalls are critical values with their calls, open ones first.
type CriticalCalls struct {
	Values []Critical `json:"values"`
	Open   int        `json:"open"`
	Closed int        `json:"closed_today"`
}

// Critical is one critical value and whether somebody was told.
type Critical struct {
	ItemID     lab.ID       `json:"item_id"`
	ResultID   lab.ID       `json:"result_id"`
	SampleID   lab.ID       `json:"sample_id"`
	VisitID    lab.ID       `json:"visit_id"`
	Accession  string       `json:"accession"`
	Test       string       `json:"test"`
	Value      string       `json:"value"`
	Unit       string       `json:"unit"`
	Flag       string       `json:"flag"`
	Sex        string       `json:"sex"`
	Age        string       `json:"age"`
	Doctor     string       `json:"doctor,omitempty"`
	Phone      string       `json:"phone,omitempty"`
	Since      time.Time    `json:"since"`
	EscalateAt *time.Time   `json:"escalate_at,omitempty"`
	Step       int          `json:"step" doc:"Escalation step reached."`
	Closed     bool         `json:"closed"`
	ClosedAt   *time.Time   `json:"closed_at,omitempty"`
	Calls      []bench.Call `json:"calls"`
}

// Batch names reports that were printed together.
type Batch struct {
	Reports []lab.ID `json:"report_ids" minItems:"1" maxItems:"200"`
}

// Printed are reports after they were marked as printed.
type Printed struct {
	Reports []ReportLine `json:"reports"`
}

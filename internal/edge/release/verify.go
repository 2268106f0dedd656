package release

import (
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/lab"
)

// Queue is what waits for verification: held first, then oldest.
type Queue struct {
	Entries []QueueEntry `json:"entries"`
	Held    int          `json:"held"`
	All     int          `json:"all"`
	Mine    int          `json:"mine"`
	Clean   int          `json:"clean" doc:"Visits without any hold that may be signed as one batch."`
	Next    string       `json:"next,omitempty"`
}

// QueueEntry is one visit in the queue.
type QueueEntry struct {
	VisitID   lab.ID       `json:"visit_id"`
	Number    string       `json:"number"`
	Accession string       `json:"accession" doc:"Of the first tube."`
	Priority  string       `json:"priority"`
	Sex       string       `json:"sex"`
	Age       string       `json:"age"`
	Panels    []string     `json:"panels"`
	Holds     int          `json:"holds"`
	Undecided int          `json:"undecided"`
	Chips     []string     `json:"chips" doc:"Why, in a few words: K 6.8, Δ INR."`
	Codes     []bench.Hold `json:"codes"`
	Since     time.Time    `json:"since"`
	DueAt     *time.Time   `json:"due_at,omitempty"`
	Ready     int          `json:"ready" doc:"Results that may be verified."`
	Missing   int          `json:"missing" doc:"Tests without a value."`
	Clean     bool         `json:"clean"`
}

// Case is one visit on the verify screen.
type Case struct {
	VisitID   lab.ID      `json:"visit_id"`
	Number    string      `json:"number"`
	PatientID lab.ID      `json:"patient_id"`
	Name      string      `json:"patient_name"`
	NameLocal string      `json:"patient_name_local,omitempty"`
	MRN       string      `json:"mrn"`
	Sex       string      `json:"sex"`
	Age       string      `json:"age"`
	Doctor    string      `json:"doctor,omitempty"`
	Phone     string      `json:"phone,omitempty"`
	Note      string      `json:"note,omitempty"`
	Priority  string      `json:"priority"`
	Collected *time.Time  `json:"collected_at,omitempty"`
	Earlier   int         `json:"earlier_visits"`
	Dates     []time.Time `json:"previous_dates" doc:"Of the earlier columns, newest first."`
	Panels    []CasePanel `json:"panels"`
	Passed    []string    `json:"passed" doc:"Codes of the rules that the others passed."`
	Comment   string      `json:"comment" doc:"Comment on the report, as drafted."`
	After     []string    `json:"after" doc:"What happens after signing: deliver_whatsapp, print, deliver_email, call."`
	Report    *ReportLine `json:"report,omitempty" doc:"The newest report of the visit."`
	StepUp    *time.Time  `json:"signed_in_until,omitempty" doc:"Until when the PIN need not be asked again."`
	Versions  string      `json:"versions" doc:"Of all that stands on the screen; send it back when signing."`
}

// CasePanel is one panel with its rows.
type CasePanel struct {
	Code       string      `json:"code"`
	Name       string      `json:"name"`
	NameLocal  string      `json:"name_local,omitempty"`
	Instrument string      `json:"instrument,omitempty"`
	Specimen   string      `json:"specimen"`
	At         *time.Time  `json:"at,omitempty"`
	QC         string      `json:"qc"`
	Rows       []bench.Row `json:"rows"`
}

// Decide settles the holds of one row.
type Decide struct {
	Decision string `json:"decision" enum:"accept,rerun,new_sample,choose"`
	ResultID lab.ID `json:"result_id,omitempty,omitzero" doc:"The value that counts, where two were filed apart from each other (choose)."`
	Note     string `json:"note,omitempty" maxLength:"300"`
	Versions string `json:"versions" minLength:"1" doc:"Of the row."`
}

// Verify puts a verification on results of a visit.
type Verify struct {
	Items    []lab.ID `json:"item_ids,omitempty" doc:"These alone; all that are ready when empty."`
	Level    string   `json:"level" enum:"technical,medical"`
	Versions string   `json:"versions" minLength:"1" doc:"Of the case as the person saw it."`
}

// Sign verifies what is ready and releases a report of it, in one transaction.
type Sign struct {
	Items    []lab.ID `json:"item_ids,omitempty" doc:"These alone; all that are ready when empty."`
	Partial  bool     `json:"partial,omitempty" doc:"Release although tests are missing: a preliminary report."`
	Comment  string   `json:"comment,omitempty" maxLength:"2000"`
	Versions string   `json:"versions" minLength:"1" doc:"Of the case as the person saw it."`
}

// SignBatch signs several visits that have no hold.
type SignBatch struct {
	Visits []SignVisit `json:"visits" minItems:"1" maxItems:"100"`
}

// SignVisit is one visit of a batch.
type SignVisit struct {
	VisitID  lab.ID `json:"visit_id"`
	Versions string `json:"versions" minLength:"1"`
}

// SignedBatch says what became of each visit.
type SignedBatch struct {
	Reports  []ReportLine  `json:"reports"`
	Problems []SignProblem `json:"problems"`
}

// SignProblem is a visit that was not signed.
type SignProblem struct {
	VisitID lab.ID         `json:"visit_id"`
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Detail  map[string]any `json:"detail,omitempty"`
}

// Comment keeps the comment on a report as it is typed.
type Comment struct {
	Text string `json:"text" maxLength:"2000"`
}

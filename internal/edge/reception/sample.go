package reception

import (
	"time"

	"jaanch/internal/lab"
)

// Sample is one tube.
type Sample struct {
	ID         lab.ID     `json:"id"`
	Accession  string     `json:"accession" doc:"12 characters: date, node, counter, check."`
	Barcode    string     `json:"barcode,omitempty" doc:"The tube's own number, from before it came to this lab."`
	VisitID    lab.ID     `json:"visit_id"`
	Container  string     `json:"container"`
	Text       string     `json:"text"`
	Colour     string     `json:"colour"`
	Specimen   string     `json:"specimen"`
	Tests      []string   `json:"tests"`
	State      string     `json:"state" enum:"expected,collected,received,stored,referred,exhausted,disposed,rejected"`
	Reason     string     `json:"reject_reason,omitempty"`
	Recollect  lab.ID     `json:"recollect_id,omitempty,omitzero" doc:"The sample that replaces a rejected one."`
	Collected  *time.Time `json:"collected_at,omitempty"`
	Received   *time.Time `json:"received_at,omitempty"`
	Collector  string     `json:"collected_by,omitempty"`
	Prints     int        `json:"prints" doc:"Labels printed so far."`
	Versions   string     `json:"versions"`
	DrawOrder  int        `json:"draw_order"`
	NodeIsHome bool       `json:"home" doc:"False when another node of the lab made it."`
}

// SampleMove says that a tube was collected or received, perhaps earlier than now.
type SampleMove struct {
	At       *time.Time `json:"at,omitempty" doc:"Now when empty."`
	Note     string     `json:"note,omitempty" maxLength:"200"`
	Barcode  *string    `json:"barcode,omitempty" maxLength:"60" doc:"The tube's own barcode, pre-printed or another lab's; empty takes it away, absent leaves it."`
	Versions string     `json:"versions" minLength:"1"`
}

// SetBarcode says which barcode of its own a tube carries.
type SetBarcode struct {
	Barcode  string `json:"barcode" maxLength:"60" doc:"5 to 40 characters, pre-printed or another lab's; empty takes it away."`
	Versions string `json:"versions" minLength:"1"`
}

// ScanReceive receives tubes by their scanned numbers.
type ScanReceive struct {
	Accessions []string `json:"accessions" minItems:"1" maxItems:"200" doc:"Accession numbers or the tubes' own barcodes."`
}

// ScanReceived says what became of each scanned number.
type ScanReceived struct {
	Samples  []Sample      `json:"samples"`
	Problems []ScanProblem `json:"problems"`
}

// ScanProblem is a scanned number that was not received, and why.
type ScanProblem struct {
	Accession string `json:"accession"`
	Code      string `json:"code" doc:"accession_check, accession_unknown, sample_rejected, sample_received."`
	Message   string `json:"message"`
}

// Reject refuses a tube for a coded reason.
type Reject struct {
	Reason    string `json:"reason" minLength:"1" maxLength:"40" doc:"A code of the list of reasons."`
	Note      string `json:"note,omitempty" maxLength:"200"`
	Recollect bool   `json:"recollect" doc:"Ask for a new tube."`
	Versions  string `json:"versions" minLength:"1"`
}

// RejectReasons is the coded list.
type RejectReasons struct {
	Reasons []CodeText `json:"reasons"`
}

// CodeText is a code with its English text; the screen translates by the code.
type CodeText struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Collection is the queue of the collection room: STAT, timed, then longest wait.
type Collection struct {
	Waiting []CollectionEntry `json:"waiting"`
}

// CollectionEntry is one person who waits, with the tubes in order of draw.
type CollectionEntry struct {
	VisitID   lab.ID    `json:"visit_id"`
	Number    string    `json:"number"`
	PatientID lab.ID    `json:"patient_id"`
	MRN       string    `json:"mrn"`
	Name      string    `json:"name"`
	NameLocal string    `json:"name_local,omitempty"`
	Sex       string    `json:"sex"`
	Age       string    `json:"age"`
	Phone     string    `json:"phone,omitempty"`
	Priority  string    `json:"priority"`
	Since     time.Time `json:"since"`
	Note      string    `json:"note,omitempty"`
	Samples   []Sample  `json:"samples"`
}

// SampleDetail is one tube with all that happened to it.
type SampleDetail struct {
	Sample  Sample       `json:"sample"`
	Patient Patient      `json:"patient"`
	Events  []TubeEvent  `json:"events" doc:"Oldest first."`
	Prints  []PrintJob   `json:"prints"`
	Visit   VisitSummary `json:"visit"`
}

// TubeEvent is one step in a tube's life.
type TubeEvent struct {
	At   time.Time `json:"at"`
	What string    `json:"what" doc:"created, collected, received, rejected, result, verified, released, label."`
	By   string    `json:"by,omitempty"`
	Text string    `json:"text,omitempty"`
}

// PrintLabels prints labels again; each says which copy it is.
type PrintLabels struct {
	Copies    int    `json:"copies" minimum:"1" maximum:"10"`
	PrinterID lab.ID `json:"printer_id,omitempty,omitzero"`
	Reason    string `json:"reason,omitempty" maxLength:"120"`
}

// PrintJob is one label print, kept until the printer took it.
type PrintJob struct {
	ID        lab.ID     `json:"id"`
	SampleID  lab.ID     `json:"sample_id"`
	Accession string     `json:"accession"`
	Copies    int        `json:"copies"`
	Copy      int        `json:"copy" doc:"1 for the first print, 2 and more for a reprint."`
	State     string     `json:"state" enum:"waiting,sent,failed,cancelled"`
	Printer   string     `json:"printer,omitempty"`
	Problem   string     `json:"problem,omitempty"`
	At        time.Time  `json:"at"`
	SentAt    *time.Time `json:"sent_at,omitempty"`
}

// PrintJobs are label prints, newest first.
type PrintJobs struct {
	Jobs []PrintJob `json:"jobs"`
}

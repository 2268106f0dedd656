package reception

import (
	"time"

	"jaanch/internal/lab"
)

// Register is one visit from the front desk: the person, the tests, the consent, the bill and what is paid, saved in
// one transaction.
type Register struct {
	PatientID  lab.ID        `json:"patient_id,omitempty,omitzero" doc:"A known person; else patient is given."`
	Patient    *PatientInput `json:"patient,omitempty"`
	Items      []OrderItem   `json:"items" minItems:"1" maxItems:"100"`
	Priority   string        `json:"priority" enum:"routine,urgent,stat"`
	DoctorID   lab.ID        `json:"doctor_id,omitempty,omitzero"`
	DoctorName string        `json:"doctor_name,omitempty" maxLength:"120" doc:"A referring doctor not known yet; kept for the next time."`
	Note       string        `json:"note,omitempty" maxLength:"500" doc:"Clinical note for the bench."`
	Language   string        `json:"language,omitempty" maxLength:"10"`
	Delivery   []string      `json:"delivery,omitempty" maxItems:"5" doc:"print, whatsapp, email."`
	Consent    *ConsentInput `json:"consent,omitempty"`
	Bill       BillInput     `json:"bill"`
	Collected  bool          `json:"collected,omitempty" doc:"The tubes are drawn already."`
	Labels     []LabelWish   `json:"labels,omitempty" maxItems:"50" doc:"How many labels of each tube; one each when empty."`
	Barcodes   []TubeMark    `json:"barcodes,omitempty" maxItems:"50" doc:"Barcodes that tubes carry already."`
	Print      bool          `json:"print" doc:"Print the labels now."`
	DraftID    lab.ID        `json:"draft_id,omitempty,omitzero" doc:"The draft that this visit was typed in; it goes with it."`
}

// TubeMark is the barcode that a tube carries already, by the tube's place in the quote.
type TubeMark struct {
	Tube    int    `json:"tube" minimum:"0"`
	Barcode string `json:"barcode" minLength:"1" maxLength:"60" doc:"5 to 40 characters, pre-printed or another lab's."`
}

// OrderItem is one test or panel as it is picked.
type OrderItem struct {
	Kind string `json:"kind" enum:"test,panel"`
	ID   lab.ID `json:"id"`
}

// LabelWish says how many labels a tube gets, by its place in the quote.
type LabelWish struct {
	Tube   int `json:"tube" minimum:"0"`
	Copies int `json:"copies" minimum:"0" maximum:"10"`
}

// QuoteInput asks what an order would cost and need, before it is saved.
type QuoteInput struct {
	PatientID lab.ID      `json:"patient_id,omitempty,omitzero"`
	Items     []OrderItem `json:"items" maxItems:"100"`
	Priority  string      `json:"priority,omitempty" enum:",routine,urgent,stat"`
	Discount  Discount    `json:"discount,omitempty"`
}

// Quote is an order before it is saved: prices, tubes and when the report is due.
type Quote struct {
	Lines []BillLine `json:"lines"`
	Tubes []Tube     `json:"tubes"`
	Notes []Note     `json:"notes" doc:"Tests left out because a panel holds them, repeats within their usual interval."`
	Total BillTotal  `json:"total"`
	Due   *time.Time `json:"report_due,omitempty"`
}

// Tube is one container that an order needs.
type Tube struct {
	Container string   `json:"container" doc:"Code of the container, for example edta, serum, fluoride, citrate, urine."`
	Text      string   `json:"text" doc:"As people say: EDTA 3 mL, lavender."`
	Colour    string   `json:"colour" doc:"Name of the cap's colour: lavender, yellow, grey, blue, green, red, clear."`
	Specimen  string   `json:"specimen"`
	Tests     []string `json:"tests" doc:"Short codes in the order of the label."`
}

// Note is a remark with a code and parameters, so that the screen can say it in any language.
type Note struct {
	Code   string            `json:"code"`
	Params map[string]string `json:"params,omitempty"`
	Text   string            `json:"text" doc:"The same in English."`
}

// VisitSummary is one visit in a list.
type VisitSummary struct {
	ID        lab.ID     `json:"id"`
	Number    string     `json:"number"`
	PatientID lab.ID     `json:"patient_id"`
	Sex       string     `json:"sex"`
	Age       string     `json:"age"`
	At        time.Time  `json:"at"`
	Priority  string     `json:"priority"`
	State     string     `json:"state" enum:"draft,registered,in_progress,partially_released,completed,cancelled"`
	Panels    []string   `json:"panels"`
	Done      int        `json:"done" doc:"Released tests."`
	Total     int        `json:"total"`
	Due       lab.Paise  `json:"due" doc:"Unpaid, in paise."`
	ReportDue *time.Time `json:"report_due,omitempty"`
}

// Visits is one page of visits.
type Visits struct {
	Visits []VisitSummary `json:"visits"`
	Next   string         `json:"next,omitempty" doc:"Cursor of the next page; empty at the end."`
}

// Visit is one visit with everything that belongs to it.
type Visit struct {
	VisitSummary
	Patient  Patient     `json:"patient"`
	Doctor   *Doctor     `json:"doctor,omitempty"`
	Note     string      `json:"note,omitempty"`
	Language string      `json:"language"`
	Delivery []string    `json:"delivery"`
	Items    []VisitItem `json:"items"`
	Samples  []Sample    `json:"samples"`
	Bill     *Bill       `json:"bill,omitempty"`
	Prints   []PrintJob  `json:"prints" doc:"Label jobs of this visit, newest first."`
	Versions string      `json:"versions"`
}

// VisitItem is one ordered test.
type VisitItem struct {
	ID        lab.ID `json:"id"`
	TestID    lab.ID `json:"test_id"`
	Code      string `json:"code"`
	Name      string `json:"name"`
	NameLocal string `json:"name_local,omitempty"`
	Panel     string `json:"panel,omitempty" doc:"Code of the panel that brought it."`
	SampleID  lab.ID `json:"sample_id,omitempty,omitzero"`
	State     string `json:"state" doc:"pending, sent_to_analyzer, entered, held, verified, released, amended, cancelled, rejected."`
	Versions  string `json:"versions"`
}

// AddItems orders more tests on a visit.
type AddItems struct {
	Items    []OrderItem `json:"items" minItems:"1" maxItems:"50"`
	Versions string      `json:"versions" minLength:"1"`
	Bill     BillInput   `json:"bill"`
	Print    bool        `json:"print,omitempty"`
}

// Cancel withdraws an order or one of its tests; the reason is kept.
type Cancel struct {
	Reason   string `json:"reason" minLength:"2" maxLength:"200"`
	Versions string `json:"versions" minLength:"1"`
}

// Doctor is somebody who refers patients.
type Doctor struct {
	ID       lab.ID `json:"id"`
	Name     string `json:"name"`
	Degree   string `json:"degree,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Versions string `json:"versions"`
}

// DoctorInput is a referring doctor as typed.
type DoctorInput struct {
	Name     string `json:"name" minLength:"1" maxLength:"120"`
	Degree   string `json:"degree,omitempty" maxLength:"80"`
	Phone    string `json:"phone,omitempty" maxLength:"20"`
	Versions string `json:"versions,omitempty" doc:"Needed for a change."`
}

// Doctors are all referring doctors, by name.
type Doctors struct {
	Doctors []Doctor `json:"doctors"`
}

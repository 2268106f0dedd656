package bench

import (
	"time"

	"jaanch/internal/lab"
)

// Filter chooses what a worklist shows. It holds nothing personal, so it may stand in an address.
type Filter struct {
	Department string
	State      string // open, to_enter, held, released, all
	Instrument lab.ID // only tests whose codes this analyzer has been taught
	Pick       string // code of a panel or of a test; the samples that have it, with all its rows
	Visit      lab.ID
	Sample     lab.ID
	Cursor     string
	Limit      int
}

// Worklist is one page of samples with their rows.
type Worklist struct {
	Groups  []Group  `json:"groups"`
	Columns []Column `json:"columns" doc:"The tests of the picked panel, or the picked test, in order; empty when nothing is picked."`
	Counts  Counts   `json:"counts" doc:"Of the chosen department, whatever state is shown."`
	Next    string   `json:"next,omitempty" doc:"Cursor of the next page; empty at the end."`
	At      int64    `json:"at" doc:"Journal position that this page shows."`
}

// Column is one test of a grid over samples.
type Column struct {
	TestID     lab.ID `json:"test_id"`
	Code       string `json:"code"`
	Name       string `json:"name"`
	NameLocal  string `json:"name_local,omitempty"`
	Unit       string `json:"unit"`
	Calculated bool   `json:"calculated"`
}

// Choices are the panels and tests that somebody may enter across samples.
type Choices struct {
	Panels []Choice `json:"panels"`
	Tests  []Choice `json:"tests"`
}

// Choice is one panel or test with what waits for it.
type Choice struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	NameLocal string `json:"name_local,omitempty"`
	Rows      int    `json:"rows" doc:"Rows in the chosen state."`
	ToEnter   int    `json:"to_enter"`
}

// Counts are rows by state.
type Counts struct {
	Open     int `json:"open"`
	ToEnter  int `json:"to_enter"`
	Held     int `json:"held"`
	Released int `json:"released"`
	All      int `json:"all"`
	Samples  int `json:"samples"`
}

// Section is a department with what waits there.
type Section struct {
	Department string `json:"department"`
	Counts     Counts `json:"counts"`
}

// Sections are all departments of the catalogue.
type Sections struct {
	Sections []Section `json:"sections"`
}

// Group is one sample with its rows.
type Group struct {
	SampleID  lab.ID     `json:"sample_id"`
	Accession string     `json:"accession"`
	VisitID   lab.ID     `json:"visit_id"`
	PatientID lab.ID     `json:"patient_id"`
	Sex       string     `json:"sex"`
	Age       string     `json:"age"`
	Priority  string     `json:"priority"`
	Panels    []string   `json:"panels"`
	Sample    string     `json:"sample_state"`
	Reason    string     `json:"reject_reason,omitempty"`
	Recollect bool       `json:"recollect_asked,omitempty"`
	Done      int        `json:"done" doc:"Rows with a value."`
	Total     int        `json:"total"`
	DueAt     *time.Time `json:"due_at,omitempty" doc:"Empty while the clock stands."`
	Note      string     `json:"note,omitempty"`
	Collected *time.Time `json:"collected_at,omitempty"`
	Received  *time.Time `json:"received_at,omitempty"`
	Specimen  string     `json:"specimen"`
	Rows      []Row      `json:"rows"`
}

// Row is one ordered test with its newest value.
type Row struct {
	ItemID     lab.ID   `json:"item_id"`
	TestID     lab.ID   `json:"test_id"`
	Code       string   `json:"code"`
	Name       string   `json:"name"`
	NameLocal  string   `json:"name_local,omitempty"`
	Panel      string   `json:"panel,omitempty"`
	Kind       string   `json:"kind" enum:"numeric,calculated,option,text,titer,range"`
	Options    []Option `json:"options,omitempty" doc:"Choices of an option test, each with the key that picks it."`
	Decimals   int      `json:"decimals"`
	Calculated bool     `json:"calculated" doc:"Follows from other tests; an analyzer's own value wins."`

	ResultID lab.ID   `json:"result_id,omitempty,omitzero"`
	Version  int      `json:"version,omitempty"`
	Value    string   `json:"value" doc:"As it prints; empty while there is none."`
	Raw      string   `json:"raw,omitempty" doc:"Exactly as reported."`
	Flag     string   `json:"flag" enum:",L,H,LL,HH,A,?" doc:"Empty within the interval, ? when it cannot be said."`
	Critical bool     `json:"critical"`
	Unit     string   `json:"unit"`
	Interval Interval `json:"interval"`
	Delta    *Delta   `json:"delta,omitempty"`
	Previous []Point  `json:"previous" doc:"Earlier released values, newest first, at most five; also the trend."`
	State    string   `json:"state" enum:"pending,sent_to_analyzer,entered,held,verified,released,cancelled,rejected"`
	Level    int      `json:"level,omitempty" doc:"Verified levels so far."`
	Levels   int      `json:"levels,omitempty" doc:"Levels that this test needs."`
	Waiting  string   `json:"waiting_on,omitempty" doc:"Name of the analyzer that has the order."`
	Holds    []Hold   `json:"holds"`
	Rivals   []Rival  `json:"rivals,omitempty" doc:"Values that were filed apart from each other, the one shown first: a person chooses."`
	QC       string   `json:"qc" enum:"none,open,warn,locked,stale"`
	Source   *Source  `json:"source,omitempty"`
	Note     string   `json:"note,omitempty"`
	Draft    *Draft   `json:"draft,omitempty"`
	Late     bool     `json:"possible_repeat,omitempty" doc:"The analyzer sent another run; it waits in the inbox."`
	Versions string   `json:"versions" doc:"Send it back with a change of this row."`
	Editable bool     `json:"editable"`
	Why      string   `json:"not_editable_code,omitempty" doc:"verified, released, rejected, cancelled, no_permission."`
}

// Rival is one of several values of a test that did not know of each other, as two nodes file them while they are apart.
type Rival struct {
	ResultID   lab.ID    `json:"result_id"`
	Value      string    `json:"value"`
	Unit       string    `json:"unit"`
	Flag       string    `json:"flag" enum:",L,H,LL,HH,A,?"`
	At         time.Time `json:"at"`
	By         string    `json:"by,omitempty" doc:"Who entered it."`
	Instrument string    `json:"instrument,omitempty"`
	Level      int       `json:"level,omitempty" doc:"Its verified levels."`
}

// Option is one choice of an option test.
type Option struct {
	Value string `json:"value"`
	Key   string `json:"key,omitempty"`
	Text  string `json:"text,omitempty"`
}

// Interval is what the value is compared with.
type Interval struct {
	Text     string `json:"text" doc:"As it prints: 3.5 – 5.1, < 5, Negative; empty when none fits."`
	Low      string `json:"low,omitempty"`
	High     string `json:"high,omitempty"`
	CritLow  string `json:"crit_low,omitempty"`
	CritHigh string `json:"crit_high,omitempty"`
	Missing  bool   `json:"missing" doc:"No interval fits this person: the result is held, never shown as normal."`
}

// Delta is the change since the newest earlier value.
type Delta struct {
	Text  string `json:"text" doc:"+1.6 or +63%."`
	Over  bool   `json:"over" doc:"Beyond the limit."`
	Limit string `json:"limit,omitempty"`
	Days  int    `json:"days"`
	From  string `json:"from"`
}

// Point is one earlier value.
type Point struct {
	At    time.Time `json:"at"`
	Value string    `json:"value"`
	Num   *float64  `json:"num,omitempty" doc:"For the plot alone."`
	Flag  string    `json:"flag"`
	Unit  string    `json:"unit,omitempty"`
}

// Hold is one reason why a result waits for a person.
type Hold struct {
	Code     string            `json:"code" doc:"critical, delta, no_limit, consistency_…, qc_…, analyzer_flag, rerun_differs."`
	Params   map[string]string `json:"params"`
	Text     string            `json:"text" doc:"The same in English."`
	Decision string            `json:"decision,omitempty" enum:",accepted,rerun,new_sample" doc:"What a person decided."`
	By       string            `json:"decided_by,omitempty"`
}

// Source says where a value came from.
type Source struct {
	Kind       string    `json:"kind" enum:"hand,analyzer,calculated,hub"`
	By         string    `json:"by,omitempty" doc:"Person who typed it."`
	Instrument string    `json:"instrument,omitempty"`
	At         time.Time `json:"at"`
	Raw        string    `json:"raw,omitempty" doc:"As the analyzer sent it."`
	Flag       string    `json:"flag,omitempty" doc:"The analyzer's own flag."`
	Unit       string    `json:"unit,omitempty"`
	Conversion string    `json:"conversion,omitempty" doc:"The declared conversion that was used: mmol/L × 18.016."`
	MessageID  int64     `json:"message_id,omitempty"`
}

// RowDetail is what the inspector shows of one row.
type RowDetail struct {
	Row      Row            `json:"row"`
	Sample   Group          `json:"sample" doc:"Without its rows."`
	Name     string         `json:"patient_name"`
	MRN      string         `json:"mrn"`
	Doctor   string         `json:"doctor,omitempty"`
	DocPhone string         `json:"doctor_phone,omitempty"`
	History  []Point        `json:"history" doc:"Oldest first."`
	Versions []ValueRow     `json:"versions" doc:"All values of this test on this sample, newest first."`
	Calls    []Call         `json:"calls"`
	Reruns   []ValueRow     `json:"reruns" doc:"Runs that wait in the inbox."`
	Orders   []ItemTransfer `json:"orders" doc:"Messages to analyzers that ask for this test, newest first."`
}

// ValueRow is one version of a value.
type ValueRow struct {
	ResultID lab.ID    `json:"result_id,omitempty,omitzero"`
	Version  int       `json:"version"`
	Value    string    `json:"value"`
	Unit     string    `json:"unit"`
	Flag     string    `json:"flag"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Reason   string    `json:"reason,omitempty"`
	State    string    `json:"state" doc:"current, superseded, amended."`
}

// Call is one attempt to tell somebody a critical value.
type Call struct {
	ID       lab.ID    `json:"id"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Reached  string    `json:"reached,omitempty"`
	Role     string    `json:"role,omitempty"`
	Said     string    `json:"said,omitempty"`
	ReadBack bool      `json:"read_back"`
	Outcome  string    `json:"outcome" enum:"reached,no_answer,refused"`
	Attempt  int       `json:"attempt"`
}

package bench

import (
	"time"

	"jaanch/internal/lab"
)

// Inbox is what arrived safely and has no home yet, oldest first.
type Inbox struct {
	Cards []Card `json:"cards"`
	Wait  int    `json:"waiting"`
	Next  string `json:"next,omitempty"`
}

// Card is one problem: observations of one message with the same reason.
type Card struct {
	ID           int64         `json:"id"`
	Reason       string        `json:"reason" doc:"unapproved_instrument, unknown_sample, accession_check, ambiguous_sample, test_not_ordered, unmapped_code, patient_mismatch, closed_sample, sample_too_old, correction_after_release, possible_repeat, incomplete, unreadable_value, short_id."`
	Text         string        `json:"text" doc:"The same in English, with what to do."`
	InstrumentID lab.ID        `json:"instrument_id,omitempty,omitzero"`
	Instrument   string        `json:"instrument" doc:"Name, or how the unknown sender called itself."`
	MessageID    int64         `json:"message_id"`
	SampleText   string        `json:"sample_text" doc:"The sample id as sent."`
	At           time.Time     `json:"at"`
	Count        int           `json:"count"`
	Observations []Observation `json:"observations"`
	Suggestion   *Suggestion   `json:"suggestion,omitempty"`
	State        string        `json:"state" enum:"waiting,attached,discarded,control,kept"`
	Actions      []string      `json:"actions" doc:"What may be done, the first one solves it: attach, map, add_test, rerun, amend, control, approve, discard."`
}

// Suggestion is the sample or test that fits best. Nothing happens before a person says so.
type Suggestion struct {
	SampleID  lab.ID `json:"sample_id,omitempty,omitzero"`
	Accession string `json:"accession,omitempty"`
	Sex       string `json:"sex,omitempty"`
	Age       string `json:"age,omitempty"`
	Panels    string `json:"panels,omitempty"`
	Fit       int    `json:"fit" doc:"Tests of the card that are open on it."`
	TestID    lab.ID `json:"test_id,omitempty,omitzero"`
	Test      string `json:"test,omitempty"`
	Current   string `json:"current,omitempty" doc:"The value that stands there now."`
}

// Observation is one value as an analyzer sent it.
type Observation struct {
	ID       int64     `json:"id"`
	TestCode string    `json:"test_code"`
	TestName string    `json:"test_name,omitempty"`
	TestID   lab.ID    `json:"test_id,omitempty,omitzero"`
	Test     string    `json:"test,omitempty" doc:"Name of the mapped test."`
	Value    string    `json:"value"`
	Unit     string    `json:"unit"`
	Flag     string    `json:"flag"`
	Status   string    `json:"status"`
	Role     string    `json:"role"`
	State    string    `json:"state" doc:"matched, inbox, control, kept, duplicate, incomplete."`
	At       time.Time `json:"at"`
}

// Resolve decides one card.
type Resolve struct {
	Action   string  `json:"action" enum:"attach,map,add_test,rerun,amend,control,discard"`
	Observed []int64 `json:"observation_ids,omitempty" doc:"These alone; all of the card when empty."`
	SampleID lab.ID  `json:"sample_id,omitempty,omitzero" doc:"Where to attach."`
	TestID   lab.ID  `json:"test_id,omitempty,omitzero" doc:"What an unmapped code means."`
	Forever  bool    `json:"forever,omitempty" doc:"Keep the code for this analyzer."`
	Reason   string  `json:"reason,omitempty" maxLength:"200" doc:"Needed to discard and to amend."`
}

// Resolved says what a decision did.
type Resolved struct {
	Card    Card  `json:"card"`
	Filed   []Row `json:"filed"`
	Waiting int   `json:"waiting"`
}

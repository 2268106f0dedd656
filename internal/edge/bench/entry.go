package bench

import (
	"time"

	"jaanch/internal/lab"
)

// Enter sets the value of one row by hand.
type Enter struct {
	Value    string `json:"value" minLength:"1" maxLength:"2000" doc:"As typed: 6.8, <0.5, Positive."`
	Note     string `json:"note,omitempty" maxLength:"500"`
	Seen     bool   `json:"critical_seen,omitempty" doc:"The person has seen that the value is critical."`
	Versions string `json:"versions" minLength:"1" doc:"The versions of the row that the person saw."`
}

// EnterMany saves several rows of the grid; each is judged alone.
type EnterMany struct {
	Rows []EnterRow `json:"rows" minItems:"1" maxItems:"200"`
}

// EnterRow is one row of EnterMany.
type EnterRow struct {
	ItemID lab.ID `json:"item_id"`
	Enter
}

// Entered is a row after it was saved, with the calculated rows that changed by it.
type Entered struct {
	Row     Row   `json:"row"`
	Changed []Row `json:"changed"`
}

// EnteredMany says what became of each row.
type EnteredMany struct {
	Rows     []Row          `json:"rows" doc:"All rows that changed."`
	Problems []EnterProblem `json:"problems"`
}

// EnterProblem is a row that was not saved, with both values when it was stale.
type EnterProblem struct {
	ItemID  lab.ID         `json:"item_id"`
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Detail  map[string]any `json:"detail,omitempty"`
}

// Draft is what somebody is typing, kept on the node.
type Draft struct {
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Mine bool      `json:"mine"`
}

// DraftInput keeps what is typed so far; an empty text drops the draft.
type DraftInput struct {
	Text string `json:"text" maxLength:"2000"`
}

// Rerun asks for the test to be run again on the same tube. The present value stays as a superseded version once a new
// one is filed.
type Rerun struct {
	Reason   string `json:"reason" enum:"delta,critical,range,flag,qc,tech"`
	Note     string `json:"note,omitempty" maxLength:"200"`
	Versions string `json:"versions" minLength:"1"`
}

// NoteInput sets the note of a row.
type NoteInput struct {
	Note     string `json:"note" maxLength:"500"`
	Versions string `json:"versions" minLength:"1"`
}

// History is one test of one patient over time, oldest first.
type History struct {
	TestID lab.ID  `json:"test_id"`
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Points []Point `json:"points"`
}

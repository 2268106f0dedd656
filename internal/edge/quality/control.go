package quality

import (
	"time"

	"jaanch/internal/lab"
)

// Controls are the control materials of the lab, and control ids that came and that nobody has set up.
type Controls struct {
	Controls []Control        `json:"controls"`
	Unknown  []UnknownControl `json:"unknown"`
}

// Control is one level of one lot.
type Control struct {
	ID           lab.ID          `json:"id"`
	Name         string          `json:"name"`
	Maker        string          `json:"maker,omitempty"`
	Lot          string          `json:"lot"`
	Level        int             `json:"level"`
	Expiry       string          `json:"expiry,omitempty" format:"date"`
	SampleText   string          `json:"sample_text" doc:"The id under which analyzers send it."`
	InstrumentID lab.ID          `json:"instrument_id,omitempty,omitzero" doc:"Only from this analyzer; from all where it is left out."`
	Active       bool            `json:"active"`
	Targets      []ControlTarget `json:"targets"`
	Versions     string          `json:"versions"`
}

// ControlTarget is what a level should read for one test on one analyzer, from a day on. It is never changed: a new one ends it.
type ControlTarget struct {
	ID           lab.ID    `json:"id"`
	InstrumentID lab.ID    `json:"instrument_id"`
	Instrument   string    `json:"instrument"`
	TestID       lab.ID    `json:"test_id"`
	TestCode     string    `json:"test_code"`
	Test         string    `json:"test"`
	Mean         string    `json:"mean"`
	SD           string    `json:"sd"`
	N            int       `json:"n,omitempty" doc:"Of how many values."`
	Source       string    `json:"source" enum:"assigned,provisional,cumulative,peer"`
	From         time.Time `json:"valid_from"`
}

// UnknownControl is a control id that an analyzer sent and that nobody has set up.
type UnknownControl struct {
	InstrumentID lab.ID    `json:"instrument_id"`
	SampleText   string    `json:"sample_text"`
	Values       int       `json:"values"`
	Last         time.Time `json:"last"`
}

// ControlInput sets a control up.
type ControlInput struct {
	Name         string `json:"name" minLength:"1" maxLength:"80"`
	Maker        string `json:"maker,omitempty" maxLength:"80"`
	Lot          string `json:"lot" minLength:"1" maxLength:"40"`
	Level        int    `json:"level" minimum:"1" maximum:"6"`
	Expiry       string `json:"expiry,omitempty" format:"date"`
	SampleText   string `json:"sample_text" minLength:"1" maxLength:"60" doc:"The id under which analyzers send it, exactly."`
	InstrumentID lab.ID `json:"instrument_id,omitempty,omitzero"`
	Active       bool   `json:"active"`
	Versions     string `json:"versions,omitempty" doc:"Needed for a change."`
}

// TargetInput sets what a control should read from now on.
type TargetInput struct {
	InstrumentID lab.ID `json:"instrument_id"`
	TestID       lab.ID `json:"test_id"`
	Mean         string `json:"mean" minLength:"1" maxLength:"20"`
	SD           string `json:"sd" minLength:"1" maxLength:"20"`
	N            int    `json:"n,omitempty" minimum:"0" maximum:"100000"`
	Source       string `json:"source" enum:"assigned,provisional,cumulative,peer"`
}

// ControlBoard is how every test stands on every analyzer.
type ControlBoard struct {
	Tests []BoardTest `json:"tests"`
}

// BoardTest is one test on one analyzer.
type BoardTest struct {
	InstrumentID lab.ID     `json:"instrument_id"`
	Instrument   string     `json:"instrument"`
	TestID       lab.ID     `json:"test_id"`
	TestCode     string     `json:"test_code"`
	Test         string     `json:"test"`
	TestLocal    string     `json:"test_local,omitempty"`
	State        string     `json:"state" enum:"none,open,warn,locked,stale"`
	Runs         int        `json:"runs" doc:"In the last 31 days."`
	Last         *time.Time `json:"last,omitempty" doc:"Left out where no control was ever run."`
	FirstRule    string     `json:"first_rule,omitempty" doc:"The rule that the last run violates first."`
}

// ControlChart is what a Levey-Jennings chart draws, oldest run first.
type ControlChart struct {
	Runs   []ControlRun   `json:"runs"`
	Levels []ControlLevel `json:"levels"`
	Rules  []string       `json:"rules" doc:"The rules that judge a run here."`
	State  string         `json:"state" enum:"none,open,warn,locked,stale"`
	Unit   string         `json:"unit" doc:"Of the test: targets and numbers are in it."`
	Lock   *Lock          `json:"lock,omitempty" doc:"Of a locked test."`
}

// Lock is why a test is locked on an analyzer, and whom it concerns.
type Lock struct {
	RunID    lab.ID     `json:"run_id" doc:"The rejected run that locked it."`
	Since    time.Time  `json:"since"`
	Rule     string     `json:"rule"`
	Closed   bool       `json:"closed" doc:"Every rejected run has its cause; a new run has to be accepted."`
	From     *time.Time `json:"bracket_from,omitempty" doc:"The last accepted run before: what was measured after it has to be looked at."`
	Patients []Measured `json:"patients" doc:"Results since the last accepted run, oldest first."`
	Waiting  int        `json:"waiting" doc:"How many of them are not released yet."`
}

// Measured is a patient's result that was measured while nobody knew whether the test was in control.
type Measured struct {
	ItemID    lab.ID    `json:"item_id"`
	VisitID   lab.ID    `json:"visit_id"`
	Accession string    `json:"accession"`
	Value     string    `json:"value"`
	Unit      string    `json:"unit"`
	Flag      string    `json:"flag"`
	At        time.Time `json:"at"`
	State     string    `json:"state"`
}

// ControlLevel is one control on a chart, with its figures from valid values since its target.
type ControlLevel struct {
	ControlID lab.ID `json:"control_id"`
	Name      string `json:"name"`
	Lot       string `json:"lot"`
	Level     int    `json:"level"`
	Mean      string `json:"mean,omitempty" doc:"Target."`
	SD        string `json:"sd,omitempty" doc:"Target."`
	N         int    `json:"n"`
	OwnMean   string `json:"own_mean,omitempty"`
	OwnSD     string `json:"own_sd,omitempty"`
	OwnCV     string `json:"own_cv,omitempty" doc:"Percent."`
}

// ControlRun is the control results of one time.
type ControlRun struct {
	ID         lab.ID          `json:"id"`
	At         time.Time       `json:"at"`
	Status     string          `json:"status" enum:"accept,warn,reject,unjudged"`
	FirstRule  string          `json:"first_rule,omitempty"`
	Violations []RuleViolation `json:"violations"`
	Points     []ControlPoint  `json:"points"`
	Cause      string          `json:"cause,omitempty"`
	Action     string          `json:"action,omitempty"`
	Closed     *time.Time      `json:"closed,omitempty"`
	ClosedBy   lab.ID          `json:"closed_by,omitempty,omitzero"`
	Closer     string          `json:"closed_by_name,omitempty"`
}

// RuleViolation is one rule that fired.
type RuleViolation struct {
	Rule  string `json:"rule"`
	Scope string `json:"scope" enum:"point,run,level,stream"`
	Side  string `json:"side"`
}

// ControlPoint is one control value.
type ControlPoint struct {
	ID         lab.ID `json:"id"`
	ControlID  lab.ID `json:"control_id"`
	Level      int    `json:"level"`
	Replicate  int    `json:"replicate"`
	Value      string `json:"value" doc:"As sent."`
	Num        string `json:"num,omitempty" doc:"In the unit of the test, converted where the lab declared how."`
	Mean       string `json:"mean,omitempty" doc:"Of the target that it was judged by."`
	SD         string `json:"sd,omitempty" doc:"Of the same."`
	Unit       string `json:"unit"`
	Z          string `json:"z,omitempty"`
	NewTarget  bool   `json:"new_target" doc:"The first value under another target: a mark on the chart."`
	Excluded   string `json:"excluded,omitempty" enum:"wrong_level,short_sample,bubble,expired_material"`
	MessageID  int64  `json:"message_id,omitempty"`
	Proposed   string `json:"proposed,omitempty" doc:"A reason to leave it out that one person gave; a second one has to agree."`
	ProposedBy lab.ID `json:"proposed_by,omitempty,omitzero"`
}

// CloseRejected closes a rejected run.
type CloseRejected struct {
	Cause  string `json:"cause" minLength:"1" maxLength:"200"`
	Action string `json:"action" minLength:"1" maxLength:"400"`
}

// ExcludeValue leaves one value out of rules and figures once a second person asks the same. A value is never left out for being
// out of its limits.
type ExcludeValue struct {
	Reason string `json:"reason" enum:"wrong_level,short_sample,bubble,expired_material"`
}

package result

import (
	"slices"
	"time"

	"jaanch/internal/lab"
)

// State is how far a result is. It is derived from the row and its verifications, never typed in. Its text stands in the
// API and in the database's derived column.
type State string

// The states of a result.
const (
	Pending    State = "pending"
	Sent       State = "sent_to_analyzer"
	Entered    State = "entered"
	Held       State = "held"     // entered, with a hold that nobody has answered
	Verified   State = "verified" // at least one level, see Level
	Released   State = "released"
	Superseded State = "superseded" // a newer version exists
	Cancelled  State = "cancelled"
)

// Result is one version of one test's result. A value is never changed: a rerun or an amendment is a new version that
// names the one it supersedes.
type Result struct {
	ID         lab.ID
	VisitID    lab.ID
	SampleID   lab.ID
	TestID     lab.ID
	TestCode   string
	Version    int    // 1, 2, ...
	Supersedes lab.ID // the version before; zero for the first
	Replaced   bool   // a newer version exists

	SentAt time.Time

	Value     *Value // nil while pending
	Unit      string // UCUM, as entered or sent
	Flag      Flag
	Interval  Snapshot
	Comment   string
	Source    Source
	EnteredBy lab.ID
	EnteredAt time.Time

	Holds    []Hold
	Answered []Answer

	Verifications []Verification
	ReleasedBy    lab.ID
	ReleasedAt    time.Time

	Reason       string // of a rerun, an amendment or a cancellation
	CancelledAt  time.Time
	NotReported  string // code where a calculated test has no value: the reason of formula.NotCalculated
	Instrument   lab.ID
	MessageID    lab.ID // the analyzer's message that brought it
	Amendment    bool   // supersedes a released version
	Levels       int    // verifications needed before release, at least 1
	SameAllowed  bool   // this section lets the enterer verify (logged)
	PreviousText string // value of the superseded version, printed on an amended report
}

// Source says where a value came from. A measured value wins over a calculated one.
type Source string

// The sources.
const (
	Manual     Source = "manual"
	Analyzer   Source = "analyzer"
	Calculated Source = "calculated"
	Referral   Source = "referral"
)

// Snapshot is the interval that the result was judged by, copied so that a later change of the catalogue changes nothing.
type Snapshot struct {
	Low, High                 *lab.Decimal
	CriticalLow, CriticalHigh *lab.Decimal
	Text                      string
	IntervalID, CriticalID    lab.ID
	Note                      string // adult_interval, both_sexes, no_limit_for_age
}

// Limits gives the snapshot as limits.
func (s Snapshot) Limits() Limits {
	return Limits{Low: s.Low, High: s.High, CriticalLow: s.CriticalLow, CriticalHigh: s.CriticalHigh}
}

// Answer is a person's decision on a hold: it may go on, for this reason.
type Answer struct {
	Hold   string // code
	Reason string
	By     lab.ID
	At     time.Time
}

// Verification is one person's signature under the clinical content at one level. Rows of it are only ever added.
type Verification struct {
	Level int
	By    lab.ID
	At    time.Time
	Hash  [32]byte // ContentHash at that time
	Auto  bool     // by an approved set of rules, not a person
}

// New makes a pending result that needs that many verifications.
func New(id, visit, sample lab.ID, test lab.ID, code string, levels int) (Result, error) {
	if id.IsZero() || visit.IsZero() || code == "" {
		return Result{}, lab.Invalid("result_id", "The result needs an identifier, a visit and a test.")
	}
	if levels < 1 || levels > 3 {
		return Result{}, lab.Invalid("result_levels", "A result has one to three levels of verification.")
	}
	return Result{ID: id, VisitID: visit, SampleID: sample, TestID: test, TestCode: code, Version: 1, Levels: levels}, nil
}

// State derives the state.
func (r Result) State() State {
	switch {
	case r.Replaced:
		return Superseded
	case !r.CancelledAt.IsZero():
		return Cancelled
	case !r.ReleasedAt.IsZero():
		return Released
	case len(r.Verifications) > 0:
		return Verified
	case r.Value != nil || r.NotReported != "":
		if len(r.OpenHolds()) > 0 {
			return Held
		}
		return Entered
	case !r.SentAt.IsZero():
		return Sent
	default:
		return Pending
	}
}

// Level gives the highest level verified, 0 for none.
func (r Result) Level() int { return len(r.Verifications) }

// OpenHolds gives the holds that nobody has answered.
func (r Result) OpenHolds() []Hold {
	return slices.DeleteFunc(slices.Clone(r.Holds), func(h Hold) bool {
		return slices.ContainsFunc(r.Answered, func(a Answer) bool { return a.Hold == h.Code })
	})
}

// Send notes that the order went to an analyzer.
func (r Result) Send(at time.Time) (Result, error) {
	if s := r.State(); s != Pending && s != Sent {
		return r, r.conflict("sent")
	}
	r.SentAt = at
	return r, nil
}

// Entry is what is filed on a pending result.
type Entry struct {
	Value       *Value // nil only with NotReported
	NotReported string
	Unit        string
	Source      Source
	Judgement   Judgement
	Comment     string
	By          lab.ID // user or instrument
	At          time.Time
	Instrument  lab.ID
	MessageID   lab.ID
}

// Enter files a value. Before the first verification a person may correct a manual entry; the journal keeps the old one.
// What an analyzer sent is corrected by Rerun only.
func (r Result) Enter(e Entry) (Result, error) {
	switch r.State() {
	case Pending, Sent:
	case Entered, Held:
		if r.Source == Analyzer || e.Source == Analyzer {
			return r, lab.Conflict("result_entered", "There is a value already. File the new one as a rerun.")
		}
	case Verified, Released, Superseded, Cancelled:
		return r, r.conflict("entered")
	}
	if (e.Value == nil) == (e.NotReported == "") {
		return r, lab.Invalid("value_empty", "Enter a value.")
	}
	r.Value, r.NotReported, r.Unit, r.Source, r.Comment = e.Value, e.NotReported, e.Unit, e.Source, e.Comment
	r.Flag, r.Interval, r.Holds, r.Answered = e.Judgement.Flag, e.Judgement.Snapshot, slices.Clone(e.Judgement.Holds), nil
	r.EnteredBy, r.EnteredAt, r.Instrument, r.MessageID = e.By, e.At, e.Instrument, e.MessageID
	return r, nil
}

// Hold adds holds that were found later: consistency with a test that came after, QC, identity.
func (r Result) Hold(holds ...Hold) (Result, error) {
	if s := r.State(); s != Entered && s != Held {
		return r, r.conflict("held")
	}
	r.Holds = slices.Clone(r.Holds)
	for _, h := range holds {
		if !slices.ContainsFunc(r.Holds, func(o Hold) bool { return o.Code == h.Code }) {
			r.Holds = append(r.Holds, h)
		}
	}
	return r, nil
}

// Answer lets a held result go on; the reason is kept.
func (r Result) Answer(a Answer) (Result, error) {
	if r.State() != Held {
		return r, r.conflict("answered")
	}
	if a.Reason == "" {
		return r, lab.Invalid("hold_reason", "Say why this result may go on.")
	}
	if !slices.ContainsFunc(r.OpenHolds(), func(h Hold) bool { return h.Code == a.Hold }) {
		return r, lab.NotFound("hold_unknown", "This result is not held for that reason.")
	}
	r.Answered = append(slices.Clone(r.Answered), a)
	return r, nil
}

// Verify adds the next level. A held result cannot be verified, and nobody verifies what they entered or signs two levels,
// unless the section allows it.
func (r Result) Verify(by lab.ID, at time.Time, auto bool) (Result, error) {
	switch r.State() {
	case Entered, Verified:
	case Held:
		return r, lab.Conflict("result_held", "Answer the holds of this result first.")
	case Pending, Sent, Released, Superseded, Cancelled:
		return r, r.conflict("verified")
	}
	if r.Level() >= r.Levels {
		return r, lab.Conflict("result_verified", "All levels are verified. Release the result.")
	}
	if !auto && !r.SameAllowed {
		if by == r.EnteredBy && r.Source == Manual {
			return r, lab.Forbidden("verify_own", "Another person has to verify what you entered.")
		}
		if slices.ContainsFunc(r.Verifications, func(v Verification) bool { return v.By == by }) {
			return r, lab.Forbidden("verify_twice", "Another person has to verify the next level.")
		}
	}
	r.Verifications = append(slices.Clone(r.Verifications), Verification{
		Level: r.Level() + 1, By: by, At: at, Hash: r.ContentHash(), Auto: auto,
	})
	return r, nil
}

// Release makes the result public. Every verification must have been made of this very content.
func (r Result) Release(by lab.ID, at time.Time) (Result, error) {
	if r.State() != Verified || r.Level() < r.Levels {
		return r, r.conflict("released")
	}
	hash := r.ContentHash()
	for _, v := range r.Verifications {
		if v.Hash != hash {
			return r, lab.Conflict("content_changed", "The content is not the one that was verified.")
		}
	}
	r.ReleasedBy, r.ReleasedAt = by, at
	return r, nil
}

// Rerun starts the next version of a result that is not released, and gives both: the old one, superseded, and the new
// one, pending. Both values are kept.
func (r Result) Rerun(id lab.ID, reason string) (old, next Result, err error) {
	switch r.State() {
	case Entered, Held, Verified:
		return r.replace(id, reason, false)
	case Pending, Sent, Released, Superseded, Cancelled:
	}
	return r, Result{}, r.conflict("rerun")
}

// Amend starts the next version of a released result. The released one stays readable.
func (r Result) Amend(id lab.ID, reason string) (old, next Result, err error) {
	if r.State() != Released {
		return r, Result{}, r.conflict("amended")
	}
	return r.replace(id, reason, true)
}

// Cancel ends a result that was not released.
func (r Result) Cancel(reason string, at time.Time) (Result, error) {
	switch r.State() {
	case Released, Superseded, Cancelled:
		return r, r.conflict("cancelled")
	case Pending, Sent, Entered, Held, Verified:
	}
	if reason == "" {
		return r, lab.Invalid("cancel_reason", "Give the reason for cancelling.")
	}
	r.Reason, r.CancelledAt = reason, at
	return r, nil
}

func (r Result) replace(id lab.ID, reason string, amendment bool) (old, next Result, err error) {
	if reason == "" {
		return r, Result{}, lab.Invalid("change_reason", "Give the reason for the change.")
	}
	if id.IsZero() || id == r.ID {
		return r, Result{}, lab.Invalid("result_id", "The new version needs an identifier of its own.")
	}
	next = Result{
		ID: id, VisitID: r.VisitID, SampleID: r.SampleID, TestID: r.TestID, TestCode: r.TestCode, Version: r.Version + 1,
		Supersedes: r.ID, Levels: r.Levels, SameAllowed: r.SameAllowed, Reason: reason, Amendment: amendment || r.Amendment,
	}
	if r.Value != nil {
		next.PreviousText = r.Value.Text
	}
	old = r
	old.Replaced = true
	return old, next, nil
}

func (r Result) conflict(move string) error {
	e := lab.Conflict("result_state", "The result is "+string(r.State())+" and cannot be "+move+".")
	e.Detail = map[string]any{"state": string(r.State()), "move": move}
	return e
}

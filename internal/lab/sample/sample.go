// Package sample holds the tubes: their numbers, containers, grouping of ordered tests into tubes, and the way of a tube
// from expected to disposed.
package sample

import (
	"slices"
	"time"

	"jaanch/internal/lab"
)

// State is where a tube is. Its text stands in the database and in the journal.
type State string

// The states of a sample.
const (
	Expected  State = "expected"
	Collected State = "collected"
	Received  State = "received"
	Stored    State = "stored"
	Referred  State = "referred"  // sent to another lab
	Exhausted State = "exhausted" // nothing left
	Rejected  State = "rejected"
	Disposed  State = "disposed"
	Cancelled State = "cancelled" // never collected: its tests were cancelled
)

// moves gives the states that may follow. Receiving without a collection step is allowed: many labs register the tube at
// the desk when it arrives.
func moves(from State) []State {
	switch from {
	case Expected:
		return []State{Collected, Received, Cancelled}
	case Collected:
		return []State{Received, Rejected}
	case Received:
		return []State{Stored, Referred, Exhausted, Rejected, Disposed}
	case Stored:
		return []State{Received, Referred, Exhausted, Disposed}
	case Referred:
		return []State{Received, Disposed}
	case Exhausted, Rejected:
		return []State{Disposed}
	case Disposed, Cancelled:
		return nil
	}
	return nil
}

// CanMove tells whether a sample may go from one state to the other.
func CanMove(from, to State) bool { return slices.Contains(moves(from), to) }

// Sample is one tube or container.
type Sample struct {
	ID          lab.ID
	VisitID     lab.ID
	Accession   Accession
	Barcode     Barcode // its own, from before it came; empty: none
	Specimen    string
	Container   string // code of Container
	Draw        string
	State       State
	CollectedAt time.Time
	CollectedBy lab.ID
	ReceivedAt  time.Time
	ReceivedBy  lab.ID
	Condition   []Reason // what was wrong with a sample that was accepted with a comment
	Rejection   Rejection
	RecollectOf lab.ID // the rejected sample that this one replaces
	Rack        string
	Position    string
}

// Rejection says why a sample cannot be used, and who was told.
type Rejection struct {
	Reason   Reason
	Note     string
	By       lab.ID
	At       time.Time
	Informed string // whom the lab told; the requester has to know
}

// New makes a sample that is expected.
func New(id, visit lab.ID, accession Accession, tube Tube) (Sample, error) {
	if id.IsZero() || visit.IsZero() {
		return Sample{}, lab.Invalid("sample_id", "The sample needs an identifier and a visit.")
	}
	if _, err := ParseAccession(string(accession)); err != nil {
		return Sample{}, err
	}
	return Sample{
		ID: id, VisitID: visit, Accession: accession, State: Expected,
		Specimen: tube.Specimen, Container: tube.Container.Code, Draw: tube.Draw,
	}, nil
}

// Collect notes who drew the sample and when.
func (s Sample) Collect(by lab.ID, at time.Time) (Sample, error) {
	s, err := s.move(Collected)
	if err != nil {
		return s, err
	}
	s.CollectedBy, s.CollectedAt = by, at
	return s, nil
}

// Receive notes the arrival at the lab. collected is the time written on the tube where nobody noted it before; it may be
// zero, and the report then says that the time of collection is not known.
func (s Sample) Receive(by lab.ID, at, collected time.Time) (Sample, error) {
	if s.CollectedAt.IsZero() {
		s.CollectedAt = collected
	}
	if at.Before(s.CollectedAt) {
		return s, lab.Invalid("received_before_collected", "The sample cannot arrive before it was collected. Check the times.")
	}
	s, err := s.move(Received)
	if err != nil {
		return s, err
	}
	s.ReceivedBy, s.ReceivedAt = by, at
	s.Rack, s.Position = "", ""
	return s, nil
}

// Reject refuses the sample with a coded reason.
func (s Sample) Reject(r Rejection) (Sample, error) {
	if !r.Reason.known() {
		return s, lab.Invalid("rejection_reason", "Choose a reason from the list.")
	}
	s, err := s.move(Rejected)
	if err != nil {
		return s, err
	}
	s.Rejection = r
	return s, nil
}

// Recollect makes the expected sample that replaces a rejected one. It has a number of its own and is not charged again.
func (s Sample) Recollect(id lab.ID, accession Accession) (Sample, error) {
	if s.State != Rejected {
		return Sample{}, lab.Conflict("sample_not_rejected", "Only a rejected sample is collected again.")
	}
	if _, err := ParseAccession(string(accession)); err != nil {
		return Sample{}, err
	}
	return Sample{
		ID: id, VisitID: s.VisitID, Accession: accession, State: Expected, Specimen: s.Specimen,
		Container: s.Container, Draw: s.Draw, RecollectOf: s.ID,
	}, nil
}

// Store puts the sample into a rack.
func (s Sample) Store(rack, position string) (Sample, error) {
	s, err := s.move(Stored)
	if err != nil {
		return s, err
	}
	s.Rack, s.Position = rack, position
	return s, nil
}

// Move goes to a state that needs nothing else: referred, exhausted, disposed, cancelled.
func (s Sample) Move(to State) (Sample, error) {
	if !slices.Contains([]State{Referred, Exhausted, Disposed, Cancelled}, to) {
		return s, lab.Conflict("sample_move", "This step needs its own details.")
	}
	return s.move(to)
}

func (s Sample) move(to State) (Sample, error) {
	if !CanMove(s.State, to) {
		e := lab.Conflict("sample_state", "The sample is "+string(s.State)+" and cannot become "+string(to)+".")
		e.Detail = map[string]any{"from": string(s.State), "to": string(to)}
		return s, e
	}
	s.State = to
	return s, nil
}

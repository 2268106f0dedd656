package order

import (
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
)

// State is where a visit stands. Its text stands in the database and in the API. Payment is an axis of its own.
type State string

// The states of an order.
const (
	StateDraft             State = "draft"
	StateRegistered        State = "registered"
	StateInProgress        State = "in_progress"
	StatePartiallyReleased State = "partially_released"
	StateCompleted         State = "completed"
	StateCancelled         State = "cancelled"
)

// Part is how far one test of the visit is.
type Part int

// The stages of a part.
const (
	PartWaiting   Part = iota // nothing has happened
	PartStarted               // a sample was received or a value entered
	PartReleased              // released, or amended after release
	PartCancelled             // will not be done
)

// Derive gives the state of a registered visit from its parts.
func Derive(parts []Part) State {
	var waiting, started, released int
	for _, p := range parts {
		switch p {
		case PartWaiting:
			waiting++
		case PartStarted:
			started++
		case PartReleased:
			released++
		case PartCancelled:
		}
	}
	switch {
	case waiting+started+released == 0 && len(parts) > 0:
		return StateCancelled
	case released > 0 && waiting+started == 0:
		return StateCompleted
	case released > 0:
		return StatePartiallyReleased
	case started > 0:
		return StateInProgress
	default:
		return StateRegistered
	}
}

// State gives the visit's state from its own marks and the stages of its parts.
func (v Visit) State(parts []Part) State {
	switch {
	case v.Cancelled:
		return StateCancelled
	case v.Draft:
		return StateDraft
	default:
		return Derive(parts)
	}
}

// Register turns a draft into a registered visit.
func (v Visit) Register(number Number, at time.Time) (Visit, error) {
	if !v.Draft {
		return v, lab.Conflict("visit_registered", "This visit is registered already.")
	}
	if v.PatientID.IsZero() {
		return v, lab.Invalid("visit_patient", "Choose a patient first.")
	}
	if len(v.Items) == 0 {
		return v, lab.Invalid("visit_empty", "Order at least one test.")
	}
	v.Draft, v.Number, v.RegisteredAt = false, number, at
	return v, nil
}

// AddOn orders more on a registered visit, also one that is partly released; not on a cancelled or completed one, because
// a completed report is closed and a new visit costs nothing.
func (v Visit) AddOn(c catalogue.Catalogue, items []Item, parts []Part) (Visit, error) {
	switch v.State(parts) {
	case StateCompleted, StateCancelled:
		return v, lab.Conflict("visit_closed", "This visit is closed. Register a new visit.")
	case StateDraft, StateRegistered, StateInProgress, StatePartiallyReleased:
	}
	for _, add := range items {
		for _, old := range v.Items {
			if old.Code == add.Code && !old.Cancelled {
				return v, lab.Conflict("item_repeated", "This test is ordered already: "+add.Code)
			}
		}
		if _, err := Expand(c, []string{add.Code}); err != nil {
			return v, err
		}
	}
	out := v
	out.Items = append(append([]Item(nil), v.Items...), items...)
	return out, nil
}

// Cancel ends a visit of which nothing was released.
func (v Visit) Cancel(reason string, parts []Part) (Visit, error) {
	if reason == "" {
		return v, lab.Invalid("cancel_reason", "Give the reason for cancelling.")
	}
	if slices.Contains(parts, PartReleased) {
		return v, lab.Conflict("visit_released", "Results were released. They can be amended, but the visit cannot be cancelled.")
	}
	if v.Cancelled {
		return v, lab.Conflict("visit_cancelled", "This visit is cancelled already.")
	}
	v.Cancelled, v.CancelReason = true, reason
	return v, nil
}

// CancelItem takes one ordered item off the visit; parts are those of this item's tests.
func (v Visit) CancelItem(id lab.ID, reason string, parts []Part) (Visit, error) {
	if reason == "" {
		return v, lab.Invalid("cancel_reason", "Give the reason for cancelling.")
	}
	if slices.Contains(parts, PartReleased) {
		return v, lab.Conflict("item_released", "A result of this item was released. It can be amended, but not cancelled.")
	}
	out := v
	out.Items = append([]Item(nil), v.Items...)
	for i := range out.Items {
		if out.Items[i].ID != id {
			continue
		}
		if out.Items[i].Cancelled {
			return v, lab.Conflict("item_cancelled", "This item is cancelled already.")
		}
		out.Items[i].Cancelled, out.Items[i].Reason = true, reason
		return out, nil
	}
	return v, lab.NotFound("item_unknown", "There is no such item in this visit.")
}

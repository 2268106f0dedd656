package result

import (
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
)

// Prior is the newest final result of the same patient, test, specimen and compatible method.
type Prior struct {
	Value     Value
	Collected time.Time
}

// DeltaPercent is 100 x (current - previous) / |previous|; false where the previous value is zero.
func DeltaPercent(current, previous lab.Decimal) (lab.Decimal, bool) {
	return lab.DecimalFromInt(100).Mul(current.Sub(previous)).Div(previous.Abs())
}

// Delta compares a result with the one before by the test's limits (lab-rules 2.2). Limits are strict. The window goes by
// time of collection; a prior collected later than the current sample is never compared with. Only exact numbers are
// compared. With a prior of zero only absolute limits speak.
func Delta(limits []catalogue.DeltaLimit, current Value, collected time.Time, prior Prior) (Hold, bool) {
	for _, l := range limits {
		age := collected.Sub(prior.Collected)
		if age < 0 || (l.Days > 0 && age > time.Duration(l.Days)*24*time.Hour) {
			continue
		}
		if !deltaFires(l, current, prior.Value) {
			continue
		}
		days := int(age / (24 * time.Hour))
		return NewHold(HoldDelta, "previous", prior.Value.Text, "current", current.Text, "days", strconv.Itoa(days)), true
	}
	return Hold{}, false
}

func deltaFires(l catalogue.DeltaLimit, current, previous Value) bool {
	if l.Change {
		return current.Text != previous.Text
	}
	if !current.Exact() || !previous.Exact() {
		return false
	}
	absolute := l.Absolute != nil && current.Num.Sub(*previous.Num).Abs().Cmp(*l.Absolute) > 0
	percent := false
	known := false
	if l.Percent != nil {
		var p lab.Decimal
		if p, known = DeltaPercent(*current.Num, *previous.Num); known {
			percent = p.Abs().Cmp(*l.Percent) > 0
		}
	}
	if l.Both {
		return absolute && (percent || !known)
	}
	return absolute || percent
}

// WrongTube tells whether so many tests of one sample changed too much that it may be another patient's blood.
func WrongTube(deltas int) bool { return deltas >= 2 }

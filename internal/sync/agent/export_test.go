package agent

import (
	"time"

	"jaanch/internal/lab"
)

// HubAddress is hubAddress, for its test.
func HubAddress(s string) (string, error) { return hubAddress(s) }

// Refused is an answer of the hub with that status, which asked to wait so long.
func Refused(kind lab.Kind, status int, wait time.Duration) error {
	return &hubError{fault: &lab.Error{Kind: kind, Code: "test"}, status: status, wait: wait}
}

// Next is next, for its test.
func (a *Agent) Next(err error, attempt int, lasted time.Duration) (time.Duration, int) {
	return a.next(err, attempt, lasted)
}

// Round is one attempt, so long after the one before it, and how it ended.
type Round struct {
	Later time.Duration
	Err   error
}

// Rounds gives how long is waited after each of these. The agent's clock stays where the last one left it.
func (a *Agent) Rounds(rounds ...Round) []time.Duration {
	var p pace
	out, now := make([]time.Duration, len(rounds)), a.o.Clock()
	a.o.Clock = func() time.Time { return now }
	for i, r := range rounds {
		now = now.Add(r.Later)
		out[i] = a.after(&p, r.Err)
	}
	return out
}

// ErrAlone and ErrPaused are how a round ends in which nobody had to try.
var (
	ErrAlone  = errAlone
	ErrPaused = errPaused
)

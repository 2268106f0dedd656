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

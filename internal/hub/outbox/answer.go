package outbox

import (
	"errors"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/lab"
)

// Unanswered tells a call that never left from one whose outcome nobody knows.
func Unanswered(err error) Outcome {
	f, known := errors.AsType[*outbound.CallError](err)
	switch {
	case known && !f.Sent:
		return Outcome{Class: Later, Code: "unreachable"}
	case lab.CodeOf(err) == lab.CodeOf(outbound.ErrHost):
		return Outcome{Class: Halted, Code: lab.CodeOf(outbound.ErrHost)}
	}
	return Outcome{Class: Unknown, Code: "no_answer"}
}

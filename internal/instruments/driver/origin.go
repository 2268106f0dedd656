package driver

import (
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
)

// origin is what the answer to a query has to repeat. It holds copies, so that a query outlives the bytes it came in,
// except that message refers to the payload of its block.
type origin struct {
	profile *profile.Profile

	delimiters astm.Delimiters
	header     string   // the H record as sent
	record     string   // the Q record, QPD or QRD as sent
	asked      []string // each repeat of Q-3 as sent; for HL7 the ids

	message *hl7.Message
	segment string // the segment that asks: QPD, QRD, ORC
}

// Package recognise finds out what an unknown analyzer is from the bytes that it sends: the speed and parity of a serial
// line, the protocol, and the vendor and model with the profile that fits. What follows from bytes alone is pure; the
// search over a port's settings is the one part that does I/O.
//
// It never acknowledges what nobody keeps. A frame or a block that is not stored stays unanswered, which both protocols
// know as "send it again later", so that looking at a line costs no result (E1381 timers of the sender; HL7 original mode).
package recognise

import (
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
)

// Family is how bytes are framed, finer than a protocol: some families are known by sight and have no driver.
type Family string

// The families.
const (
	Silent     Family = "silent"      // nothing came
	Unknown    Family = "unknown"     // bytes that fit nothing: a wrong speed, or a protocol of its own
	Noise      Family = "wrong_speed" // bytes that look like a line at another speed or parity
	ASTMFrames Family = "astm"        // E1381 frames
	ASTMCalls  Family = "astm_enq"    // ENQ alone: an E1381 sender that waits for an answer
	ASTMBlock  Family = "astm_block"  // SOH records EOT, without frames
	ASTMBare   Family = "astm_bare"   // E1394 records without any framing
	HL7Blocks  Family = "hl7"         // MLLP blocks
	HL7Bare    Family = "hl7_bare"    // HL7 segments without blocks
	BeckmanAU  Family = "beckman_au"  // STX type text ETX of the AU series
	Vidas      Family = "mini_vidas"  // STX mtrsl|pi..|…
	Dimension  Family = "dimension"   // STX fields separated by FS
	Printer    Family = "printer"     // lines of plain text, as for a printer
)

// Protocol gives the protocol whose driver reads the family; Auto where there is none.
func (f Family) Protocol() instruments.Protocol {
	switch f {
	case ASTMFrames, ASTMCalls, ASTMBlock, ASTMBare:
		return instruments.ASTM
	case HL7Blocks, HL7Bare:
		return instruments.HL7
	case Silent, Unknown, Noise, BeckmanAU, Vidas, Dimension, Printer:
	}
	return instruments.Auto
}

// Reason is one thing that speaks for a conclusion. Code is stable, so that screens have words for it; Detail holds a
// place, a count or a name out of a header, never anything about a patient.
type Reason struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// Proposal is a profile that may be the analyzer's, with how sure that is.
type Proposal struct {
	Profile    string   `json:"profile"`
	Name       string   `json:"name"`
	Vendor     string   `json:"vendor,omitempty"`
	Confidence int      `json:"confidence"` // percent; 25 and less means that only the protocol is known
	Reasons    []Reason `json:"reasons"`
}

// TestCode is a test code that the analyzer sent, with what it says of it itself.
type TestCode struct {
	Code  string      `json:"code"` // what the lab's code map is keyed by
	Name  string      `json:"name,omitempty"`
	LOINC string      `json:"loinc,omitempty"`
	Unit  string      `json:"unit,omitempty"`
	Value string      `json:"value,omitempty"` // as last sent
	Role  driver.Role `json:"role"`
}

// Finding is what bytes tell about their sender.
type Finding struct {
	Family    Family               `json:"family"`
	Protocol  instruments.Protocol `json:"protocol"`
	Bytes     int                  `json:"bytes"`
	Plausible int                  `json:"plausible"`        // percent: how much the bytes look like a line read with the right settings
	Parity    string               `json:"parity,omitempty"` // even or odd: 7 data bits with a parity bit, found in bytes read as 8N1
	Messages  int                  `json:"messages"`
	Model     string               `json:"model,omitempty"` // as the analyzer calls itself
	Serial    string               `json:"serial,omitempty"`
	Version   string               `json:"version,omitempty"`
	Reasons   []Reason             `json:"reasons"`
	Proposals []Proposal           `json:"proposals"` // best first
	Codes     []TestCode           `json:"codes"`
}

// Best gives the best proposal.
func (f Finding) Best() (Proposal, bool) {
	if len(f.Proposals) == 0 {
		return Proposal{}, false
	}
	return f.Proposals[0], true
}

// Known tells whether a model or at least a family of models was recognised, not the protocol alone.
func (f Finding) Known() bool {
	p, ok := f.Best()
	return ok && p.Confidence > ProtocolOnly
}

// ProtocolOnly is the confidence of a proposal that rests on the protocol alone.
const ProtocolOnly = 25

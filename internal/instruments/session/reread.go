package session

import (
	"bytes"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
)

// behindNoise gives the bytes of a chunk without what stood on the line before its session began. A chunk ends where a frame
// is accepted, so whatever stands before the last ENQ of the first one never was: noise, or a frame from before a restart.
func behindNoise(i int, c instruments.Chunk) []byte {
	if i > 0 || c.Protocol != instruments.ASTM {
		return c.Bytes
	}
	const enq = 0x05
	return c.Bytes[max(0, bytes.LastIndexByte(c.Bytes, enq)):]
}

// Reread runs the archived chunks of one session through the same machines as a live line and gives its messages as they
// would be named, the unfinished one at the end as Cut. It is pure. The node uses it at start for every session without
// an end: what the session had completed before is known already, the rest was acknowledged frame by frame and is
// incomplete. Time stands still meanwhile: a session without an end did not time out either.
//
// To know a message again compare its Text with those of the same session: after a Store whose outcome was undecided the
// live indices have gaps that these have not.
func Reread(chunks []instruments.Chunk, opt Options) []instruments.Message {
	if len(chunks) == 0 {
		return nil
	}
	var m instruments.Machine
	switch chunks[0].Protocol {
	case instruments.ASTM:
		a := opt.ASTM
		a.BlocksSOH, a.LenientENQ = true, true // an ENQ may stand in the session before
		m = astm.NewLine(a)
	case instruments.HL7:
		m = hl7.NewLine(hl7.Options{BlockCap: opt.HL7.BlockCap})
	case instruments.Raw, instruments.Auto:
		return nil
	}
	var out []instruments.Message
	collect := func(texts []instruments.Text) {
		for _, t := range texts {
			out = append(out, instruments.Message{
				Session: chunks[0].Session, Index: len(out), Protocol: chunks[0].Protocol, Text: t.Bytes, Ending: t.Ending,
			})
		}
	}
	drain := func() {
		for {
			e, more := m.Next()
			m.Take()
			if !more {
				return
			}
			collect(e.Messages)
			if e.Kind == instruments.Commit {
				m.Stored(0, true, nil)
			}
		}
	}
	for i, c := range chunks {
		if c.Dir == instruments.In {
			m.Feed(0, behindNoise(i, c))
			drain()
		}
	}
	m.Close(0)
	drain()
	return out
}

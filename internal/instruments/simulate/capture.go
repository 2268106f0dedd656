package simulate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
)

// readCapture reads a recorded file into what an instrument would send: the sessions of a framed recording with their
// frames as they were cut, each message of one without frames, or each MLLP block.
func readCapture(path string, p instruments.Protocol) ([]outgoing, instruments.Protocol, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, p, fmt.Errorf("read the capture: %w", err)
	}
	name := filepath.Base(path)
	if p == instruments.Auto {
		p = guess(b)
	}
	var out []outgoing
	add := func(m outgoing) {
		m.id = fmt.Sprintf("%s#%d", name, len(out)+1)
		out = append(out, m)
	}
	if p == instruments.HL7 {
		for _, m := range hl7.ReadRecording(b).Messages {
			add(outgoing{text: m})
		}
	} else {
		r := astm.ReadRecording(b)
		for _, parts := range r.Sessions {
			if len(parts) > 0 {
				add(outgoing{parts: parts})
			}
		}
		if len(out) == 0 {
			for _, m := range r.Messages {
				add(outgoing{text: m.Bytes})
			}
		}
	}
	if len(out) == 0 {
		return nil, p, fmt.Errorf("read the capture %s: it holds no message", name)
	}
	return out, p, nil
}

// guess tells the protocol of a recording: an MLLP block or an MSH segment is HL7, all else ASTM.
func guess(b []byte) instruments.Protocol {
	if bytes.IndexByte(b, 0x0B) >= 0 && bytes.Contains(b, []byte("MSH")) || bytes.HasPrefix(bytes.TrimSpace(b), []byte("MSH")) {
		return instruments.HL7
	}
	return instruments.ASTM
}

// results counts the result rows of a message.
func (m outgoing) results(p instruments.Protocol) int {
	text := m.text
	for _, part := range m.parts {
		text = append(text, part.Text...)
	}
	row := []byte("\rR|")
	if p == instruments.HL7 {
		row = []byte("\rOBX|")
	}
	return bytes.Count(text, row)
}

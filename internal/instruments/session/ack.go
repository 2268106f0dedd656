package session

import (
	"time"

	"jaanch/internal/instruments/hl7"
)

// plainAck builds acknowledgements that nobody but the line itself has an opinion about. A message that the parser
// cannot take gets none: the sender will repeat it.
func plainAck(now func() time.Time) func(message []byte, code, text string) []byte {
	return func(message []byte, code, text string) (ack []byte) {
		defer func() {
			if recover() != nil {
				ack = nil
			}
		}()
		return hl7.Ack(hl7.Parse(message, ""), hl7.Code(code), hl7.Reply{At: now(), Text: text})
	}
}

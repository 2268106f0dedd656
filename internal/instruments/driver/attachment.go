package driver

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"jaanch/internal/instruments/hl7"
)

// attachment decodes an ED value: application, type, subtype, encoding, data. Data that does not decode is kept as it
// came, under the encoding "A".
func attachment(value hl7.Field) *Attachment {
	a := &Attachment{
		Type: value.Component(2).Text(), Subtype: value.Component(3).Text(), Encoding: value.Component(4).Text(),
	}
	raw := value.Component(5).Text()
	switch strings.ToLower(a.Encoding) {
	case "base64":
		if data, err := base64.StdEncoding.DecodeString(compact(raw)); err == nil {
			a.Data = data
			return a
		}
	case "hex":
		if data, err := hex.DecodeString(compact(raw)); err == nil {
			a.Data = data
			return a
		}
	}
	a.Encoding, a.Data = "A", []byte(raw)
	return a
}

// compact drops the blanks and line breaks that some senders put into long data.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, s)
}

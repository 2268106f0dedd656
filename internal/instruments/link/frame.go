package link

import (
	"fmt"
	"strings"
)

// WithFrame gives the settings with data bits, parity and stop bits as people write them: 8N1, 7E1. An empty text keeps
// what is set.
func (s Serial) WithFrame(text string) (Serial, error) {
	if text == "" {
		return s, nil
	}
	parity, known := map[string]Parity{"N": NoParity, "E": EvenParity, "O": OddParity}[strings.ToUpper(text[min(1, len(text)):min(2, len(text))])]
	if len(text) != 3 || !known || text[0] != '7' && text[0] != '8' || text[2] != '1' && text[2] != '2' {
		return s, fmt.Errorf("serial: %q is no frame; want 8N1, 7E1 and so on", text)
	}
	s.DataBits, s.Parity, s.StopBits = int(text[0]-'0'), parity, int(text[2]-'0')
	return s, nil
}

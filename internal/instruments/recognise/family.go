package recognise

import (
	"bytes"
	"strconv"
)

// familyOf names the framing of bytes that were read with the right settings, or says that they were not.
func familyOf(b []byte, score int) (Family, []Reason) {
	switch {
	case len(b) == 0:
		return Silent, nil
	case bytes.Contains(b, []byte("\x0bMSH")):
		return HL7Blocks, []Reason{{Code: "mllp_block"}}
	case checksums(b) > 0:
		return ASTMFrames, []Reason{{Code: "checksums", Detail: strconv.Itoa(checksums(b))}}
	case bytes.Contains(b, []byte("\x02mtrsl|")):
		return Vidas, []Reason{{Code: "vidas_text"}}
	}
	if f, r, ok := ownFraming(b); ok {
		return f, r
	}
	switch {
	case isHL7(b):
		return HL7Bare, []Reason{{Code: "msh_segment"}}
	case blockHeader(b):
		return ASTMBlock, []Reason{{Code: "soh_block"}}
	case frameStart(b):
		return ASTMFrames, []Reason{{Code: "frame_start"}}
	case isHeader(b):
		return ASTMBare, []Reason{{Code: "header_record"}}
	case onlyCalls(b):
		return ASTMCalls, []Reason{{Code: "calls", Detail: strconv.Itoa(bytes.Count(b, []byte{enq}))}}
	case score < likely:
		return Noise, []Reason{{Code: "stray_bytes", Detail: strconv.Itoa(100-share(b)) + " %"}}
	case share(b) == 100 && bytes.IndexByte(b, '\n') >= 0:
		return Printer, []Reason{{Code: "text_lines"}}
	}
	return Unknown, nil
}

// likely is the score from which settings count as right.
const likely = 60

// share is how many bytes in a hundred are printable or a control character of some protocol.
func share(b []byte) int {
	good := 0
	for _, c := range b {
		if c >= ' ' && c < 0x7F || expected(c) {
			good++
		}
	}
	return 100 * good / len(b)
}

// ownFraming knows the vendors' framings that have no checksum of E1381: Beckman AU (STX, a type of two characters, ETX)
// and Siemens Dimension (fields between FS).
func ownFraming(b []byte) (Family, []Reason, bool) {
	i := bytes.IndexByte(b, stx)
	if i < 0 || i+3 > len(b) {
		return "", nil, false
	}
	text := b[i+1:]
	if end := bytes.IndexByte(text, etx); end > 0 {
		text = text[:end]
	}
	if len(text) >= 2 && auTypes(string(text[:2])) {
		return BeckmanAU, []Reason{{Code: "au_type", Detail: string(text[:2])}}, true
	}
	if bytes.Count(text, []byte{fs}) >= 2 {
		return Dimension, []Reason{{Code: "fs_fields", Detail: strconv.Itoa(bytes.Count(text, []byte{fs}))}}, true
	}
	return "", nil, false
}

// auTypes are the message types of the AU series: request, reply, data, each with a begin and an end.
func auTypes(s string) bool {
	switch s {
	case "RB", "R ", "RE", "SB", "S ", "SE", "DB", "D ", "DE", "d ", "DQ", "DR", "DA":
		return true
	}
	return false
}

func isHL7(b []byte) bool {
	i := bytes.Index(b, []byte("MSH"))
	return i >= 0 && i+4 < len(b) && (i == 0 || b[i-1] < ' ') && b[i+3] > ' ' && !letter(b[i+3])
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// blockHeader tells whether an H record stands right behind SOH.
func blockHeader(b []byte) bool {
	i := bytes.IndexByte(b, soh)
	return i >= 0 && i+5 <= len(b) && isHeader(b[i+1:])
}

// frameStart tells whether STX is followed by a frame number and a record letter.
func frameStart(b []byte) bool {
	for i := 0; i+2 < len(b); i++ {
		if b[i] == stx && b[i+1] >= '0' && b[i+1] <= '7' && letter(b[i+2]) {
			return true
		}
	}
	return false
}

// onlyCalls tells whether nothing came but ENQ, EOT and idle bytes.
func onlyCalls(b []byte) bool {
	return bytes.IndexByte(b, enq) >= 0 && len(bytes.Trim(b, "\x00\x04\x05\r\n")) == 0
}

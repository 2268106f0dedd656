package recognise

import (
	"bytes"
	"math/bits"
	"strconv"

	"jaanch/internal/instruments/astm"
)

// The control characters by which the families are known.
const (
	soh = 0x01
	stx = 0x02
	etx = 0x03
	eot = 0x04
	enq = 0x05
	ack = 0x06
	vt  = 0x0B
	nak = 0x15
	etb = 0x17
	fs  = 0x1C
	gs  = 0x1D

	oddENQ = 0x85 // ENQ with an odd parity bit
)

// Parities as the settings of a port name them.
const (
	even = "even"
	odd  = "odd"
)

// leastParity is how many bytes must agree before a parity bit is believed: 2⁻¹² by chance.
const leastParity = 12

// leastValues is how many different bytes must be among them: one byte that a wrong speed makes again and again agrees
// with itself.
const leastValues = 6

// parityBit finds 7-bit characters with a parity bit in bytes that were read as eight data bits, and takes it off. Plain
// ASCII never looks so: about half of its characters have an odd number of bits.
//
// ENQ alone, the one byte that an E1381 sender repeats while nobody answers, tells odd parity at once: 85 is nothing else.
func parityBit(b []byte) ([]byte, string) {
	if bytes.IndexByte(b, oddENQ) >= 0 && len(bytes.Trim(b, "\x85\x04")) == 0 {
		return bytes.ReplaceAll(b, []byte{oddENQ}, []byte{enq}), odd
	}
	if len(b) < leastParity {
		return b, ""
	}
	ones := bits.OnesCount8(b[0]) & 1
	high := false
	var values [256]bool
	distinct := 0
	for _, c := range b {
		if bits.OnesCount8(c)&1 != ones {
			return b, ""
		}
		high = high || c >= 0x80
		if !values[c] {
			values[c] = true
			distinct++
		}
	}
	if !high || distinct < leastValues {
		return b, ""
	}
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = c & 0x7F
	}
	if ones == 0 {
		return out, even
	}
	return out, odd
}

// plausible scores how much bytes look like a line of an analyzer that is read with the right settings, in percent. At a
// wrong speed most bytes come out with their high bit set, as NUL, or as control characters that no protocol uses.
func plausible(b []byte) (score int, reasons []Reason) {
	if len(b) == 0 {
		return 0, nil
	}
	good, calls := 0, 0
	for _, c := range b {
		switch {
		case c == enq:
			calls++
			good++
		case c >= ' ' && c < 0x7F, expected(c):
			good++
		}
	}
	score = 100 * good / len(b)
	if score < 100 { // every stray byte weighs more than a good one: text holds none at all
		score = max(0, score-(100-score))
	}
	if score >= 60 && len(b) < 4 && calls < len(b) {
		score = min(score, 50) // a byte or two prove nothing
	}
	if calls == len(b) {
		score = min(95, 70+10*(calls-1))
		reasons = append(reasons, Reason{Code: "calls", Detail: strconv.Itoa(calls)})
	}
	if sums := checksums(b); sums > 0 {
		return 100, append(reasons, Reason{Code: "checksums", Detail: strconv.Itoa(sums)})
	}
	if bytes.Contains(b, []byte("\x0bMSH")) {
		return 100, append(reasons, Reason{Code: "mllp_block"})
	}
	if isHeader(b) {
		return max(score, 90), append(reasons, Reason{Code: "header_record"})
	}
	return score, reasons
}

// expected tells whether a control character belongs to a protocol of analyzers.
func expected(c byte) bool {
	switch c {
	case soh, stx, etx, eot, enq, ack, nak, etb, vt, fs, gs, '\t', '\n', '\r', 0x0C:
		return true
	}
	return false
}

// checksums counts the E1381 frames whose checksum is right: chance gives one in 256 of them.
func checksums(b []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(b, stx)
		if i < 0 {
			return n
		}
		b = b[i+1:]
		end := bytes.IndexAny(b, "\x02\x03\x17")
		if end < 2 || end+3 > len(b) || b[end] == stx {
			continue
		}
		sum, err := strconv.ParseUint(string(b[end+1:end+3]), 16, 8)
		if err == nil && b[0] >= '0' && b[0] <= '7' && byte(sum) == astm.Checksum(b[:end+1]) {
			n++
		}
	}
}

// isHeader tells whether an E1394 header record or an MSH segment begins somewhere in the bytes.
func isHeader(b []byte) bool {
	for i := range b {
		if i > 0 && b[i-1] >= ' ' && (i < 2 || b[i-2] != stx) {
			continue
		}
		rest := b[i:]
		if bytes.HasPrefix(rest, []byte("MSH|^~")) || len(rest) >= 5 && rest[0] == 'H' && delimiters(rest[1:5]) {
			return true
		}
	}
	return false
}

// delimiters tells whether four bytes can stand behind H: no two of the first three are the same, and none is a letter.
func delimiters(b []byte) bool {
	for _, c := range b[:3] {
		if c <= ' ' || c >= 0x7F || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			return false
		}
	}
	return b[0] != b[1] && b[0] != b[2] && b[1] != b[2]
}

package sample

import (
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
)

// Accession is the number on one tube: YYJJJ (year and day of the year at the lab), node code, four places of counter, and
// a check character of ISO 7064 MOD 37,36. Twelve characters, because many analyzers cut longer ones. Each node counts for
// itself, so nodes that have not seen each other for weeks never make the same number.
//
// The counter runs 0001 to 9999, then A000 to ZZZZ: from 10000 on the first place is a letter of identifier.Alphabet and
// the other three count in its 33 characters. The two series share no text, text order is counting order, and a node has
// 836,550 tubes a day. The year has two digits, so a number may come again after a hundred years.
type Accession string

// AccessionLength is the number of characters, check included.
const AccessionLength = 12

// MaxAccessionCounter is the last tube that a node can number in one day.
const MaxAccessionCounter = 9999 + 23*33*33*33

// NewAccession makes the number of the day's tube with that count, 1 or more. day is the lab's own day.
func NewAccession(day lab.Date, node identifier.Node, counter int) (Accession, error) {
	if _, err := identifier.ParseNode(string(node)); err != nil {
		return "", err
	}
	if day.IsZero() {
		return "", lab.Invalid("accession_day", "The day of the sample is missing.")
	}
	if counter < 1 || counter > MaxAccessionCounter {
		return "", lab.Invalid("accession_counter", "This node has no more sample numbers today.")
	}
	body := digits(day.Year%100, 2) + digits(day.YearDay(), 3) + string(node) + counterText(counter)
	c, err := identifier.Mod3736(body)
	if err != nil {
		return "", err
	}
	return Accession(body + string(c)), nil
}

// ParseAccession reads a number that was scanned or typed, in either case. A wrong character is refused: nobody should
// search for "something like it".
func ParseAccession(s string) (Accession, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != AccessionLength {
		return "", lab.Invalid("accession_length", "A sample number has 12 characters. Scan the label again.")
	}
	if !identifier.InAlphabet(s[5:11]) || strings.Trim(s[:5], "0123456789") != "" {
		return "", lab.Invalid("accession_shape", "This is not a sample number of this system.")
	}
	if !identifier.VerifyMod3736(s) {
		return "", lab.Invalid("accession_check", "A character of the sample number is wrong. Scan the label again.")
	}
	a := Accession(s)
	if day := a.yearDay(); day < 1 || day > 366 || a.Counter() < 1 {
		return "", lab.Invalid("accession_shape", "This is not a sample number of this system.")
	}
	return a, nil
}

// Node gives the code of the node that made the number.
func (a Accession) Node() identifier.Node { return identifier.Node(a[5:7]) }

// Counter gives the tube's count within its day and node.
func (a Accession) Counter() int {
	text := string(a[7:11])
	if text[0] <= '9' {
		n := 0
		for i := range 4 {
			if text[i] > '9' {
				return 0
			}
			n = n*10 + int(text[i]-'0')
		}
		return n
	}
	n := strings.IndexByte(identifier.Alphabet, text[0]) - 10
	for i := 1; i < 4; i++ {
		n = n*33 + strings.IndexByte(identifier.Alphabet, text[i])
	}
	return n + 10000
}

func (a Accession) yearDay() int {
	return int(a[2]-'0')*100 + int(a[3]-'0')*10 + int(a[4]-'0')
}

func counterText(n int) string {
	if n <= 9999 {
		return digits(n, 4)
	}
	n -= 10000
	out := []byte{0, 0, 0, 0}
	for i := 3; i > 0; i-- {
		out[i] = identifier.Alphabet[n%33]
		n /= 33
	}
	out[0] = identifier.Alphabet[10+n]
	return string(out)
}

func digits(n, width int) string {
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		out[i] = byte('0' + n%10)
		n /= 10
	}
	return string(out)
}

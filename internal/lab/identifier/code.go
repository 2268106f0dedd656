package identifier

import (
	"strings"

	"jaanch/internal/lab"
)

// Alphabet is what node codes and counters are written in: digits, then capital letters without I, O and Q, which are
// misread as 1 and 0. Its order is the order of ASCII, so that numbers made later sort later.
const Alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"

// Node is the two-character code of a node, unique in its organisation. It stands in every number that the node makes.
type Node string

// ParseNode reads a node code in either case.
func ParseNode(s string) (Node, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != 2 || !InAlphabet(s) {
		return "", lab.Invalid("node_code_invalid",
			"A node code is two characters: digits or capital letters without I, O and Q.")
	}
	return Node(s), nil
}

// InAlphabet tells whether every character is one of Alphabet.
func InAlphabet(s string) bool {
	for i := range len(s) {
		if strings.IndexByte(Alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// GSTINCheck gives the check character of the first 14 characters of a GSTIN: weights 1, 2, 1, 2 ..., each product
// folded in base 36.
func GSTINCheck(body string) (byte, error) {
	if len(body) != 14 {
		return 0, lab.Invalid("gstin_length", "A GSTIN has 15 characters.")
	}
	sum := 0
	for i := range len(body) {
		v := ordinal(body[i])
		if v < 0 {
			return 0, lab.Invalid("check_alphabet", "Only digits and capital letters can stand here.")
		}
		p := v * (1 + i%2)
		sum += p/36 + p%36
	}
	return alphanumeric[(36-sum%36)%36], nil
}

// ParseGSTIN reads a tax number: two digits of the state, ten of the PAN, one of the registration, Z (or another letter
// for special registrations), and the check character.
func ParseGSTIN(s string) (string, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != 15 {
		return "", lab.Invalid("gstin_length", "A GSTIN has 15 characters.")
	}
	if !shaped(s[:12], "99AAAAA9999A") {
		return "", lab.Invalid("gstin_shape", "A GSTIN is the state code, the PAN, two characters and a check character.")
	}
	c, err := GSTINCheck(s[:14])
	if err != nil {
		return "", err
	}
	if c != s[14] {
		return "", lab.Invalid("gstin_check", "The GSTIN has a typing mistake: its check character does not fit.")
	}
	return s, nil
}

// ParseLOINC reads a LOINC code such as "718-7" and verifies its check digit.
func ParseLOINC(s string) (string, error) {
	s = strings.TrimSpace(s)
	body, check, found := strings.Cut(s, "-")
	if !found || len(body) < 1 || len(body) > 7 || len(check) != 1 {
		return "", lab.Invalid("loinc_shape", "A LOINC code is digits, a hyphen and a check digit, for example 718-7.")
	}
	if !VerifyLuhn(body + check) {
		return "", lab.Invalid("loinc_check", "The LOINC code has a typing mistake: its check digit does not fit.")
	}
	return s, nil
}

// shaped compares s with a pattern of the same length in which 9 stands for any digit and A for any capital letter.
func shaped(s, pattern string) bool {
	for i := range len(pattern) {
		digit := s[i] >= '0' && s[i] <= '9'
		letter := s[i] >= 'A' && s[i] <= 'Z'
		if (pattern[i] == '9' && !digit) || (pattern[i] == 'A' && !letter) {
			return false
		}
	}
	return true
}

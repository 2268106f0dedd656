// Package identifier holds the check characters and the alphabets of everything that people type or scan: tube numbers,
// patient numbers, tax numbers and LOINC codes. A wrong character must be refused at the scan, never searched for.
package identifier

import "jaanch/internal/lab"

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// Mod3736 gives the check character of ISO 7064 MOD 37,36 over digits and capital letters. It catches every single wrong
// character and every swap of two neighbours but the few that the standard's hybrid systems cannot tell apart.
func Mod3736(body string) (byte, error) {
	if body == "" {
		return 0, lab.Invalid("check_empty", "There is nothing to check.")
	}
	p := 36
	for i := range len(body) {
		v := ordinal(body[i])
		if v < 0 {
			return 0, lab.Invalid("check_alphabet", "Only digits and capital letters can stand here.")
		}
		p = (p + v) % 36
		if p == 0 {
			p = 36
		}
		p = p * 2 % 37
	}
	return alphanumeric[(37-p)%36], nil
}

// VerifyMod3736 tells whether the last character is the check character of all before it.
func VerifyMod3736(s string) bool {
	if len(s) < 2 {
		return false
	}
	c, err := Mod3736(s[:len(s)-1])
	return err == nil && c == s[len(s)-1]
}

// Luhn gives the check digit of a body of digits.
func Luhn(body string) (byte, error) {
	if body == "" {
		return 0, lab.Invalid("check_empty", "There is nothing to check.")
	}
	sum := 0
	for i := range len(body) {
		c := body[len(body)-1-i]
		if c < '0' || c > '9' {
			return 0, lab.Invalid("check_alphabet", "Only digits can stand here.")
		}
		v := int(c - '0')
		if i%2 == 0 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	return byte('0' + (10-sum%10)%10), nil
}

// VerifyLuhn tells whether the last digit is the Luhn digit of all before it.
func VerifyLuhn(s string) bool {
	if len(s) < 2 {
		return false
	}
	c, err := Luhn(s[:len(s)-1])
	return err == nil && c == s[len(s)-1]
}

// ordinal gives the value of a character in the 36-character alphabet, -1 for any other.
func ordinal(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	default:
		return -1
	}
}

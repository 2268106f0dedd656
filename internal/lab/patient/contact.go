package patient

import (
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
)

// NormalizePhone gives "+" and digits. Indian numbers may come with 0, 91, +91, blanks, hyphens or brackets; ten digits
// are taken as Indian. Other countries need their "+". Empty stays empty. The error never repeats the number.
func NormalizePhone(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	digits, err := phoneDigits(s)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(s, "+") && !strings.HasPrefix(digits, "91") {
		if len(digits) < 8 || len(digits) > 15 || digits[0] == '0' {
			return "", fault("phone_length", "A number of another country has 8 to 15 digits after the +.")
		}
		return "+" + digits, nil
	}
	switch {
	case len(digits) == 14 && strings.HasPrefix(digits, "0091"):
		digits = digits[4:]
	case len(digits) == 12 && strings.HasPrefix(digits, "91"):
		digits = digits[2:]
	case len(digits) == 11 && digits[0] == '0':
		digits = digits[1:]
	}
	if len(digits) != 10 || digits[0] == '0' {
		return "", fault("phone_length", "An Indian phone number has 10 digits.")
	}
	return "+91" + digits, nil
}

// phoneDigits drops what people put between digits.
func phoneDigits(s string) (string, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '०' && r <= '९': // Devanagari digits
			b.WriteRune('0' + r - '०')
		case strings.ContainsRune(" -().+\u00a0\u200e\u202a\u202c", r):
		default:
			return "", fault("phone_characters", "A phone number holds digits only.")
		}
	}
	return b.String(), nil
}

// NormalizeABHA gives the 14 digits of an ABHA number without hyphens and blanks. Empty stays empty.
func NormalizeABHA(s string) (string, error) {
	s = strings.NewReplacer("-", "", " ", "").Replace(s)
	if s == "" {
		return "", nil
	}
	if len(s) != 14 || strings.Trim(s, "0123456789") != "" {
		return "", fault("abha_length", "An ABHA number has 14 digits.")
	}
	return s, nil
}

func normalizeEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(s, " ,;<>\r\n\t") ||
		strings.Contains(domain, "@") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || len(s) > 254 {
		return "", fault("email_invalid", "This is not an e-mail address.")
	}
	return local + "@" + strings.ToLower(domain), nil
}

// MRN is the patient's number at this organisation: node code, counter of at least six digits, check character, as in
// K7000123 and its check. It never changes, not even after a merge.
type MRN string

// NewMRN makes the number for the counter's next value, 1 or more.
func NewMRN(node identifier.Node, counter int) (MRN, error) {
	if _, err := identifier.ParseNode(string(node)); err != nil {
		return "", err
	}
	if counter < 1 || counter > 999_999_999 {
		return "", lab.Invalid("mrn_counter", "The patient counter is out of range.")
	}
	body := string(node) + pad(counter, 6)
	c, err := identifier.Mod3736(body)
	if err != nil {
		return "", err
	}
	return MRN(body + string(c)), nil
}

// ParseMRN reads a number that was typed or scanned, in either case, and verifies its check character.
func ParseMRN(s string) (MRN, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) < 9 || len(s) > 12 || !identifier.InAlphabet(s[:2]) || strings.Trim(s[2:len(s)-1], "0123456789") != "" {
		return "", lab.Invalid("mrn_shape", "This is not a patient number.")
	}
	if !identifier.VerifyMod3736(s) {
		return "", lab.Invalid("mrn_check", "The patient number has a typing mistake: its check character does not fit.")
	}
	return MRN(s), nil
}

func pad(n, width int) string {
	s := make([]byte, 0, width)
	for ; n > 0 || len(s) < width; n /= 10 {
		s = append(s, byte('0'+n%10))
	}
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
	return string(s)
}

// Package upi writes the address that a UPI app pays by, as a link or as the content of a QR code (NPCI, UPI Linking
// Specification 1.6). Such an address gives no confirmation of its own: what was paid is known from the gateway alone, or
// is checked by hand.
package upi

import (
	"regexp"
	"strconv"
	"strings"

	"jaanch/internal/lab"
)

// Bill is what is to be paid.
type Bill struct {
	Payee     string // VPA: name@handle
	Name      string // of the laboratory
	Category  string // merchant category, four digits; 8071 is medical and dental laboratories
	Reference string // ours, unique for each attempt: at most 35 letters and digits
	Note      string // names no patient and no test
	Amount    lab.Paise
}

var (
	vpa       = regexp.MustCompile(`^[a-zA-Z0-9._-]{2,255}@[a-zA-Z][a-zA-Z0-9]{1,63}$`)
	category  = regexp.MustCompile(`^[0-9]{4}$`)
	reference = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
)

// maxNote is the longest note that every app takes.
const maxNote = 50

// Link writes the address. A blank is %20, never a plus, and the @ of the payee stays.
func Link(b Bill) (string, error) {
	var wrong []lab.FieldError
	for _, c := range []struct {
		field string
		ok    bool
	}{
		{"payee", vpa.MatchString(b.Payee)},
		{"name", b.Name != ""},
		{"category", category.MatchString(b.Category)},
		{"reference", reference.MatchString(b.Reference)},
		{"note", len([]rune(b.Note)) <= maxNote},
		{"amount", b.Amount > 0},
	} {
		if !c.ok {
			wrong = append(wrong, lab.FieldError{Field: c.field, Code: "upi_" + c.field, Message: "is not what a UPI address takes"})
		}
	}
	if len(wrong) > 0 {
		return "", lab.Invalid("upi_bill", "A UPI address cannot be written for this bill.", wrong...)
	}
	parts := []string{"pa=" + b.Payee, "pn=" + escaped(b.Name), "mc=" + b.Category, "tr=" + b.Reference}
	if b.Note != "" {
		parts = append(parts, "tn="+escaped(b.Note))
	}
	return "upi://pay?" + strings.Join(append(parts, "am="+rupees(b.Amount), "cu=INR"), "&"), nil
}

// rupees writes an amount with two decimals, by whole numbers alone.
func rupees(p lab.Paise) string {
	return strconv.FormatInt(int64(p/100), 10) + "." + strconv.FormatInt(100+int64(p%100), 10)[1:]
}

// escaped escapes every byte that is not unreserved (RFC 3986).
func escaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(0x100+int64(c), 16)[1:]))
		}
	}
	return b.String()
}

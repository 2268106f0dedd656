package sample

import (
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
)

// Barcode is the number that a tube carried before it came to this lab: pre-printed by the maker of the tube, or another
// hospital's own. It names the tube beside our accession number. It is kept exactly as it is read, because an analyzer
// sends it exactly as it reads it.
type Barcode string

// The shortest and the longest barcode. A shorter one is a position in a rack and comes again every day; longer ones are
// cut by analyzers.
const (
	BarcodeMin = 5
	BarcodeMax = 40
)

// BarcodeWindow is how long a tube's own barcode is taken: within it no second sample may carry the same.
const BarcodeWindow = 7 * 24 * time.Hour

// ParseBarcode reads a tube's own barcode. node is the lab's own: a text that looks like a number of that node is refused,
// because it is either one of our tubes or one of our numbers with a mistake in it.
func ParseBarcode(s string, node identifier.Node) (Barcode, error) {
	s = strings.TrimSpace(s)
	switch {
	case len(s) < BarcodeMin || len(s) > BarcodeMax:
		return "", barcodeError("barcode_length", "A tube's own barcode has 5 to 40 characters. A shorter number goes into the analyzer's load list.")
	case strings.ContainsFunc(s, separates):
		return "", barcodeError("barcode_character", "A tube's own barcode has letters without accents, digits and simple signs.")
	}
	if !likeAccession(s, node) {
		return Barcode(s), nil
	}
	if _, err := ParseAccession(s); err != nil {
		return "", barcodeError("barcode_check", "This looks like one of our own sample numbers, but its check character does not fit. Scan the label again.")
	}
	return "", barcodeError("barcode_ours", "This is one of our own sample numbers. It needs no barcode beside it.")
}

func barcodeError(code, message string) error {
	return lab.Invalid(code, message, lab.FieldError{Field: "barcode", Code: code, Message: message})
}

// separates tells whether a character cannot stand in a barcode: none that analyzers use between fields, and none outside
// the printable part of ASCII.
func separates(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("|^\\&~`\"", r) }

// likeAccession tells whether a text has the form of this node's accession numbers, whatever its check character.
func likeAccession(s string, node identifier.Node) bool {
	s = strings.ToUpper(s)
	if len(s) != AccessionLength || s[5:7] != string(node) || strings.Trim(s[:5], "0123456789") != "" || !identifier.InAlphabet(s[7:11]) {
		return false
	}
	day := Accession(s).yearDay()
	return day >= 1 && day <= 366
}

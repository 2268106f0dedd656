// Package label holds what stands on a tube's label and writes it as ZPL. A label always shows two identifiers of the
// patient beside the tube's number.
package label

import (
	"strings"
	"time"
	"unicode/utf8"

	"jaanch/internal/lab"
	"jaanch/internal/lab/sample"
)

// Label is the content of one tube label.
type Label struct {
	Name      string // as printed: "SHARMA, ASHA"
	AgeSex    string // "34Y/F"
	MRN       string
	Accession sample.Accession
	Specimen  string    // short: "SERUM"
	Collected time.Time // in the lab's own zone; zero leaves the room for a pen
	Priority  string    // R, U, S
	Tests     []string  // short codes
	Collector string    // initials
}

// NameLength is where a printed name is cut, in characters.
const NameLength = 24

// Check refuses a label that must not be stuck on a tube.
func (l Label) Check() error {
	var wrong []lab.FieldError
	need := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			wrong = append(wrong, lab.FieldError{Field: field, Code: "label_missing", Message: "A label needs this."})
		}
	}
	need("name", l.Name)
	need("mrn", l.MRN)
	if _, err := sample.ParseAccession(string(l.Accession)); err != nil {
		wrong = append(wrong, lab.FieldError{Field: "accession", Code: lab.CodeOf(err), Message: "The sample number is not valid."})
	}
	if len(wrong) > 0 {
		return lab.Invalid("label_incomplete", "The label is not complete and is not printed.", wrong...)
	}
	return nil
}

// NameFor writes a name for labels: last word first, in capitals where the script has them, cut to NameLength.
func NameFor(name string) string {
	words := strings.Fields(name)
	if len(words) > 1 {
		last := len(words) - 1
		name = words[last] + ", " + strings.Join(words[:last], " ")
	}
	return Cut(strings.ToUpper(name), NameLength)
}

// Cut shortens to that many characters and marks the cut with a point, never in the middle of a Devanagari syllable's
// signs.
func Cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	r := []rune(s)
	end := limit - 1
	for end > 1 && (isMark(r[end]) || r[end-1] == virama) {
		end--
	}
	return strings.TrimRight(string(r[:end]), " ,") + "."
}

// virama joins a consonant to the next one.
const virama = '\u094d'

func isMark(r rune) bool {
	return (r >= 0x93a && r <= 0x94f && r != 0x93d) || (r >= 0x900 && r <= 0x903) || (r >= 0x951 && r <= 0x957) ||
		(r >= 0x962 && r <= 0x963)
}

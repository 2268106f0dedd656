// Package patient holds who a sample belongs to: identity, age, contact, and the likeness of two records. A patient is
// never deleted; two records of one person are merged with both histories kept.
package patient

import (
	"strings"
	"unicode/utf8"

	"jaanch/internal/lab"
)

// Sex is what reference intervals go by. Its text stands in the database and in the journal.
type Sex string

// The sexes. Other and Unknown get an interval only where one row serves everybody.
const (
	Male    Sex = "M"
	Female  Sex = "F"
	Other   Sex = "O"
	Unknown Sex = "U"
)

// ParseSex reads the stored form and the words people type.
func ParseSex(s string) (Sex, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "m", "male":
		return Male, nil
	case "f", "female":
		return Female, nil
	case "o", "other":
		return Other, nil
	case "u", "unknown", "":
		return Unknown, nil
	default:
		return "", lab.Invalid("sex_invalid", "Choose male, female, other or unknown.")
	}
}

// Patient is one person as registered. Exactly one of Birth and Stated is given, or neither (an unidentified emergency).
type Patient struct {
	ID         lab.ID
	MRN        MRN
	Title      string // Mr, Smt, Baby of; printed, never searched
	Name       string
	Sex        Sex
	Birth      lab.Date
	Stated     StatedAge
	Phone      string // +91XXXXXXXXXX
	Email      string
	Address    string
	Guardian   Guardian
	ABHA       string // 14 digits, without hyphens
	ABHAHandle string // name@abdm
	Language   string // "en", "hi": of reports and messages
	Flags      Flags
}

// Guardian answers for a minor or for a person who cannot.
type Guardian struct {
	Name     string
	Relation string
	Phone    string
}

// Flags change how the record is treated.
type Flags struct {
	Unidentified bool // name and age are not known; results are held until somebody vouches
	MergePending bool // may be a second record of another patient
	VIP          bool // reading it raises a review
}

// New cleans the input and refuses what cannot be a patient, naming every field that is wrong. today is the lab's day.
func New(in Patient, today lab.Date) (Patient, error) {
	p := in
	var wrong []lab.FieldError
	note := func(field string, err error) {
		if err != nil {
			wrong = append(wrong, fieldError(field, err))
		}
	}
	var err error
	p.Name, err = cleanName(in.Name, 120, !in.Flags.Unidentified)
	note("name", err)
	p.Title, err = cleanName(in.Title, 20, false)
	note("title", err)
	p.Sex, err = ParseSex(string(in.Sex))
	note("sex", err)
	note("birth", checkBirth(in, today))
	p.Phone, err = NormalizePhone(in.Phone)
	note("phone", err)
	p.Email, err = normalizeEmail(in.Email)
	note("email", err)
	p.Address, err = cleanText(in.Address, 500)
	note("address", err)
	p.ABHA, err = NormalizeABHA(in.ABHA)
	note("abha", err)
	p.Guardian.Name, err = cleanName(in.Guardian.Name, 120, false)
	note("guardian.name", err)
	p.Guardian.Phone, err = NormalizePhone(in.Guardian.Phone)
	note("guardian.phone", err)
	if p.Language == "" {
		p.Language = "en"
	}
	if len(wrong) > 0 {
		return Patient{}, lab.Invalid("patient_invalid", "Some fields of the patient need correction.", wrong...)
	}
	return p, nil
}

// IsMinor tells whether the patient is under 18 on that day; false where the age is not known.
func (p Patient) IsMinor(on lab.Date) bool {
	age, ok := p.AgeOn(on)
	return ok && age.Years < 18
}

func fieldError(field string, err error) lab.FieldError {
	message := "This is not valid."
	if e, ok := err.(*lab.Error); ok { //nolint:errorlint // these errors are made in this package and never wrapped
		message = e.Message
	}
	return lab.FieldError{Field: field, Code: lab.CodeOf(err), Message: message}
}

// fault makes an untyped nil where there is none, so that callers can compare with nil.
func fault(code, message string) error { return lab.Invalid(code, message) }

func checkBirth(p Patient, today lab.Date) error {
	switch {
	case !p.Birth.IsZero() && p.Stated.Unit != "":
		return fault("birth_twice", "Give the date of birth or the age, not both.")
	case !p.Birth.IsZero() && today.Before(p.Birth):
		return fault("birth_future", "The date of birth is in the future.")
	case !p.Birth.IsZero() && today.Year-p.Birth.Year > 130:
		return fault("birth_too_old", "The date of birth is more than 130 years ago.")
	case p.Stated.Unit != "":
		return p.Stated.check(today)
	}
	return nil
}

func cleanName(s string, limit int, required bool) (string, error) {
	s, err := cleanText(s, limit)
	if err != nil {
		return "", err
	}
	if s == "" && required {
		return "", fault("name_missing", "Enter the name.")
	}
	if s != "" && required && len(Tokens(s)) == 0 {
		return "", fault("name_no_letters", "A name needs at least one letter.")
	}
	return s, nil
}

// cleanText refuses bytes that are not UTF-8 (a wrong keyboard or import setting would otherwise spoil the name for ever)
// and control characters, and folds runs of blanks.
func cleanText(s string, limit int) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault("text_not_utf8", "The text is not valid Unicode; check the encoding of the file or keyboard.")
	}
	s = strings.Join(strings.Fields(s), " ")
	for _, r := range s {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) {
			return "", fault("text_control", "The text holds a control character.")
		}
	}
	if utf8.RuneCountInString(s) > limit {
		return "", fault("text_too_long", "The text is too long.")
	}
	return s, nil
}

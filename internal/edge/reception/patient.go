package reception

import (
	"time"

	"jaanch/internal/lab"
)

// Patient is a person as the desk sees one.
type Patient struct {
	ID        lab.ID     `json:"id"`
	MRN       string     `json:"mrn" doc:"The lab's own number of the person."`
	Name      string     `json:"name"`
	NameLocal string     `json:"name_local,omitempty" doc:"The name in the patient's own script."`
	Sex       string     `json:"sex" enum:"M,F,O,U" doc:"M male, F female, O other, U unknown."`
	BirthDate string     `json:"birth_date,omitempty" format:"date" doc:"Empty when only an age was stated."`
	Stated    bool       `json:"age_stated" doc:"True when the birth date follows from a stated age."`
	Age       string     `json:"age" doc:"As shown today: 52 y, 7 m, 9 d; empty when unknown."`
	Phone     string     `json:"phone,omitempty"`
	Email     string     `json:"email,omitempty"`
	Address   string     `json:"address,omitempty"`
	City      string     `json:"city,omitempty"`
	ABHA      string     `json:"abha,omitempty" doc:"The last four digits of the health account number."`
	Guardian  string     `json:"guardian,omitempty"`
	Relation  string     `json:"guardian_relation,omitempty"`
	Language  string     `json:"language,omitempty" doc:"Language of the report: en, hi+en."`
	Visits    int        `json:"visits"`
	LastVisit *time.Time `json:"last_visit,omitempty"`
	Due       lab.Paise  `json:"due" doc:"Unpaid, in paise."`
	Consent   *Consent   `json:"consent,omitempty" doc:"The newest consent that still holds."`
	Versions  string     `json:"versions" doc:"Send it back with a change."`
	// MergedInto is set on a record that was found to be the same person as another one.
	MergedInto lab.ID `json:"merged_into,omitempty,omitzero"`
}

// PatientInput is what the desk types about a person. Either a birth date or an age is given, or neither.
type PatientInput struct {
	Name      string `json:"name" minLength:"1" maxLength:"120"`
	NameLocal string `json:"name_local,omitempty" maxLength:"120"`
	Sex       string `json:"sex" enum:"M,F,O,U"`
	BirthDate string `json:"birth_date,omitempty" doc:"YYYY-MM-DD."`
	AgeValue  int    `json:"age_value,omitempty" minimum:"0" maximum:"150"`
	AgeUnit   string `json:"age_unit,omitempty" enum:"y,m,d"`
	Phone     string `json:"phone,omitempty" maxLength:"20"`
	Email     string `json:"email,omitempty" maxLength:"120"`
	Address   string `json:"address,omitempty" maxLength:"300"`
	City      string `json:"city,omitempty" maxLength:"80"`
	ABHA      string `json:"abha,omitempty" maxLength:"20"`
	Guardian  string `json:"guardian,omitempty" maxLength:"120"`
	Relation  string `json:"guardian_relation,omitempty" maxLength:"40"`
	Language  string `json:"language,omitempty" maxLength:"10"`
}

// PatientChange changes what is known about a person.
type PatientChange struct {
	Patient  PatientInput `json:"patient"`
	Versions string       `json:"versions" minLength:"1" doc:"The versions that the person saw."`
	Reason   string       `json:"reason,omitempty" maxLength:"200"`
}

// Consent is one consent that a patient gave.
type Consent struct {
	ID       lab.ID    `json:"id"`
	At       time.Time `json:"at"`
	Purposes []string  `json:"purposes" doc:"care, whatsapp, email, abdm, research."`
	Notice   string    `json:"notice" doc:"Version of the notice that was shown."`
	Language string    `json:"language"`
	Channel  string    `json:"channel" doc:"spoken, signed, online."`
}

// ConsentInput is a consent as it is taken at the desk.
type ConsentInput struct {
	Purposes []string `json:"purposes" maxItems:"10"`
	Notice   string   `json:"notice" maxLength:"40"`
	Language string   `json:"language" maxLength:"10"`
	Channel  string   `json:"channel" enum:"spoken,signed,online"`
}

// PatientDetail is a person with the visits, newest first.
type PatientDetail struct {
	Patient Patient        `json:"patient"`
	Visits  []VisitSummary `json:"visits"`
	Merged  []MergedRecord `json:"merged" doc:"Records that were merged into this one."`
}

// DuplicateQuery is what is known so far while a new patient is typed.
type DuplicateQuery struct {
	Name      string `json:"name,omitempty" maxLength:"120"`
	Phone     string `json:"phone,omitempty" maxLength:"20"`
	Sex       string `json:"sex,omitempty"`
	BirthDate string `json:"birth_date,omitempty"`
	AgeValue  int    `json:"age_value,omitempty"`
	AgeUnit   string `json:"age_unit,omitempty"`
}

// Duplicate is a person who may be the one that is typed.
type Duplicate struct {
	Patient Patient  `json:"patient"`
	Score   int      `json:"score" doc:"0 to 100."`
	Reasons []string `json:"reasons" doc:"same_phone, same_name, similar_name, same_birth_date, similar_age."`
}

// Duplicates are the likely ones, best first.
type Duplicates struct {
	Candidates []Duplicate `json:"candidates"`
}

// Package report holds the content of a report, independent of how it is drawn: what ISO 15189:2022 7.4.1.6 to 7.4.1.8
// asks for, its canonical bytes, their hash, and the payload of the QR code that proves it.
package report

import (
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
)

// State is printed on the report.
type State string

// The states of a report as printed.
const (
	Preliminary State = "preliminary"
	Final       State = "final"
	Amended     State = "amended"
	Cancelled   State = "cancelled"
)

// Report is one version of a visit's report. It is never changed; an amendment is the next version.
type Report struct {
	ID       lab.ID // the same for all versions
	Version  int    // 1, 2, ...
	State    State
	IssuedAt time.Time
	ZoneMin  int // minutes east of UTC, for printing
	Lab      Laboratory
	Patient  Patient
	Visit    Visit
	Samples  []Sample
	Sections []Section
	Comments []string
	Signers  []Signer
	Replaces *Replaces // the version before, on an amended report
}

// Laboratory is the letterhead.
type Laboratory struct {
	Name, NameHi  string
	Address       string
	Phone, Email  string
	Accreditation string // certificate number; printed only beside tests within its scope
}

// Patient is the block that stands on every page.
type Patient struct {
	ID     lab.ID
	Name   string
	MRN    string
	AgeSex string
	Phone  string
	ABHA   string
}

// Visit says who asked and when.
type Visit struct {
	Number       string
	Referrer     string
	Client       string
	RegisteredAt time.Time
}

// Sample is one tube.
type Sample struct {
	Accession   string
	Specimen    string
	CollectedAt time.Time // zero: not known, and the report says so
	ReceivedAt  time.Time
	Condition   string // haemolysed, and so on; empty when good
}

// Section is a department's or a panel's part.
type Section struct {
	Title   string
	TitleHi string
	Lines   []Line
}

// Line is one result.
type Line struct {
	ResultID    lab.ID
	TestCode    string
	Name        string
	NameHi      string
	Value       string // as printed
	Unit        string // as printed
	Interval    string
	Flag        result.Flag
	Method      string
	Accession   string
	Comment     string
	NotReported string // the reason where there is no value
	Pending     bool   // on a preliminary report: not ready
	Referral    string // lab that did it, if not this one
	InScope     bool   // of the accreditation
	Research    bool   // research use only
	Low, High   *lab.Decimal
	Number      *lab.Decimal // for plots
	Previous    []Previous   // newest first
	Old         *Change      // on an amended report
}

// Previous is an earlier final result.
type Previous struct {
	Value string
	At    time.Time
}

// Change says what an amendment changed.
type Change struct {
	Value  string // as it was
	Reason string
	By     string
	At     time.Time
}

// Signer authorised the report.
type Signer struct {
	UserID        lab.ID
	Name          string
	Qualification string
	Registration  string
	Meaning       string // "verified", "authorised"
	At            time.Time
}

// Replaces names the version that this one replaces.
type Replaces struct {
	Version  int
	IssuedAt time.Time
	Reason   string
}

// Check refuses a report that must not leave the lab.
func (r Report) Check() error {
	var wrong []lab.FieldError
	need := func(good bool, field, code string) {
		if !good {
			wrong = append(wrong, lab.FieldError{Field: field, Code: code, Message: messages()[code]})
		}
	}
	need(!r.ID.IsZero() && r.Version >= 1 && !r.IssuedAt.IsZero(), "id", "report_identity")
	need(r.Lab.Name != "", "lab.name", "report_lab")
	need(r.Patient.Name != "" && r.Patient.MRN != "", "patient", "report_patient")
	need(r.State == Preliminary || r.State == Cancelled || len(r.Signers) > 0, "signers", "report_unsigned")
	need((r.State == Amended) == (r.Replaces != nil), "replaces", "report_replaces")
	need(r.Replaces == nil || (r.Replaces.Version == r.Version-1 && r.Replaces.Reason != ""), "replaces", "report_replaces")
	need(r.State != Amended || r.Version > 1, "version", "report_replaces")
	lines := r.checkLines(need)
	need(lines > 0 || r.State == Cancelled, "sections", "report_empty")
	if len(wrong) > 0 {
		return lab.Invalid("report_incomplete", "The report is not complete and cannot be issued.", wrong...)
	}
	return nil
}

// checkLines gives the number of lines.
func (r Report) checkLines(need func(good bool, field, code string)) int {
	lines := 0
	for i, s := range r.Sections {
		for j, l := range s.Lines {
			lines++
			field := fmt.Sprintf("sections[%d].lines[%d]", i, j)
			filled := 0
			for _, f := range []bool{l.Value != "", l.NotReported != "", l.Pending} {
				if f {
					filled++
				}
			}
			need(filled == 1, field, "report_line_value")
			need(!l.Pending || r.State == Preliminary, field, "report_line_pending")
			need(l.Flag != result.Uncertain, field, "report_line_uncertain")
			need(l.Old == nil || r.State == Amended, field, "report_line_change")
		}
	}
	return lines
}

func messages() map[string]string {
	return map[string]string{
		"report_identity":       "The report needs an identifier, a version and a time of issue.",
		"report_lab":            "The laboratory's name is missing.",
		"report_patient":        "The patient's name and number are missing.",
		"report_unsigned":       "Nobody has authorised this report.",
		"report_replaces":       "An amended report names the version it replaces and the reason.",
		"report_line_value":     "A line has a value, or a reason why there is none.",
		"report_line_pending":   "Only a preliminary report has results that are not ready.",
		"report_line_uncertain": "A result whose flag is uncertain cannot be issued.",
		"report_line_change":    "Only an amended report shows changed values.",
		"report_empty":          "The report has no results.",
	}
}

// Headline gives the words that stand at the top of the report, English; empty for a final report. when is written by the
// caller in the lab's zone.
func (r Report) Headline(when func(time.Time) string) string {
	switch r.State {
	case Preliminary:
		return "PRELIMINARY REPORT"
	case Amended:
		if r.Replaces != nil {
			return fmt.Sprintf("AMENDED REPORT, replaces version %d of %s", r.Replaces.Version, when(r.Replaces.IssuedAt))
		}
		return "AMENDED REPORT"
	case Cancelled:
		return "CANCELLED REPORT"
	case Final:
	}
	return ""
}

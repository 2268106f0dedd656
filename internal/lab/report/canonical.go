package report

import (
	"jaanch/internal/lab"
)

// Canonical gives the bytes that are hashed: every field that is printed or that says who answers for it, in a fixed order
// (lab.Canonical). How the report is drawn is not part of it, so that a reprint has the same hash.
func (r Report) Canonical() []byte {
	var c lab.Canonical
	c.Line("report", r.ID.String())
	c.Int("version", r.Version)
	c.Line("state", string(r.State))
	c.Time("issued", r.IssuedAt)
	c.Int("zone", r.ZoneMin)
	c.Line("lab", r.Lab.Name)
	c.Line("lab_hi", r.Lab.NameHi)
	c.Line("lab_address", r.Lab.Address)
	c.Line("lab_phone", r.Lab.Phone)
	c.Line("lab_email", r.Lab.Email)
	c.Line("accreditation", r.Lab.Accreditation)
	c.Line("patient_id", r.Patient.ID.String())
	c.Line("patient", r.Patient.Name)
	c.Line("mrn", r.Patient.MRN)
	c.Line("age_sex", r.Patient.AgeSex)
	c.Line("phone", r.Patient.Phone)
	c.Line("abha", r.Patient.ABHA)
	c.Line("visit", r.Visit.Number)
	c.Line("referrer", r.Visit.Referrer)
	c.Line("client", r.Visit.Client)
	c.Time("registered", r.Visit.RegisteredAt)
	c.Int("samples", len(r.Samples))
	for _, s := range r.Samples {
		c.Line("accession", s.Accession)
		c.Line("specimen", s.Specimen)
		c.Time("collected", s.CollectedAt)
		c.Time("received", s.ReceivedAt)
		c.Line("condition", s.Condition)
	}
	c.Int("sections", len(r.Sections))
	for _, s := range r.Sections {
		c.Line("title", s.Title)
		c.Line("title_hi", s.TitleHi)
		c.Int("lines", len(s.Lines))
		for _, l := range s.Lines {
			l.canonical(&c)
		}
	}
	c.Int("comments", len(r.Comments))
	for _, text := range r.Comments {
		c.Line("comment", text)
	}
	c.Int("signers", len(r.Signers))
	for _, s := range r.Signers {
		c.Line("signer_id", s.UserID.String())
		c.Line("signer", s.Name)
		c.Line("qualification", s.Qualification)
		c.Line("registration", s.Registration)
		c.Line("meaning", s.Meaning)
		c.Time("signed", s.At)
	}
	if r.Replaces != nil {
		c.Int("replaces", r.Replaces.Version)
		c.Time("replaces_issued", r.Replaces.IssuedAt)
		c.Line("replaces_reason", r.Replaces.Reason)
	}
	return c.Bytes()
}

func (l Line) canonical(c *lab.Canonical) {
	c.Line("result", l.ResultID.String())
	c.Line("test", l.TestCode)
	c.Line("name", l.Name)
	c.Line("name_hi", l.NameHi)
	c.Line("value", l.Value)
	c.Line("unit", l.Unit)
	c.Line("interval", l.Interval)
	c.Line("flag", string(l.Flag))
	c.Line("method", l.Method)
	c.Line("line_accession", l.Accession)
	c.Line("line_comment", l.Comment)
	c.Line("not_reported", l.NotReported)
	c.Bool("pending", l.Pending)
	c.Line("referral", l.Referral)
	c.Bool("in_scope", l.InScope)
	c.Bool("research", l.Research)
	c.Decimal("low", l.Low)
	c.Decimal("high", l.High)
	c.Decimal("number", l.Number)
	c.Int("previous", len(l.Previous))
	for _, p := range l.Previous {
		c.Line("previous_value", p.Value)
		c.Time("previous_at", p.At)
	}
	if l.Old != nil {
		c.Line("old_value", l.Old.Value)
		c.Line("old_reason", l.Old.Reason)
		c.Line("old_by", l.Old.By)
		c.Time("old_at", l.Old.At)
	}
}

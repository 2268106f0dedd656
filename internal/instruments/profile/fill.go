package profile

import "slices"

// fill takes from the generic profile what this one leaves out. A list that is given replaces the generic one as a
// whole: a dialect's order of places must not depend on what the generic file gains later. Controls and roles are the
// exception: the generic rules follow the dialect's own, so that a new dialect can't forget that O-12 Q is a control.
func (p *Profile) fill(base *Profile) {
	if p == base {
		return
	}
	for _, l := range []struct{ to, from *[]Source }{
		{&p.Sample, &base.Sample},
		{&p.Patient, &base.Patient},
		{&p.TestName, &base.TestName},
		{&p.LOINC, &base.LOINC},
		{&p.Unit, &base.Unit},
		{&p.Range, &base.Range},
		{&p.Flag, &base.Flag},
		{&p.Status, &base.Status},
		{&p.Time, &base.Time},
		{&p.Operator, &base.Operator},
		{&p.Specimen, &base.Specimen},
		{&p.Sender.Model, &base.Sender.Model},
		{&p.Sender.Version, &base.Sender.Version},
		{&p.Sender.Serial, &base.Sender.Serial},
		{&p.Query.Sample, &base.Query.Sample},
		{&p.Aspect.At, &base.Aspect.At},
	} {
		if len(*l.to) == 0 {
			*l.to = *l.from
		}
	}
	if len(p.TestCode) == 0 {
		p.TestCode = base.TestCode
	}
	if len(p.OrderCode) == 0 {
		p.OrderCode = base.OrderCode
	}
	p.Control = append(slices.Clip(p.Control), base.Control...)
	p.Roles = append(slices.Clip(p.Roles), base.Roles...)
	p.Kinds = append(slices.Clip(p.Kinds), base.Kinds...)
	if p.Query.Cancel.IsZero() {
		p.Query.Cancel = base.Query.Cancel
	}
	fillText(&p.Value.Take, base.Value.Take)
	if p.Value.At.IsZero() {
		p.Value.At = base.Value.At
	}
	p.Value.None = append(slices.Clip(p.Value.None), base.Value.None...)
	fillText(&p.Delimiters, base.Delimiters)
	fillText(&p.Charset, base.Charset)
	fillAnswer(&p.Answer, base.Answer)
	fillLink(&p.Link, base.Link)
}

func fillAnswer(a *Answer, base Answer) {
	for _, t := range []struct {
		to   *string
		from string
	}{
		{&a.Code, base.Code},
		{&a.Sample, base.Sample},
		{&a.Specimen, base.Specimen},
		{&a.Action, base.Action},
		{&a.ReportType, base.ReportType},
		{&a.NotFound, base.NotFound},
		{&a.NotFoundAs, base.NotFoundAs},
		{&a.Terminator, base.Terminator},
		{&a.SenderName, base.SenderName},
		{&a.Version, base.Version},
		{&a.OrderMessage, base.OrderMessage},
		{&a.Material, base.Material},
	} {
		fillText(t.to, t.from)
	}
	if len(a.Receiver) == 0 {
		a.Receiver = base.Receiver
	}
}

func fillLink(l *Link, base Link) {
	fillText(&l.Transport, base.Transport)
	fillText(&l.Parity, base.Parity)
	fillText(&l.Packing, base.Packing)
	fillText(&l.FrameNo, base.FrameNo)
	for _, n := range []struct {
		to   *int
		from int
	}{
		{&l.Baud, base.Baud},
		{&l.DataBits, base.DataBits},
		{&l.StopBits, base.StopBits},
		{&l.FrameSize, base.FrameSize},
		{&l.AckMS, base.AckMS},
	} {
		if *n.to == 0 {
			*n.to = n.from
		}
	}
}

func fillText(to *string, from string) {
	if *to == "" {
		*to = from
	}
}

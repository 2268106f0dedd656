package driver

import (
	"slices"
	"strings"

	"jaanch/internal/instruments/profile"
)

// field is a piece of a record or of a segment. Both protocols split and decode in their own way and mean the same.
type field interface {
	Text() string
	Decode() (text string, malformed bool)
	Components() int
}

// row gives the fields around the record that is being read: its own, and those of the records above it.
type row interface {
	// field gives what stands at a place; false where the message has no such record so far.
	field(at profile.Place) (field, bool)
	// raw gives the bytes at a place as they came.
	raw(at profile.Place) string
}

// null is the explicit null of both standards. As an id or a code it means that there is none.
const null = `""`

// find gives the first source that holds a text, and its place.
func find(r row, sources []profile.Source) (text string, at profile.Place) {
	for _, s := range sources {
		if text, ok := look(r, s); ok {
			return text, s.At
		}
	}
	return "", profile.Place{}
}

func look(r row, s profile.Source) (string, bool) {
	f, ok := r.field(s.At)
	if !ok {
		return "", false
	}
	forced := false
	if s.MinComponents > 0 {
		whole, _ := r.field(profile.Place{Segment: s.At.Segment, Field: s.At.Field})
		if whole.Components() < s.MinComponents {
			return "", false
		}
		forced = true
	}
	text := f.Text()
	if s.Cut != "" {
		text, _, _ = strings.Cut(text, s.Cut)
	}
	if text == null || s.Skip != nil && s.Skip.Match(text) {
		text = ""
	}
	return text, forced || text != ""
}

// wholeText gives the text at the first source whose field is not empty; unlike find it keeps an explicit null, which
// flags and values show as it was sent.
func wholeText(r row, sources []profile.Source) string {
	for _, s := range sources {
		if f, ok := r.field(s.At); ok {
			if text := f.Text(); text != "" {
				return text
			}
		}
	}
	return ""
}

// holds tests a condition on the row at hand.
func holds(r row, o *Observation, c profile.Condition) bool {
	if c.Of != "" {
		return c.Holds(of(o, c.Of))
	}
	f, ok := r.field(c.At)
	if !ok {
		return c.Filled != nil && !*c.Filled
	}
	return c.Holds(f.Text())
}

func of(o *Observation, what string) string {
	switch what {
	case "code":
		return o.TestCode
	case "name":
		return o.TestName
	case "value":
		return o.Value
	case "flag":
		return o.Flag
	case "status":
		return o.Status
	case "aspect":
		return o.Aspect
	case "unit":
		return o.Unit
	}
	return ""
}

func allHold(r row, o *Observation, all []profile.Condition) bool {
	for _, c := range all {
		if !holds(r, o, c) {
			return false
		}
	}
	return len(all) > 0
}

// isControl tells whether any rule of the profile makes the group at hand a control run.
func isControl(r row, p *profile.Profile) bool {
	for _, rule := range p.Control {
		if allHold(r, &Observation{}, rule.All) {
			return true
		}
	}
	return false
}

// senderOf reads who sent the message.
func senderOf(r row, p *profile.Profile, raw string) Sender {
	s := Sender{Vendor: p.Vendor, Raw: raw}
	s.Model, _ = find(r, p.Sender.Model)
	s.Version, _ = find(r, p.Sender.Version)
	s.Serial, _ = find(r, p.Sender.Serial)
	return s
}

// role gives what may become of the row.
func role(r row, p *profile.Profile, o *Observation) Role {
	if isControl(r, p) {
		return RoleControl
	}
	if out, ok := p.Aspect.Role[o.Aspect]; ok {
		return Role(out)
	}
	for _, rule := range p.Roles {
		if allHold(r, o, rule.All) {
			return Role(rule.Role)
		}
	}
	return RoleResult
}

// kindOverride gives the kind that a rule of the profile sets.
func kindOverride(r row, p *profile.Profile) (Kind, bool) {
	for _, rule := range p.Kinds {
		if allHold(r, &Observation{}, rule.All) {
			return Kind(rule.Kind), true
		}
	}
	return "", false
}

// mapCode is what the lab's code map is keyed by.
func mapCode(p *profile.Profile, o *Observation) string {
	if o.Aspect == "" || slices.Contains(p.Aspect.Main, o.Aspect) {
		return o.TestCode
	}
	return o.TestCode + "^" + o.Aspect
}

// maxRawRecord is how much of a record is kept beside its observation; the archive holds the rest.
const maxRawRecord = 4 << 10

func clip(b []byte) string {
	if len(b) > maxRawRecord {
		b = b[:maxRawRecord]
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// settle fills what follows from the fields that were read: number, code to map by, role.
func settle(r row, p *profile.Profile, o *Observation) {
	o.ValueNum, o.Comparator = number(o.Value, p.Value)
	o.NoValue = noValue(o.Value, p.Value)
	o.Low, o.High = limits(o.Range)
	o.Reported = o.Value
	for _, mark := range p.Value.FromFlag {
		if o.Value == mark {
			o.Reported, _, _ = strings.Cut(o.Flag, "^")
			o.NoValue = o.Reported == "" || o.Reported == null
		}
	}
	o.MapCode = mapCode(p, o)
	o.Role = role(r, p, o)
}

// finish fills what follows from all rows of a message.
func finish(m *Message) {
	m.TimedAll = len(m.Observations) > 0
	controls := 0
	for i := range m.Observations {
		if !m.Observations[i].Timed {
			m.TimedAll = false
		}
		if m.Observations[i].Role == RoleControl {
			controls++
		}
	}
	if m.Kind == KindCalibration || m.Kind == KindOther {
		for i := range m.Observations {
			m.Observations[i].Role = RoleControl // whatever it holds, it is no patient's
		}
	}
	if m.Kind == KindResult && controls > 0 && controls == len(m.Observations) {
		m.Kind = KindQC
	}
}

package profile

import (
	"fmt"
	"strconv"
	"strings"
)

// Place names a field of a record or segment: "R-4", "O-4.3" (component 3), "SPM-2.1.1" (subcomponent 1). Fields are
// counted as the standards do: field 1 of an ASTM record is its letter; MSH-1 is the separator itself.
type Place struct {
	Segment   string
	Field     int
	Component int // 0 for the whole field
	Sub       int // 0 for the whole component
}

// ParsePlace reads the notation of Place.
func ParsePlace(s string) (Place, error) {
	segment, rest, ok := strings.Cut(s, "-")
	if !ok || segment == "" {
		return Place{}, fmt.Errorf("place %q: want a segment, a dash and a field, such as R-4 or SPM-2.1", s)
	}
	out := Place{Segment: segment}
	parts := strings.Split(rest, ".")
	if len(parts) > 3 {
		return Place{}, fmt.Errorf("place %q: at most field.component.subcomponent", s)
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 999 {
			return Place{}, fmt.Errorf("place %q: %q is not a number from 1 to 999", s, p)
		}
		switch i {
		case 0:
			out.Field = n
		case 1:
			out.Component = n
		default:
			out.Sub = n
		}
	}
	return out, nil
}

// IsZero tells whether the place is not set.
func (p Place) IsZero() bool { return p.Segment == "" }

// String writes the notation that ParsePlace reads.
func (p Place) String() string {
	if p.IsZero() {
		return ""
	}
	out := p.Segment + "-" + strconv.Itoa(p.Field)
	if p.Component > 0 {
		out += "." + strconv.Itoa(p.Component)
	}
	if p.Sub > 0 {
		out += "." + strconv.Itoa(p.Sub)
	}
	return out
}

// UnmarshalYAML reads the place from its notation.
func (p *Place) UnmarshalYAML(unmarshal func(any) error) error {
	var s string
	if err := unmarshal(&s); err != nil {
		return err
	}
	out, err := ParsePlace(s)
	if err != nil {
		return err
	}
	*p = out
	return nil
}

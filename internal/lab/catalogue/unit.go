package catalogue

import "strings"

// PrintedUnit is the unit as people read it on paper and on screens: the lab's own text where it has one, else the UCUM
// code in friendly form. A bare number, a ratio or a titer has none.
func (t Test) PrintedUnit() string {
	if t.UnitText != "" {
		return t.UnitText
	}
	return FriendlyUnit(t.Unit)
}

// FriendlyUnit writes a UCUM code for people: 10*3/uL is 10³/µL, u[IU]/mL is µIU/mL, {ratio} is nothing.
func FriendlyUnit(ucum string) string {
	if ucum == "1" || ucum == "[pH]" || strings.HasPrefix(ucum, "{") && strings.Index(ucum, "}") == len(ucum)-1 {
		return ""
	}
	parts := strings.Split(ucum, "/")
	for i, p := range parts {
		for _, base := range []string{"ug", "uL", "umol", "u[IU]"} {
			if strings.HasPrefix(p, base) {
				p = "µ" + p[1:]
			}
		}
		note := " "
		if strings.HasPrefix(p, "{") {
			note = ""
		}
		parts[i] = strings.NewReplacer("10*3", "10³", "10*6", "10⁶", "10*9", "10⁹", "10*12", "10¹²", "_m2", " m²", "[", "", "]", "", "{", note, "}", "").Replace(p)
	}
	return strings.Join(parts, "/")
}

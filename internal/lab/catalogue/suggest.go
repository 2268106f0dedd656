package catalogue

import (
	"slices"
	"strings"
	"unicode"

	"jaanch/internal/lab"
)

// Foreign is how somebody else names a test: an analyzer, an outside lab. Any of it may be empty.
type Foreign struct {
	Code  string
	Name  string
	LOINC string
	Unit  string
}

// Guess is a test that a foreign code may mean. Score is percent; the reasons say what it rests on: loinc, code, name,
// name_part, unit, and against it unit_differs. A person decides.
type Guess struct {
	Test    lab.ID
	Score   int
	Reasons []string
}

// The weights of what speaks for a guess. A LOINC code is the one statement that two systems make of the same thing; a
// name may be a habit. Units confirm and contradict, they never propose: half of chemistry is in mg/dL.
const (
	scoreLOINC   = 80
	scoreCode    = 55
	scoreName    = 55
	scoreBoth    = 70 // code and name
	scorePart    = 30
	scoreUnit    = 15
	scoreAgainst = 30
	// Sure is the score from which a guess may be taken without asking, when no other test comes near.
	Sure = 80
	// leastGuess is the score below which a guess is none.
	leastGuess = 30
)

// Suggest ranks the tests in use of a catalogue by how well they fit, best first, at most n. Alias gives other names of a
// test.
func Suggest(f Foreign, tests []Test, alias map[lab.ID]string, n int) []Guess {
	var out []Guess
	for _, t := range tests {
		if t.Retired {
			continue
		}
		if g := guess(f, t, alias[t.ID]); g.Score >= leastGuess {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b Guess) int { return b.Score - a.Score })
	if len(out) > n {
		out = out[:n]
	}
	return out
}

// Certain gives the guess that needs no question: sure, and ahead of the next one by a good deal.
func Certain(all []Guess) (Guess, bool) {
	const ahead = 20
	if len(all) == 0 || all[0].Score < Sure || slices.Contains(all[0].Reasons, "unit_differs") {
		return Guess{}, false
	}
	if len(all) > 1 && all[0].Score-all[1].Score < ahead {
		return Guess{}, false
	}
	return all[0], true
}

func guess(f Foreign, t Test, alias string) Guess {
	g := Guess{Test: t.ID}
	if f.LOINC != "" && f.LOINC == t.LOINC {
		g.Score, g.Reasons = scoreLOINC, append(g.Reasons, "loinc")
	}
	best, why := called(f, t, alias)
	g.Reasons = append(g.Reasons, why...)
	g.Score = max(g.Score, best)
	if f.LOINC != "" && t.LOINC != "" && f.LOINC != t.LOINC {
		g.Score -= scoreUnit // another LOINC code is often another method of the same test
	}
	if g.Score == 0 || f.Unit == "" || t.Unit == "" {
		return g
	}
	if unitKey(f.Unit) == unitKey(t.Unit) {
		g.Score, g.Reasons = min(99, g.Score+scoreUnit), append(g.Reasons, "unit")
	} else {
		g.Score, g.Reasons = max(0, g.Score-scoreAgainst), append(g.Reasons, "unit_differs")
	}
	return g
}

// called scores how the test is called.
func called(f Foreign, t Test, alias string) (int, []string) {
	sameCode := squeeze(f.Code) != "" && (squeeze(f.Code) == squeeze(t.Code) || inList(f.Code, alias))
	sameName := squeeze(f.Name) != "" && (squeeze(f.Name) == squeeze(t.Name) || squeeze(f.Name) == squeeze(t.Code) || inList(f.Name, alias)) ||
		squeeze(f.Code) != "" && squeeze(f.Code) == squeeze(t.Name)
	switch {
	case sameCode && sameName:
		return scoreBoth, []string{"code", "name"}
	case sameCode:
		return scoreCode, []string{"code"}
	case sameName:
		return scoreName, []string{"name"}
	case sharesWord(f.Name, t.Name+" "+alias):
		return scorePart, []string{"name_part"}
	}
	return 0, nil
}

// squeeze keeps letters, digits and the marks that tell one test of a cell counter from another.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '%' || r == '#' || unicode.IsDigit(r):
			return r
		case unicode.IsLetter(r):
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func inList(s, list string) bool {
	for _, part := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '|' }) {
		if squeeze(part) == squeeze(s) {
			return true
		}
	}
	return false
}

// sharesWord tells whether a word of some length stands in both names.
func sharesWord(a, b string) bool {
	const least = 5
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	}
	have := words(b)
	for _, w := range words(a) {
		if len(w) >= least && slices.Contains(have, w) {
			return true
		}
	}
	return false
}

// unitKey writes units that mean the same in one way, as analyzers and UCUM spell them: 10^3/uL and x10³/µL are 10*3/uL,
// and so is 10*9/L, which is the same number.
func unitKey(u string) string {
	u = strings.NewReplacer("µ", "u", "μ", "u", "³", "3", "⁶", "6", "⁹", "9", "¹²", "12", "^", "*", " ", "", "x10", "10", "X10", "10", "×10", "10", "[", "", "]", "").Replace(u)
	u = strings.ToLower(u)
	u = strings.NewReplacer("10e", "10*", "10**", "10*", "mcg", "ug", "gm/", "g/", "gms/", "g/").Replace(u)
	switch u {
	case "10*9/l", "k/ul", "10*3/mm3", "10*3/cumm":
		return "10*3/ul"
	case "10*12/l", "m/ul", "10*6/mm3", "10*6/cumm":
		return "10*6/ul"
	case "iu/l":
		return "u/l"
	case "meq/l":
		return "mmol/l" // of single-charged ions alone, where the number is the same
	}
	return u
}

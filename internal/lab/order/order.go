// Package order holds a visit and what was ordered in it. A panel is ordered and priced as one and done as its tests. The
// state of a visit is derived from its parts, never typed in.
package order

import (
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/identifier"
)

// Priority decides the place in worklists and the target of turnaround.
type Priority string

// The priorities.
const (
	Routine Priority = "routine"
	Urgent  Priority = "urgent"
	Stat    Priority = "stat"
)

// ParsePriority reads a priority; empty is routine.
func ParsePriority(s string) (Priority, error) {
	switch p := Priority(strings.ToLower(strings.TrimSpace(s))); p {
	case "":
		return Routine, nil
	case Routine, Urgent, Stat:
		return p, nil
	default:
		return "", lab.Invalid("priority_invalid", "Choose routine, urgent or stat.")
	}
}

// Mark gives the letter on labels: R, U or S.
func (p Priority) Mark() string { return map[Priority]string{Routine: "R", Urgent: "U", Stat: "S"}[p] }

// Visit is one coming of a patient with all that is ordered.
type Visit struct {
	ID             lab.ID
	Number         Number
	PatientID      lab.ID
	Draft          bool
	Priority       Priority
	ReferrerID     lab.ID
	ClientID       lab.ID // B2B client that pays; zero for the patient
	HomeCollection bool
	RegisteredAt   time.Time
	Note           string
	Items          []Item
	Cancelled      bool
	CancelReason   string
}

// Item is what somebody ordered: a test or a panel, with the price of the day.
type Item struct {
	ID        lab.ID
	Code      string
	Panel     bool
	Price     lab.Paise
	AddedAt   time.Time // later than registration for an add-on
	Cancelled bool
	Reason    string
}

// Line is one test that has to be done, and the ordered codes that ask for it.
type Line struct {
	Test catalogue.Test
	From []string // item codes: the test itself, panels
}

// Expand gives the tests of the ordered codes, each once, in the order of ordering. A test that stands in two panels is
// done once. Unknown and retired codes are refused, all at once.
func Expand(c catalogue.Catalogue, codes []string) ([]Line, error) {
	var lines []Line
	var wrong []lab.FieldError
	at := map[string]int{}
	add := func(code, from string) {
		t, ok := c.Test(code)
		if !ok || t.Retired {
			wrong = append(wrong, lab.FieldError{Field: "items." + from, Code: "test_unknown", Message: "There is no such test: " + code})
			return
		}
		i, seen := at[code]
		if !seen {
			i = len(lines)
			at[code] = i
			lines = append(lines, Line{Test: t})
		}
		if !slices.Contains(lines[i].From, from) {
			lines[i].From = append(lines[i].From, from)
		}
	}
	for _, code := range codes {
		if p, ok := c.Panel(code); ok {
			for _, t := range p.Tests {
				add(t, p.Code)
			}
			continue
		}
		add(code, code)
	}
	if len(wrong) > 0 {
		return nil, lab.Invalid("order_invalid", "Some ordered tests are not in the catalogue.", wrong...)
	}
	return lines, nil
}

// Covered tells which single tests are already done by an ordered panel, so that the desk can be told before the patient
// pays twice.
func Covered(c catalogue.Catalogue, codes []string) []string {
	inPanel := map[string]bool{}
	for _, code := range codes {
		if p, ok := c.Panel(code); ok {
			for _, t := range p.Tests {
				inPanel[t] = true
			}
		}
	}
	var out []string
	for _, code := range codes {
		if _, ok := c.Panel(code); !ok && inPanel[code] {
			out = append(out, code)
		}
	}
	return out
}

// Number is the visit's own number: node code, V, counter of at least six digits, check character.
type Number string

// NewNumber makes the number for the node's next visit.
func NewNumber(node identifier.Node, counter int) (Number, error) {
	if _, err := identifier.ParseNode(string(node)); err != nil {
		return "", err
	}
	if counter < 1 || counter > 999_999_999 {
		return "", lab.Invalid("visit_counter", "The visit counter is out of range.")
	}
	text := ""
	for n := counter; n > 0 || len(text) < 6; n /= 10 {
		text = string(rune('0'+n%10)) + text
	}
	body := string(node) + "V" + text
	c, err := identifier.Mod3736(body)
	if err != nil {
		return "", err
	}
	return Number(body + string(c)), nil
}

// ParseNumber reads a visit number in either case and verifies its check character.
func ParseNumber(s string) (Number, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) < 10 || len(s) > 13 || s[2] != 'V' || strings.Trim(s[3:len(s)-1], "0123456789") != "" {
		return "", lab.Invalid("visit_number_shape", "This is not a visit number.")
	}
	if !identifier.VerifyMod3736(s) {
		return "", lab.Invalid("visit_number_check", "The visit number has a typing mistake: its check character does not fit.")
	}
	return Number(s), nil
}

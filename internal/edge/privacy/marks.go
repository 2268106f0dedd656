package privacy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// marks are what a text holds when it speaks of the person.
type marks struct {
	numbers []string // MRN, visit and lab numbers, phone, ABHA, mail: what holds one of them speaks of this person, perhaps of their family as well
	names   [][]string
	shared  bool // somebody else bears the name
}

// readMarks gives what to look for: of the person, and of those merged into them.
func readMarks(ctx context.Context, tx queries.DBTX, id lab.ID) (marks, error) {
	var out marks
	e := eraser{q: queries.New(tx)}
	persons, err := e.persons(ctx, id)
	if err != nil {
		return out, err
	}
	for _, person := range persons {
		if err := out.add(ctx, tx, person); err != nil {
			return out, err
		}
	}
	for _, name := range out.names {
		others, err := sqlite.FindNames(ctx, tx, strings.Join(name, " "), len(persons)+1)
		if err != nil {
			return out, err
		}
		out.shared = out.shared || slices.ContainsFunc(others, func(x lab.ID) bool { return !slices.Contains(persons, x) })
	}
	return out, nil
}

func (m *marks) add(ctx context.Context, tx queries.DBTX, id lab.ID) error {
	q := queries.New(tx)
	row, err := q.Patient(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("read patient %s: %w", id, err)
	}
	visits, err := q.VisitNumbers(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("read the visits of patient %s: %w", id, err)
	}
	tubes, err := q.AccessionsOf(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("read the tubes of patient %s: %w", id, err)
	}
	for _, number := range slices.Concat(visits, tubes, []string{row.Mrn, local(row.Phone), row.Email, row.Abha}) {
		if number = strings.ToLower(strings.TrimSpace(number)); len(number) >= 6 {
			m.numbers = append(m.numbers, number)
		}
	}
	for _, name := range []string{row.Name, row.NameLocal} {
		if words := patient.Tokens(name); len(words) > 0 {
			m.names = append(m.names, words)
		}
	}
	return nil
}

// local takes the country off a phone number: people and analyzers write it with and without.
func local(phone string) string {
	if len(phone) > 10 {
		return phone[len(phone)-10:]
	}
	return phone
}

// within tells whether a short text names the person, by number or by any word of the name of three letters or more.
func (m *marks) within(text string) bool {
	if m.numbered(strings.ToLower(text)) {
		return true
	}
	words := patient.Tokens(text)
	for _, name := range m.names {
		if slices.ContainsFunc(name, func(w string) bool { return len(w) > 2 && slices.Contains(words, w) }) {
			return true
		}
	}
	return false
}

func (m *marks) numbered(lower string) bool {
	return slices.ContainsFunc(m.numbers, func(n string) bool { return strings.Contains(lower, n) })
}

// named tells whether one line holds every word of the name.
func (m *marks) named(line string) bool {
	words := patient.Tokens(line)
	return slices.ContainsFunc(m.names, func(name []string) bool {
		return !slices.ContainsFunc(name, func(w string) bool { return !slices.Contains(words, w) })
	})
}

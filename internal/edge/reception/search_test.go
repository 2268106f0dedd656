package reception_test

import (
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
)

// A search for a kind that does not exist is refused: an empty answer would say that there is nobody.
func TestSearchRefusesUnknownKinds(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	if _, err := l.Desk.Search(t.Context(), reception.SearchInput{Query: "asha", Kinds: []string{"patients"}}); lab.CodeOf(err) != "kind_unknown" {
		t.Errorf("an unknown kind: %v", err)
	}
	hits, err := l.Desk.Search(t.Context(), reception.SearchInput{Query: "asha", Kinds: []string{"patient"}})
	if err != nil || len(hits.Hits) != 1 {
		t.Errorf("patients: %+v, %v", hits, err)
	}
}

package hub_test

import (
	"strings"
	"testing"

	office "jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// Two nodes that were set up each on its own join one lab: each keeps its own settings and its own people, also after the
// other's have come, and one log-in name leads each person to their own account.
func TestJoinedNodesKeepTheirOwn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := openPC(t), openPC(t)
	secrets := map[*pc]string{a: "morning kettle blue", b: "evening lantern red"}
	names, codes := map[*pc]string{a: "Front desk lab", b: "Back room lab"}, map[*pc]string{a: "K7", b: "L8"}
	for i, n := range []*pc{a, b} {
		n.found(names[n], codes[n], secrets[n])
		w.joinPC(n, i, codes[n])
	}
	meet(a, b)
	for n, name := range names {
		mine, err := n.Office.Lab(t.Context())
		if err != nil || mine.Name != name || mine.NodeCode != codes[n] {
			t.Errorf("the node %q calls itself %q %q (%v)", name, mine.Name, mine.NodeCode, err)
		}
		var rows int
		err = n.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
			return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM lab_setting WHERE _del = 0").Scan(&rows)
		})
		if err != nil || rows != 2 {
			t.Errorf("%d settings have come together (%v), so the test shows nothing; want 2", rows, err)
		}
		for other, secret := range secrets {
			u, err := n.Office.Login(t.Context(), "192.0.2."+codes[other][1:], office.Login{Login: "technician", Password: secret})
			switch {
			case other == n && (err != nil || u.ID != n.people[access.Technician].ID):
				t.Errorf("at %q its own technician logs in as %s (%v), want %s", name, u.ID, err, n.people[access.Technician].ID)
			case other != n && lab.CodeOf(err) != "login_failed":
				t.Errorf("at %q the other node's technician gets in: %v", name, err)
			}
		}
	}
	// A change of the one is no change of the other, and a setting that comes later is as little taken on.
	mine, err := a.Office.Lab(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Office.ChangeLab(t.Context(), a.people[access.Admin], office.LabChange{Lab: office.LabInput{Name: "Front desk lab, Nashik", Levels: 1, AutoReceive: true}, Versions: mine.Versions}); err != nil {
		t.Fatal(err)
	}
	meet(a, b)
	if got, err := b.Office.Lab(t.Context()); err != nil || got.Name != names[b] {
		t.Errorf("after a change at the other node, %q calls itself %q (%v)", names[b], got.Name, err)
	}
	if got, err := a.Office.Lab(t.Context()); err != nil || got.Name != "Front desk lab, Nashik" {
		t.Errorf("the change itself: %q (%v)", got.Name, err)
	}
}

// What a node derives from its records it derives again from those that a pull brings, so that both nodes show the same
// states: of a visit, its tests, its results' levels, its reports.
func TestPulledStatesAreDerived(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.pcs(t)
	waiting, entered, signed := a.visit("HB"), a.visit("HB"), a.visit("HB")
	a.enter(entered.ID, "7.2")
	a.enter(signed.ID, "13.1")
	if err := a.sign(signed.ID); err != nil {
		t.Fatal(err)
	}
	meet(a, b)
	x, y := a.states(), b.states()
	for _, want := range []string{"visit completed", "test released 1", "test pending 0", "report current"} {
		if !strings.Contains(x, want) {
			t.Fatalf("the first node has no %q, so the test shows nothing:\n%s", want, x)
		}
	}
	if x != y {
		t.Errorf("one node has\n%s\nthe other\n%s", x, y)
	}
	b.enter(waiting.ID, "12.2")
	if err := b.sign(waiting.ID); err != nil {
		t.Fatal(err)
	}
	meet(a, b)
	if x, y := a.states(), b.states(); x != y || strings.Contains(x, "test pending") {
		t.Errorf("after the other node went on, one has\n%s\nthe other\n%s", x, y)
	}
}

// states gives every derived column of a node's visits, tests and reports, by record.
func (n *pc) states() string {
	n.t.Helper()
	var out strings.Builder
	err := n.DB.View(n.t.Context(), func(tx *sqlite.ReadTx) error {
		rows, err := tx.QueryContext(n.t.Context(), `SELECT hex(id) || ' visit ' || _state FROM visit
UNION ALL SELECT hex(id) || ' test ' || _state || ' ' || _level || ' ' || _critical || ' ' || coalesce(hex(_result), '') FROM order_test
UNION ALL SELECT hex(id) || ' report ' || _state FROM report ORDER BY 1`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			out.WriteString(line + "\n")
		}
		return rows.Err()
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return out.String()
}

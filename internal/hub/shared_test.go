package hub_test

import (
	"testing"
	"time"

	office "jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// count gives one number of the node's database.
func (n *node) count(query string, args ...any) (out int) {
	n.t.Helper()
	err := n.db.View(n.t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(n.t.Context(), query, args...).Scan(&out)
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// starter loads the starter catalogue at a node, as its first run does.
func (n *node) starter() {
	n.t.Helper()
	passwords, err := httpkit.NewPasswords(httpkit.PasswordOptions{MemoryKiB: 64, Passes: 1})
	if err != nil {
		n.t.Fatal(err)
	}
	desk := office.New(office.Options{DB: n.db, Zone: time.UTC, Log: telemetry.Discard(), Passwords: passwords, Throttle: httpkit.NewThrottle(time.Now, nil), Version: "test"})
	if _, err := desk.LoadStarter(n.t.Context(), lab.System(), "starter-of-the-lab"); err != nil {
		n.t.Fatal(err)
	}
}

// Two nodes of one organisation load the starter catalogue, each by itself, and share it: no test, panel or limit stands
// twice anywhere, and nothing of it is in dispute.
func TestStarterCatalogueIsShared(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 1)
	a.starter()
	b.starter()
	rows := map[string]int{}
	for _, table := range []string{"test", "panel", "panel_item", "interval", "critical_limit", "delta_limit"} {
		rows[table] = a.count(`SELECT count(*) FROM "` + table + `"`)
	}
	if rows["test"] < 50 || rows["interval"] < 50 {
		t.Fatalf("the starter catalogue holds %v", rows)
	}
	for range 2 {
		a.sync()
		b.sync()
	}
	total := 0
	for table, want := range rows {
		total += want
		for name, n := range map[string]*node{"a": a, "b": b} {
			if got := n.count(`SELECT count(*) FROM "` + table + `"`); got != want {
				t.Errorf("%s has %d rows of %s, want %d", name, got, table, want)
			}
		}
	}
	if got := w.count(t, "SELECT count(*) FROM record"); got != int64(total) {
		t.Errorf("%d records at the hub, want %d", got, total)
	}
	if got := w.count(t, "SELECT (SELECT count(*) FROM conflict) + (SELECT count(*) FROM quarantine)"); got != 0 {
		t.Errorf("%d conflicts and refusals over a catalogue that both nodes agree on", got)
	}
}

// Two nodes each enter a first value of one test: both are kept at both.
func TestTwoFirstValuesAreBothKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 1)
	enter := func(n *node, value string) lab.ID {
		id := n.db.NewID()
		n.update(func(tx *sqlite.Tx) error {
			return tx.Insert("result", id, sqlite.Row{
				"order_test_id": lab.ID{1}, "sample_id": lab.ID{2}, "test_id": lab.ID{3}, "version": 1, "value": value, "raw": value, "unit": "g/dL",
				"comparator": "", "interval_text": "", "holds": "[]", "flag": "", "critical": 0, "source": "manual", "entered_ms": 1, "content_hash": []byte{1},
			})
		})
		return id
	}
	first, second := enter(a, "6.8"), enter(b, "7.1")
	for range 2 {
		a.sync()
		b.sync()
	}
	for name, n := range map[string]*node{"a": a, "b": b} {
		if x, y := n.text("result", "value", first), n.text("result", "value", second); x != "6.8" || y != "7.1" {
			t.Errorf("%s keeps %q and %q, want both", name, x, y)
		}
		if got := n.status().KeptAside; got != 0 {
			t.Errorf("%s keeps %d records aside", name, got)
		}
	}
}

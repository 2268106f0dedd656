package reception_test

import (
	"testing"
	"time"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// Whoever opens a person stands in the access log: once for a screen that is read again and again, and again later.
func TestOpeningAPersonIsRecorded(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "HB")
	open := func(who access.Role) {
		if _, err := l.Desk.Patient(t.Context(), l.People[who], v.Patient.ID); err != nil {
			t.Fatal(err)
		}
	}
	lines := func() (n int) {
		err := l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
			return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM access_log WHERE action = 'patient.open' AND record = ?", v.Patient.ID.Bytes()).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	open(access.Receptionist)
	open(access.Receptionist)
	open(access.Pathologist)
	if got := lines(); got != 2 {
		t.Errorf("two people: %d lines", got)
	}
	l.Clock.Add(11 * time.Minute)
	open(access.Receptionist)
	if got := lines(); got != 3 {
		t.Errorf("later again: %d lines", got)
	}
}

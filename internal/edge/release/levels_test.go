package release_test

import (
	"testing"

	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// rules changes the lab's rules of verification.
func (b *bundle) rules(t *testing.T, levels int, own bool, departments ...string) {
	t.Helper()
	now, err := b.Office.Lab(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now.Levels, now.OwnVerify, now.OwnVerifyIn = levels, own, departments
	if _, err := b.Office.ChangeLab(t.Context(), b.People[access.Manager], setup.LabChange{Lab: now.LabInput, Versions: now.Versions}); err != nil {
		t.Fatal(err)
	}
}

func TestTwoLevels(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.rules(t, 2, false)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	_, err := b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, release.Sign{Versions: b.sheet(t, v.ID).Versions})
	code(t, err, "verify_level")

	in := release.Verify{Level: "technical", Versions: b.sheet(t, v.ID).Versions}
	_, err = b.release.Verify(t.Context(), b.who(access.Technician), b.key32(), v.ID, in)
	code(t, err, "verify_own")
	first, err := b.release.Verify(t.Context(), b.who(access.Manager), b.key32(), v.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if row := first.Panels[0].Rows[0]; row.Level != 1 || row.Levels != 2 || row.State != "entered" || row.Editable {
		t.Fatalf("row after the technical verification: %+v", row)
	}
	_, err = b.release.Verify(t.Context(), b.who(access.Manager), b.key32(), v.ID, release.Verify{Level: "medical", Versions: first.Versions})
	code(t, err, "forbidden")
	r := b.sign(t, v.ID, release.Sign{})
	if r.Report.State != "final" {
		t.Fatalf("report: %+v", r.Report)
	}
	if n := b.count(t, "SELECT count(*) FROM verification"); n != 8 {
		t.Errorf("%d verifications, want two of each of four values", n)
	}
}

func TestOneDoesNotSignBothLevels(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.rules(t, 2, false)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	first, err := b.release.Verify(t.Context(), b.path(), b.key32(), v.ID, release.Verify{Level: "technical", Versions: b.sheet(t, v.ID).Versions})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, release.Sign{Versions: first.Versions})
	code(t, err, "verify_twice")
	b.rules(t, 2, true)
	if _, err = b.release.Sign(t.Context(), b.path(), b.key32(), v.ID, release.Sign{Versions: first.Versions}); err != nil {
		t.Fatalf("a lab that allows it: %v", err)
	}
	if n := b.count(t, "SELECT count(*) FROM journal WHERE reason = 'verify.own'"); n != 4 {
		t.Errorf("%d entries say that one person signed both levels, want 4", n)
	}
}

func TestMedicalVerificationWithoutRelease(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, elec()...)
	b.accept(t, v.ID)
	c, err := b.release.Verify(t.Context(), b.path(), b.key32(), v.ID, release.Verify{Level: "medical", Versions: b.sheet(t, v.ID).Versions})
	if err != nil || c.Panels[0].Rows[0].State != "verified" || c.Report != nil {
		t.Fatalf("verified: %+v, %v", c.Panels, err)
	}
	row := b.Rows(t, v.ID)["K"]
	_, err = b.release.Decide(t.Context(), b.path(), row.ItemID, release.Decide{Decision: "rerun", Versions: row.Versions})
	if lab.KindOf(err) != lab.KindLocked {
		t.Errorf("a verified value was decided about: %v", err)
	}
	if r := b.sign(t, v.ID, release.Sign{}); r.Report.State != "final" {
		t.Fatalf("report: %+v", r.Report)
	}
}

func (b *bundle) count(t *testing.T, query string) int {
	t.Helper()
	var n int
	if err := b.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), query).Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// A department may let who entered a value verify it, while the others do not.
func TestOwnVerificationByDepartment(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.rules(t, 2, false, "Haematology")
	v := b.Visit(t, "Asha Sharma", "F", 34, "K", "HB")
	b.fill(t, v.ID, "K", "4.2", "HB", "13.1")
	rows := b.Rows(t, v.ID)
	in := release.Verify{Level: "technical", Versions: b.sheet(t, v.ID).Versions, Items: []lab.ID{rows["K"].ItemID}}
	_, err := b.release.Verify(t.Context(), b.who(access.Technician), b.key32(), v.ID, in)
	code(t, err, "verify_own")
	in.Items = []lab.ID{rows["HB"].ItemID}
	if _, err := b.release.Verify(t.Context(), b.who(access.Technician), b.key32(), v.ID, in); err != nil {
		t.Fatal(err)
	}
	if n := b.count(t, "SELECT count(*) FROM journal WHERE reason = 'verify.own'"); n != 1 {
		t.Errorf("%d entries say so, want 1", n)
	}
}

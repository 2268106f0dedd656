package reception_test

import (
	"testing"
	"time"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func begun(name string) reception.VisitDraft {
	return reception.VisitDraft{Items: []reception.DraftItem{}, Fields: map[string]string{"name": name, "phone": "98600"}}
}

func drafts(t *testing.T, l *edgetest.Lab, who access.Role) []reception.KeptDraft {
	t.Helper()
	all, err := l.Desk.Drafts(t.Context(), l.People[who])
	if err != nil {
		t.Fatal(err)
	}
	return all.Drafts
}

// A draft is seen by everybody at the desk, with who left it; half a phone number stays half a phone number.
func TestDraftsAreSharedByTheDesk(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := l.DB.NewID()
	rev, err := l.Desk.KeepDraft(t.Context(), l.People[access.Receptionist], id, reception.KeepVisitDraft{VisitDraft: begun("Asha Sh")})
	if err != nil {
		t.Fatal(err)
	}
	l.Clock.Add(time.Minute)
	rev, err = l.Desk.KeepDraft(t.Context(), l.People[access.Receptionist], id, reception.KeepVisitDraft{VisitDraft: begun("Asha Sharma"), Rev: rev.Rev})
	if err != nil || rev.Rev != 2 {
		t.Fatalf("revision %d: %v", rev.Rev, err)
	}
	got := drafts(t, l, access.Manager)
	if len(got) != 1 || got[0].Mine || got[0].By != "Demo receptionist" || got[0].Fields["name"] != "Asha Sharma" || got[0].Fields["phone"] != "98600" {
		t.Fatalf("drafts: %+v", got)
	}
	if wait := got[0].At.Sub(got[0].Begun); wait < time.Minute {
		t.Errorf("begun %s before it was left", wait)
	}
	if !drafts(t, l, access.Receptionist)[0].Mine {
		t.Error("the own draft is not marked")
	}
}

// Two windows on one draft: the second to write is refused and loses nothing, because it then keeps a draft of its own.
func TestDraftOfTwoWindows(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := l.DB.NewID()
	keep := func(rev int, name string) error {
		_, err := l.Desk.KeepDraft(t.Context(), l.People[access.Receptionist], id, reception.KeepVisitDraft{VisitDraft: begun(name), Rev: rev})
		return err
	}
	if err := keep(0, "first"); err != nil {
		t.Fatal(err)
	}
	if err := keep(1, "second"); err != nil {
		t.Fatal(err)
	}
	if err := keep(1, "other window"); lab.CodeOf(err) != "draft_moved" {
		t.Fatalf("the other window: %v", err)
	}
	if got := drafts(t, l, access.Receptionist); len(got) != 1 || got[0].Fields["name"] != "second" {
		t.Fatalf("drafts: %+v", got)
	}
}

// The draft goes with the visit that is made of it, in one step; a late keystroke does not bring it back.
func TestDraftGoesWithItsVisit(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id, desk := l.DB.NewID(), l.People[access.Receptionist]
	if _, err := l.Desk.KeepDraft(t.Context(), desk, id, reception.KeepVisitDraft{VisitDraft: begun("Asha Sharma")}); err != nil {
		t.Fatal(err)
	}
	_, err := l.Desk.Register(t.Context(), desk, l.DB.NewID().String(), reception.Register{
		Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: "routine", Items: l.Items(t, "HB"), DraftID: id,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := drafts(t, l, access.Receptionist); len(got) != 0 {
		t.Fatalf("left over: %+v", got)
	}
	if _, err := l.Desk.KeepDraft(t.Context(), desk, id, reception.KeepVisitDraft{VisitDraft: begun("Asha Sharma"), Rev: 1}); lab.CodeOf(err) != "draft_moved" {
		t.Fatalf("a late keystroke: %v", err)
	}
}

func TestDraftsEndAfterAWeek(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	desk := l.People[access.Receptionist]
	if _, err := l.Desk.KeepDraft(t.Context(), desk, l.DB.NewID(), reception.KeepVisitDraft{VisitDraft: begun("Asha Sharma")}); err != nil {
		t.Fatal(err)
	}
	l.Clock.Add(7*24*time.Hour + time.Hour)
	if got := drafts(t, l, access.Receptionist); len(got) != 0 {
		t.Fatalf("still shown: %+v", got)
	}
	id := l.DB.NewID()
	if _, err := l.Desk.KeepDraft(t.Context(), desk, id, reception.KeepVisitDraft{VisitDraft: begun("Ravi Kumar")}); err != nil {
		t.Fatal(err)
	}
	if err := l.Desk.DropDraft(t.Context(), desk, id); err != nil {
		t.Fatal(err)
	}
	l.Clock.Add(-8 * 24 * time.Hour)
	if got := drafts(t, l, access.Receptionist); len(got) != 0 {
		t.Fatalf("the old one still lies in the database: %+v", got)
	}
}

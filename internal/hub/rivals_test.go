package hub_test

import (
	"path/filepath"
	"testing"

	"jaanch/internal/edge"
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	office "jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/telemetry"
)

// pc is a whole node of a lab with the people who work at it.
type pc struct {
	*edge.Node

	t      *testing.T
	people map[access.Role]lab.Actor
}

// openPC makes a node that belongs to nobody yet.
func openPC(t *testing.T) *pc {
	t.Helper()
	n, err := edge.Open(t.Context(), edge.Options{
		Config: edge.Config{Data: filepath.Join(t.TempDir(), "lab"), Zone: "Asia/Kolkata"}, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return &pc{Node: n, t: t, people: map[access.Role]lab.Actor{}}
}

// found makes the lab on a node, with an account of each role, named like the role.
func (n *pc) found(name, code, secret string) {
	n.t.Helper()
	roles := []access.Role{access.Receptionist, access.Technician, access.Pathologist, access.Admin}
	in := office.Founding{Lab: office.LabInput{Name: name, Levels: 1, AutoReceive: true}, NodeCode: identifier.Node(code)}
	for _, r := range roles {
		in.People = append(in.People, office.UserInput{Login: string(r), Name: name + " " + string(r), Roles: []string{string(r)}, Password: secret, Active: true, Qualification: "MD", Registration: "D-1"})
	}
	ids, err := n.Office.Found(n.t.Context(), "founding-of-the-lab", in)
	if err != nil {
		n.t.Fatal(err)
	}
	for i, r := range roles {
		n.people[r] = lab.Actor{Kind: lab.ActorUser, ID: ids[i], Roles: []string{string(r)}}
	}
}

// joinPC makes a node one of the world's lab.
func (w *world) joinPC(n *pc, replica int, code string) {
	n.t.Helper()
	c, err := w.hub.Fleet.NewCode(n.t.Context(), w.org, w.lab, "test")
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.Agent.Enrol(n.t.Context(), n.people[access.Admin], w.replicas[replica].URL, c.Text, "PC", code); err != nil {
		n.t.Fatal(err)
	}
}

// pcs makes two nodes of one lab that know the same people and tests: the second one has them from the hub.
func (w *world) pcs(t *testing.T) (a, b *pc) {
	t.Helper()
	a, b = openPC(t), openPC(t)
	a.found("Demo Lab", "K7", password)
	if _, err := a.Office.LoadStarter(t.Context(), lab.System(), "starter-of-the-lab"); err != nil {
		t.Fatal(err)
	}
	b.people = a.people
	w.joinPC(a, 0, "K7")
	w.joinPC(b, 1, "L8")
	meet(a, b)
	return a, b
}

// meet lets two nodes exchange what they have.
func meet(a, b *pc) {
	a.t.Helper()
	for range 2 {
		for _, n := range []*pc{a, b} {
			if err := n.Agent.Sync(n.t.Context()); err != nil {
				n.t.Fatal(err)
			}
		}
	}
}

func (n *pc) visit(codes ...string) reception.Visit {
	n.t.Helper()
	c, err := n.Office.Catalogue(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	in := reception.Register{Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "female", AgeValue: 40, AgeUnit: "y"}, Priority: "routine", Collected: true}
	for _, code := range codes {
		for _, x := range c.Tests {
			if x.Code == code {
				in.Items = append(in.Items, reception.OrderItem{Kind: "test", ID: x.ID})
			}
		}
	}
	v, err := n.Desk.Register(n.t.Context(), n.people[access.Receptionist], n.DB.NewID().String(), in)
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

// row gives the row of a visit's only test.
func (n *pc) row(visit lab.ID) bench.Row {
	n.t.Helper()
	c, err := n.Release.Case(n.t.Context(), n.who(), visit)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, p := range c.Panels {
		for _, r := range p.Rows {
			return r
		}
	}
	n.t.Fatal("the visit has no test")
	return bench.Row{}
}

func (n *pc) enter(visit lab.ID, value string) {
	n.t.Helper()
	row := n.row(visit)
	if _, err := n.Bench.Enter(n.t.Context(), n.people[access.Technician], row.ItemID, bench.Enter{Value: value, Versions: row.Versions}); err != nil {
		n.t.Fatal(err)
	}
}

func (n *pc) who() release.Who {
	return release.Who{Actor: n.people[access.Pathologist], Proved: n.DB.Now()}
}

func (n *pc) sign(visit lab.ID) error {
	n.t.Helper()
	c, err := n.Release.Case(n.t.Context(), n.who(), visit)
	if err != nil {
		n.t.Fatal(err)
	}
	_, err = n.Release.Sign(n.t.Context(), n.who(), n.DB.NewID().String(), visit, release.Sign{Versions: c.Versions})
	return err
}

// Two nodes that are apart each file a first value of one test. Both are kept, both nodes show them as a choice, nothing
// goes out until a person chose, and the choice counts at both; a value that somebody enters in the sight of both follows
// both.
func TestTwoFirstValuesAreAChoice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.pcs(t)
	v := a.visit("HB")
	rerun := a.visit("HB")
	alike := a.visit("HB")
	signed := a.visit("HB")
	meet(a, b)
	for _, visit := range []lab.ID{v.ID, rerun.ID, signed.ID} {
		a.enter(visit, "13.1")
		b.enter(visit, "12.6")
	}
	a.enter(alike.ID, "13.1")
	b.enter(alike.ID, "13.1")
	if err := a.sign(signed.ID); err != nil {
		t.Fatal(err)
	}
	meet(a, b)

	for _, n := range []*pc{a, b} {
		row := n.row(v.ID)
		if row.State != "held" || len(row.Rivals) != 2 || row.Rivals[0].Value == row.Rivals[1].Value {
			t.Fatalf("two values that nobody weighed: %+v", row)
		}
		if err := n.sign(v.ID); err == nil {
			t.Error("a report went out while two values stood against each other")
		}
		if row := n.row(alike.ID); row.State != "entered" || len(row.Rivals) != 0 {
			t.Errorf("two equal values are shown as a choice: %+v", row)
		}
		if row := n.row(signed.ID); row.State != "held" || row.Value != "13.1" || len(row.Rivals) != 2 {
			t.Errorf("a value that came after another went out: %+v", row)
		}
	}
	if x, y := a.row(v.ID), b.row(v.ID); x.Value != y.Value {
		t.Errorf("one node shows %s, the other %s", x.Value, y.Value)
	}
	row := b.row(v.ID)
	other := row.Rivals[1]
	choose := release.Decide{Decision: "choose", ResultID: lab.ID{9}, Versions: row.Versions}
	if _, err := b.Release.Decide(t.Context(), b.who(), row.ItemID, choose); lab.CodeOf(err) != "choice_unknown" {
		t.Errorf("a value that is none of them: %v", err)
	}
	if _, err := b.Release.Decide(t.Context(), b.who(), row.ItemID, release.Decide{Decision: "accept", Versions: row.Versions}); lab.CodeOf(err) != "choose_first" {
		t.Errorf("accepted without a choice: %v", err)
	}
	choose.ResultID = other.ResultID
	if _, err := b.Release.Decide(t.Context(), b.who(), row.ItemID, choose); err != nil {
		t.Fatal(err)
	}
	again := b.row(rerun.ID)
	if _, err := b.Release.Decide(t.Context(), b.who(), again.ItemID, release.Decide{Decision: "rerun", Versions: again.Versions}); err != nil {
		t.Fatal(err)
	}
	b.enter(rerun.ID, "12.9")
	meet(a, b)
	for _, n := range []*pc{a, b} {
		if row := n.row(v.ID); row.State != "entered" || row.Value != other.Value || len(row.Rivals) != 0 {
			t.Errorf("after the choice of %s: %+v", other.Value, row)
		}
		if row := n.row(rerun.ID); row.State != "entered" || row.Value != "12.9" || len(row.Rivals) != 0 {
			t.Errorf("after another run: %+v", row)
		}
	}
	if _, err := a.Release.Decide(t.Context(), a.who(), row.ItemID, release.Decide{Decision: "choose", ResultID: other.ResultID, Versions: a.row(v.ID).Versions}); lab.CodeOf(err) != "nothing_to_choose" {
		t.Errorf("a choice where there is none: %v", err)
	}
	if err := a.sign(v.ID); err != nil {
		t.Errorf("after the choice the report does not go out: %v", err)
	}
}

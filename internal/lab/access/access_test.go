package access_test

import (
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// The security page's table, typed a second time with its own letters, so that a slip in either shows. Columns: RC PH TE
// PA LM AD AC AU HA SU.
const matrix = `
patient.edit        yo.yy.....
patient.merge       ...22.....
consent.take        yy.yy.....
order.edit          yooyy.....
sample.handle       oyyyy.....
result.see          ..oyy..y..
report.see          o.oyy..y..
result.enter        ..oyy.....
report.sign         ...2......
report.amend        ...2......
critical.call       o.yyy.....
qc.enter            ..yyy.....
qc.unlock           ...yy.....
rules.edit          ...22.....
release.stale_qc    ...2......
catalogue.edit      ...22.....
instrument.setup    ....yy....
inbox.decide        ..yyy.....
instrument.map      ..2.yy....
bill.take           y...y.y...
bill.reduce         ....2.2...
prices.edit         ....y.y...
users.edit          .....2....
system.keep         .....2....
report.send         o.oyy.....
export.bulk         ....2..2..
privacy.request     ....2.....
audit.read          ...oyy.yo.
fleet.manage        ........2.
support.session     .....2...2
autorelease.stop    ..yyyy....
`

func person(roles ...string) lab.Actor {
	return lab.Actor{Kind: lab.ActorUser, ID: lab.ID{1}, Roles: roles}
}

func TestWholeMatrix(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	if len(lines) != len(access.Actions()) {
		t.Fatalf("%d rows here, %d actions there", len(lines), len(access.Actions()))
	}
	for i, line := range lines {
		cells := strings.Fields(line)
		action := access.Actions()[i]
		if cells[0] != string(action) || len(cells) != 2 || len(cells[1]) != len(access.Roles()) {
			t.Fatalf("row %q stands where %s is expected", line, action)
		}
		for j, role := range access.Roles() {
			checkCell(t, action, role, cells[1][j:j+1])
		}
	}
}

// checkCell tries the four circumstances that decide.
func checkCell(t *testing.T, action access.Action, role access.Role, cell string) {
	t.Helper()
	actor := person(string(role))
	for _, r := range []struct {
		name     string
		resource access.Resource
		want     string // the cells that are enough
	}{
		{"plain", access.Resource{}, "y"},
		{"own", access.Resource{Own: true}, "yo"},
		{"stepped up", access.Resource{SteppedUp: true}, "y2"},
		{"second person", access.Resource{Second: lab.ID{2}}, "y2"},
		{"self as second person", access.Resource{Second: lab.ID{1}}, "y"},
	} {
		err := access.Can(actor, action, r.resource)
		if (err == nil) != strings.Contains(r.want, cell) {
			t.Errorf("%s as %s, %s: %v, cell %s", action, role, r.name, err, cell)
		}
		if err != nil && lab.KindOf(err) != lab.KindForbidden {
			t.Errorf("%s as %s: kind %v", action, role, lab.KindOf(err))
		}
	}
	if access.Visible([]string{string(role)}, action) != (cell != ".") {
		t.Errorf("%s as %s: visible is wrong for cell %s", action, role, cell)
	}
}

func TestDeniedByDefault(t *testing.T) {
	t.Parallel()
	everything := access.Resource{Own: true, SteppedUp: true, Second: lab.ID{2}}
	for name, actor := range map[string]lab.Actor{
		"nobody":            {},
		"no roles":          person(),
		"an unknown role":   person("wizard"),
		"the node itself":   lab.System(),
		"an instrument":     {Kind: lab.ActorInstrument, ID: lab.ID{1}, Roles: []string{"manager"}},
		"a user without id": {Kind: lab.ActorUser, Roles: []string{"manager"}},
	} {
		for _, action := range access.Actions() {
			if access.Can(actor, action, everything) == nil {
				t.Errorf("%s may %s", name, action)
			}
		}
	}
	if access.Can(person("manager", "pathologist", "admin"), "no.such.action", everything) == nil {
		t.Error("an unknown action was granted")
	}
}

func TestRolesAddUp(t *testing.T) {
	t.Parallel()
	if err := access.Can(person("receptionist", "pathologist"), access.ResultEnter, access.Resource{}); err != nil {
		t.Errorf("the stronger role does not count: %v", err)
	}
	if err := access.Can(person("technician", "pathologist"), access.ReportSign, access.Resource{}); lab.CodeOf(err) != "step_up_needed" {
		t.Errorf("got %v", err)
	}
	if err := access.Can(person("technician"), access.ResultEnter, access.Resource{}); lab.CodeOf(err) != "not_own" {
		t.Errorf("got %v", err)
	}
}

func TestNobodyChangesOwnRoles(t *testing.T) {
	t.Parallel()
	admin := person("admin")
	if err := access.Can(admin, access.UsersEdit, access.Resource{SteppedUp: true, User: admin.ID}); lab.CodeOf(err) != "own_roles" {
		t.Errorf("got %v", err)
	}
	if err := access.Can(admin, access.UsersEdit, access.Resource{SteppedUp: true, User: lab.ID{9}}); err != nil {
		t.Errorf("another's roles: %v", err)
	}
}

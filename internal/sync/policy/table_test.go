package policy_test

import (
	"strings"
	"testing"

	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
)

// The table of strategies, group by group: what happens when two people change the same thing apart. A group that stands
// here does not change by accident. One that does not stand here yet may be decided by whose it is or by its merge, never
// by whose clock is later: who wants that writes it down here, having thought about what is lost.
const table = `
patient.identity ManualResolution
patient.contact LastWriteWins
patient.preference LastWriteWins
patient.merge ServerWins
consent.consent Merged most_restrictive fixed
doctor.doctor LastWriteWins
visit.header LastWriteWins
visit.priority Merged max_urgency
visit.status Merged furthest_state
visit.comment LastWriteWins
order_item.item Merged set_union
order_item.cancel Merged furthest_state
order_test.line Merged set_union
order_test.tube Merged furthest_state
order_test.status Merged furthest_state
order_test.note LastWriteWins
sample.collection ClientWins
sample.status Merged furthest_sample
result.clinical ClientWins locked
result.holds ClientWins
result.comment Merged append_only
verification.verification Merged append_only fixed
report.report Merged append_only fixed
release.release Merged append_only fixed
withdrawal.withdrawal Merged append_only fixed
critical_call.call Merged append_only fixed
invoice.invoice LastWriteWins fixed
invoice_line.line LastWriteWins fixed
payment.payment Merged append_only fixed
inbox_decision.decision Merged append_only fixed
hold_decision.decision Merged append_only fixed
label_print.print Merged append_only fixed
delivery.delivery Merged append_only fixed
test.test ServerWins
test.price ServerWins
panel.panel ServerWins
panel.price ServerWins
panel_item.item ServerWins
interval.interval ServerWins
critical_limit.limit ServerWins
delta_limit.limit ServerWins
user.person ServerWins
user.access ServerWins
user.preference LastWriteWins
user_role.role ServerWins
lab_setting.identity ClientWins
lab_setting.rules ClientWins
lab_setting.node ClientWins
printer.printer ClientWins
instrument.setup ClientWins
instrument.approval ClientWins
instrument_code.code ClientWins
load_entry.entry ClientWins
conflict.contest ServerWins
conflict.decision ServerWins
`

func TestTableOfStrategies(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[name] = rest
	}
	fixed, locked := map[string]bool{}, map[string]bool{}
	for _, name := range policy.Fixed() {
		fixed[name] = true
	}
	for _, l := range policy.Locks() {
		locked[l.Entity+"."+l.Group] = true
	}
	for _, e := range journal.Schema().Entities {
		for _, g := range e.Groups {
			name := e.Name + "." + g.Name
			parts := []string{g.Strategy}
			if g.Merge != "" {
				parts = append(parts, g.Merge)
			}
			if fixed[e.Name] {
				parts = append(parts, "fixed")
			}
			if locked[name] {
				parts = append(parts, "locked")
			}
			if _, listed := want[name]; !listed && g.Strategy != "LastWriteWins" {
				continue
			}
			if got := strings.Join(parts, " "); got != want[name] {
				t.Errorf("%s is settled by %q, the table says %q", name, got, want[name])
			}
			delete(want, name)
		}
	}
	for name := range want {
		t.Errorf("%s stands in the table and not in the registry", name)
	}
}

package driver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments/driver"
)

// TestAssaysAreOrderedOnce: what reports several analytes or aspects is ordered by its own name, once, and a code of an
// instrument without assays goes out whole.
func TestAssaysAreOrderedOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile string
		mapped  []string
		order   string
	}{
		{"cepheid-genexpert", []string{"MTB-RIF^Xpert^MTB", "MTB-RIF^Xpert^Rif Resistance", "CTNG^CT"}, "|^^^MTB-RIF@^^^CTNG|"},
		{"hologic-panther", []string{"HPV^OverallInterpretation"}, "|^^^HPV|"},
		{"abbott-architect", []string{"16", "16^I", "241"}, `|^^^16\^^^241|`},
		{"generic-astm", []string{"A", "A^B"}, `|^^^A\^^^A^B|`},
	} {
		p, _ := builtin(t).Get(c.profile)
		out, err := driver.New(builtin(t), p.Protocol, p).Orders([]driver.Download{{SampleAnswer: driver.SampleAnswer{SampleID: "S1", Tests: c.mapped}}}, time.Time{}, "1")
		if err != nil || !strings.Contains(string(out[0].Payload), c.order) {
			t.Errorf("%s: %q, %v; want %s", c.profile, out[0].Payload, err, c.order)
		}
		for _, code := range c.mapped {
			if !driver.Names(p, code, code) {
				t.Errorf("%s: %s does not name itself", c.profile, code)
			}
		}
	}
}

// TestWithdrawable: an assay is not cancelled while another of its analytes is wanted.
func TestWithdrawable(t *testing.T) {
	t.Parallel()
	expert, _ := builtin(t).Get("cepheid-genexpert")
	plain, _ := builtin(t).Get("generic-astm")
	both := []string{"MTB-RIF^Xpert^MTB", "CTNG^CT"}
	if diff := cmp.Diff([]string{"CTNG^CT"}, driver.Withdrawable(expert, both, []string{"MTB-RIF^Xpert^Rif"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(both, driver.Withdrawable(expert, both, nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"A"}, driver.Withdrawable(plain, []string{"A"}, []string{"A^1", "A"})); diff != "" {
		t.Error(diff)
	}
	if !driver.Names(expert, "MTB-RIF", both[0]) || driver.Names(expert, "CTNG", both[0]) || driver.Names(plain, "A", "A^1") {
		t.Error("a name means another code than it should")
	}
}

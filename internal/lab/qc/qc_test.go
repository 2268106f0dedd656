package qc_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/qc"
)

type file struct {
	ZCases []struct {
		ID        string `json:"id"`
		Mean      string `json:"mean"`
		SD        string `json:"sd"`
		Value     string `json:"value"`
		Z         string `json:"z"`
		Exceeds2s bool   `json:"exceeds_2s"`
	} `json:"z_cases"`
	Cases []struct {
		ID    string    `json:"id"`
		Rules []qc.Rule `json:"rules"`
		R4s   string    `json:"r4s"`
		Gate  bool      `json:"gate_on_1_2s"`
		Runs  []struct {
			Points []struct {
				Level int         `json:"level"`
				Z     json.Number `json:"z"`
			} `json:"points"`
			Reset  bool `json:"reset_before"`
			Expect struct {
				Status qc.Status `json:"status"`
				First  qc.Rule   `json:"first"`
				All    []qc.Rule `json:"all"`
				Detail []struct {
					Rule  qc.Rule `json:"rule"`
					Scope string  `json:"scope"`
					Side  string  `json:"side"`
				} `json:"detail"`
			} `json:"expect"`
		} `json:"runs"`
	} `json:"cases"`
}

func load(t *testing.T) file {
	t.Helper()
	b, err := os.ReadFile("testdata/westgard.json")
	if err != nil {
		t.Fatal(err)
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.ZCases) != 10 || len(f.Cases) != 72 {
		t.Fatalf("%d z cases and %d cases, want 10 and 72", len(f.ZCases), len(f.Cases))
	}
	return f
}

func TestZ(t *testing.T) {
	t.Parallel()
	for _, c := range load(t).ZCases {
		z, err := qc.Z(lab.MustDecimal(c.Value), lab.MustDecimal(c.Mean), lab.MustDecimal(c.SD))
		if err != nil || z.String() != c.Z || (z.Abs().Cmp(lab.DecimalFromInt(2)) > 0) != c.Exceeds2s {
			t.Errorf("%s: got %s %v, want %s", c.ID, z, err, c.Z)
		}
	}
	if _, err := qc.Z(lab.DecimalFromInt(1), lab.DecimalFromInt(1), lab.Decimal{}); lab.CodeOf(err) != "qc_sd" {
		t.Errorf("an SD of zero gave %v", err)
	}
}

// Every run of every case, all violations with scope and side.
func TestWestgardVectors(t *testing.T) {
	t.Parallel()
	for _, c := range load(t).Cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			settings := qc.Settings{Rules: c.Rules, Range: c.R4s == "range", Gate: c.Gate}
			var runs []qc.Run
			for i, r := range c.Runs {
				run := qc.Run{Reset: r.Reset}
				for _, p := range r.Points {
					run.Points = append(run.Points, qc.Point{Level: p.Level, Z: lab.MustDecimal(p.Z.String())})
				}
				runs = append(runs, run)
				got := qc.Evaluate(runs, settings)
				var want []qc.Violation
				for _, d := range r.Expect.Detail {
					want = append(want, qc.Violation{Rule: d.Rule, Scope: d.Scope, Side: d.Side})
				}
				if got.Status != r.Expect.Status || got.First != r.Expect.First || !sameSet(got.Violations, want) {
					t.Errorf("run %d: got %+v, want %+v", i+1, got, r.Expect)
				}
			}
		})
	}
}

func sameSet(a, b []qc.Violation) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(v qc.Violation) bool { return !slices.Contains(b, v) })
}

func TestNoRunsIsAccept(t *testing.T) {
	t.Parallel()
	if got := qc.Evaluate(nil, qc.Settings{Rules: qc.Order()}); got.Status != qc.Accept {
		t.Errorf("got %+v", got)
	}
}

func TestLabMayTurnARejectIntoAWarning(t *testing.T) {
	t.Parallel()
	runs := []qc.Run{{Points: []qc.Point{{1, lab.MustDecimal("2.5")}, {2, lab.MustDecimal("2.6")}}}}
	got := qc.Evaluate(runs, qc.Settings{Rules: qc.Order(), WarnOnly: []qc.Rule{qc.Rule22s}})
	if got.Status != qc.Warn || got.First != qc.Rule22s {
		t.Errorf("got %+v", got)
	}
}

package release_test

import (
	"strings"
	"sync"
	"testing"

	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// lipids fills and signs a lipid profile, whose LDL, VLDL and ratios are calculated.
func lipids(t *testing.T, b *bundle) (lab.ID, release.Report) {
	t.Helper()
	v := b.Visit(t, "Asha Sharma", "F", 34, "LIPID")
	b.fill(t, v.ID, "CHOL", "200", "TRIG", "150", "HDL", "50")
	b.accept(t, v.ID)
	return v.ID, b.sign(t, v.ID, release.Sign{Comment: "Fasting."})
}

func TestAmendKeepsTheOldAndFollowsTheFormula(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit, first := lipids(t, b)
	before := b.Rows(t, visit)
	in := release.Amend{Value: "240", Reason: "dilution was not entered", Told: "Dr Demo", Versions: before["CHOL"].Versions}
	second, err := b.release.Amend(t.Context(), b.path(), b.key32(), before["CHOL"].ItemID, in)
	if err != nil {
		t.Fatal(err)
	}
	if second.Report.State != "amended" || second.Report.Version != 2 || second.Report.Reason != in.Reason || second.Report.Replaces != first.Report.ID {
		t.Fatalf("amended report: %+v", second.Report)
	}
	after := b.Rows(t, visit)
	for testCode, want := range map[string]string{"CHOL": "240", "LDL": "160", "NHDL": "190"} {
		if row := after[testCode]; row.Value != want || row.Version != 2 || row.State != "released" {
			t.Errorf("%s: %s version %d %s, want %s version 2", testCode, row.Value, row.Version, row.State, want)
		}
	}
	if row := after["TRIG"]; row.Version != 1 {
		t.Errorf("TRIG has version %d although nothing of it changed", row.Version)
	}
	old, err := b.release.Report(t.Context(), first.Report.ID)
	if err != nil || old.Report.State != "superseded" {
		t.Fatalf("old report: %+v, %v", old.Report, err)
	}
	paper, err := b.release.PDF(t.Context(), b.People[access.Auditor], first.Report.ID)
	if err != nil || len(paper.Body) == 0 {
		t.Fatalf("the old document cannot be read any more: %v", err)
	}
	if walked, err := b.DB.VerifyChain(t.Context(), sqlite.VerifyOptions{}); err != nil || walked.Fault != nil {
		t.Errorf("the journal does not verify: %v, %v", walked.Fault, err)
	}
	text := b.content(t, second.Report.Hash)
	for _, want := range []string{"state:7:amended", "old_value:3:200", "old_value:3:120", "replaces:1:1", "old_reason:24:dilution was not entered"} {
		if !strings.Contains(text, want) {
			t.Errorf("the amended content lacks %q", want)
		}
	}
}

func TestParallelDoubleAmend(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit, _ := lipids(t, b)
	row := b.Rows(t, visit)["CHOL"]
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i, value := range []string{"240", "241", "242", "243"} {
		wg.Go(func() {
			in := release.Amend{Value: value, Reason: "dilution", Versions: row.Versions}
			_, errs[i] = b.release.Amend(t.Context(), b.path(), b.key32(), row.ItemID, in)
		})
	}
	wg.Wait()
	amended := 0
	for _, err := range errs {
		if err == nil {
			amended++
			continue
		}
		e := code(t, err, "stale_record")
		if now, _ := e.Detail["current"].(release.Shown); !strings.HasPrefix(now.Value, "24") {
			t.Errorf("the present value is not shown: %+v", e.Detail)
		}
		if was, _ := e.Detail["wanted"].(release.Shown); was.Value != "200" {
			t.Errorf("the value that was seen is not shown: %+v", e.Detail)
		}
	}
	if v := b.Rows(t, visit)["CHOL"].Version; amended != 1 || v != 2 {
		t.Fatalf("%d amended, version %d", amended, v)
	}
}

func TestAmendNeedsAReleasedValueAndAPathologist(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, "K", "4.2")
	row := b.Rows(t, v.ID)["K"]
	in := release.Amend{Value: "4.3", Reason: "typing error", Versions: row.Versions}
	_, err := b.release.Amend(t.Context(), b.path(), b.key32(), row.ItemID, in)
	code(t, err, "result_state")
	_, err = b.release.Amend(t.Context(), b.who(access.Manager), b.key32(), row.ItemID, in)
	code(t, err, "forbidden")
}

func TestWithdrawHidesAndAsksForANewReport(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit, first := lipids(t, b)
	gone, err := b.release.Withdraw(t.Context(), b.path(), b.key32(), first.Report.ID, release.Withdraw{Reason: "wrong patient"})
	if err != nil || gone.Report.State != "withdrawn" || gone.Report.Reason != "wrong patient" {
		t.Fatalf("withdrawn: %+v, %v", gone.Report, err)
	}
	_, err = b.release.PDF(t.Context(), b.People[access.Receptionist], first.Report.ID)
	code(t, err, "report_withdrawn")
	_, err = b.release.Printed(t.Context(), b.People[access.Receptionist], first.Report.ID)
	code(t, err, "report_withdrawn")
	if _, err = b.release.PDF(t.Context(), b.People[access.Auditor], first.Report.ID); err != nil {
		t.Errorf("the audit cannot read it: %v", err)
	}
	_, err = b.release.Withdraw(t.Context(), b.path(), b.key32(), first.Report.ID, release.Withdraw{Reason: "again"})
	code(t, err, "report_state")
	again := b.sign(t, visit, release.Sign{})
	if again.Report.State != "amended" || again.Report.Version != 2 {
		t.Fatalf("report after the withdrawal: %+v", again.Report)
	}
}

func TestCheckProof(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	_, first := lipids(t, b)
	good, err := b.release.Check(t.Context(), release.CheckProof{Payload: strings.ToLower(first.Payload)})
	if err != nil || !good.Genuine || good.ReportID != first.Report.ID || good.State != "final" || good.Newest != 1 {
		t.Fatalf("genuine: %+v, %v", good, err)
	}
	forged := []byte(first.Payload)
	if forged[60] == 'A' {
		forged[60] = 'B'
	} else {
		forged[60] = 'A'
	}
	bad, err := b.release.Check(t.Context(), release.CheckProof{Payload: string(forged)})
	if err != nil || bad.Genuine || bad.Reason != "signature" {
		t.Fatalf("forged: %+v, %v", bad, err)
	}
	bad, err = b.release.Check(t.Context(), release.CheckProof{Payload: "https://example.org/other"})
	if err != nil || bad.Genuine || bad.Reason != "malformed" {
		t.Fatalf("foreign: %+v, %v", bad, err)
	}
}

// What cannot be calculated says why, and does not keep a visit from being complete.
func TestNotCalculated(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "LIPID")
	b.fill(t, v.ID, "CHOL", "200", "HDL", "50")
	if row := b.Rows(t, v.ID)["LDL"]; row.Value != "" || row.State != "pending" {
		t.Fatalf("LDL before its inputs: %+v", row)
	}
	b.fill(t, v.ID, "TRIG", "150")
	if row := b.Rows(t, v.ID)["LDL"]; row.Value != "120" {
		t.Fatalf("LDL: %+v", row)
	}
	b.fill(t, v.ID, "TRIG", "450")
	if row := b.Rows(t, v.ID)["LDL"]; row.Value != "not calculated" || row.State != "entered" {
		t.Fatalf("LDL with triglycerides of 450: %+v", row)
	}
	b.accept(t, v.ID)
	first := b.sign(t, v.ID, release.Sign{})
	if first.Report.State != "final" || !strings.Contains(b.content(t, first.Report.Hash), "Not calculated: tg 400 or more") {
		t.Fatalf("report: %+v\n%s", first.Report, b.content(t, first.Report.Hash))
	}
	row := b.Rows(t, v.ID)["TRIG"]
	second, err := b.release.Amend(t.Context(), b.path(), b.key32(), row.ItemID, release.Amend{Value: "150", Reason: "wrong tube was read", Versions: row.Versions})
	if err != nil {
		t.Fatal(err)
	}
	if ldl := b.Rows(t, v.ID)["LDL"]; ldl.Value != "120" || ldl.State != "released" || !strings.Contains(b.content(t, second.Report.Hash), "old_value:14:not calculated") {
		t.Fatalf("LDL after the amendment: %+v", ldl)
	}
	row = b.Rows(t, v.ID)["TRIG"]
	if _, err = b.release.Amend(t.Context(), b.path(), b.key32(), row.ItemID, release.Amend{Value: "450", Reason: "it was right", Versions: row.Versions}); err != nil {
		t.Fatal(err)
	}
	if ldl := b.Rows(t, v.ID)["LDL"]; ldl.Value != "not calculated" || ldl.Version != 3 {
		t.Fatalf("LDL after the second amendment: %+v", ldl)
	}
}

// An amendment of a preliminary report leaves out what is not ready; the complete report still says that it was amended.
func TestAmendBeforeTheVisitIsComplete(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "ELEC")
	b.fill(t, v.ID, "NA", "140", "K", "4.2")
	b.sign(t, v.ID, release.Sign{Partial: true})
	row := b.Rows(t, v.ID)["K"]
	second, err := b.release.Amend(t.Context(), b.path(), b.key32(), row.ItemID, release.Amend{Value: "4.4", Reason: "typing error", Versions: row.Versions})
	if err != nil {
		t.Fatal(err)
	}
	if text := b.content(t, second.Report.Hash); second.Report.State != "amended" || !strings.Contains(text, "Not ready yet: CL, HCO3.") {
		t.Fatalf("second: %+v", second.Report)
	}
	b.fill(t, v.ID, "CL", "101", "HCO3", "24")
	third := b.sign(t, v.ID, release.Sign{})
	if text := b.content(t, third.Report.Hash); third.Report.State != "amended" || third.Report.Version != 3 || !strings.Contains(text, "old_value:3:4.2") {
		t.Fatalf("third: %+v", third.Report)
	}
}

// A bound that may be within or outside is accepted by a person and printed without a mark.
func TestUncertainFlagIsNotPrinted(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	v := b.Visit(t, "Asha Sharma", "F", 34, "UREA")
	row := b.Enter(t, v.ID, "UREA", "<30")
	if row.Flag != "?" || row.State != "held" {
		t.Fatalf("row: %+v", row)
	}
	b.accept(t, v.ID)
	r := b.sign(t, v.ID, release.Sign{})
	if text := b.content(t, r.Report.Hash); !strings.Contains(text, "value:3:<30\n") || !strings.Contains(text, "flag:0:\n") {
		t.Errorf("content: %s", text)
	}
}

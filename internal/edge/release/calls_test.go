package release_test

import (
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/release"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

func (b *bundle) board(t *testing.T) release.CriticalCalls {
	t.Helper()
	out, err := b.release.CriticalCalls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCriticalCall(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit := b.urgent(t, "stat", "6.9")
	open := b.board(t)
	if open.Open != 1 || open.Values[0].Closed || open.Values[0].Step != 0 || open.Values[0].EscalateAt == nil || open.Values[0].Value != "6.9" {
		t.Fatalf("board: %+v", open)
	}
	id := open.Values[0].ResultID
	b.Clock.Add(20 * time.Minute)
	if step := b.board(t).Values[0].Step; step != 1 {
		t.Errorf("step %d after 21 minutes, want 1", step)
	}
	tried, err := b.release.LogCall(t.Context(), b.who(access.Technician), b.key32(), id, release.LogCall{Phone: "+919822011000", Outcome: "no_answer"})
	if err != nil || tried.Closed || len(tried.Calls) != 1 || tried.Calls[0].Attempt != 1 {
		t.Fatalf("first attempt: %+v, %v", tried, err)
	}
	_, err = b.release.LogCall(t.Context(), b.who(access.Technician), b.key32(), id, release.LogCall{Said: "6.9 mmol/L", Outcome: "reached"})
	code(t, err, "call_whom")

	b.accept(t, visit)
	r := b.sign(t, visit, release.Sign{})
	if strings.Contains(b.content(t, r.Report.Hash), "read back") {
		t.Error("the report says that somebody was told although nobody was")
	}
	if b.board(t).Open != 1 {
		t.Error("releasing the report closed the call")
	}
	told, err := b.release.LogCall(t.Context(), b.who(access.Receptionist), b.key32(), id, release.LogCall{Reached: "Dr Demo", Role: "doctor", Said: "6.9 mmol/L", ReadBack: true, Outcome: "reached"})
	if err != nil || !told.Closed || told.ClosedAt == nil || told.Calls[1].Attempt != 2 {
		t.Fatalf("second attempt: %+v, %v", told, err)
	}
	if after := b.board(t); after.Open != 0 || after.Closed != 1 {
		t.Errorf("board afterwards: %+v", after)
	}
	err = b.DB.Update(t.Context(), b.People[access.Technician], "test", func(tx *sqlite.Tx) error {
		return tx.Change("critical_call", told.Calls[0].ID, nil, sqlite.Row{"outcome": "reached"})
	})
	if err == nil {
		t.Error("a call was changed")
	}
}

func TestCallBeforeReleaseStandsOnTheReport(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit := b.urgent(t, "stat", "6.9")
	id := b.board(t).Values[0].ResultID
	in := release.LogCall{Reached: "Dr Demo", Said: "6.9 mmol/L", ReadBack: true, Outcome: "reached"}
	if _, err := b.release.LogCall(t.Context(), b.who(access.Technician), b.key32(), id, in); err != nil {
		t.Fatal(err)
	}
	b.accept(t, visit)
	r := b.sign(t, visit, release.Sign{})
	if text := b.content(t, r.Report.Hash); !strings.Contains(text, "K 6.9: told to Dr Demo at ") {
		t.Errorf("the content does not say who was told")
	}
}

func TestOnlyCriticalValuesAreCalled(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit := b.urgent(t, "routine", "4.2")
	row := b.Rows(t, visit)["K"]
	_, err := b.release.LogCall(t.Context(), b.who(access.Technician), b.key32(), row.ResultID, release.LogCall{Outcome: "no_answer"})
	code(t, err, "not_critical")
	_, err = b.release.LogCall(t.Context(), b.who(access.Accountant), b.key32(), row.ResultID, release.LogCall{Outcome: "no_answer"})
	code(t, err, "forbidden")
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit := b.urgent(t, "routine", "6.9")
	row := b.Rows(t, visit)["K"]
	decide := func(decision, versions string) (string, error) {
		done, err := b.release.Decide(t.Context(), b.who(access.Technician), row.ItemID, release.Decide{Decision: decision, Versions: versions})
		return done.State, err
	}
	if state, err := decide("rerun", row.Versions); err != nil || state != "pending" {
		t.Fatalf("rerun: %s, %v", state, err)
	}
	_, err := decide("accept", row.Versions)
	e := code(t, err, "stale_record")
	if now, _ := e.Detail["current"].(release.Shown); now.Value != "6.9" || now.State != "pending" {
		t.Errorf("detail: %+v", e.Detail)
	}
	if state, err := decide("accept", b.Rows(t, visit)["K"].Versions); err != nil || state != "entered" {
		t.Fatalf("accept after a rerun was asked for: %s, %v", state, err)
	}
	if state, err := decide("new_sample", b.Rows(t, visit)["K"].Versions); err != nil || state != "pending" {
		t.Fatalf("new sample: %s, %v", state, err)
	}
	v, err := b.Desk.Visit(t.Context(), b.People[access.Receptionist], visit)
	if err != nil || len(v.Samples) != 2 || v.Samples[1].State != "expected" || v.Items[0].SampleID != v.Samples[1].ID {
		t.Fatalf("tubes: %+v, %v", v.Samples, err)
	}
	if n := b.count(t, "SELECT count(*) FROM hold_decision"); n != 3 {
		t.Errorf("%d decisions are kept, want 3", n)
	}
	clean := b.urgent(t, "routine", "4.2")
	row = b.Rows(t, clean)["K"]
	_, err = decide("accept", row.Versions)
	code(t, err, "nothing_held")
}

package result_test

import (
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/result"

	"pgregory.net/rapid"
)

var at = time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)

func id(n byte) lab.ID { return lab.ID{15: n} }

// entered is a result with a manual value, entered by user 1, that needs two levels.
func entered(t *testing.T, holds ...result.Hold) result.Result {
	t.Helper()
	r, err := result.New(id(10), id(11), id(12), id(13), "K", 2)
	if err != nil {
		t.Fatal(err)
	}
	v := exact("4.2")
	r, err = r.Enter(result.Entry{
		Value: &v, Unit: "mmol/L", Source: result.Manual, By: id(1), At: at, Judgement: result.Judgement{Holds: holds},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func must(t *testing.T) func(r result.Result, err error) result.Result {
	t.Helper()
	return func(r result.Result, err error) result.Result {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func TestWayToRelease(t *testing.T) {
	t.Parallel()
	r, err := result.New(id(10), id(11), id(12), id(13), "K", 2)
	if err != nil || r.State() != result.Pending {
		t.Fatal(r.State(), err)
	}
	r = must(t)(r.Send(at))
	if r.State() != result.Sent {
		t.Error(r.State())
	}
	r = entered(t)
	if _, err := r.Verify(id(1), at, false); lab.CodeOf(err) != "verify_own" {
		t.Errorf("verifying one's own entry gave %v", err)
	}
	r = must(t)(r.Verify(id(2), at, false))
	if r.State() != result.Verified || r.Level() != 1 {
		t.Error(r.State(), r.Level())
	}
	if _, err := r.Release(id(3), at); lab.CodeOf(err) != "result_state" {
		t.Errorf("release at level 1 of 2 gave %v", err)
	}
	if _, err := r.Verify(id(2), at, false); lab.CodeOf(err) != "verify_twice" {
		t.Errorf("one person on two levels gave %v", err)
	}
	r = must(t)(r.Verify(id(3), at, false))
	if _, err := r.Verify(id(4), at, false); lab.CodeOf(err) != "result_verified" {
		t.Errorf("a third level of two gave %v", err)
	}
	r = must(t)(r.Release(id(3), at))
	if r.State() != result.Released {
		t.Error(r.State())
	}
}

func TestHeldResultNeedsAnAnswer(t *testing.T) {
	t.Parallel()
	r := entered(t, result.NewHold(result.HoldDelta), result.NewHold(result.HoldCritical))
	if r.State() != result.Held {
		t.Fatal(r.State())
	}
	if _, err := r.Verify(id(2), at, false); lab.CodeOf(err) != "result_held" {
		t.Errorf("verifying a held result gave %v", err)
	}
	if _, err := r.Answer(result.Answer{Hold: result.HoldDelta}); lab.CodeOf(err) != "hold_reason" {
		t.Errorf("an answer without reason gave %v", err)
	}
	if _, err := r.Answer(result.Answer{Hold: result.HoldQC, Reason: "x"}); lab.CodeOf(err) != "hold_unknown" {
		t.Errorf("an answer to another hold gave %v", err)
	}
	r = must(t)(r.Answer(result.Answer{Hold: result.HoldDelta, Reason: "transfused", By: id(2), At: at}))
	if r.State() != result.Held || len(r.OpenHolds()) != 1 {
		t.Error("one answer opened both holds")
	}
	r = must(t)(r.Answer(result.Answer{Hold: result.HoldCritical, Reason: "called", By: id(2), At: at}))
	if r.State() != result.Entered {
		t.Error(r.State())
	}
}

// Nothing that was verified changes in silence: whatever part of the clinical content changes, release is refused.
func TestChangedContentIsNotReleased(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*result.Result){
		"value":    func(r *result.Result) { v := exact("4.3"); r.Value = &v },
		"unit":     func(r *result.Result) { r.Unit = "mg/dL" },
		"flag":     func(r *result.Result) { r.Flag = result.High },
		"interval": func(r *result.Result) { r.Interval.High = exact("9").Num },
		"critical": func(r *result.Result) { r.Interval.CriticalLow = exact("1").Num },
		"comment":  func(r *result.Result) { r.Comment = "x" },
		"sample":   func(r *result.Result) { r.SampleID = id(99) },
		"test":     func(r *result.Result) { r.TestCode = "NA" },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := entered(t)
			r = must(t)(r.Verify(id(2), at, false))
			r = must(t)(r.Verify(id(3), at, false))
			change(&r)
			if _, err := r.Release(id(3), at); lab.CodeOf(err) != "content_changed" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRerunAndAmendKeepBothVersions(t *testing.T) {
	t.Parallel()
	r := entered(t)
	old, next, err := r.Rerun(id(20), "delta")
	if err != nil || old.State() != result.Superseded || next.State() != result.Pending || next.Version != 2 ||
		next.Supersedes != r.ID || old.Value.Text != "4.2" || next.Amendment {
		t.Errorf("rerun gave %+v %+v %v", old, next, err)
	}
	if _, _, err := r.Amend(id(20), "x"); lab.CodeOf(err) != "result_state" {
		t.Errorf("amending what was not released gave %v", err)
	}
	r = must(t)(r.Verify(id(2), at, false))
	r = must(t)(r.Verify(id(3), at, false))
	r = must(t)(r.Release(id(3), at))
	if _, _, err := r.Rerun(id(20), "x"); lab.CodeOf(err) != "result_state" {
		t.Errorf("rerun after release gave %v", err)
	}
	if _, _, err := r.Amend(id(20), ""); lab.CodeOf(err) != "change_reason" {
		t.Errorf("amending without reason gave %v", err)
	}
	old, next, err = r.Amend(id(20), "wrong dilution")
	if err != nil || !next.Amendment || next.PreviousText != "4.2" || next.Levels != 2 || old.ReleasedAt.IsZero() {
		t.Errorf("amend gave %+v %+v %v", old, next, err)
	}
	if _, err := r.Cancel("x", at); lab.CodeOf(err) != "result_state" {
		t.Errorf("cancelling a released result gave %v", err)
	}
}

func TestAnalyzerValueIsNotOverwritten(t *testing.T) {
	t.Parallel()
	r := entered(t)
	v := exact("5")
	if _, err := r.Enter(result.Entry{Value: &v, Source: result.Analyzer, At: at}); lab.CodeOf(err) != "result_entered" {
		t.Errorf("an analyzer's value over a manual one gave %v", err)
	}
	if got := must(t)(r.Enter(result.Entry{Value: &v, Source: result.Manual, By: id(1), At: at})); got.Value.Text != "5" || r.Value.Text != "4.2" {
		t.Error("a manual correction before verification was not taken, or it changed the copy before")
	}
	if _, err := r.Enter(result.Entry{Source: result.Manual}); lab.CodeOf(err) != "value_empty" {
		t.Errorf("no value gave %v", err)
	}
}

// From any state, no sequence of moves loses a verified value or releases one that was not verified at every level.
func TestMovesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := result.New(id(10), id(11), id(12), id(13), "K", rapid.IntRange(1, 3).Draw(t, "levels"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 15).Draw(t, "moves") {
			before := r
			by := id(rapid.Byte().Draw(t, "by"))
			var next result.Result
			switch rapid.IntRange(0, 5).Draw(t, "move") {
			case 0:
				v := exact(rapid.StringMatching(`[1-9]\.[0-9]`).Draw(t, "value"))
				next, err = r.Enter(result.Entry{Value: &v, Source: result.Manual, By: by, At: at})
			case 1:
				next, err = r.Verify(by, at, false)
			case 2:
				next, err = r.Release(by, at)
			case 3:
				next, err = r.Hold(result.NewHold(result.HoldQC))
			case 4:
				next, err = r.Answer(result.Answer{Hold: result.HoldQC, Reason: "x", By: by, At: at})
			case 5:
				next, err = r.Cancel("x", at)
			}
			if err != nil {
				continue
			}
			r = next
			if before.Level() > 0 && (r.Value == nil || r.Value.Text != before.Value.Text) {
				t.Fatalf("a verified value changed from %+v to %+v", before.Value, r.Value)
			}
			if r.State() == result.Released && r.Level() < r.Levels {
				t.Fatalf("released at level %d of %d", r.Level(), r.Levels)
			}
		}
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	adult := catalogue.Subject{Sex: patient.Male, AgeDays: 12000, AgeKnown: true}
	child := catalogue.Subject{Sex: patient.Male, AgeDays: 900, AgeKnown: true}
	tests := map[string]struct {
		code, text string
		subject    catalogue.Subject
		flag       result.Flag
		holds      []string
	}{
		"normal adult":              {"HB", "14", adult, result.Normal, nil},
		"low adult":                 {"HB", "12.9", adult, result.Low, nil},
		"critical adult":            {"HB", "6.9", adult, result.CriticalLow, []string{result.HoldCritical}},
		"child: held, not normal":   {"HB", "14", child, result.Normal, []string{result.HoldNoLimit}},
		"sex unknown, critical":     {"HB", "6.9", catalogue.Subject{Sex: patient.Unknown, AgeDays: 12000, AgeKnown: true}, result.CriticalLow, []string{result.HoldSexUnknown, result.HoldCritical}},
		"sex unknown, not critical": {"HB", "12.5", catalogue.Subject{Sex: patient.Unknown, AgeDays: 12000, AgeKnown: true}, result.Normal, []string{result.HoldSexUnknown}},
		"age unknown":               {"HB", "12.5", catalogue.Subject{Sex: patient.Male}, result.Normal, []string{result.HoldAgeUnknown, result.HoldNoLimit}},
		"bound":                     {"K", ">4", adult, result.Uncertain, []string{result.HoldUncertain}},
		"no critical limits":        {"MCV", "90", adult, result.Normal, nil},
		"sensitive":                 {"HIV", "Non-reactive", adult, result.Normal, []string{result.HoldSensitive}},
		"critical text":             {"MALAG", "Positive: Pf", adult, result.Abnormal, []string{result.HoldCritical, result.HoldSensitive}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test, _ := c.Test(tt.code)
			v, err := result.Parse(test, tt.text, result.Form{})
			if err != nil {
				t.Fatal(err)
			}
			j := result.Judge(test, v, c.IntervalsOf(tt.code), c.CriticalsOf(tt.code), tt.subject)
			if j.Flag != tt.flag || len(j.Holds) != len(tt.holds) {
				t.Fatalf("got %+v, want %q %v", j, tt.flag, tt.holds)
			}
			for i, h := range j.Holds {
				if h.Code != tt.holds[i] {
					t.Errorf("hold %d is %s, want %s", i, h.Code, tt.holds[i])
				}
			}
		})
	}
}

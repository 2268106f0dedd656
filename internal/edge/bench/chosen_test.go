package bench_test

import (
	"fmt"
	"strings"
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/instruments/astm"
)

// TestQuestionIsReadByTheChosenProfile: an analyzer whose questions name nobody is answered in the dialect that the lab chose
// for it, not in the one that the bytes alone suggest.
func TestQuestionIsReadByTheChosenProfile(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := downloads(t, l, "sysmex-xn", "")
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	a := plug(t, l, l.Bench, id)
	question := fmt.Sprintf("H|\\^&|||||||||||E1394-97\rQ|1|12^3^%22s^B||||20261121101500\rL|1|N\r", v.Samples[0].Accession)
	a.say("\x05")
	a.until("\x06")
	for _, f := range astm.Frames([]byte(question), astm.RecordPerFrame, 0) {
		a.say(string(f))
		a.until("\x06")
	}
	a.say("\x04")
	got := a.take()
	if want := fmt.Sprintf("||12^3^%22s^B|^^^^HGB\\^^^^PLT|", v.Samples[0].Accession); !strings.Contains(got, want) {
		t.Errorf("answered %q, want %s", got, want)
	}
}

package order_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/order"
)

func starter(t *testing.T) catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExpandDoesEachTestOnce(t *testing.T) {
	t.Parallel()
	c := starter(t)
	lines, err := order.Expand(c, []string{"KFT", "NA", "ELEC"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{}
	for _, l := range lines {
		if _, twice := seen[l.Test.Code]; twice {
			t.Errorf("%s stands twice", l.Test.Code)
		}
		seen[l.Test.Code] = l.From
	}
	if got := strings.Join(seen["NA"], " "); got != "KFT NA ELEC" {
		t.Errorf("sodium is asked for by %q", got)
	}
	if got := order.Covered(c, []string{"KFT", "NA", "TSH"}); strings.Join(got, " ") != "NA" {
		t.Errorf("covered: %v", got)
	}
	_, err = order.Expand(c, []string{"NOPE", "HB", "NADA"})
	var e *lab.Error
	if !errors.As(err, &e) || len(e.Fields) != 2 {
		t.Errorf("unknown codes gave %v", err)
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	const w, s, r, c = order.PartWaiting, order.PartStarted, order.PartReleased, order.PartCancelled
	tests := []struct {
		parts []order.Part
		want  order.State
	}{
		{nil, order.StateRegistered},
		{[]order.Part{w, w}, order.StateRegistered},
		{[]order.Part{w, s}, order.StateInProgress},
		{[]order.Part{w, r}, order.StatePartiallyReleased},
		{[]order.Part{s, r, c}, order.StatePartiallyReleased},
		{[]order.Part{r, r}, order.StateCompleted},
		{[]order.Part{r, c}, order.StateCompleted},
		{[]order.Part{c, c}, order.StateCancelled},
		{[]order.Part{c, w}, order.StateRegistered},
	}
	for _, tt := range tests {
		if got := order.Derive(tt.parts); got != tt.want {
			t.Errorf("%v is %s, want %s", tt.parts, got, tt.want)
		}
	}
}

func TestVisit(t *testing.T) {
	t.Parallel()
	c := starter(t)
	at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	v := order.Visit{Draft: true}
	if _, err := v.Register("", at); lab.CodeOf(err) != "visit_patient" {
		t.Errorf("without a patient: %v", err)
	}
	v.PatientID = lab.ID{1}
	if _, err := v.Register("", at); lab.CodeOf(err) != "visit_empty" {
		t.Errorf("without tests: %v", err)
	}
	v.Items = []order.Item{{ID: lab.ID{1}, Code: "CBC", Panel: true}}
	number, err := order.NewNumber("K7", 7)
	if err != nil {
		t.Fatal(err)
	}
	v, err = v.Register(number, at)
	if err != nil || v.State([]order.Part{order.PartWaiting}) != order.StateRegistered {
		t.Fatal(err)
	}
	if _, err := v.Register(number, at); lab.CodeOf(err) != "visit_registered" {
		t.Errorf("twice: %v", err)
	}
	started, released := []order.Part{order.PartStarted}, []order.Part{order.PartReleased, order.PartStarted}
	if _, err := v.AddOn(c, []order.Item{{Code: "CBC"}}, started); lab.CodeOf(err) != "item_repeated" {
		t.Errorf("the same again: %v", err)
	}
	if _, err := v.AddOn(c, []order.Item{{Code: "TSH"}}, []order.Part{order.PartReleased}); lab.CodeOf(err) != "visit_closed" {
		t.Errorf("on a completed visit: %v", err)
	}
	more, err := v.AddOn(c, []order.Item{{ID: lab.ID{2}, Code: "TSH"}}, released)
	if err != nil || len(more.Items) != 2 || len(v.Items) != 1 {
		t.Errorf("add-on: %v %v", more.Items, err)
	}
	if _, err := v.Cancel("left", released); lab.CodeOf(err) != "visit_released" {
		t.Errorf("cancel after a release: %v", err)
	}
	if _, err := v.Cancel("", started); lab.CodeOf(err) != "cancel_reason" {
		t.Errorf("cancel without reason: %v", err)
	}
	gone, err := v.Cancel("left", started)
	if err != nil || gone.State(started) != order.StateCancelled {
		t.Errorf("cancel: %v", err)
	}
	one, err := more.CancelItem(lab.ID{2}, "not wanted", started)
	if err != nil || !one.Items[1].Cancelled || more.Items[1].Cancelled {
		t.Errorf("cancel of an item: %v %v", one.Items, err)
	}
	if _, err := more.CancelItem(lab.ID{9}, "x", nil); lab.CodeOf(err) != "item_unknown" {
		t.Errorf("cancel of nothing: %v", err)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	n, err := order.NewNumber("K7", 1234567)
	if err != nil || !strings.HasPrefix(string(n), "K7V1234567") {
		t.Fatal(n, err)
	}
	if got, err := order.ParseNumber(strings.ToLower(string(n))); err != nil || got != n {
		t.Errorf("got %s %v", got, err)
	}
	if _, err := order.ParseNumber("K7V1234568" + string(n[10])); lab.CodeOf(err) != "visit_number_check" {
		t.Errorf("a wrong digit gave %v", err)
	}
}

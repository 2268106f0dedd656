package sample_test

import (
	"strings"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/sample"

	"pgregory.net/rapid"
)

var (
	today = lab.Date{Year: 2026, Month: 11, Day: 21}
	at    = time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
)

// The worked example of lab-rules section 9.
func TestAccessionExample(t *testing.T) {
	t.Parallel()
	a, err := sample.NewAccession(today, "K7", 42)
	if err != nil || a != "26325K70042L" || a.Node() != "K7" || a.Counter() != 42 {
		t.Errorf("got %s %v", a, err)
	}
}

func TestAccessionCounter(t *testing.T) {
	t.Parallel()
	for counter, want := range map[int]string{
		1: "0001", 9999: "9999", 10000: "A000", 10001: "A001", 10009: "A009", 10010: "A00A", 10033: "A010",
		sample.MaxAccessionCounter: "ZZZZ",
	} {
		a, err := sample.NewAccession(today, "K7", counter)
		if err != nil || string(a[7:11]) != want || a.Counter() != counter {
			t.Errorf("%d gives %s (%d) %v, want %s", counter, a, a.Counter(), err, want)
		}
	}
	for _, counter := range []int{0, -1, sample.MaxAccessionCounter + 1} {
		if _, err := sample.NewAccession(today, "K7", counter); lab.CodeOf(err) != "accession_counter" {
			t.Errorf("%d gave %v", counter, err)
		}
	}
}

// Two counts of one node and day never share a number, text order is counting order, and each reads back.
func TestAccessionsNeverCollide(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(1, sample.MaxAccessionCounter-1).Draw(t, "i")
		j := rapid.IntRange(i+1, sample.MaxAccessionCounter).Draw(t, "j")
		a, errA := sample.NewAccession(today, "K7", i)
		b, errB := sample.NewAccession(today, "K7", j)
		if errA != nil || errB != nil || a[:11] >= b[:11] || len(a) != sample.AccessionLength {
			t.Fatalf("%d is %s %v, %d is %s %v", i, a, errA, j, b, errB)
		}
		back, err := sample.ParseAccession(strings.ToLower(string(a)))
		if err != nil || back != a || back.Counter() != i {
			t.Fatalf("%s reads back as %s %v", a, back, err)
		}
	})
}

func TestParseAccessionRefuses(t *testing.T) {
	t.Parallel()
	zero := "26325K70000"
	c, err := identifier.Mod3736(zero)
	if err != nil {
		t.Fatal(err)
	}
	mixed := "26325K7004A"
	m, err := identifier.Mod3736(mixed)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"26325K70042": "accession_length", "26325K70043L": "accession_check", "26325K7O042L": "accession_shape",
		"2632AK70042L": "accession_shape", "": "accession_length", zero + string(c): "accession_shape",
		mixed + string(m): "accession_shape", "26325K70042|": "accession_check",
	} {
		if _, err := sample.ParseAccession(in); lab.CodeOf(err) != want {
			t.Errorf("%q gave %v, want %s", in, err, want)
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	tubes := sample.Group([]sample.Need{
		{Test: "HB", Specimen: "Whole blood EDTA"},
		{Test: "GLUF", Specimen: "Plasma fluoride"},
		{Test: "CREA", Specimen: "Serum"},
		{Test: "WBC", Specimen: "Whole blood EDTA"},
		{Test: "GLUPP", Specimen: "Plasma fluoride", Draw: "pp2h"},
		{Test: "PT", Specimen: "Plasma citrate"},
		{Test: "UPRO", Specimen: "Urine spot"},
		{Test: "HB", Specimen: "Whole blood EDTA"},
		{Test: "CSF", Specimen: "CSF"},
		{Test: "PUS", Specimen: "Pus"},
	})
	var got []string
	for _, tube := range tubes {
		got = append(got, tube.Container.Code+tube.Draw+":"+strings.Join(tube.Tests, "+"))
	}
	want := "CIT:PT SST:CREA EDTA:HB+WBC FLU:GLUF URI:UPRO STE:CSF STE:PUS FLUpp2h:GLUPP"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func made(t *testing.T) sample.Sample {
	t.Helper()
	s, err := sample.New(lab.ID{1}, lab.ID{2}, "26325K70042L", sample.Tube{Container: sample.ContainerFor("Serum"), Specimen: "Serum"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWayOfASample(t *testing.T) {
	t.Parallel()
	s := made(t)
	s, err := s.Collect(lab.ID{3}, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Receive(lab.ID{3}, at.Add(-time.Minute), time.Time{}); lab.CodeOf(err) != "received_before_collected" {
		t.Errorf("arriving before collection gave %v", err)
	}
	s, err = s.Receive(lab.ID{3}, at.Add(time.Hour), time.Time{})
	if err != nil || s.State != sample.Received {
		t.Fatal(s.State, err)
	}
	if _, err := s.Collect(lab.ID{3}, at); lab.CodeOf(err) != "sample_state" {
		t.Errorf("collecting twice gave %v", err)
	}
	if s, err = s.Store("R1", "A7"); err != nil {
		t.Fatal(err)
	}
	if s, err = s.Move(sample.Disposed); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(sample.Referred); lab.CodeOf(err) != "sample_state" {
		t.Errorf("a disposed sample moved: %v", err)
	}
}

func TestRejectAndRecollect(t *testing.T) {
	t.Parallel()
	s := made(t)
	if _, err := s.Reject(sample.Rejection{Reason: sample.Haemolysed}); lab.CodeOf(err) != "sample_state" {
		t.Errorf("rejecting an expected sample gave %v", err)
	}
	s, err := s.Receive(lab.ID{3}, at, at.Add(-time.Hour))
	if err != nil || s.CollectedAt.IsZero() {
		t.Fatal(err)
	}
	if _, err := s.Reject(sample.Rejection{Reason: "because"}); lab.CodeOf(err) != "rejection_reason" {
		t.Errorf("a reason that is not on the list gave %v", err)
	}
	if _, err := s.Recollect(lab.ID{9}, "26325K70042L"); lab.CodeOf(err) != "sample_not_rejected" {
		t.Errorf("recollecting a good sample gave %v", err)
	}
	s, err = s.Reject(sample.Rejection{Reason: sample.Haemolysed, By: lab.ID{3}, At: at})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Recollect(lab.ID{9}, "26325K70042L")
	if err != nil || again.RecollectOf != s.ID || again.State != sample.Expected || again.Container != "SST" {
		t.Errorf("got %+v %v", again, err)
	}
}

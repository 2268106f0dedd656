package quality_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/quality"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

const sender = "DEMO-HEM^H100"

// desk is a lab with one approved analyzer that reports haemoglobin, and its quality control.
type desk struct {
	*edgetest.Lab

	q          *quality.Quality
	instrument lab.ID
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{Lab: edgetest.New(t)}
	d.q = quality.New(quality.Options{DB: d.DB, Zone: d.Zone, Again: d.Bench.LookAgainAtControls})
	d.send(t, "R", "S0", "HGB", "1")
	all, err := d.Bench.Instruments(t.Context())
	if err != nil || len(all.Senders) != 1 {
		t.Fatalf("senders: %+v, %v", all.Senders, err)
	}
	i, err := d.Bench.Approve(t.Context(), d.People[access.Manager], d.key(), bench.Approve{
		SenderID: all.Senders[0].ID, New: &bench.InstrumentInput{Name: "Demo counter", Profile: "generic-astm", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.instrument = i.ID
	d.mapCode(t, "HGB", "HB")
	return d
}

func (d *desk) key() string { return d.DB.NewID().String() }

func (d *desk) mapCode(t *testing.T, code, test string) {
	t.Helper()
	if _, err := d.Bench.SetCode(t.Context(), d.People[access.Manager], d.instrument, bench.CodeInput{Code: code, TestID: d.Tests[test]}); err != nil {
		t.Fatal(err)
	}
}

// send plays one message; action Q makes it a control run. Each comes ten minutes after the one before.
func (d *desk) send(t *testing.T, action, sampleID, code, value string) {
	t.Helper()
	d.Clock.Add(10 * time.Minute)
	at := d.Clock.Now().In(d.Zone).Format("20060102150405")
	text := fmt.Sprintf("H|\\^&|||%s|||||||P|1\rP|1\rO|1|%s||^^^%s|R||||||%s\rR|1|^^^%s|%s|g/dL||N||F||||%s\rL|1|N\r", sender, sampleID, code, action, code, value, at)
	s := d.DB.NewID()
	_, err := d.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: d.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.ASTM, At: d.Clock.Now(), Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: instruments.ASTM, Text: []byte(text), Ending: instruments.Terminated}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// control sets a level up with mean and SD for haemoglobin.
func (d *desk) control(t *testing.T, text string, level int, mean, sd string) lab.ID {
	t.Helper()
	manager := d.People[access.Manager]
	all, err := d.q.AddControl(t.Context(), manager, d.key(), quality.ControlInput{Name: "Demo control", Lot: "4711", Level: level, SampleText: text, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.Controls {
		if c.SampleText != text {
			continue
		}
		in := quality.TargetInput{InstrumentID: d.instrument, TestID: d.Tests["HB"], Mean: mean, SD: sd, Source: "assigned"}
		if _, err := d.q.SetTarget(t.Context(), manager, d.key(), c.ID, in); err != nil {
			t.Fatal(err)
		}
		return c.ID
	}
	t.Fatalf("no control %s in %+v", text, all)
	return lab.ID{}
}

func (d *desk) chart(t *testing.T) quality.ControlChart {
	t.Helper()
	c, err := d.q.Chart(t.Context(), d.instrument, d.Tests["HB"], 60)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// runs writes a chart as "accept 0.500000,-0.500000".
func runs(c quality.ControlChart) string {
	var out []string
	for _, r := range c.Runs {
		var z []string
		for _, p := range r.Points {
			z = append(z, strings.TrimRight(strings.TrimRight(p.Z, "0"), "."))
		}
		out = append(out, strings.TrimSpace(r.Status+" "+strings.Join(z, ",")+" "+r.FirstRule))
	}
	return strings.Join(out, "; ")
}

func TestUnknownControlWaitsAndIsFiledOnceSetUp(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.send(t, "Q", "CTRL-N", "HGB", "13.0")
	all, err := d.q.Controls(t.Context())
	if err != nil || len(all.Unknown) != 1 || all.Unknown[0].SampleText != "CTRL-N" {
		t.Fatalf("unknown controls: %+v, %v", all.Unknown, err)
	}
	d.control(t, "CTRL-N", 2, "13.0", "0.3")
	if got := runs(d.chart(t)); got != "unjudged" {
		t.Errorf("a value from before the target reads %q", got)
	}
	d.Clock.Add(2 * time.Hour)
	d.send(t, "Q", "CTRL-N", "HGB", "13.3")
	if got := runs(d.chart(t)); got != "unjudged; accept 1" {
		t.Errorf("runs: %q", got)
	}
	all, err = d.q.Controls(t.Context())
	if err != nil || len(all.Unknown) != 0 {
		t.Errorf("still unknown: %+v, %v", all.Unknown, err)
	}
}

func TestControlWithACodeThatIsMappedLater(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.control(t, "CTRL-N", 2, "13.0", "0.3")
	d.send(t, "Q", "CTRL-N", "HB2", "13.3")
	if got := runs(d.chart(t)); got != "" {
		t.Fatalf("an unmapped code made %q", got)
	}
	d.mapCode(t, "HB2", "HB")
	if got := runs(d.chart(t)); got != "accept 1" {
		t.Errorf("after the mapping: %q", got)
	}
}

func TestLevelsOfOneHourAreOneRun(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.control(t, "C1", 1, "8.0", "0.2")
	d.control(t, "C2", 2, "13.0", "0.3")
	d.send(t, "Q", "C1", "HGB", "8.1")
	d.send(t, "Q", "C2", "HGB", "12.7")
	d.send(t, "Q", "C1", "HGB", "8.2") // the same level again is another run
	if got := runs(d.chart(t)); got != "accept 0.5,-1; accept 1" {
		t.Errorf("runs: %q", got)
	}
	c := d.chart(t)
	if len(c.Levels) != 2 || c.Levels[0].N != 2 || c.Levels[0].OwnMean != "8.150" || c.Levels[0].OwnSD != "0.071" || c.State != "open" {
		t.Errorf("levels: %+v, state %s", c.Levels, c.State)
	}
}

// TestRejectedRunHoldsPatientsUntilClosedAndAccepted walks through a lock-out.
func TestRejectedRunHoldsPatientsUntilClosedAndAccepted(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.control(t, "C1", 1, "8.0", "0.2")
	state := func() string { return d.chart(t).State }
	held := func(name string) bool {
		v := d.Visit(t, name, "F", 34, "CBC")
		d.send(t, "R", v.Samples[0].Accession, "HGB", "13.4")
		row := d.Rows(t, v.ID)["HB"]
		if row.Value != "13.4" {
			t.Fatalf("haemoglobin: %+v", row)
		}
		for _, h := range row.Holds {
			if h.Code == "qc" {
				return true
			}
		}
		return false
	}
	if state() != "none" || held("Asha Sharma") {
		t.Error("without any control a value is held")
	}
	d.send(t, "Q", "C1", "HGB", "8.1")
	if state() != "open" || held("Ravi Kumar") {
		t.Errorf("after an accepted run: %s", state())
	}
	d.send(t, "Q", "C1", "HGB", "8.7")
	c := d.chart(t)
	if c.State != "locked" || runs(c) != "accept 0.5; reject 3.5 1-3s" || !held("Meena Iyer") {
		t.Fatalf("after a rejected run: %s, %s", c.State, runs(c))
	}
	rejected := c.Runs[1].ID
	d.send(t, "Q", "C1", "HGB", "8.0")
	if state() != "locked" {
		t.Error("another run unlocked a test whose rejection nobody closed")
	}
	if _, err := d.q.CloseRun(t.Context(), d.People[access.Pathologist], rejected, quality.CloseRejected{Cause: "old reagent", Action: "new reagent"}); err != nil {
		t.Fatal(err)
	}
	if state() != "open" || held("John Das") {
		t.Errorf("closed and accepted: %s", state())
	}
	d.Clock.Add(25 * time.Hour)
	if state() != "stale" || !held("Sita Rao") {
		t.Errorf("a day later: %s", state())
	}
}

func TestExclusionTakesTwoPeople(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.control(t, "C1", 1, "8.0", "0.2")
	d.send(t, "Q", "C1", "HGB", "9.9")
	point := d.chart(t).Runs[0].Points[0].ID
	one, two := d.People[access.Technician], d.People[access.Pathologist]
	c, err := d.q.ExcludeResult(t.Context(), one, point, quality.ExcludeValue{Reason: "wrong_level"})
	if err != nil || runs(c) != "reject 9.5 1-3s" || c.Runs[0].Points[0].Proposed != "wrong_level" {
		t.Fatalf("asked by one person: %s, %v", runs(c), err)
	}
	if _, err := d.q.ExcludeResult(t.Context(), one, point, quality.ExcludeValue{Reason: "wrong_level"}); lab.CodeOf(err) != "second_person" {
		t.Errorf("the same person twice: %v", err)
	}
	if c, err = d.q.ExcludeResult(t.Context(), two, point, quality.ExcludeValue{Reason: "wrong_level"}); err != nil || c.Runs[0].Status != "unjudged" || c.Runs[0].Points[0].Excluded == "" {
		t.Errorf("agreed by two: %s, %v", runs(c), err)
	}
}

// TestWestgardOverStoredRuns plays z-scores of lab-rules' worked examples through the node.
func TestWestgardOverStoredRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []string // of one level: mean 100, SD 10
		last   string
	}{
		"W03 quiet at exactly 2": {[]string{"120", "80"}, "accept -2"},
		"2-2s across runs":       {[]string{"121", "125"}, "reject 2.5 2-2s"},
		"opposite sides":         {[]string{"124", "76"}, "warn -2.4 1-2s"},
		"4-1s of one level":      {[]string{"112", "114", "111", "116"}, "reject 1.6 4-1s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			d.control(t, "C1", 1, "100", "10")
			for _, v := range c.values {
				d.send(t, "Q", "C1", "HGB", v)
			}
			got := strings.Split(runs(d.chart(t)), "; ")
			if got[len(got)-1] != c.last {
				t.Errorf("the last run is %q, want %q", got[len(got)-1], c.last)
			}
		})
	}
}

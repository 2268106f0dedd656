package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/quality"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
)

// measure plays one potassium of the analyzer, a minute after the one before; action Q makes it a control.
func (n *node) measure(t *testing.T, action, sample, value string) {
	t.Helper()
	n.late.Add(int64(time.Minute))
	now := time.Now().Add(time.Duration(n.late.Load()))
	text := fmt.Sprintf("H|\\^&|||DEMO-ISE^1|||||||P|1\rP|1\rO|1|%s||^^^K|R||||||%s\rR|1|^^^K|%s|mmol/L||||F||||%s\rL|1|N\r", sample, action, value, now.UTC().Add(330*time.Minute).Format("20060102150405"))
	s := n.DB.NewID()
	_, err := n.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: n.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.ASTM, At: now, Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: instruments.ASTM, Text: []byte(text), Ending: instruments.Terminated}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ise connects the analyzer over HTTP, and sets its control up with mean 4.0 and SD 0.1.
func (n *node) ise(t *testing.T, boss *browser) (instrument, test lab.ID) {
	t.Helper()
	c, err := n.Office.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Tests {
		if x.Code == "K" {
			test = x.ID
		}
	}
	n.measure(t, "R", "S0", "4")
	all := read[bench.Instruments](t, boss.send(t, http.MethodGet, "/api/v1/instruments", nil), http.StatusOK)
	i := read[bench.Instrument](t, boss.send(t, http.MethodPost, "/api/v1/instruments/connect", bench.Connect{
		SenderID: all.Senders[0].ID, Codes: []bench.ConnectCode{{Code: "K", TestID: test}},
		New: bench.InstrumentInput{Name: "Demo ISE", Profile: "generic-astm", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
	}), http.StatusOK)
	set := read[quality.Controls](t, boss.send(t, http.MethodPost, "/api/v1/controls", quality.ControlInput{Name: "Demo control", Lot: "1", Level: 1, SampleText: "QC1", Active: true}), http.StatusOK)
	target := quality.TargetInput{InstrumentID: i.ID, TestID: test, Mean: "4.0", SD: "0.1", Source: "assigned"}
	read[quality.Controls](t, boss.send(t, http.MethodPost, "/api/v1/controls/"+set.Controls[0].ID.String()+"/targets", target), http.StatusOK)
	return i.ID, test
}

// TestLockOverHTTP: while a rejected run stands, no signature releases the test; the run is closed by whoever may, and an
// accepted run opens it.
func TestLockOverHTTP(t *testing.T) {
	t.Parallel()
	n := open(t)
	boss := n.login(t, "manager")
	instrument, test := n.ise(t, boss)
	n.measure(t, "Q", "QC1", "4.0")
	v, err := n.Desk.Register(t.Context(), n.people["receptionist"], n.DB.NewID().String(), reception.Register{
		Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: "routine", Collected: true,
		Items: []reception.OrderItem{{Kind: "test", ID: test}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.measure(t, "R", v.Samples[0].Accession, "4.2")
	n.measure(t, "Q", "QC1", "4.4")

	path := n.login(t, "pathologist")
	at := "/api/v1/verify/" + v.ID.String()
	sign := func(status int) problem {
		c := read[release.Case](t, path.send(t, http.MethodGet, at, nil), http.StatusOK)
		return read[problem](t, path.send(t, http.MethodPost, at+"/sign", release.Sign{Versions: c.Versions}), status)
	}
	if p := sign(http.StatusConflict); p.Code != "qc_locked" {
		t.Fatalf("a locked test: %+v", p)
	}
	chart := "/api/v1/quality/" + instrument.String() + "/" + test.String()
	c := read[quality.ControlChart](t, path.send(t, http.MethodGet, chart, nil), http.StatusOK)
	if c.State != "locked" || c.Lock == nil || len(c.Lock.Patients) != 1 || c.Lock.Waiting != 1 {
		t.Fatalf("chart: %s, %+v", c.State, c.Lock)
	}
	closing := "/api/v1/control-runs/" + c.Lock.RunID.String() + "/close"
	answer := quality.CloseRejected{Cause: "old vial", Action: "new vial"}
	if p := read[problem](t, n.login(t, "technician").send(t, http.MethodPost, closing, answer), http.StatusForbidden); p.Code != "forbidden" {
		t.Errorf("a technician unlocked: %+v", p)
	}
	c = read[quality.ControlChart](t, path.send(t, http.MethodPost, closing, answer), http.StatusOK)
	if c.State != "locked" || !c.Lock.Closed {
		t.Errorf("closed without another run: %s, %+v", c.State, c.Lock)
	}
	if p := sign(http.StatusConflict); p.Code != "qc_locked" {
		t.Errorf("closed without another run: %+v", p)
	}
	n.measure(t, "Q", "QC1", "4.0")
	sign(http.StatusOK)
}

package main_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// reply is an answer of the API.
type reply struct {
	status int
	body   []byte
}

// together makes the requests at the same time.
func together(calls ...func() (int, []byte)) []reply {
	out := make([]reply, len(calls))
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() {
			<-gate
			out[i].status, out[i].body = call()
		})
	}
	close(gate)
	wg.Wait()
	return out
}

// oneWon wants exactly one request to have worked and the other to say what changed, with both values. It gives both.
func oneWon(t *testing.T, what string, both []reply) (won reply, lost problem) {
	t.Helper()
	for i, r := range both {
		if r.status >= 200 && r.status <= 299 {
			won, lost = r, readProblem(t, both[1-i].status, both[1-i].body)
		}
	}
	if won.status == 0 || lost.Status != http.StatusConflict || lost.Code != "stale_record" {
		t.Fatalf("%s: %d %.300s\n%d %.300s", what, both[0].status, both[0].body, both[1].status, both[1].body)
	}
	return won, lost
}

func (s *desk) catalogue() {
	s.t.Helper()
	var c setup.Catalogue
	s.first.must(http.MethodGet, "/catalogue", nil, &c)
	for _, x := range c.Tests {
		s.tests[x.Code] = x.ID
	}
}

// desk is a lab with two browsers of each of the people who work at the same time.
type desk struct {
	t             *testing.T
	r             *running
	first, second *browser // receptionists
	tests         map[string]lab.ID
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	data := filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	r := startNode(t, edgeBinary(t), data)
	s := &desk{t: t, r: r, first: r.login(access.Receptionist), second: r.login(access.Receptionist), tests: map[string]lab.ID{}}
	s.catalogue()
	return s
}

func (s *desk) registration(name string) reception.Register {
	return reception.Register{
		Patient:  &reception.PatientInput{Name: name, Sex: "F", AgeValue: 34, AgeUnit: "y", Phone: "9800000001"},
		Priority: "routine", Collected: true, Items: []reception.OrderItem{{Kind: "test", ID: s.tests["HB"]}},
	}
}

func (s *desk) visits() []reception.VisitSummary {
	s.t.Helper()
	var all reception.Visits
	s.first.must(http.MethodGet, "/visits?state=all", nil, &all)
	return all.Visits
}

func TestTwoBrowsersRegister(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	const intent = "one-intent-of-the-desk"
	in := s.registration("Asha Sharma")
	both := together(
		func() (int, []byte) { return s.first.send(http.MethodPost, "/visits", intent, in) },
		func() (int, []byte) { return s.second.send(http.MethodPost, "/visits", intent, in) },
	)
	var a, b reception.Visit
	for i, v := range []*reception.Visit{&a, &b} {
		if err := json.Unmarshal(both[i].body, v); err != nil || both[i].status != http.StatusOK {
			t.Fatalf("register: %d %s", both[i].status, both[i].body)
		}
	}
	if a.ID != b.ID || a.Number != b.Number || a.Patient.ID != b.Patient.ID || len(s.visits()) != 1 {
		t.Errorf("one intent made %s and %s, %d visits", a.Number, b.Number, len(s.visits()))
	}
	in.Note = "another request"
	if status, raw := s.first.send(http.MethodPost, "/visits", intent, in); status != http.StatusConflict && status != http.StatusUnprocessableEntity {
		t.Errorf("the same key for another request: %d %s", status, raw)
	}
	together(
		func() (int, []byte) {
			return s.first.send(http.MethodPost, "/visits", "the-intent-of-one-desk", s.registration("Asha Sharma"))
		},
		func() (int, []byte) {
			return s.second.send(http.MethodPost, "/visits", "the-intent-of-another", s.registration("Asha Sharma"))
		},
	)
	if n := len(s.visits()); n != 3 {
		t.Errorf("two intents more made %d visits of 3", n)
	}
	var like reception.Duplicates
	s.first.must(http.MethodPost, "/patients/duplicates", reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y", Phone: "9800000001"}, &like)
	if len(like.Candidates) < 2 {
		t.Errorf("nobody is warned of the double registration: %+v", like)
	}
}

// row reads the one row of a visit's worklist.
func (s *desk) row(b *browser, visit lab.ID) bench.Row {
	s.t.Helper()
	var w bench.Worklist
	b.must(http.MethodGet, "/worklist?state=all&visit="+visit.String(), nil, &w)
	if len(w.Groups) != 1 || len(w.Groups[0].Rows) != 1 {
		s.t.Fatalf("worklist: %+v", w)
	}
	return w.Groups[0].Rows[0]
}

func TestTwoBrowsersEnterVerifyAndRelease(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	var v reception.Visit
	s.first.must(http.MethodPost, "/visits", s.registration("Asha Sharma"), &v)

	tech, other := s.r.login(access.Technician), s.r.login(access.Technician)
	row := s.row(tech, v.ID)
	path := "/items/" + row.ItemID.String() + "/result"
	enter := func(b *browser, value string) func() (int, []byte) {
		return func() (int, []byte) {
			return b.send(http.MethodPut, path, "", bench.Enter{Value: value, Seen: true, Versions: row.Versions})
		}
	}
	_, lost := oneWon(t, "enter", together(enter(tech, "13.1"), enter(other, "13.4")))
	if text := string(mustJSON(t, lost.Rest)); !strings.Contains(text, "13.1") || !strings.Contains(text, "13.4") {
		t.Errorf("the refusal does not show both values: %s", text)
	}

	one, two := s.r.login(access.Pathologist), s.r.login(access.Pathologist)
	var sheet release.Case
	one.must(http.MethodGet, "/verify/"+v.ID.String(), nil, &sheet)
	verify := func(b *browser) func() (int, []byte) {
		return func() (int, []byte) {
			return b.send(http.MethodPost, "/verify/"+v.ID.String()+"/verify", "", release.Verify{Level: "medical", Versions: sheet.Versions})
		}
	}
	_, lost = oneWon(t, "verify", together(verify(one), verify(two)))
	shows(t, lost, "verified")

	one.must(http.MethodGet, "/verify/"+v.ID.String(), nil, &sheet)
	sign := func(b *browser) func() (int, []byte) {
		return func() (int, []byte) {
			return b.send(http.MethodPost, "/verify/"+v.ID.String()+"/sign", "", release.Sign{Versions: sheet.Versions})
		}
	}
	_, lost = oneWon(t, "sign", together(sign(one), sign(two)))
	shows(t, lost, "released")
	s.counts(map[string]int{"verification": 1, "release": 1, "report": 1, "result": 1})
}

// shows wants a refusal to give what stands now, in that state, beside what the second person saw.
func shows(t *testing.T, lost problem, state string) {
	t.Helper()
	var data struct {
		Data struct {
			Current []struct {
				State string `json:"state"`
				Value string `json:"value"`
			} `json:"current"`
			Wanted []struct {
				Value string `json:"value"`
			} `json:"wanted"`
		} `json:"data"`
	}
	if err := json.Unmarshal(mustJSON(t, lost.Rest), &data); err != nil {
		t.Fatal(err)
	}
	now, seen := data.Data.Current, data.Data.Wanted
	if len(now) != 1 || len(seen) != 1 || now[0].State != state || now[0].Value == "" || seen[0].Value != now[0].Value {
		t.Errorf("the refusal does not show both: %s", mustJSON(t, lost.Rest))
	}
}

// counts compares how many records of a kind the journal has made.
func (s *desk) counts(want map[string]int) {
	s.t.Helper()
	type entry struct {
		Op     string `json:"op"`
		Entity string `json:"entity"`
	}
	got := map[string]int{}
	for _, e := range dump[entry](s.r, "journal") {
		if e.Op == "insert" || e.Op == "amend" {
			got[e.Entity]++
		}
	}
	for kind, n := range want {
		if got[kind] != n {
			s.t.Errorf("%d records of %s, want %d", got[kind], kind, n)
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// outside gives an address of this machine in the ranges of a lab's network; the connection never leaves the machine.
func outside(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsPrivate() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no private address, as the PCs of a lab have")
	return ""
}

// TestLogInFromAnotherAddress logs in over HTTPS at the machine's own address, trusting the lab's authority alone, as a
// second PC of the lab does; the plain address serves it nothing but the way there.
func TestLogInFromAnotherAddress(t *testing.T) {
	t.Parallel()
	host := outside(t)
	data := filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	r := &running{t: t, bin: edgeBinary(t), data: data, plain: ":" + portAlone(t), secure: ":" + portAlone(t), hl7: freeAddress(t), astm: freeAddress(t), said: &noisy{}}
	r.start()
	t.Cleanup(r.stop)
	_, plainPort, _ := net.SplitHostPort(r.plain)
	_, securePort, _ := net.SplitHostPort(r.secure)

	ca, err := http.Get("http://" + net.JoinHostPort(host, plainPort) + "/ca.crt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ca.Body.Close() }()
	pool := x509.NewCertPool()
	var pem strings.Builder
	if _, err := copyBody(&pem, ca); err != nil || !pool.AppendCertsFromPEM([]byte(pem.String())) {
		t.Fatalf("the lab's certificate cannot be read: %v %.200s", err, pem.String())
	}
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	b := newBrowser(t, "https://"+net.JoinHostPort(host, securePort), trusting)
	b.must(http.MethodPost, "/session/login", map[string]any{"login": string(access.Receptionist), "password": password}, nil)
	var me setup.Session
	b.must(http.MethodGet, "/session", nil, &me)

	doubting := newBrowser(t, "https://"+net.JoinHostPort(host, securePort), nil)
	if _, err := doubting.http.Get(doubting.base + "/api/v1/session"); err == nil {
		t.Error("a browser that does not trust the lab's authority got an answer")
	}
	plain := newBrowser(t, "http://"+net.JoinHostPort(host, plainPort), nil)
	status, raw := plain.send(http.MethodPost, "/session/login", "", map[string]any{"login": string(access.Receptionist), "password": password})
	if p := readProblem(t, status, raw); status != http.StatusForbidden || p.Code != "https_needed" {
		t.Errorf("a log-in without HTTPS from another address: %d %s", status, raw)
	}
}

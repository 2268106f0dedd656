package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"jaanch/internal/edge"
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

const password = "morning-kettle-42"

// node is a whole node in a folder of the test's own, with a lab of three people in it.
type node struct {
	*edge.Node

	late   atomic.Int64 // nanoseconds that the node's clock runs ahead
	people map[string]lab.Actor
}

func open(t *testing.T) *node {
	t.Helper()
	n := &node{people: map[string]lab.Actor{}}
	config, err := edge.Load("", map[string]any{"data": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return time.Now().Add(time.Duration(n.late.Load())) }
	n.Node, err = edge.Open(t.Context(), edge.Options{Config: config, Logger: telemetry.Discard(), Version: "test", Clock: clock, WeakPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	founding := setup.Founding{Lab: setup.LabInput{Name: "Demo Lab", Levels: 1, AutoReceive: true}, NodeCode: "K7"}
	roles := []string{"receptionist", "technician", "pathologist", "manager"}
	for _, r := range roles {
		founding.People = append(founding.People, setup.UserInput{Login: r, Name: "Demo " + r, Roles: []string{r}, Password: password, Active: true})
	}
	ids, err := n.Office.Found(t.Context(), "founding-of-the-lab", founding)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range roles {
		n.people[r] = lab.Actor{Kind: lab.ActorUser, ID: ids[i], Roles: []string{r}}
	}
	if _, err := n.Office.LoadStarter(t.Context(), lab.System(), "starter-of-the-lab"); err != nil {
		t.Fatal(err)
	}
	return n
}

// potassium registers a visit with one value that is ready to be signed.
func (n *node) potassium(t *testing.T) lab.ID {
	t.Helper()
	c, err := n.Office.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := reception.Register{Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: "routine", Collected: true}
	for _, x := range c.Tests {
		if x.Code == "K" {
			in.Items = []reception.OrderItem{{Kind: "test", ID: x.ID}}
		}
	}
	v, err := n.Desk.Register(t.Context(), n.people["receptionist"], n.DB.NewID().String(), in)
	if err != nil {
		t.Fatal(err)
	}
	w, err := n.Bench.Worklist(t.Context(), n.people["technician"], bench.Filter{Visit: v.ID, State: "all", Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	row := w.Groups[0].Rows[0]
	if _, err := n.Bench.Enter(t.Context(), n.people["technician"], row.ItemID, bench.Enter{Value: "4.2", Versions: row.Versions}); err != nil {
		t.Fatal(err)
	}
	return v.ID
}

// browser is one person's browser on the node's own machine.
type browser struct {
	node   *node
	cookie *http.Cookie
}

func (n *node) login(t *testing.T, name string) *browser {
	t.Helper()
	b := &browser{node: n}
	res := b.send(t, http.MethodPost, "/api/v1/session/login", setup.Login{Login: name, Password: password})
	if res.StatusCode != http.StatusOK || len(res.Cookies()) != 1 {
		t.Fatalf("log-in of %s: %d", name, res.StatusCode)
	}
	b.cookie = res.Cookies()[0]
	return b
}

func (b *browser) send(t *testing.T, method, path string, body any) *http.Response {
	t.Helper()
	var raw bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&raw).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	req := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, &raw)
	req.RemoteAddr = "127.0.0.1:40000"
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", b.node.DB.NewID().String())
	if b.cookie != nil {
		req.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.node.Handler().ServeHTTP(w, req)
	return w.Result()
}

func read[T any](t *testing.T, res *http.Response, status int) T {
	t.Helper()
	var out T
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Fatalf("%d, want %d: %s", res.StatusCode, status, raw.String())
	}
	if err := json.Unmarshal(raw.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, raw.String())
	}
	return out
}

type problem struct {
	Code string `json:"code"`
}

func TestSignOverHTTP(t *testing.T) {
	t.Parallel()
	n := open(t)
	visit := n.potassium(t)
	path := n.login(t, "pathologist")
	at := "/api/v1/verify/" + visit.String()
	c := read[release.Case](t, path.send(t, http.MethodGet, at, nil), http.StatusOK)
	if c.StepUp == nil || c.Panels[0].Rows[0].Value != "4.2" {
		t.Fatalf("case: %+v", c)
	}
	if p := read[problem](t, n.login(t, "receptionist").send(t, http.MethodGet, at, nil), http.StatusForbidden); p.Code != "forbidden" {
		t.Errorf("the desk saw a value before it was released: %+v", p)
	}

	n.late.Store(int64(11 * time.Minute))
	if p := read[problem](t, path.send(t, http.MethodPost, at+"/sign", release.Sign{Versions: c.Versions}), http.StatusForbidden); p.Code != "step_up_needed" {
		t.Fatalf("an old proof: %+v", p)
	}
	res := path.send(t, http.MethodPost, "/api/v1/session/step-up", setup.StepUp{Password: password})
	if res.StatusCode != http.StatusOK || len(res.Cookies()) != 1 {
		t.Fatalf("step-up: %d", res.StatusCode)
	}
	path.cookie = res.Cookies()[0]
	r := read[release.Report](t, path.send(t, http.MethodPost, at+"/sign", release.Sign{Versions: c.Versions}), http.StatusOK)
	if r.Report.State != "final" {
		t.Fatalf("report: %+v", r)
	}
	if p := read[problem](t, path.send(t, http.MethodPost, at+"/sign", release.Sign{Versions: c.Versions}), http.StatusConflict); p.Code != "stale_record" {
		t.Errorf("a second signature: %+v", p)
	}

	desk := n.login(t, "receptionist")
	paper := desk.send(t, http.MethodGet, r.PDF, nil)
	var body bytes.Buffer
	if _, err := body.ReadFrom(paper.Body); err != nil || paper.StatusCode != http.StatusOK || !strings.HasPrefix(body.String(), "%PDF-") {
		t.Fatalf("document: %d, %v", paper.StatusCode, err)
	}
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Security-Policy": "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store",
	} {
		if got := paper.Header.Values(header); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q alone", header, got, want)
		}
	}
	if d := paper.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "inline; ") || strings.Contains(d, "Asha") {
		t.Errorf("disposition %q", d)
	}
	checked := read[release.Checked](t, desk.send(t, http.MethodPost, "/api/v1/reports/check", release.CheckProof{Payload: r.Payload}), http.StatusOK)
	if !checked.Genuine || checked.Number != r.Report.Number {
		t.Errorf("check: %+v", checked)
	}
	if list := read[release.Reports](t, desk.send(t, http.MethodGet, "/api/v1/reports?state=unprinted", nil), http.StatusOK); len(list.Reports) != 1 {
		t.Errorf("printing list: %+v", list)
	}
	printed := read[release.Printed](t, desk.send(t, http.MethodPost, "/api/v1/reports/printed", release.Batch{Reports: []lab.ID{r.Report.ID}}), http.StatusOK)
	if len(printed.Reports) != 1 || printed.Reports[0].Printed == nil {
		t.Errorf("printed: %+v", printed)
	}
}

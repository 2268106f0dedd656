package hub_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strconv"
	"strings"
	"testing"

	"jaanch/internal/hub/api"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

const password = "four quiet horses"

// browser is a person at a replica.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
	key    string // of every create; empty for a new one each time
}

func (w *world) browser(t *testing.T, replica int) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: w.replicas[replica].URL + "/api/v1", client: &http.Client{Jar: jar}}
}

// call gives the status and reads the answer into out, when that is not nil.
func (b *browser) call(method, path string, in, out any) int {
	b.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			b.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	key := b.key
	if key == "" {
		key = rand.Text()
	}
	req.Header.Set("Idempotency-Key", key)
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			b.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
		}
	}
	return resp.StatusCode
}

func (w *world) user(t *testing.T, org lab.ID, login, role string) lab.ID {
	t.Helper()
	u, err := w.hub.People.Add(context.Background(), org, login, "Rekha Nirmal", role, password)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func (b *browser) login(login string) int {
	return b.call(http.MethodPost, "/session", map[string]any{"login": login, "password": password}, nil)
}

// The committed document is the one that the program writes.
func TestDocumentIsCommitted(t *testing.T) {
	t.Parallel()
	var now bytes.Buffer
	if err := api.Document(&now, "dev"); err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../docs/openapi-hub.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(now.Bytes(), committed) {
		t.Error("docs/openapi-hub.json is out of date: run hub openapi -o docs/openapi-hub.json")
	}
}

// document is what the tests read of the API's document.
type document struct {
	Paths map[string]map[string]struct {
		ID   string `json:"operationId"`
		Rule string `json:"x-rule"`
	} `json:"paths"`
}

// Every operation has a rule, and without a log-in only the public ones and those of nodes do not answer 401.
func TestEveryRouteHasARule(t *testing.T) {
	t.Parallel()
	w := setup(t)
	b := w.browser(t, 0)
	var doc document
	resp, err := http.Get(w.replicas[0].URL + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			n++
			if op.Rule == "" {
				t.Errorf("%s %s has no rule", method, path)
			}
			if op.Rule == "public" || op.Rule == "node" {
				continue
			}
			at := strings.ReplaceAll(strings.TrimPrefix(path, "/api/v1"), "{id}", lab.ID{1}.String())
			body := map[string]any{}
			switch op.ID {
			case "addLab":
				body = map[string]any{"name": "x"}
			case "setPrice":
				body = map[string]any{"price_paise": 1, "version": 1}
			case "setNodeStatus":
				body = map[string]any{"status": "active"}
			case "addUser":
				body = map[string]any{"login": "abc", "name": "x", "role": "owner", "password": password}
			case "decideConflict":
				body = map[string]any{"side": 0, "version": "1"}
			case "askPerson":
				body = map[string]any{"entity": "patient", "group": "contact", "asked": true}
			case "setUserDisabled":
				body = map[string]any{"disabled": true}
			}
			if got := b.call(strings.ToUpper(method), at, body, nil); got != http.StatusUnauthorized {
				t.Errorf("%s %s answers %d to nobody", method, path, got)
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d operations were walked", n)
	}
	for _, path := range []string{"/sync/push", "/sync/pull", "/sync/ack"} {
		if got := b.call(http.MethodPost, path, nil, nil); got != http.StatusUnauthorized {
			t.Errorf("%s answers %d to nobody", path, got)
		}
	}
}

// An owner sees what his labs have, from either replica; another organisation sees nothing of it.
func TestOwnersSeeTheirOwn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.user(t, w.org, "rekha", "owner")
	other, err := w.hub.Fleet.AddOrg(context.Background(), "Other Diagnostics")
	if err != nil {
		t.Fatal(err)
	}
	w.user(t, other.ID, "stranger", "owner")
	n := w.node(t, 1, 0)
	test := n.visitWithResult()
	n.sync()

	for replica := range w.replicas {
		b := w.browser(t, replica)
		if got := b.login("rekha"); got != http.StatusOK {
			t.Fatalf("log-in answers %d", got)
		}
		var results struct {
			Results []struct {
				Patient, Accession, Value, State, Test string
				Lab                                    string `json:"lab_name"`
			}
		}
		if b.call(http.MethodGet, "/results", nil, &results); len(results.Results) != 1 {
			t.Fatalf("replica %d: %+v", replica, results)
		}
		if r := results.Results[0]; r.Patient != "Asha Sharma" || r.Accession != "26325K70001F" || r.Value != "6.8" || r.State != "verified" || r.Lab != "Main" || r.Test != "Haemoglobin" {
			t.Errorf("got %+v", r)
		}
		var overview struct {
			Labs []struct {
				State string
				Today struct{ Visits, Results int }
				Week  []struct{ Results int }
			}
			Online int
		}
		b.call(http.MethodGet, "/overview", nil, &overview)
		if len(overview.Labs) != 1 || overview.Labs[0].State != "online" || overview.Online != 1 || len(overview.Labs[0].Week) != 7 {
			t.Errorf("got %+v", overview)
		}
	}
	s := w.browser(t, 0)
	s.login("stranger")
	var none struct{ Results []any }
	if s.call(http.MethodGet, "/results", nil, &none); len(none.Results) != 0 {
		t.Errorf("another organisation sees %v", none.Results)
	}
	for _, path := range []string{"/labs/" + w.lab.String() + "/enrol-code", "/nodes/" + n.db.Device().String() + "/status", "/catalogue/tests/" + test.String() + "/price"} {
		body := map[string]any{}
		switch {
		case strings.HasSuffix(path, "status"):
			body["status"] = "revoked"
		case strings.HasSuffix(path, "price"):
			body["price_paise"], body["version"] = 1, 0
		}
		if got := s.call(http.MethodPost, path, body, nil); got != http.StatusNotFound {
			t.Errorf("POST %s of another organisation answers %d, want 404", path, got)
		}
	}
}

// visitWithResult makes a patient with a visit, a sample and a verified result, and gives the test's id.
func (n *node) visitWithResult() (test lab.ID) {
	n.update(func(tx *sqlite.Tx) error {
		p, v, s, r := tx.NewID(), tx.NewID(), tx.NewID(), tx.NewID()
		test = tx.NewID()
		for _, row := range []struct {
			entity string
			id     lab.ID
			row    sqlite.Row
		}{
			{"patient", p, patient("Asha Sharma")},
			{"test", test, sqlite.Row{"code": "HB", "name": "Haemoglobin", "specimen": "blood", "draw": "edta", "unit": "g/dL", "unit_text": "g/dL", "department": "haematology", "kind": "numeric", "decimals": 1, "sensitive": 0, "position": 1, "price": 15000, "report_min": 0, "active": 1}},
			{"visit", v, sqlite.Row{"number": "K7-1", "patient_id": p, "registered_ms": tx.Now().UnixMilli(), "registered_by": lab.ID{7}, "language": "en", "delivery": "[]", "priority": "routine", "cancelled": 0}},
			{"sample", s, sqlite.Row{"visit_id": v, "accession": "26325K70001F", "specimen": "blood", "container": "edta", "draw": "edta", "position": 1, "home": "K7", "made_ms": 1, "state": "collected", "recollect": 0}},
			{"result", r, sqlite.Row{"order_test_id": lab.ID{1}, "sample_id": s, "test_id": test, "version": 1, "value": "6.8", "raw": "6.8", "unit": "g/dL", "comparator": "", "interval_text": "", "holds": "[]", "flag": "L", "critical": 0, "source": "manual", "entered_ms": 1, "content_hash": []byte{1}}},
			{"verification", tx.NewID(), sqlite.Row{"result_id": r, "order_test_id": lab.ID{1}, "visit_id": v, "level": 1, "meaning": "technical", "user_id": lab.ID{5}, "at_ms": 1, "content_hash": []byte{1}}},
		} {
			if err := tx.Insert(row.entity, row.id, row.row); err != nil {
				return err
			}
		}
		return nil
	})
	return test
}

// Roles, disabling, and the throttle of log-ins.
func TestPeople(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.user(t, w.org, "rekha", "owner")
	accountant := w.user(t, w.org, "anil", "accountant")
	owner, b := w.browser(t, 0), w.browser(t, 1)
	owner.login("rekha")
	b.login("anil")
	for path, want := range map[string]int{"/results": http.StatusForbidden, "/users": http.StatusForbidden, "/overview": http.StatusOK, "/catalogue/tests": http.StatusOK} {
		if got := b.call(http.MethodGet, path, nil, nil); got != want {
			t.Errorf("an accountant gets %d at %s, want %d", got, path, want)
		}
	}
	if got := owner.call(http.MethodPost, "/users/"+accountant.String()+"/disabled", map[string]any{"disabled": true}, nil); got != http.StatusNoContent && got != http.StatusOK {
		t.Fatalf("disabling answers %d", got)
	}
	if got := b.call(http.MethodGet, "/overview", nil, nil); got != http.StatusUnauthorized {
		t.Errorf("a disabled person still gets %d at the other replica", got)
	}
	if got := b.login("anil"); got != http.StatusUnauthorized {
		t.Errorf("a disabled person logs in with %d", got)
	}
	if got := owner.call(http.MethodPost, "/labs", map[string]any{"name": "x", "colour": "red"}, nil); got != http.StatusBadRequest && got != http.StatusUnprocessableEntity {
		t.Errorf("an unknown field answers %d", got)
	}
	last := 0
	for range 8 {
		last = w.browser(t, 0).call(http.MethodPost, "/session", map[string]any{"login": "rekha", "password": "wrong password"}, nil)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("eight wrong passwords end with %d", last)
	}
}

// Lists come in pages without a gap or a repeat.
func TestPages(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.user(t, w.org, "rekha", "owner")
	n := w.node(t, 1, 0)
	for i := range 7 {
		n.update(func(tx *sqlite.Tx) error {
			return tx.Insert("result", tx.NewID(), sqlite.Row{"order_test_id": lab.ID{1, byte(i)}, "sample_id": lab.ID{2}, "test_id": lab.ID{3}, "version": 1, "value": strconv.Itoa(i), "raw": "", "unit": "", "comparator": "", "interval_text": "", "holds": "[]", "flag": "", "critical": 0, "source": "manual", "entered_ms": 1, "content_hash": []byte{1}})
		})
	}
	n.sync()
	b := w.browser(t, 0)
	b.login("rekha")
	seen := map[string]bool{}
	next := ""
	for range 5 {
		var page struct {
			Results []struct{ ID, Value string }
			Next    string
		}
		b.call(http.MethodGet, "/results?limit=3&lab="+w.lab.String()+"&before="+next, nil, &page)
		for _, r := range page.Results {
			if seen[r.ID] {
				t.Errorf("%s came twice", r.Value)
			}
			seen[r.ID] = true
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d results, want 7", len(seen))
	}
}

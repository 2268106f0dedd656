package api_test

import (
	"net/http"
	"testing"
	"time"

	"jaanch/internal/edge/privacy"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/setup"
)

// TestEraseOverHTTP: the screen shows what will go and what stays, and only a fresh proof of the right person makes it happen.
func TestEraseOverHTTP(t *testing.T) {
	t.Parallel()
	n := open(t)
	visit := n.potassium(t)
	manager, desk := n.login(t, "manager"), n.login(t, "receptionist")
	patient := read[reception.Visit](t, desk.send(t, http.MethodGet, "/api/v1/visits/"+visit.String(), nil), http.StatusOK).Patient
	at := "/api/v1/patients/" + patient.ID.String() + "/erasure"
	if p := read[problem](t, desk.send(t, http.MethodGet, at, nil), http.StatusForbidden); p.Code != "forbidden" {
		t.Errorf("the desk saw the preview: %+v", p)
	}
	before := read[privacy.Preview](t, manager.send(t, http.MethodGet, at, nil), http.StatusOK)
	if before.Visits != 1 || before.Results != 1 || before.Reports != 0 || before.Open != 1 || before.Until != nil || before.Name == "" {
		t.Errorf("preview: %+v", before)
	}
	in := privacy.Request{Reference: "request 8"}
	if p := read[problem](t, desk.send(t, http.MethodPost, at, in), http.StatusForbidden); p.Code != "forbidden" {
		t.Errorf("the desk erased: %+v", p)
	}
	n.late.Store(int64(11 * time.Minute))
	if p := read[problem](t, manager.send(t, http.MethodPost, at, in), http.StatusForbidden); p.Code != "step_up_needed" {
		t.Fatalf("an old proof: %+v", p)
	}
	res := manager.send(t, http.MethodPost, "/api/v1/session/step-up", setup.StepUp{Password: password})
	if res.StatusCode != http.StatusOK || len(res.Cookies()) != 1 {
		t.Fatalf("step-up: %d", res.StatusCode)
	}
	manager.cookie = res.Cookies()[0]
	if p := read[problem](t, manager.send(t, http.MethodPost, at, privacy.Request{Reference: "for " + before.Name}), http.StatusUnprocessableEntity); p.Code != "reference_names_patient" {
		t.Errorf("a reference with the name: %+v", p)
	}
	if done := read[privacy.Erased](t, manager.send(t, http.MethodPost, at, in), http.StatusOK); done.Persons != 1 {
		t.Errorf("done: %+v", done)
	}
	if after := read[privacy.Preview](t, manager.send(t, http.MethodGet, at, nil), http.StatusOK); after.Name != "" || after.MRN != before.MRN || after.Results != 1 {
		t.Errorf("afterwards: %+v", after)
	}
}

package httpkit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

type patientInput struct {
	Body struct {
		Name  string   `json:"name"              maxLength:"80" minLength:"1"`
		Sex   string   `enum:"female,male,other" json:"sex"`
		Tests []string `json:"tests"`
	}
}

type patientOutput struct {
	Body struct {
		ID    string   `json:"id"`
		Tests []string `json:"tests"`
	}
}

// newAPI serves one operation that answers with fail, or well when that is nil.
func newAPI(t *testing.T, fail error) (http.Handler, huma.API, *bytes.Buffer) {
	t.Helper()
	var logged bytes.Buffer
	log := telemetry.NewLogger(&logged, telemetry.LogOptions{Level: slog.LevelDebug})
	router, err := httpkit.NewRouter(httpkit.RouterOptions{Log: log, HSTS: true})
	if err != nil {
		t.Fatal(err)
	}
	api := httpkit.NewAPI(router, httpkit.Info{Title: "Test", Version: "1", Log: log})
	huma.Register(api, huma.Operation{OperationID: "create-patient", Method: http.MethodPost, Path: "/api/v1/patients"},
		func(context.Context, *patientInput) (*patientOutput, error) {
			if fail != nil {
				return nil, fail
			}
			out := &patientOutput{}
			out.Body.ID, out.Body.Tests = "1", []string{}
			return out, nil
		})
	return router, api, &logged
}

func post(h http.Handler, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/patients", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) httpkit.Problem {
	t.Helper()
	var p httpkit.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("not a problem document: %v: %s", err, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != httpkit.ProblemType {
		t.Errorf("content type %q", got)
	}
	if p.RequestID == "" || p.RequestID != w.Header().Get(telemetry.RequestIDHeader) {
		t.Errorf("request id %q, header %q", p.RequestID, w.Header().Get(telemetry.RequestIDHeader))
	}
	if p.Status != w.Code || p.Type != "urn:jaanch:problem:"+p.Code {
		t.Errorf("status %d, answered %d, type %q", p.Status, w.Code, p.Type)
	}
	return p
}

const goodBody = `{"name":"Asha Sharma","sex":"female","tests":[]}`

func TestInput(t *testing.T) {
	t.Parallel()
	h, _, _ := newAPI(t, nil)
	for _, tc := range []struct {
		name, body   string
		status       int
		code, field  string
		fieldCode    string
		neverEchoing string
	}{
		{"good", goodBody, 200, "", "", "", ""},
		{"unknown field", `{"name":"a","sex":"female","tests":[],"is_admin":true}`, 400, "unknown_field", "is_admin", "unknown_field", ""},
		{"missing", `{"sex":"female","tests":[]}`, 422, "input_invalid", "", "required", ""},
		{"not in list", `{"name":"a","sex":"Planted Value","tests":[]}`, 422, "input_invalid", "sex", "not_in_list", "Planted"},
		{"too long", `{"name":"` + strings.Repeat("Planted", 20) + `","sex":"male","tests":[]}`, 422, "input_invalid", "name", "too_long", "Planted"},
		{"null list", `{"name":"a","sex":"male","tests":null}`, 422, "input_invalid", "tests", "type", ""},
		{"not JSON", `{"name":"Planted`, 400, "input_invalid", "", "malformed", "Planted"},
		{"not UTF-8", "{\"name\":\"Planted\xff\",\"sex\":\"male\",\"tests\":[]}", 400, "invalid_utf8", "", "invalid_utf8", "Planted"},
		{"too large", `{"name":"` + strings.Repeat("x", httpkit.MaxBody) + `"}`, 413, "body_too_large", "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := post(h, tc.body)
			if w.Code != tc.status {
				t.Fatalf("status %d, want %d: %s", w.Code, tc.status, w.Body)
			}
			if tc.code == "" {
				if strings.Contains(w.Body.String(), "$schema") {
					t.Errorf("$schema in %s", w.Body)
				}
				return
			}
			p := problemOf(t, w)
			if p.Code != tc.code {
				t.Errorf("code %q, want %q", p.Code, tc.code)
			}
			if tc.fieldCode != "" && (len(p.Fields) == 0 || p.Fields[0].Code != tc.fieldCode || p.Fields[0].Field != tc.field) {
				t.Errorf("fields %+v, want %s %s", p.Fields, tc.field, tc.fieldCode)
			}
			if tc.neverEchoing != "" && strings.Contains(w.Body.String(), tc.neverEchoing) {
				t.Errorf("the answer repeats the input: %s", w.Body)
			}
		})
	}
}

func TestUnknownQueryParameter(t *testing.T) {
	t.Parallel()
	h, _, _ := newAPI(t, nil)
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/patients?planted=9876543210", strings.NewReader(goodBody))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Code != "unknown_field" || strings.Contains(w.Body.String(), "9876543210") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind   lab.Kind
		status int
	}{
		{lab.KindInternal, 500},
		{lab.KindInvalid, 422},
		{lab.KindNotFound, 404},
		{lab.KindConflict, 409},
		{lab.KindForbidden, 403},
		{lab.KindUnauthenticated, 401},
		{lab.KindUnavailable, 503},
		{lab.KindLimited, 429},
		{lab.KindTooLarge, 413},
		{lab.KindLocked, 409},
		{lab.KindUnknown, 503},
	} {
		h, _, _ := newAPI(t, &lab.Error{
			Kind: tc.kind, Code: "some_code", Message: "Some sentence.",
			Fields: []lab.FieldError{{Field: "name", Code: "odd"}}, Detail: map[string]any{"retry_after_s": 7},
		})
		w := post(h, goodBody)
		p := problemOf(t, w)
		if w.Code != tc.status {
			t.Errorf("kind %d: status %d, want %d", tc.kind, w.Code, tc.status)
		}
		if tc.kind == lab.KindInternal {
			if p.Code != "internal" || p.Data != nil {
				t.Errorf("internal error shows %+v", p)
			}
			continue
		}
		if p.Code != "some_code" || p.Detail != "Some sentence." || len(p.Fields) != 1 || w.Header().Get("Retry-After") != "7" {
			t.Errorf("kind %d: %+v, Retry-After %q", tc.kind, p, w.Header().Get("Retry-After"))
		}
	}
}

func TestInternalErrorIsLoggedOnceAndNotShown(t *testing.T) {
	t.Parallel()
	h, _, logged := newAPI(t, errors.New(`constraint failed: "Planted Name" 9876543210`))
	w := post(h, goodBody)
	p := problemOf(t, w)
	if w.Code != 500 || strings.Contains(w.Body.String(), "constraint") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	line := logged.String()
	if strings.Count(line, "constraint failed") != 1 || !strings.Contains(line, p.RequestID) {
		t.Errorf("log: %s", line)
	}
	if strings.Contains(line, "Planted") || strings.Contains(line, "9876543210") {
		t.Errorf("the log repeats what the error quotes: %s", line)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	h, _, _ := newAPI(t, httpkit.Stale("result", lab.ID{1}, "7", map[string]string{"value": "5.1"}, map[string]string{"value": "5.4"}))
	w := post(h, goodBody)
	p := problemOf(t, w)
	if w.Code != http.StatusConflict || p.Code != "stale_record" || p.Data["version"] != "7" {
		t.Errorf("%d %+v", w.Code, p)
	}
	if !strings.Contains(w.Body.String(), "5.1") || !strings.Contains(w.Body.String(), "5.4") {
		t.Errorf("both values are wanted: %s", w.Body)
	}
}

func TestSpecAndDocs(t *testing.T) {
	t.Parallel()
	h, api, _ := newAPI(t, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/openapi.json", nil))
	var file bytes.Buffer
	if err := httpkit.WriteSpec(&file, api); err != nil {
		t.Fatal(err)
	}
	if w.Body.String() != file.String() {
		t.Error("the served document is not the written one")
	}
	var doc struct {
		OpenAPI    string `json:"openapi"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Type any `json:"type"`
				} `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(file.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %q", doc.OpenAPI)
	}
	if got := doc.Components.Schemas["Problem"].Properties["fields"].Type; got != "array" {
		t.Errorf("lists may not be null: %v", got)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/docs", nil))
	if strings.Contains(w.Body.String(), "http://") || strings.Contains(w.Body.String(), "https://") {
		t.Error("the docs page loads something from outside")
	}
	nonce := between(w.Body.String(), `<script nonce="`, `"`)
	if nonce == "" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "'nonce-"+nonce+"'") {
		t.Errorf("nonce %q, policy %q", nonce, w.Header().Get("Content-Security-Policy"))
	}
}

func between(s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	out, _, _ := strings.Cut(rest, to)
	return out
}

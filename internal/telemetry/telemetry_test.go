package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jaanch/internal/telemetry"
)

const planted = "Planted Name 9876543210"

func TestSecretAndPHINeverPrint(t *testing.T) {
	t.Parallel()
	type holder struct {
		S telemetry.Secret `json:"s"`
		P telemetry.PHI    `json:"p"`
		Q *telemetry.PHI   `json:"q"`
	}
	phi := telemetry.NewPHI(planted)
	h := holder{S: planted, P: phi, Q: &phi}
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	forms := []string{string(asJSON), fmt.Errorf("bad %v and %w", h.P, errors.New(h.S.String())).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		forms = append(forms, fmt.Sprintf(verb, h.S), fmt.Sprintf(verb, h.P), fmt.Sprintf(verb, h.Q), fmt.Sprintf(verb, h))
	}
	for _, form := range []string{"json", "text"} {
		var out bytes.Buffer
		log := telemetry.NewLogger(&out, telemetry.LogOptions{Format: form, Keys: []string{"s", "p", "q", "h"}})
		log.Info("x", "s", h.S, "p", h.P, "q", h.Q, "h", h)
		forms = append(forms, out.String())
	}
	for _, f := range forms {
		if strings.Contains(f, "Planted") || strings.Contains(f, "9876543210") || strings.Contains(f, fmt.Sprintf("%x", "Planted")) {
			t.Errorf("shown in %s", f)
		}
	}
	if h.S.Reveal() != planted || h.P.Reveal() != planted || !h.S.IsSet() || telemetry.Secret("").IsSet() {
		t.Error("Reveal does not reveal")
	}
}

func TestLogKeepsAllowedKeysAlone(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, telemetry.LogOptions{})
	ctx := telemetry.WithRequestID(context.Background(), "req-12345678")
	log.With("patient", planted, "node", "K7").WithGroup("g").ErrorContext(ctx, "stored",
		"name", planted, "seq", 7, slog.Group("inner", "phone", planted, "count", 3),
		"err", fmt.Errorf(`decode "%s": bad 9876543210`, planted), "elapsed", time.Second, "state", struct{ Name string }{planted})
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "Planted") || strings.Contains(out.String(), "9876543210") {
		t.Errorf("shown: %s", out.String())
	}
	g, _ := line["g"].(map[string]any)
	inner, _ := g["inner"].(map[string]any)
	if line["node"] != "K7" || g["seq"] != 7.0 || inner["count"] != 3.0 || g["request_id"] != "req-12345678" {
		t.Errorf("missing: %s", out.String())
	}
	if g["name"] != telemetry.Redacted || line["patient"] != telemetry.Redacted || g["state"] != telemetry.Redacted {
		t.Errorf("not redacted: %s", out.String())
	}
	if g["err"] != "decode [redacted]: bad [redacted]" {
		t.Errorf("err %q", g["err"])
	}
}

func TestLogCannotBeForged(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"json", "text"} {
		var out bytes.Buffer
		telemetry.NewLogger(&out, telemetry.LogOptions{Format: form}).Info("x", "code", "a\nlevel=ERROR msg=forged")
		if strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: more than one line: %q", form, out.String())
		}
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	var seen string
	h := telemetry.RequestIDs(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = telemetry.RequestID(r.Context()) }))
	for in, kept := range map[string]bool{
		"abcdef-123456": true, "": false, "short": false, "98765432100": false, "bad id with blanks": false,
		"abcdef\r\nX-Forged: 1": false, strings.Repeat("a", 65): false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(telemetry.RequestIDHeader, in)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if (seen == in) != kept || len(seen) < 8 || w.Header().Get(telemetry.RequestIDHeader) != seen {
			t.Errorf("%q became %q", in, seen)
		}
	}
	if telemetry.RequestID(context.Background()) != "" {
		t.Error("an id out of nothing")
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	h := telemetry.NewHealth(func() time.Time { return now })
	disk, hub := h.Register("disk", true), h.Register("hub", false)
	ready := func() (int, telemetry.Report) {
		w := httptest.NewRecorder()
		h.ReadyHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		var r telemetry.Report
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		return w.Code, r
	}
	if code, r := ready(); code != 503 || r.Status != telemetry.StatusStarting {
		t.Errorf("at start: %d %+v", code, r)
	}
	disk.OK()
	if code, r := ready(); code != 200 || r.Status != telemetry.StatusDegraded {
		t.Errorf("hub not yet known: %d %+v", code, r)
	}
	hub.OK()
	if code, r := ready(); code != 200 || r.Status != telemetry.StatusOK {
		t.Errorf("all well: %d %+v", code, r)
	}
	now = now.Add(time.Hour)
	disk.Failed("Free some space.")
	now = now.Add(time.Hour)
	disk.Failed("Free 2 GB.")
	code, r := ready()
	if code != 503 || r.Status != telemetry.StatusFailed || r.Checks[0].Hint != "Free 2 GB." || r.Checks[0].Name != "disk" {
		t.Errorf("disk full: %d %+v", code, r)
	}
	if got := now.Sub(r.Checks[0].Since); got != time.Hour {
		t.Errorf("since %s ago; a second report of the same state moved it", got)
	}
	w := httptest.NewRecorder()
	h.LiveHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 200 {
		t.Errorf("alive: %d", w.Code)
	}
}

func TestRegistryTellsTheVersion(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	telemetry.MetricsHandler(telemetry.NewRegistry("1.2.3")).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	for _, want := range []string{`jaanch_build_info{version="1.2.3"} 1`, "go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

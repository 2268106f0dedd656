package edge_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"jaanch/internal/edge"
	"jaanch/internal/edge/folder"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// A second node on the same folder is refused with a sentence that names it, and the first one goes on.
func TestOneNodeAFolder(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "node")
	c, err := edge.Load("", map[string]any{"data": data})
	if err != nil {
		t.Fatal(err)
	}
	o := edge.Options{Config: c, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true}
	first, err := edge.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := edge.Open(t.Context(), o); lab.CodeOf(err) != folder.CodeInUse || !strings.Contains(err.Error(), data) {
		t.Errorf("a second node: %v", err)
	}
	if err := first.DB.LogAccess(t.Context(), sqlite.Access{Actor: lab.System(), Action: "demo"}); err != nil {
		t.Errorf("the first node: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := edge.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("after the first one ended: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// The disk stands in health from the first moment.
func TestHealthTellsTheDisk(t *testing.T) {
	t.Parallel()
	_, srv := demoNode(t)
	status, body := open(t, srv, "").call(http.MethodGet, "/health", nil)
	var report telemetry.Report
	if err := json.Unmarshal(body, &report); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	for _, c := range report.Checks {
		if c.Name == "disk" && c.Status == telemetry.StatusOK {
			return
		}
	}
	t.Errorf("no disk in %s", body)
}

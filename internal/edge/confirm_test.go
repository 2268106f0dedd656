package edge_test

import (
	"net/http"
	"strings"
	"testing"
)

// Nobody shuts another copy of the node out by mistake: saying that this copy goes on is refused while the hub knows of
// no other, and to those who may not set the node up.
func TestConfirmNeedsAFork(t *testing.T) {
	t.Parallel()
	_, srv := demoNode(t)
	if status, body := open(t, srv, "admin").call(http.MethodPost, "/sync/confirm", map[string]any{}); status != http.StatusConflict || !strings.Contains(string(body), "not_forked") {
		t.Errorf("got %d %s", status, body)
	}
	if status, _ := open(t, srv, "reception").call(http.MethodPost, "/sync/confirm", map[string]any{}); status != http.StatusForbidden {
		t.Errorf("the receptionist gets %d", status)
	}
}

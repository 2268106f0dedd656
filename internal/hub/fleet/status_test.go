package fleet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/wire"
)

// session opens a session as the node would, and gives its token.
func (w *world) session(t *testing.T, seed byte) (string, error) {
	t.Helper()
	device := lab.ID{0xd0, seed}
	n, err := w.Nonce(context.Background(), wire.NonceRequest{Org: w.org, Device: device})
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	r, err := w.Session(context.Background(), wire.SessionRequest{
		Org: w.org, Device: device, Nonce: n.Nonce, Signature: ed25519.Sign(key, wire.SessionStatement(w.org, device, n.Nonce)),
	})
	return "Bearer " + r.Token, err
}

// Row 27: a stolen disk. The node is revoked in one call: its token is useless with the next request, its key opens no
// session any more, and its own code joins nothing. Who did it, when and why stands in the record.
func TestRow27RevokedNodeIsUseless(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code := w.code(t)
	if _, err := w.enrol(request(1, code)); err != nil {
		t.Fatal(err)
	}
	token, err := w.session(t, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, device := context.Background(), lab.ID{0xd0, 1}
	if _, err := w.Authenticate(ctx, token); err != nil {
		t.Fatalf("the session must work before: %v", err)
	}
	if err := w.SetStatus(ctx, w.org, device, fleet.StatusRevoked, "user:owner", "stolen"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(ctx, token); err == nil {
		t.Error("the token of a revoked node still works")
	}
	if _, err := w.session(t, 1); lab.KindOf(err) != lab.KindForbidden || lab.CodeOf(err) != "device_revoked" {
		t.Errorf("the key of a revoked node opens a session: %v", err)
	}
	if _, err := w.enrol(request(1, code)); err == nil {
		t.Error("a used code joins again")
	}
	if _, err := w.enrol(request(1, w.code(t))); lab.CodeOf(err) != "device_known" {
		t.Errorf("a revoked node joins again under its old identity: %v", err)
	}
	events, err := w.Events(ctx, w.org, device)
	if err != nil || len(events) != 2 || events[0].Kind != "revoked" || events[0].Actor != "user:owner" || events[0].Note != "stolen" || events[1].Kind != "enrolled" {
		t.Errorf("the record says %+v, %v", events, err)
	}
	if err := w.SetStatus(ctx, w.org, lab.ID{0xd0, 9}, fleet.StatusRevoked, "x", ""); lab.KindOf(err) != lab.KindNotFound {
		t.Errorf("a node that is not there was revoked: %v", err)
	}
	if err := w.SetStatus(ctx, lab.ID{0xee, 77}, device, fleet.StatusActive, "x", ""); lab.KindOf(err) != lab.KindNotFound {
		t.Errorf("another organisation let the node in: %v", err)
	}
}

// Of two copies one is let go on; that a person chose it stands in the record as such.
func TestSurvivorOfACopy(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if _, err := w.enrol(request(1, w.code(t))); err != nil {
		t.Fatal(err)
	}
	ctx, device := context.Background(), lab.ID{0xd0, 1}
	if _, err := w.DB.Queries().SetDeviceStatus(ctx, w.DB.Pool(), queries.SetDeviceStatusParams{Org: w.org, ID: device, Status: fleet.StatusForked}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.session(t, 1); lab.CodeOf(err) != "device_forked" {
		t.Errorf("a copied node syncs: %v", err)
	}
	if err := w.SetStatus(ctx, w.org, device, fleet.StatusActive, "user:owner", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.session(t, 1); err != nil {
		t.Errorf("the survivor is refused: %v", err)
	}
	if events, err := w.Events(ctx, w.org, device); err != nil || events[0].Kind != "survivor" {
		t.Errorf("the record says %+v, %v", events, err)
	}
}

// The sync log is filtered by node, time and outcome, and exported whole, names that look like formulas made harmless.
func TestAuditFilterAndExport(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ctx := context.Background()
	for seed := range byte(2) {
		r := request(seed+1, w.code(t))
		r.Name = "=1+1"
		if _, err := w.enrol(r); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		code := "ok"
		if i%3 == 2 {
			code = "device_forked"
		}
		err := w.DB.Queries().InsertAudit(ctx, w.DB.Pool(), queries.InsertAuditParams{
			Org: w.org, At: w.now.Add(time.Duration(i) * time.Hour), Device: lab.ID{0xd0, byte(i%2 + 1)}, Kind: "push", Epoch: 1,
			FirstSeq: int64(i), LastSeq: int64(i), Changes: 1, Bytes: 10, Code: code, Signature: []byte("sig"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	since := w.now.Add(2 * time.Hour)
	for name, tc := range map[string]struct {
		filter fleet.AuditFilter
		want   int
	}{
		"all": {fleet.AuditFilter{}, 6}, "one node": {fleet.AuditFilter{Node: lab.ID{0xd0, 1}}, 3}, "from a time": {fleet.AuditFilter{Since: &since}, 4},
		"before a time": {fleet.AuditFilter{Until: &since}, 2}, "problems": {fleet.AuditFilter{Problems: true}, 2},
		"a page": {fleet.AuditFilter{Before: 1}, 0},
	} {
		tc.filter.Most = 100
		rows, err := w.Audit(ctx, w.org, tc.filter)
		if err != nil || len(rows) != tc.want {
			t.Errorf("%s: %d lines, want %d, %v", name, len(rows), tc.want, err)
		}
		var out bytes.Buffer
		if err := w.ExportAudit(ctx, w.org, tc.filter, &out); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(lines) != tc.want+1 {
			t.Errorf("%s: the export has %d lines, want %d and a head, %v", name, len(lines), tc.want, err)
		}
		for _, l := range lines[1:] {
			if l[3] != "'=1+1" || l[14] != "c2ln" {
				t.Errorf("the export says %q", l)
			}
		}
	}
	if rows, err := w.Audit(ctx, lab.ID{0xee, 88}, fleet.AuditFilter{Most: 10}); err != nil || len(rows) != 0 {
		t.Errorf("another organisation reads %d lines, %v", len(rows), err)
	}
}

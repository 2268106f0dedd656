package ingest_test

import (
	"context"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

// A record that moves ahead while a node is between two pages comes with all its groups: its old place was passed over.
func TestRecordMovesBetweenPages(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.node(t, 1), h.node(t, 2)
	first, second, third := lab.ID{1, 15: 1}, lab.ID{1, 15: 2}, lab.ID{1, 15: 3}
	for _, id := range []lab.ID{first, second, third} {
		a.write(journal.OpInsert, "patient", id, map[string]any{"mrn": "K7" + id.String()[35:], "language": "hi"}, nil)
	}
	a.push()
	cursor := wire.Cursor{Scope: h.lab.Bytes(), HubEpoch: 1}
	page := func() *wire.Page {
		t.Helper()
		reply, err := h.Pull(context.Background(), h.org, &wire.PullRequest{Device: b.device.Bytes(), Epoch: 1, Schema: 1, MaxRows: 2, Cursors: []wire.Cursor{cursor}})
		if err != nil || len(reply.Pages) != 1 {
			t.Fatalf("%+v, %v", reply, err)
		}
		cursor = cursor.Behind(&reply.Pages[0])
		return &reply.Pages[0]
	}
	if p := page(); len(p.Rows) != 2 || !p.More {
		t.Fatalf("first page: %+v", p)
	}
	a.write(journal.OpUpdate, "patient", third, map[string]any{"language": "en"}, nil)
	a.push()
	p := page()
	if len(p.Rows) != 1 || lab.ID(p.Rows[0].ID) != third {
		t.Fatalf("second page: %+v", p)
	}
	if groups := len(p.Rows[0].Groups); groups != 4 {
		t.Errorf("the moved record comes with %d of its 4 groups", groups)
	}
	if cursor.Since != cursor.Pos {
		t.Errorf("after the last page the cursor is %+v", cursor)
	}
}

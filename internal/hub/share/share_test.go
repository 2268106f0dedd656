package share_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/seal"
	"jaanch/internal/hub/share"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/sync/engine"
	"jaanch/internal/telemetry"
)

// Five wrong dates of birth close a link for an hour, the next five for two, also to who knows the right one: there are few
// enough dates to try them all.
func TestWrongTriesRest(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	box, err := seal.New(telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)
	schema := engine.NewSchema(journal.Schema())
	d := &share.Desk{DB: db, Box: box, Schema: schema, Clock: func() time.Time { return now }, Logger: telemetry.Discard()}
	org, person, home := lab.ID{0x0a, 1}, lab.ID{0x0b, 1}, lab.ID{0x0c, 1}
	if _, err := db.Pool().Exec(t.Context(), "INSERT INTO org (id, name, created_at) VALUES ($1, 'Demo Diagnostics', $2)", org, now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool().Exec(t.Context(), "INSERT INTO lab (org, id, name, created_at) VALUES ($1, $2, 'Main', $3)", org, home, now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool().Exec(t.Context(), `INSERT INTO record (org, entity, id, home, rv, pos, created_by, subject, groups, doc, changed_at)
VALUES ($1, $2, $3, $4, 1, 1, $4, $3, '{}', '{"name":"Asha Sharma","birth":"1986-02-03"}', $5)`, org, schema.EntityID("patient"), person, home, now); err != nil {
		t.Fatal(err)
	}
	var token string
	err = db.Update(t.Context(), func(tx pgx.Tx) error {
		token, err = d.Make(context.Background(), tx, org, person, home, lab.ID{0x0d, 1}, "en")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	open := func(birth string) string {
		_, err := d.Open(t.Context(), token, "", birth)
		return lab.CodeOf(err)
	}
	for round, rest := range []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour} {
		for try := range 5 {
			if got := open("1990-01-01"); got != "share_proof" {
				t.Fatalf("round %d, try %d: %q", round, try, got)
			}
		}
		now = now.Add(rest - time.Minute)
		if got := open("1986-02-03"); got != "share_rest" {
			t.Errorf("round %d: the right date is answered %q a minute before the rest of %v ends", round, got, rest)
		}
		now = now.Add(2 * time.Minute)
	}
	if _, err := d.Open(t.Context(), token, "", "1986-02-03"); err != nil {
		t.Errorf("after the rest: %v", err)
	}
}

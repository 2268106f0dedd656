package inbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/telemetry"
)

var errDown = errors.New("the database of something else is down")

func setup(t *testing.T) (*inbox.Inbox, *postgres.DB, lab.ID) {
	t.Helper()
	db := pgtest.New(t)
	box, err := seal.New(telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{3}, 32))))
	if err != nil {
		t.Fatal(err)
	}
	org := lab.ID{1}
	if err := db.Queries().InsertOrg(t.Context(), db.Pool(), queries.InsertOrgParams{ID: org, Name: "x", CreatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	client, err := river.NewClient(riverpgxv5.New(db.Pool()), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	i := &inbox.Inbox{DB: db, Box: box, Clock: time.Now, NewID: func() lab.ID { return lab.ID(uuid.Must(uuid.NewV7())) }, Logger: telemetry.Discard()}
	i.Use(client)
	return i, db, org
}

func count(t *testing.T, db *postgres.DB, query string) int {
	t.Helper()
	var n int
	if err := db.Pool().QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheSameAnnouncementIsStoredOnce(t *testing.T) {
	t.Parallel()
	i, db, org := setup(t)
	for _, c := range []struct {
		event, body string
		fresh       bool
	}{
		{"E1", `{"a":1}`, true},
		{"E1", `{"a":1}`, false},
		{"E2", `{"a":1}`, true},
		{"", `{"a":1}`, true}, // told by its bytes from here on
		{"", `{"a":1}`, false},
		{"", `{"a":2}`, true},
	} {
		fresh, err := i.Accept(t.Context(), inbox.Announcement{Org: org, Service: "razorpay", EventID: c.event, Body: []byte(c.body)})
		if err != nil || fresh != c.fresh {
			t.Errorf("%s %s: %v %v", c.event, c.body, fresh, err)
		}
	}
	if rows, jobs := count(t, db, "SELECT count(*) FROM inbox"), count(t, db, "SELECT count(*) FROM river_job"); rows != 4 || jobs != 4 {
		t.Errorf("%d rows, %d jobs", rows, jobs)
	}
}

// An announcement that means nothing is kept with its code and leaves no trace; one that met trouble is tried again.
func TestWhatAnAnnouncementDoes(t *testing.T) {
	t.Parallel()
	i, db, org := setup(t)
	var body string
	var fail error
	i.Handlers = map[string]func(context.Context, pgx.Tx, inbox.Announcement) error{"x": func(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
		body = string(a.Body)
		if _, err := tx.Exec(ctx, "INSERT INTO payable (org, reference, invoice, amount, made_at) VALUES ($1, $2, $1, 1, now())", a.Org, a.EventID); err != nil {
			return err
		}
		return fail
	}}
	for _, c := range []struct {
		event   string
		fail    error
		failed  bool
		effects int
	}{
		{"trouble", errDown, true, 0},
		{"nonsense", lab.Invalid("no_sense", "It makes no sense."), false, 0},
		{"good", nil, false, 1},
	} {
		fail = c.fail
		if _, err := i.Accept(t.Context(), inbox.Announcement{Org: org, Service: "x", EventID: c.event, Body: []byte("the body")}); err != nil {
			t.Fatal(err)
		}
		var id lab.ID
		if err := db.Pool().QueryRow(t.Context(), "SELECT id FROM inbox WHERE event_id = $1", c.event).Scan(&id); err != nil {
			t.Fatal(err)
		}
		for range 2 { // again changes nothing
			if err := i.Process(t.Context(), org, id); (err != nil) != c.failed || body != "the body" {
				t.Errorf("%s: %v %q", c.event, err, body)
			}
		}
		if n := count(t, db, "SELECT count(*) FROM payable"); n != c.effects {
			t.Errorf("%s: %d effects", c.event, n)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM inbox WHERE error_code = 'no_sense' AND processed_at IS NOT NULL"); n != 1 {
		t.Errorf("%d kept without effect", n)
	}
	before := count(t, db, "SELECT count(*) FROM river_job")
	if err := i.Sweep(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "SELECT count(*) FROM river_job") - before; n != 1 {
		t.Errorf("the sweep took up %d", n)
	}
}

package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/postgres/queries"
)

func TestMigrateTwiceAndCheck(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, err := postgres.Open(ctx, pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckSchema(ctx); lab.CodeOf(err) != "schema_behind" {
		t.Fatalf("an empty database must ask for a migration, got %v", err)
	}
	for range 2 {
		if err := db.Migrate(ctx, time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.CheckSchema(ctx); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Pool().QueryRow(ctx, "SELECT count(*) FROM pg_class WHERE relname IN ('journal_202612','journal_202701','journal_202702')").Scan(&n); err != nil || n != 3 {
		t.Fatalf("three partitions were to be there, found %d (%v)", n, err)
	}
	if _, err := db.Pool().Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, time.Now()); lab.CodeOf(err) != "schema_newer" {
		t.Fatalf("a newer database must be refused, got %v", err)
	}
}

func TestIDsPassAsUUID(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := pgtest.New(t)
	org, labID := lab.ID{1, 2, 3}, lab.ID{9}
	err := db.Update(ctx, func(tx pgx.Tx) error {
		now := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
		if err := db.Queries().InsertOrg(ctx, tx, queries.InsertOrgParams{ID: org, Name: "Demo", CreatedAt: now}); err != nil {
			return err
		}
		return db.Queries().InsertLab(ctx, tx, queries.InsertLabParams{Org: org, ID: labID, Name: "Main", CreatedAt: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	labs, err := db.Queries().Labs(ctx, db.Pool(), org)
	if err != nil || len(labs) != 1 || labs[0].ID != labID || labs[0].Org != org {
		t.Fatalf("got %v, %v", labs, err)
	}
	var none lab.ID
	if err := db.Pool().QueryRow(ctx, "SELECT NULL::uuid").Scan(&none); err != nil || !none.IsZero() {
		t.Fatalf("NULL must read as the zero id: %v %v", none, err)
	}
	var back []lab.ID
	if err := db.Pool().QueryRow(ctx, "SELECT array_agg(x) FROM unnest($1::uuid[]) x", []lab.ID{org, labID}).Scan(&back); err != nil || len(back) != 2 || back[1] != labID {
		t.Fatalf("arrays of ids: %v %v", back, err)
	}
}

// A hub without its database says so in a sentence, without the password.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(context.Background(), "postgres://u:secretword@127.0.0.1:1/x?connect_timeout=1")
	if lab.KindOf(err) != lab.KindUnavailable {
		t.Fatalf("got %v", err)
	}
}

// Package fleet keeps organisations, their labs and the nodes in them: who exists, how a node joins, how it proves itself
// with every request, and in what state it was last heard.
package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Fleet works on the hub's database. All fields must be set. It holds no state of its own.
type Fleet struct {
	DB     *postgres.DB
	Clock  func() time.Time
	NewID  func() lab.ID
	Logger *slog.Logger
}

// Org is a tenant.
type Org struct {
	ID   lab.ID
	Name string
}

// Lab is one lab of an organisation.
type Lab struct {
	ID   lab.ID
	Org  lab.ID
	Name string
	City string
}

func (f *Fleet) statement() *queries.Queries { return f.DB.Queries() }

// AddOrg makes an organisation with its scope and the hub's own chain in it.
func (f *Fleet) AddOrg(ctx context.Context, name string) (Org, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 120 {
		return Org{}, lab.Invalid("org_name", "Give the organisation a name of at most 120 characters.", lab.FieldError{Field: "name", Code: "required"})
	}
	org := Org{ID: f.NewID(), Name: name}
	device := f.NewID()
	err := f.DB.Update(ctx, func(tx pgx.Tx) error {
		now := f.Clock()
		if err := f.statement().InsertOrg(ctx, tx, queries.InsertOrgParams{ID: org.ID, Name: name, CreatedAt: now}); err != nil {
			return fmt.Errorf("add organisation: %w", err)
		}
		if err := f.statement().InsertScopeHead(ctx, tx, queries.InsertScopeHeadParams{Org: org.ID, Scope: org.ID}); err != nil {
			return fmt.Errorf("add organisation: %w", err)
		}
		err := f.statement().InsertDevice(ctx, tx, queries.InsertDeviceParams{
			Org: org.ID, ID: device, Kind: "hub", Name: "hub", Pubkey: []byte{}, LastHash: journal.Genesis(device), EnrolledAt: now,
		})
		if err != nil {
			return fmt.Errorf("add organisation: %w", err)
		}
		return nil
	})
	return org, err
}

// Orgs lists the organisations, oldest first.
func (f *Fleet) Orgs(ctx context.Context) ([]Org, error) {
	rows, err := f.statement().Orgs(ctx, f.DB.Pool())
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	out := make([]Org, len(rows))
	for i, r := range rows {
		out[i] = Org{ID: r.ID, Name: r.Name}
	}
	return out, nil
}

// AddLab makes a lab with its scope.
func (f *Fleet) AddLab(ctx context.Context, org lab.ID, name, city string) (Lab, error) {
	return f.AddLabOnce(ctx, once.Key{Org: org}, name, city)
}

// AddLabOnce is AddLab in the key's organisation; a repeat gives the lab that the first one made.
func (f *Fleet) AddLabOnce(ctx context.Context, key once.Key, name, city string) (Lab, error) {
	org := key.Org
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 120 {
		return Lab{}, lab.Invalid("lab_name", "Give the lab a name of at most 120 characters.", lab.FieldError{Field: "name", Code: "required"})
	}
	l := Lab{ID: f.NewID(), Org: org, Name: name, City: strings.TrimSpace(city)}
	var err error
	l.ID, err = once.ID(ctx, f.DB, f.Clock(), key, "lab.add", [2]string{l.Name, l.City}, func(tx pgx.Tx) (lab.ID, error) {
		return l.ID, f.addLab(ctx, tx, l)
	})
	return l, err
}

func (f *Fleet) addLab(ctx context.Context, tx pgx.Tx, l Lab) error {
	if _, err := f.statement().OrgByID(ctx, tx, l.Org); errors.Is(err, pgx.ErrNoRows) {
		return lab.NotFound("org_unknown", "There is no such organisation.")
	} else if err != nil {
		return fmt.Errorf("add lab: %w", err)
	}
	err := f.statement().InsertLab(ctx, tx, queries.InsertLabParams{Org: l.Org, ID: l.ID, Name: l.Name, City: l.City, CreatedAt: f.Clock()})
	if err != nil {
		return fmt.Errorf("add lab: %w", err)
	}
	if err := f.statement().InsertScopeHead(ctx, tx, queries.InsertScopeHeadParams{Org: l.Org, Scope: l.ID}); err != nil {
		return fmt.Errorf("add lab: %w", err)
	}
	return nil
}

// Labs lists the labs of an organisation by name.
func (f *Fleet) Labs(ctx context.Context, org lab.ID) ([]Lab, error) {
	rows, err := f.statement().Labs(ctx, f.DB.Pool(), org)
	if err != nil {
		return nil, fmt.Errorf("list labs: %w", err)
	}
	out := make([]Lab, len(rows))
	for i, r := range rows {
		out[i] = Lab{ID: r.ID, Org: org, Name: r.Name, City: r.City}
	}
	return out, nil
}

// Prune removes what has expired. Any replica may run it at any time.
func (f *Fleet) Prune(ctx context.Context) error {
	if err := f.statement().PruneEnrolCodes(ctx, f.DB.Pool(), f.Clock().Add(-30*24*time.Hour)); err != nil {
		return fmt.Errorf("prune enrolment codes: %w", err)
	}
	return nil
}

// random fills n bytes from the system's source.
func random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("random bytes: %w", err)
	}
	return b, nil
}

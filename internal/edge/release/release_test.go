package release_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/reportpdf"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// bundle is a lab with a pathologist's desk.
type bundle struct {
	*edgetest.Lab

	release *release.Desk
	key     ed25519.PublicKey
}

func setupDesk(t *testing.T) *bundle {
	t.Helper()
	l := edgetest.New(t)
	draw, err := reportpdf.New()
	if err != nil {
		t.Fatal(err)
	}
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := release.New(release.Options{DB: l.DB, Zone: l.Zone, Log: telemetry.Discard(), Key: key, Draw: draw, Tubes: l.Desk.NewTube})
	return &bundle{Lab: l, release: d, key: public}
}

// who gives a person who proved a moment ago who they are.
func (b *bundle) who(role access.Role) release.Who {
	return release.Who{Actor: b.People[role], Proved: b.DB.Now()}
}

func (b *bundle) path() release.Who { return b.who(access.Pathologist) }

func (b *bundle) key32() string { return b.DB.NewID().String() }

func (b *bundle) sheet(t *testing.T, visit lab.ID) release.Case {
	t.Helper()
	c, err := b.release.Case(t.Context(), b.path(), visit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// accept accepts every open hold of a visit.
func (b *bundle) accept(t *testing.T, visit lab.ID) {
	t.Helper()
	for _, p := range b.sheet(t, visit).Panels {
		for _, r := range p.Rows {
			if r.State != "held" {
				continue
			}
			done, err := b.release.Decide(t.Context(), b.path(), r.ItemID, release.Decide{Decision: "accept", Note: "fits the patient", Versions: r.Versions})
			if err != nil {
				t.Fatalf("accept %s: %v", r.Code, err)
			}
			if done.State != "entered" || done.Holds[0].Decision != "accepted" {
				t.Fatalf("accepted row: %+v", done)
			}
		}
	}
}

func (b *bundle) sign(t *testing.T, visit lab.ID, in release.Sign) release.Report {
	t.Helper()
	in.Versions = b.sheet(t, visit).Versions
	r, err := b.release.Sign(t.Context(), b.path(), b.key32(), visit, in)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return r
}

// fill enters values by code.
func (b *bundle) fill(t *testing.T, visit lab.ID, values ...string) {
	t.Helper()
	for i := 0; i < len(values); i += 2 {
		b.Enter(t, visit, values[i], values[i+1])
	}
}

func code(t *testing.T, err error, want string) *lab.Error {
	t.Helper()
	var e *lab.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	return e
}

// elec are the electrolytes of a healthy adult.
func elec() []string { return []string{"NA", "140", "K", "4.2", "CL", "101", "HCO3", "24"} }

// content reads the canonical text of a report by its hash.
func (b *bundle) content(t *testing.T, sum string) string {
	t.Helper()
	hash, err := hex.DecodeString(sum)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	if err := b.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		var err error
		out, _, err = sqlite.ReadFile(t.Context(), tx, hash)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Package edgetest gives tests of the node's use cases a real database with a small lab in it: accounts, the starter
// catalogue, and a clock that the test moves. It is imported by tests alone.
package edgetest

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// Password is the password of every account of a test's lab.
const Password = "morning-kettle-42"

// Lab is a lab for one test.
type Lab struct {
	DB     *sqlite.DB
	Path   string // of the database file
	Zone   *time.Location
	Clock  *Clock
	Office *setup.Office
	Desk   *reception.Desk
	Bench  *bench.Bench
	Tests  map[string]lab.ID // code → id
	Panels map[string]lab.ID
	People map[access.Role]lab.Actor
}

// Clock is a wall clock that a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now gives the time and moves on by a millisecond, as time does.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// New makes a lab in a folder of the test's own. The first one of a process is founded; the others begin as copies of it,
// because founding a lab takes ten times as long as copying one, and two seconds under the race detector. All of a process
// are therefore the same device: nodes that meet are made by Apart.
func New(t testing.TB) *Lab {
	t.Helper()
	once.Do(func() { first = found(t) })
	if first == nil {
		t.Fatal("the lab that the others are copied from was not founded")
	}
	path := filepath.Join(t.TempDir(), "lab.db")
	if err := os.CopyFS(filepath.Dir(path), first.files); err != nil {
		t.Fatal(err)
	}
	l := open(t, path, first.now)
	l.Tests, l.Panels, l.People = maps.Clone(first.tests), maps.Clone(first.panels), maps.Clone(first.people)
	t.Cleanup(func() { _ = l.DB.Close() })
	return l
}

// Apart makes a lab that is a device of its own, for tests in which several nodes meet.
func Apart(t testing.TB) *Lab {
	t.Helper()
	l := open(t, filepath.Join(t.TempDir(), "lab.db"), began())
	l.found(t)
	t.Cleanup(func() { _ = l.DB.Close() })
	return l
}

// began is when the labs of tests were founded.
func began() time.Time { return time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC) }

// beginning is the folder of a lab that was founded and closed.
type beginning struct {
	files         fstest.MapFS
	now           time.Time
	tests, panels map[string]lab.ID
	people        map[access.Role]lab.Actor
}

var ( //nolint:gochecknoglobals // shared by the tests of a process: made once, never changed again
	once  sync.Once
	first *beginning
)

func found(t testing.TB) *beginning {
	t.Helper()
	l := open(t, filepath.Join(t.TempDir(), "lab.db"), began())
	l.found(t)
	if err := l.DB.Close(); err != nil {
		t.Fatal(err)
	}
	out := &beginning{files: fstest.MapFS{}, now: l.Clock.Now(), tests: l.Tests, panels: l.Panels, people: l.People}
	all, err := os.ReadDir(filepath.Dir(l.Path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(l.Path), f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out.files[f.Name()] = &fstest.MapFile{Data: data}
	}
	return out
}

// open opens the database at a path, and everything that works on it.
func open(t testing.TB, path string, now time.Time) *Lab {
	t.Helper()
	clock := &Clock{now: now}
	zone := time.FixedZone("IST", 5*3600+1800)
	db, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: path, Clock: clock.Now, Zone: zone, Registry: journal.Schema(), Tripwire: true, Logger: telemetry.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	passwords, err := httpkit.NewPasswords(httpkit.PasswordOptions{MemoryKiB: 64, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	l := &Lab{DB: db, Path: path, Zone: zone, Clock: clock, Tests: map[string]lab.ID{}, Panels: map[string]lab.ID{}, People: map[access.Role]lab.Actor{}}
	l.Office = setup.New(setup.Options{DB: db, Zone: zone, Log: telemetry.Discard(), Passwords: passwords, Throttle: httpkit.NewThrottle(clock.Now, nil), Version: "test"})
	l.Desk = reception.New(reception.Options{DB: db, Zone: zone, Log: telemetry.Discard(), Marked: func(ctx context.Context, tx *sqlite.Tx, barcode string) error {
		return l.Bench.LookForTube(ctx, tx, barcode)
	}})
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	l.Bench = bench.New(bench.Options{DB: db, Zone: zone, Log: telemetry.Discard(), Profiles: profiles})
	return l
}

func (l *Lab) found(t testing.TB) {
	t.Helper()
	roles := []access.Role{access.Receptionist, access.Phlebotomist, access.Technician, access.Pathologist, access.Manager, access.Admin, access.Accountant, access.Auditor}
	founding := setup.Founding{Lab: setup.LabInput{Name: "Demo Lab", Levels: 1, DiscountMax: 10, AutoReceive: true}, NodeCode: "K7"}
	for _, r := range roles {
		founding.People = append(founding.People, setup.UserInput{Login: string(r), Name: "Demo " + string(r), Roles: []string{string(r)}, Password: Password, Active: true, Qualification: "MD", Registration: "D-1"})
	}
	ids, err := l.Office.Found(t.Context(), "founding-of-the-lab", founding)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range roles {
		l.People[r] = lab.Actor{Kind: lab.ActorUser, ID: ids[i], Roles: []string{string(r)}}
	}
	if _, err := l.Office.LoadStarter(t.Context(), lab.System(), "starter-of-the-lab"); err != nil {
		t.Fatal(err)
	}
	c, err := l.Office.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Tests {
		l.Tests[x.Code] = x.ID
	}
	for _, x := range c.Panels {
		l.Panels[x.Code] = x.ID
	}
}

// Visit registers a visit of a new patient with collected and received tubes.
func (l *Lab) Visit(t testing.TB, name, sex string, age int, codes ...string) reception.Visit {
	t.Helper()
	in := reception.Register{
		Patient: &reception.PatientInput{Name: name, Sex: sex, AgeValue: age, AgeUnit: "y"}, Priority: "routine", Collected: true, Items: l.Items(t, codes...),
	}
	v, err := l.Desk.Register(t.Context(), l.People[access.Receptionist], l.DB.NewID().String(), in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Items gives what is ordered by its codes, panels first.
func (l *Lab) Items(t testing.TB, codes ...string) []reception.OrderItem {
	t.Helper()
	var out []reception.OrderItem
	for _, code := range codes {
		switch {
		case !l.Panels[code].IsZero():
			out = append(out, reception.OrderItem{Kind: "panel", ID: l.Panels[code]})
		case !l.Tests[code].IsZero():
			out = append(out, reception.OrderItem{Kind: "test", ID: l.Tests[code]})
		default:
			t.Fatalf("no test or panel %s", code)
		}
	}
	return out
}

// Rows gives the worklist rows of a visit by test code.
func (l *Lab) Rows(t testing.TB, visit lab.ID) map[string]bench.Row {
	t.Helper()
	w, err := l.Bench.Worklist(t.Context(), l.People[access.Technician], bench.Filter{Visit: visit, State: "all", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bench.Row{}
	for _, g := range w.Groups {
		for _, r := range g.Rows {
			out[r.Code] = r
		}
	}
	return out
}

// Enter files a value by hand.
func (l *Lab) Enter(t testing.TB, visit lab.ID, code, value string) bench.Row {
	t.Helper()
	row, ok := l.Rows(t, visit)[code]
	if !ok {
		t.Fatalf("no row %s", code)
	}
	done, err := l.Bench.Enter(t.Context(), l.People[access.Technician], row.ItemID, bench.Enter{Value: value, Seen: true, Versions: row.Versions})
	if err != nil {
		t.Fatalf("enter %s %s: %v", code, value, err)
	}
	return done.Row
}

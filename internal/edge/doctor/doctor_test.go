package doctor_test

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jaanch/internal/edge"
	"jaanch/internal/edge/doctor"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// patient is a node's folder, stopped, and what the doctor is told of it.
type patient struct {
	doctor.Options

	t *testing.T
}

// setupLab makes a lab with one account and stops its node.
func setupLab(t *testing.T) *patient {
	t.Helper()
	data := filepath.Join(t.TempDir(), "lab")
	p := &patient{t: t, Options: doctor.Options{Data: data, Listen: free(t), ListenTLS: free(t), HL7: free(t), Probe: 20 * time.Millisecond}}
	n := p.open()
	admin := setup.UserInput{Login: "asha", Name: "Asha Sharma", Roles: []string{string(access.Admin)}, Password: "morning-kettle-42", Active: true}
	in := setup.Founding{Lab: setup.LabInput{Name: "Demo Lab", Levels: 1}, NodeCode: "K7", People: []setup.UserInput{admin}}
	if _, err := n.Office.Found(t.Context(), "founding-of-the-lab", in); err != nil {
		t.Fatal(err)
	}
	must(t, n.Close())
	must(t, os.Remove(p.file("reserve"))) // 32 MiB that nobody looks at here
	return p
}

func (p *patient) open() *edge.Node {
	p.t.Helper()
	n, err := edge.Open(p.t.Context(), edge.Options{Config: edge.Config{Data: p.Data, Zone: "Asia/Kolkata"}, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true})
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *patient) file(name string) string { return filepath.Join(p.Data, name) }

// copied gives a folder of a test's own, with addresses of its own.
func (p *patient) copied(t *testing.T) *patient {
	t.Helper()
	out := &patient{t: t, Options: p.Options}
	out.Data, out.Listen, out.ListenTLS, out.HL7 = filepath.Join(t.TempDir(), "lab"), free(t), free(t), free(t)
	must(t, os.CopyFS(out.Data, os.DirFS(p.Data)))
	must(t, filepath.WalkDir(out.Data, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o600))
		}
		return os.Chmod(path, 0o700)
	}))
	return out
}

// examine gives the state of every check by its code, "" being the well ones, and fails on a sentence that is missing.
func (p *patient) examine() map[string]doctor.State {
	p.t.Helper()
	out := map[string]doctor.State{}
	for _, f := range doctor.Examine(p.t.Context(), p.Options) {
		if f.Says == "" || f.State == doctor.Wrong && f.Do == "" || (f.State == doctor.OK) != (f.Code == "") {
			p.t.Errorf("half a finding: %+v", f)
		}
		if f.Check != "disk_speed" && f.Check != "disk_kind" && f.Check != "disk_space" { // of the machine that runs the test
			out[f.Code] = f.State
		}
	}
	return out
}

func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each fault is named, and nothing else is called wrong beside it.
func TestNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	well := setupLab(t)
	for code, tc := range map[string]struct {
		state doctor.State
		harm  func(t *testing.T, p *patient)
	}{
		"folder_open":            {doctor.Wrong, func(t *testing.T, p *patient) { must(t, os.Chmod(p.Data, 0o755)) }},
		"key_missing":            {doctor.Wrong, func(t *testing.T, p *patient) { must(t, os.Remove(p.file("node.key"))) }},
		"key_open":               {doctor.Wrong, func(t *testing.T, p *patient) { must(t, os.Chmod(p.file("node.key"), 0o644)) }},
		"database_open":          {doctor.Wrong, func(t *testing.T, p *patient) { must(t, os.Chmod(p.file("lab.db"), 0o644)) }},
		"head_forged":            {doctor.Wrong, func(t *testing.T, p *patient) { must(t, os.WriteFile(p.file("node.key"), make([]byte, 32), 0o600)) }},
		"tail_cut":               {doctor.Wrong, cutTail},
		"database_newer":         {doctor.Wrong, newer},
		"pages_damaged":          {doctor.Wrong, damage},
		"certificate_unreadable": {doctor.Wrong, func(t *testing.T, p *patient) { must(t, os.WriteFile(p.file("tls/ca.crt"), []byte("no"), 0o600)) }},
		"port_taken":             {doctor.Wrong, taken},
		"serial_missing":         {doctor.Wrong, func(_ *testing.T, p *patient) { p.Serial = "/dev/jaanch/none@9600" }},
		"copies_unreadable":      {doctor.Wrong, func(_ *testing.T, p *patient) { p.Copies = p.file("nowhere") }},
		"clock_behind":           {doctor.Wrong, func(_ *testing.T, p *patient) { p.Now = func() time.Time { return time.Now().Add(-time.Hour) } }},
		"hub_unreachable":        {doctor.Look, func(t *testing.T, p *patient) { p.Hub = "http://" + free(t) }},
		"clock_off": {doctor.Wrong, func(t *testing.T, p *patient) {
			hub := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(hub.Close)
			p.Hub, p.Now = hub.URL, func() time.Time { return time.Now().Add(5 * time.Minute) }
		}},
		"backup_old": {doctor.Look, func(t *testing.T, p *patient) {
			p.Copies = t.TempDir()
			must(t, sqlite.CopyFile(t.Context(), p.file("lab.db"), filepath.Join(p.Copies, "monday.db")))
			old := time.Now().Add(-72 * time.Hour)
			must(t, os.Chtimes(filepath.Join(p.Copies, "monday.db"), old, old))
		}},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			p := well.copied(t)
			tc.harm(t, p)
			found := p.examine()
			if found[code] != tc.state {
				t.Errorf("%s is %q, want %q: %v", code, found[code], tc.state, found)
			}
			delete(found, code)
			for other, state := range found {
				if state == doctor.Wrong {
					t.Errorf("%s is called wrong as well", other)
				}
			}
		})
	}
}

// cutTail puts an older copy of the database in the place of the newest, whose end the node has signed.
func cutTail(t *testing.T, p *patient) {
	old := filepath.Join(t.TempDir(), "old.db")
	must(t, sqlite.CopyFile(t.Context(), p.file("lab.db"), old))
	n := p.open()
	_, err := n.Office.LoadStarter(t.Context(), lab.System(), "starter-of-the-lab")
	must(t, err)
	must(t, n.Close())
	for _, name := range []string{"lab.db-wal", "lab.db-shm"} {
		_ = os.Remove(p.file(name))
	}
	must(t, os.Rename(old, p.file("lab.db")))
}

func newer(t *testing.T, p *patient) {
	db, err := sql.Open("sqlite", "file:"+p.file("lab.db"))
	must(t, err)
	_, err = db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	must(t, err)
	must(t, db.Close())
}

// damage breaks the first page of a table that no other check reads.
func damage(t *testing.T, p *patient) {
	db, err := sql.Open("sqlite", "file:"+p.file("lab.db"))
	must(t, err)
	var page, size int64
	must(t, db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = 'access_log'").Scan(&page))
	must(t, db.QueryRowContext(t.Context(), "PRAGMA page_size").Scan(&size))
	must(t, db.Close())
	f, err := os.OpenFile(p.file("lab.db"), os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt(make([]byte, 64), (page-1)*size)
	must(t, err)
	must(t, f.Close())
}

func taken(t *testing.T, p *patient) {
	ln, err := net.Listen("tcp", p.HL7)
	must(t, err)
	t.Cleanup(func() { _ = ln.Close() })
}

// A well node is called well, stopped and running, and the doctor leaves every file as it was.
func TestWellNodeStaysAsItIs(t *testing.T) {
	t.Parallel()
	p := setupLab(t)
	before := p.sums()
	for code, state := range p.examine() {
		if code != "backup_missing" && state != doctor.OK && code != "serial_denied" && code != "serial_busy" {
			t.Errorf("a well node: %s is %s", code, state)
		}
	}
	after := p.sums()
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("%s was changed", name)
		}
	}
	for name := range after {
		if _, there := before[name]; !there && name != "lab.db-wal" && name != "lab.db-shm" { // of every reader, empty
			t.Errorf("%s was left behind", name)
		}
	}
	n := p.open()
	defer func() { must(t, n.Close()) }()
	found := p.examine()
	if found["port_silent"] != doctor.Wrong || found["node_silent"] != doctor.Wrong {
		t.Errorf("it runs and listens nowhere: %v", found)
	}
	server := httptest.NewServer(n.Handler())
	defer server.Close()
	p.Listen, p.ListenTLS, p.HL7 = server.Listener.Addr().String(), "", ""
	if found = p.examine(); found["node_silent"] != "" || found["port_silent"] != "" {
		t.Errorf("it runs and listens: %v", found)
	}
}

func (p *patient) sums() map[string][32]byte {
	p.t.Helper()
	out := map[string][32]byte{}
	entries, err := os.ReadDir(p.Data)
	must(p.t, err)
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		text, err := os.ReadFile(p.file(e.Name()))
		must(p.t, err)
		out[e.Name()] = sha256.Sum256(text)
	}
	return out
}

// What a number of safe writes a second means: lying disks and unusable ones are named.
func TestJudgeSpeed(t *testing.T) {
	t.Parallel()
	for rate, want := range map[int64]string{2: "disk_too_slow", 12: "disk_slow", 80: "", 900: "", 19_000: "", 30_000: "disk_lies"} {
		if f := doctor.JudgeSpeed(rate); f.Code != want || f.Figures["safe_writes_per_second"] != rate {
			t.Errorf("%d writes a second: %+v, want %q", rate, f, want)
		}
	}
}

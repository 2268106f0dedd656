package main_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver by which two databases are compared

	"jaanch/internal/edge"
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/journal"
	"jaanch/internal/telemetry"
)

// realHub is a hub in a process of its own, on a Postgres of its own.
type realHub struct {
	t        *testing.T
	bin, dir string
	url      string
}

func startHub(t *testing.T) *realHub {
	t.Helper()
	dir, err := os.MkdirTemp("", "jaanch-hub-") // Postgres runs as another user, to whom the test's own folder is shut
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &realHub{t: t, bin: filepath.Join(t.TempDir(), "hub"), dir: dir}
	if dir := os.Getenv("JAANCH_BIN"); dir != "" {
		h.bin = filepath.Join(dir, "hub")
	} else {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", h.bin, "../hub")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build the hub: %v\n%s", err, out)
		}
	}
	address := freeAddress(t)
	h.url = "http://" + address
	said := &noisy{}
	cmd := exec.Command(h.bin, "serve", "--private", h.dir, "--listen", address) //nolint:gosec // the hub that was just built
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-exited
		}
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(60 * time.Second); ; <-tick.C {
		select {
		case <-exited:
			t.Fatalf("the hub ended: %s", said)
		default:
		}
		res, err := http.Get(h.url + "/api/v1/ready") //nolint:noctx // ends with the test's deadline
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return h
			}
		}
		if time.Now().After(end) {
			t.Fatalf("the hub is not ready: %s", said)
		}
	}
}

func (h *realHub) run(args ...string) string {
	h.t.Helper()
	var errs bytes.Buffer
	cmd := exec.CommandContext(h.t.Context(), h.bin, append([]string{"--private", h.dir}, args...)...) //nolint:gosec // the hub that was just built
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("hub %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

// opened is a node's folder, opened while no process serves it.
func opened(t *testing.T, data string, do func(n *edge.Node, who map[string]lab.Actor)) {
	t.Helper()
	n, err := edge.Open(t.Context(), edge.Options{Config: edge.Config{Data: data, Zone: "Asia/Kolkata"}, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	users, err := n.Office.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	who := map[string]lab.Actor{}
	for _, u := range users.Users {
		who[u.Login] = lab.Actor{Kind: lab.ActorUser, ID: u.ID, Roles: u.Roles}
	}
	do(n, who)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

// patientDay registers a patient with electrolytes, measures and signs them, and gives the report.
func patientDay(t *testing.T, n *edge.Node, who map[string]lab.Actor, name string) release.Report {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v := registered(t, n, who, name)
	rows := func() map[string]bench.Row {
		w, err := n.Bench.Worklist(ctx, who[string(access.Technician)], bench.Filter{Visit: v.ID, State: "all", Limit: 50})
		must(err)
		out := map[string]bench.Row{}
		for _, g := range w.Groups {
			for _, r := range g.Rows {
				out[r.Code] = r
			}
		}
		return out
	}
	for code, value := range map[string]string{"NA": "140", "K": "4.2", "CL": "101", "HCO3": "24"} {
		row, ok := rows()[code]
		if !ok {
			t.Fatalf("no test %s among %v", code, rows())
		}
		_, err := n.Bench.Enter(ctx, who[string(access.Technician)], row.ItemID, bench.Enter{Value: value, Seen: true, Versions: row.Versions})
		must(err)
	}
	doctor := release.Who{Actor: who[string(access.Pathologist)], Proved: n.DB.Now()}
	for _, row := range rows() {
		if row.State == "held" {
			_, err := n.Release.Decide(ctx, doctor, row.ItemID, release.Decide{Decision: "accept", Note: "as before", Versions: row.Versions})
			must(err)
		}
	}
	sheet, err := n.Release.Case(ctx, doctor, v.ID)
	must(err)
	signed, err := n.Release.Sign(ctx, doctor, n.DB.NewID().String(), v.ID, release.Sign{Versions: sheet.Versions})
	must(err)
	return signed
}

func registered(t *testing.T, n *edge.Node, who map[string]lab.Actor, name string) reception.Visit {
	t.Helper()
	c, err := n.Office.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := reception.Register{
		Patient: &reception.PatientInput{Name: name, Sex: "F", AgeValue: 40, AgeUnit: "y", Phone: "9800000001"}, Priority: "routine", Collected: true,
	}
	for _, x := range c.Panels {
		if x.Code == "ELEC" {
			in.Items = append(in.Items, reception.OrderItem{Kind: "panel", ID: x.ID})
		}
	}
	v, err := n.Desk.Register(t.Context(), who[string(access.Receptionist)], n.DB.NewID().String(), in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// records reads every value of every synced record.
func records(t *testing.T, data string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "lab.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[string]string{}
	for _, e := range journal.Schema().Entities {
		columns := []string{"hex(id)", "_del"}
		for _, f := range e.Fields {
			if f.Column != "password_ms" && f.Column != "pin_ms" { // of the node's own passwords
				columns = append(columns, `quote("`+f.Column+`")`)
			}
		}
		rows, err := db.QueryContext(t.Context(), "SELECT "+strings.Join(columns, " || '|' || ")+` FROM "`+e.Table+`"`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			out[e.Name+" "+line[:32]] = line
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
	return out
}

// killer stands between a rebuild and the hub and kills the rebuild when it first asks for a path, once for each: after
// the hub has done what was asked, before the answer arrives.
type killer struct {
	*httputil.ReverseProxy

	mu    sync.Mutex
	paths []string // still to come
	kill  func()
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	i := slices.Index(k.paths, strings.TrimPrefix(r.URL.Path, "/api/v1/sync/"))
	if i >= 0 {
		k.paths = slices.Delete(k.paths, i, i+1)
	}
	kill := k.kill
	k.mu.Unlock()
	if i < 0 {
		k.ReverseProxy.ServeHTTP(w, r)
		return
	}
	k.ReverseProxy.ServeHTTP(discarded{http.Header{}}, r)
	kill()
	panic(http.ErrAbortHandler)
}

// discarded is an answer that never arrives.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header         { return d.header }
func (d discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d discarded) WriteHeader(int)             {}

// A lab works, its PC dies, and an empty PC becomes the node from the hub alone, although it is switched off at every
// step of it: patients, results and reports are the same, no number is given twice, and the lab goes on.
func TestRebuildALostNode(t *testing.T) {
	t.Parallel()
	bin, h := edgeBinary(t), startHub(t)
	h.run("tenant", "add-lab", "--org", h.run("tenant", "add-org", "Demo Diagnostics"), "Main")
	old := filepath.Join(t.TempDir(), "old")
	foundLab(t, old)
	var signed release.Report
	opened(t, old, func(n *edge.Node, who map[string]lab.Actor) { signed = patientDay(t, n, who, "Asha Sharma") })
	r := &running{t: t, bin: bin}
	r.run("enroll", "--data", old, "--hub", h.url, h.run("enroll-code"))
	opened(t, old, func(n *edge.Node, _ map[string]lab.Actor) {
		if err := n.Agent.PullAll(t.Context(), func(int64) {}); err != nil {
			t.Fatal(err)
		}
	})
	want := records(t, old)
	var unsent reception.Visit
	opened(t, old, func(n *edge.Node, who map[string]lab.Actor) { unsent = registered(t, n, who, "Meera Joshi") })

	code := h.run("rebuild-code", "K7")
	data := filepath.Join(t.TempDir(), "new")
	said := rebuiltThroughKills(t, bin, h, data, code)
	for _, phrase := range []string{"The hub had everything up to entry", "their chain is whole", "New numbers begin with", "What it wrote later is not here"} {
		if !strings.Contains(said, phrase) {
			t.Errorf("it does not say %q:\n%s", phrase, said)
		}
	}
	if strings.Contains(said, "WARNING") || strings.Contains(said, "K7.\n") || strings.Contains(said, "with K7;") {
		t.Errorf("it says:\n%s", said)
	}
	if out := r.run("verify", "--data", data); !strings.Contains(out, "all is as it was written") {
		t.Errorf("verify: %s", out)
	}
	compareRecords(t, want, records(t, data))
	opened(t, data, func(n *edge.Node, who map[string]lab.Actor) {
		got, err := n.Release.Report(t.Context(), signed.Report.ID)
		if err != nil || got.Payload != signed.Payload || got.Report.Version != signed.Report.Version || got.Name != "Asha Sharma" || got.MRN != signed.MRN {
			t.Errorf("the report is %+v, %v; was %+v", got, err, signed)
		}
		hits, err := n.Desk.Search(t.Context(), reception.SearchInput{Query: "asha"})
		if err != nil || len(hits.Hits) != 1 {
			t.Errorf("the patient is not found: %+v, %v", hits, err)
		}
		password := regexp.MustCompile(`password (\S+) and`).FindStringSubmatch(said)
		login := regexp.MustCompile(`Log in as (\S+) with`).FindStringSubmatch(said)
		if u, err := n.Office.Login(t.Context(), "127.0.0.1", setup.Login{Login: login[1], Password: password[1]}); err != nil || !slices.Contains(u.Roles, string(access.Admin)) {
			t.Errorf("the administrator cannot log in: %+v, %v", u, err)
		}
		next := patientDay(t, n, who, "Divya Nair")
		if next.MRN == unsent.Patient.MRN || strings.HasPrefix(next.MRN, "K7") || !strings.HasPrefix(signed.MRN, "K7") {
			t.Errorf("the number %s is given again; unsent was %s", next.MRN, unsent.Patient.MRN)
		}
		if err := n.Agent.PullAll(t.Context(), func(int64) {}); err != nil {
			t.Error(err)
		}
		if s, err := n.Agent.Status(t.Context()); err != nil || s.Pending != 0 || s.KeptAside != 0 || s.Conflicts != 0 {
			t.Errorf("after a day of work: %+v, %v", s, err)
		}
	})
	opened(t, old, func(n *edge.Node, _ map[string]lab.Actor) {
		if err := n.Agent.Sync(t.Context()); lab.CodeOf(err) != "device_replaced" {
			t.Errorf("the lost PC comes back and is told %v", err)
		}
	})
}

// rebuiltThroughKills runs the rebuild until it comes to its end, killed once at each step.
func rebuiltThroughKills(t *testing.T, bin string, h *realHub, data, code string) string {
	t.Helper()
	to, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	k := &killer{ReverseProxy: httputil.NewSingleHostReverseProxy(to), paths: []string{"rebuild", "epoch", "push", "pull", "former"}}
	server := &http.Server{Handler: k, ReadHeaderTimeout: time.Minute} //nolint:gosec // a proxy of the test
	address := freeAddress(t)
	server.Addr = address
	go func() { _ = server.ListenAndServe() }()
	t.Cleanup(func() { _ = server.Close() })
	deaths := 0
	for range 12 {
		out := &noisy{}
		cmd := exec.CommandContext(t.Context(), bin, "rebuild", "--data", data, "--hub", "http://"+address, "--code", code)
		cmd.Stdout, cmd.Stderr = out, out
		started := make(chan *os.Process, 1)
		k.mu.Lock()
		k.kill = func() { _ = (<-started).Kill() }
		k.mu.Unlock()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started <- cmd.Process
		err := cmd.Wait()
		if err == nil {
			if deaths != 5 {
				t.Errorf("it was killed %d times, want 5", deaths)
			}
			return out.String()
		}
		if cmd.ProcessState.Exited() && !strings.Contains(out.String(), "does not answer") {
			t.Fatalf("the rebuild ended by itself after %d kills: %v\n%s", deaths, err, out)
		}
		if !cmd.ProcessState.Exited() {
			deaths++
			if !exists(filepath.Join(data, "rebuild.json")) {
				continue // nothing has begun: the machine does not know yet which node it is
			}
			if bad, err := exec.CommandContext(t.Context(), bin, "serve", "--data", data, "--listen", freeAddress(t), "--listen-tls", "", "--hl7", "", "--astm", "").CombinedOutput(); err == nil || !bytes.Contains(bad, []byte("made again")) {
				t.Fatalf("half a node was served: %v %s", err, bad)
			}
		}
	}
	t.Fatal("the rebuild never ends")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func compareRecords(t *testing.T, want, got map[string]string) {
	t.Helper()
	kinds := map[string]int{}
	for key, line := range want {
		kinds[strings.Fields(key)[0]]++
		if strings.HasPrefix(key, "lab_setting") {
			continue // it bears the node's new code
		}
		if got[key] != line {
			t.Errorf("%s\n  was %s\n  is  %s", key, line, got[key])
		}
	}
	for key := range got {
		if want[key] == "" {
			t.Errorf("%s came from nowhere", key)
		}
	}
	for _, kind := range []string{"patient", "result", "verification", "report", "release", "user", "user_role"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing of kind %s was compared: %s", kind, fmt.Sprint(kinds))
		}
	}
}

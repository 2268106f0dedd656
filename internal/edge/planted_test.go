package edge_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/edge"
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/privacy"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/edge/setup"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// What is planted: words that stand nowhere else. The name is written in the forms in which screens and analyzers do.
const (
	plantedName  = "Zebrelda Quuxington"
	plantedPhone = "9812765430"
	plantedMail  = "zebrelda@quux.example"
)

// plantedForms are looked for without regard to case: either half of the name, the phone, and the Hindi name.
func plantedForms() []string {
	return []string{"zebrelda", "quuxington", plantedPhone, "ज़ेब्रेल्डा"}
}

func speaks(content []byte) bool {
	lower := bytes.ToLower(content)
	return slices.ContainsFunc(plantedForms(), func(form string) bool { return bytes.Contains(lower, []byte(form)) })
}

// printed collects what the node logs.
type printed struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *printed) bytes() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.out.Bytes())
}

// planted is a demonstration lab in which one patient with the planted name went the whole way.
type planted struct {
	t     *testing.T
	node  *edge.Node
	data  string
	log   *printed
	visit reception.Visit
	who   map[string]lab.Actor
}

func plant(t *testing.T) *planted {
	t.Helper()
	p := &planted{t: t, data: filepath.Join(t.TempDir(), "node"), log: &printed{}, who: map[string]lab.Actor{}}
	c, err := edge.Load("", map[string]any{"data": p.data, "demo": true})
	p.must(err)
	logger := telemetry.NewLogger(p.log, telemetry.LogOptions{Level: slog.LevelDebug})
	p.node, err = edge.Open(t.Context(), edge.Options{Config: c, Logger: logger, Version: "test", WeakPasswords: true})
	p.must(err)
	t.Cleanup(func() { p.must(p.node.Close()) })
	p.must(p.node.Demo(t.Context()))
	people, err := p.node.Office.Users(t.Context())
	p.must(err)
	for _, u := range people.Users {
		p.who[u.Login] = lab.Actor{Kind: lab.ActorUser, ID: u.ID, Roles: u.Roles}
	}
	_, err = p.node.Office.AddPrinter(t.Context(), p.who["admin"], p.key(), setup.PrinterInput{Name: "Demo labels", Address: "127.0.0.1:9", WidthMM: 50, HeightMM: 25, Default: true})
	p.must(err)
	p.register()
	p.measure()
	p.sign()
	p.sentences()
	p.typing()
	return p
}

func (p *planted) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *planted) key() string { return p.node.DB.NewID().String() }

func (p *planted) register() {
	t := p.t
	c, err := p.node.Office.Catalogue(t.Context())
	p.must(err)
	in := reception.Register{
		Patient: &reception.PatientInput{
			Name: plantedName, NameLocal: "ज़ेब्रेल्डा क", Sex: "F", AgeValue: 40, AgeUnit: "y", Phone: plantedPhone, Email: plantedMail,
			Address: "4 Quuxington Road", City: "Quuxington", Guardian: "Zebrelda Senior", Relation: "mother of Zebrelda",
		},
		Priority: "routine", Note: "Zebrelda says she fasted", Collected: true, Print: true, DoctorName: "Dr Zebrelda",
		Consent: &reception.ConsentInput{Purposes: []string{"care"}, Notice: "v1", Language: "en", Channel: "spoken"},
	}
	for _, x := range c.Panels {
		if x.Code == "ELEC" {
			in.Items = append(in.Items, reception.OrderItem{Kind: "panel", ID: x.ID})
		}
	}
	p.visit, err = p.node.Desk.Register(t.Context(), p.who["reception"], p.key(), in)
	p.must(err)
	hits, err := p.node.Desk.Search(t.Context(), reception.SearchInput{Query: "quux zebr"})
	p.must(err)
	if len(hits.Hits) == 0 {
		t.Fatal("the search does not find the patient")
	}
}

// measure has two analyzers speak of the patient: one with the tube's number, one with a name alone; and the node answers
// a query with the name.
func (p *planted) measure() {
	accession := p.visit.Samples[0].Accession
	p.intake("P|1|||X|Quuxington^Zebrelda||19860101|F\rO|1|"+accession+"||^^^ZZZ|R\rR|1|^^^ZZZ|4.4|mmol/L||N||F\r", nil)
	p.intake("P|1|||X|QUUXINGTON^ZEBRELDA\rO|1|UNKNOWN-7||^^^ZZZ|R\rR|1|^^^ZZZ|4.4|mmol/L||N||F\r", nil)
	p.intake("Q|1|^"+accession+"||ALL\r", []byte("P|1|||X|Quuxington^Zebrelda\r"))
}

func (p *planted) intake(records string, answer []byte) {
	text := []byte("H|\\^&|||DEMO-X^1|||||||P|1\r" + records + "L|1|N\r")
	session := p.node.DB.NewID()
	in := instruments.Intake{
		Peer:     instruments.Peer{Conn: p.node.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks:   []instruments.Chunk{{Session: session, Protocol: instruments.ASTM, At: time.Now(), Dir: instruments.In, Bytes: text, Open: true, End: answer == nil}},
		Messages: []instruments.Message{{Session: session, Protocol: instruments.ASTM, Text: text, Ending: instruments.Terminated}},
	}
	if answer != nil {
		in.Chunks = append(in.Chunks, instruments.Chunk{Session: session, Protocol: instruments.ASTM, Seq: 1, At: time.Now(), Dir: instruments.Out, Bytes: answer, End: true})
	}
	_, err := p.node.Bench.Host().Store(p.t.Context(), in)
	p.must(err)
}

func (p *planted) rows() map[string]bench.Row {
	w, err := p.node.Bench.Worklist(p.t.Context(), p.who["tech"], bench.Filter{Visit: p.visit.ID, State: "all", Limit: 50})
	p.must(err)
	out := map[string]bench.Row{}
	for _, g := range w.Groups {
		for _, r := range g.Rows {
			out[r.Code] = r
		}
	}
	return out
}

// sign enters values, one of them critical and told to somebody, releases the report, reads and prints it.
func (p *planted) sign() {
	ctx, tech, path := p.t.Context(), p.who["tech"], p.who["path"]
	for _, v := range [][2]string{{"NA", "140"}, {"K", "7.2"}, {"CL", "101"}, {"HCO3", "24"}} {
		row := p.rows()[v[0]]
		_, err := p.node.Bench.Enter(ctx, tech, row.ItemID, bench.Enter{Value: v[1], Seen: true, Versions: row.Versions})
		p.must(err)
	}
	row := p.rows()["NA"]
	_, err := p.node.Bench.SetNote(ctx, tech, row.ItemID, bench.NoteInput{Note: "Zebrelda's tube was warm", Versions: row.Versions})
	p.must(err)
	who := release.Who{Actor: path, Proved: p.node.DB.Now()}
	for _, row := range p.rows() {
		if row.State == "held" {
			_, err := p.node.Release.Decide(ctx, who, row.ItemID, release.Decide{Decision: "accept", Note: "fits Zebrelda", Versions: row.Versions})
			p.must(err)
		}
	}
	_, err = p.node.Release.LogCall(ctx, who, p.key(), p.rows()["K"].ResultID, release.LogCall{
		Reached: "brother of Zebrelda", Role: "brother of Zebrelda", Phone: plantedPhone, Said: "K 7.2, Zebrelda", ReadBack: true, Outcome: "reached",
	})
	p.must(err)
	sheet, err := p.node.Release.Case(ctx, who, p.visit.ID)
	p.must(err)
	r, err := p.node.Release.Sign(ctx, who, p.key(), p.visit.ID, release.Sign{Comment: "Zebrelda was fasting", Versions: sheet.Versions})
	p.must(err)
	paper, err := p.node.Release.PDF(ctx, path, r.Report.ID)
	p.must(err)
	if len(paper.Body) == 0 {
		p.t.Fatal("an empty document")
	}
	_, err = p.node.Release.Printed(ctx, path, r.Report.ID)
	p.must(err)
}

// typing leaves what somebody is typing.
func (p *planted) typing() {
	ctx := p.t.Context()
	p.must(p.node.Bench.KeepDraft(ctx, p.who["tech"], p.rows()["NA"].ItemID, bench.DraftInput{Text: "ask Zebrelda"}))
	begun := reception.KeepVisitDraft{VisitDraft: reception.VisitDraft{
		PatientID: p.visit.Patient.ID, Items: []reception.DraftItem{}, Fields: map[string]string{"note": "Zebrelda once more"},
	}}
	_, err := p.node.Desk.KeepDraft(ctx, p.who["reception"], p.node.DB.NewID(), begun)
	p.must(err)
	p.must(p.node.Release.SetComment(ctx, p.who["path"], p.visit.ID, release.Comment{Text: "Zebrelda will come again"}))
}

// carry has the log carried into the file, which the node itself does now and then.
func (p *planted) carry() {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.data, "lab.db"))
	p.must(err)
	_, err = db.ExecContext(p.t.Context(), "PRAGMA wal_checkpoint(PASSIVE)")
	p.must(errors.Join(err, db.Close()))
}

// places gives every column of the database that holds something planted.
func (p *planted) places() []string {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.data, "lab.db")+"?mode=ro")
	p.must(err)
	defer func() { _ = db.Close() }()
	var out []string
	for _, table := range p.strings(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
		for _, column := range p.strings(db, "SELECT name FROM pragma_table_info('"+table+"')") {
			for _, value := range p.strings(db, `SELECT CAST("`+column+`" AS BLOB) FROM "`+table+`" WHERE "`+column+`" IS NOT NULL`) {
				if speaks([]byte(value)) {
					out = append(out, table+"."+column)
					break
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func (p *planted) strings(db *sql.DB, query string) (out []string) {
	rows, err := db.QueryContext(context.Background(), query)
	p.must(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s sql.RawBytes
		p.must(rows.Scan(&s))
		out = append(out, string(s))
	}
	p.must(rows.Err())
	return out
}

// files gives every file of the data folder that holds something planted, a name that differs by date as a pattern.
func (p *planted) files() []string {
	var out []string
	dated := regexp.MustCompile(`backup-[0-9T]+`)
	p.must(filepath.WalkDir(p.data, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			p.t.Errorf("%s can be read by others: %s", path, info.Mode())
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if speaks(content) {
			name, err := filepath.Rel(p.data, path)
			if err != nil {
				return err
			}
			out = append(out, dated.ReplaceAllString(filepath.ToSlash(name), "*"))
		}
		return nil
	}))
	return out
}

// documented reads the names in the first column of the tables under a heading of the operations manual.
func documented(t *testing.T, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(string(readFile(t, filepath.Join("..", "..", "docs", "operations.md"))), "\n### "+heading+"\n")
	if !found {
		t.Fatalf("docs/operations.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	var out []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1) {
		out = append(out, row[1])
	}
	slices.Sort(out)
	return out
}

// A patient's name is found in exactly the columns and files that the manual lists, and in no log, metric or address.
func TestPatientDataLiesWhereTheManualSays(t *testing.T) {
	t.Parallel()
	p := plant(t)
	p.provoke()
	p.must(os.MkdirAll(filepath.Join(p.data, "backups"), 0o700))
	p.must(sqlite.CopyFile(t.Context(), filepath.Join(p.data, "lab.db"), filepath.Join(p.data, "backups", "backup-20261121T000000.db")))
	p.carry()
	if diff := cmp.Diff(documented(t, "Columns"), p.places()); diff != "" {
		t.Errorf("columns, documented (-) and found (+):\n%s\n%v", diff, p.places())
	}
	if diff := cmp.Diff(documented(t, "Files"), p.files()); diff != "" {
		t.Errorf("files, documented (-) and found (+):\n%s", diff)
	}
}

// provoke has the API refuse requests that hold the name, and reads what the node tells about itself.
func (p *planted) provoke() {
	t := p.t
	srv := serve(t, p.node)
	nobody, desk := open(t, srv, ""), open(t, srv, "reception")
	id := p.visit.Patient.ID.String()
	for i, call := range []struct {
		b            *browser
		method, path string
		in           any
		want         int
	}{
		{nobody, http.MethodPost, "/session/login", map[string]string{"login": plantedName, "password": "Zebrelda1"}, http.StatusUnauthorized},
		{nobody, http.MethodPost, "/session/login", map[string]string{"login": plantedPhone, "password": "Zebrelda1"}, http.StatusUnauthorized},
		{desk, http.MethodPost, "/search", map[string]any{"query": plantedName, "zebrelda": "quuxington"}, http.StatusBadRequest},
		{desk, http.MethodPost, "/search", map[string]any{"query": plantedName, "kinds": []string{plantedName}}, 0},
		{desk, http.MethodPost, "/search", map[string]any{"query": plantedName}, http.StatusOK},
		{desk, http.MethodPut, "/patients/" + id, map[string]any{"patient": map[string]any{"name": plantedName, "sex": "F"}, "versions": plantedName}, 0},
		{desk, http.MethodPost, "/visits", map[string]any{"patient": map[string]any{"name": plantedName, "sex": "Zebrelda"}}, http.StatusUnprocessableEntity},
		{desk, http.MethodGet, "/patients/Zebrelda-Quuxington-" + plantedPhone, nil, http.StatusUnprocessableEntity},
		{desk, http.MethodGet, "/visits?day=Zebrelda&state=" + plantedPhone, nil, 0},
		{desk, http.MethodGet, "/zebrelda/" + plantedPhone, nil, http.StatusNotFound},
	} {
		status, body := call.b.call(call.method, call.path, call.in)
		if call.want != 0 && status != call.want || status >= http.StatusInternalServerError {
			t.Errorf("request %d: %d %s", i, status, body)
		}
	}
	desk.base = srv.URL
	_, metrics := desk.call(http.MethodGet, "/metrics", nil)
	if !bytes.Contains(metrics, []byte("jaanch_http_requests_total")) || speaks(metrics) {
		t.Errorf("metrics: %s", metrics)
	}
	for _, path := range []string{"/api/v1/health", "/api/v1/ready"} {
		if _, body := desk.call(http.MethodGet, path, nil); speaks(body) {
			t.Errorf("%s: %s", path, body)
		}
	}
	if logged := p.log.bytes(); !bytes.Contains(logged, []byte(`"route"`)) || speaks(logged) {
		t.Errorf("log: %s", logged)
	}
}

// No address that a screen can ask for takes a name, a phone or a text: what may stand in a query is filters and pages.
func TestAddressesTakeNoText(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name   string `json:"name"`
				In     string `json:"in"`
				Schema struct {
					Pattern string `json:"pattern"`
				} `json:"schema"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(readFile(t, filepath.Join("..", "..", "docs", "openapi-edge.json")), &doc); err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"cursor", "limit", "day", "date", "from", "to", "state", "show", "section", "department", "status", "instrument_id", "instrument", "visit_id", "visit", "sample_id", "sample",
		"patient_id", "id", "test", "entity", "inline", "reason", "kind", "priority", "after", "before",
	}
	codes := map[string]string{"pick": "^[A-Za-z0-9._+-]*$"} // of a test or a panel: no blanks, no text
	seen := 0
	for path, operations := range doc.Paths {
		for method, operation := range operations {
			for _, parameter := range operation.Parameters {
				if parameter.In != "query" && parameter.In != "path" {
					continue
				}
				seen++
				if pattern, code := codes[parameter.Name]; code && pattern == parameter.Schema.Pattern {
					continue
				}
				if !slices.Contains(allowed, parameter.Name) {
					t.Errorf("%s %s: %s %q may hold a text", method, path, parameter.In, parameter.Name)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d parameters: the walk misses something", seen)
	}
}

// After an erasure no byte of the person is left in any file of the folder, the values stay, and the chain holds.
func TestErasureLeavesNothingInTheFolder(t *testing.T) {
	t.Parallel()
	p := plant(t)
	office := privacy.New(privacy.Options{DB: p.node.DB})
	id, actor := p.visit.Patient.ID, p.who["manager"]
	proof := access.Resource{Own: true, SteppedUp: true, Second: p.who["admin"].ID}
	// The doctor of the same name is somebody else, and so is his record.
	doctors, err := p.node.Desk.Doctors(t.Context())
	p.must(err)
	for _, d := range doctors.Doctors {
		if d.Name == "Dr Zebrelda" {
			_, err := p.node.Desk.ChangeDoctor(t.Context(), p.who["reception"], d.ID, reception.DoctorInput{Name: "Dr Other", Versions: d.Versions})
			p.must(err)
			p.must(p.node.DB.Update(t.Context(), actor, "test", func(tx *sqlite.Tx) error { return tx.Erase(d.ID, "") }))
		}
	}
	for name, refused := range map[string]struct {
		in   privacy.Request
		code string
	}{
		"no reference":             {privacy.Request{Override: "court order"}, "reference_missing"},
		"must be kept":             {privacy.Request{Reference: "request 8"}, "must_be_kept"},
		"a reference with a name":  {privacy.Request{Reference: "request of Zebrelda", Override: "court order"}, "reference_names_patient"},
		"an override with a phone": {privacy.Request{Reference: "request 8", Override: "called " + plantedPhone}, "reference_names_patient"},
	} {
		if _, err := office.Erase(t.Context(), actor, proof, p.key(), id, refused.in); lab.CodeOf(err) != refused.code {
			t.Errorf("%s: %v, want %s", name, err, refused.code)
		}
	}
	if _, err := office.Erase(t.Context(), p.who["reception"], proof, p.key(), id, privacy.Request{Reference: "request 8"}); lab.KindOf(err) != lab.KindForbidden {
		t.Errorf("a receptionist: %v", err)
	}
	if len(p.files()) == 0 {
		t.Fatal("nothing was planted")
	}
	key, in := p.key(), privacy.Request{Reference: "request 8", Override: "court order"}
	done, err := office.Erase(t.Context(), actor, proof, key, id, in)
	p.must(err)
	if done.Files != 4 || done.Sentences == 0 || done.Labels == 0 || done.Messages != 3 || done.Sessions != 3 || done.Persons != 1 {
		t.Errorf("done: %+v", done)
	}
	if found := p.files(); len(found) != 0 {
		t.Errorf("after the erasure found in %v, columns %v", found, p.places())
	}
	if _, err := office.Erase(t.Context(), actor, proof, key, id, in); err != nil {
		t.Errorf("the same request again: %v", err)
	}
	if row := p.rows()["NA"]; row.Value != "141" || row.State != "released" {
		t.Errorf("the value after the erasure: %+v", row)
	}
	report, err := p.node.DB.VerifyChain(t.Context(), sqlite.VerifyOptions{})
	if err != nil || report.Fault != nil {
		t.Errorf("chain: %v, %v", report.Fault, err)
	}
	if bad, err := p.node.DB.VerifyAccess(t.Context()); bad != 0 || err != nil {
		t.Errorf("access log: line %d, %v", bad, err)
	}
}

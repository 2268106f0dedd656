package main_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver with which a newer program is played

	"jaanch/internal/instruments/astm"
	"jaanch/internal/lab/access"
)

const (
	enq = 0x05
	ack = 0x06
	nak = 0x15
	eot = 0x04
)

// line is an analyzer that this test plays by hand.
type line struct {
	t    *testing.T
	conn net.Conn
}

func dial(t *testing.T, address string) *line {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &line{t: t, conn: conn}
}

func (l *line) say(raw ...byte) {
	l.t.Helper()
	if _, err := l.conn.Write(raw); err != nil {
		l.t.Fatal(err)
	}
}

// hear wants the next byte of the node.
func (l *line) hear(want byte, after string) {
	l.t.Helper()
	var got [1]byte
	if _, err := l.conn.Read(got[:]); err != nil || got[0] != want {
		l.t.Fatalf("after %s: %#x, %v, want %#x", after, got[0], err, want)
	}
}

// upload sends one message of one result in one frame and wants it acknowledged.
func (l *line) upload(sample, name string) {
	l.t.Helper()
	l.say(enq)
	l.hear(ack, "ENQ")
	l.say(astm.AppendFrame(nil, 1, message(sample, name), true)...)
	l.hear(ack, "a whole frame")
	l.say(eot)
}

func message(sample, name string) []byte {
	return fmt.Appendf(nil, "H|\\^&|||HOSTILE^1\rP|1||||%s\rO|1|%s||^^^HGB\rR|1|^^^HGB|13.4|g/dL||N||F||||20261121101500\rL|1|N\r", name, sample)
}

// stored waits until a sample's rows are in the database, and wants just one.
func (r *running) storedOnce(sample string) {
	r.t.Helper()
	n := 0
	for _, o := range dump[observed](r, "observations") {
		if o.SampleID == sample && o.State != "duplicate" {
			n++
		}
	}
	if n != 1 {
		r.t.Errorf("sample %s is stored %d times", sample, n)
	}
}

// kept waits until the archive holds these bytes.
func (r *running) kept(raw []byte, what string) {
	r.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		for _, run := range r.archived() {
			if bytes.Contains(run, raw) {
				return
			}
		}
	}
	r.t.Errorf("%s is not in the archive", what)
}

// TestHostileLines plays broken and malicious senders against both ports: each gets a clear answer, what was whole is kept,
// and the node goes on.
func TestHostileLines(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	r := startNode(t, edgeBinary(t), data)
	dial(t, r.astm).upload("FIRST00001", "Asha")

	torn := dial(t, r.astm)
	torn.say(enq)
	torn.hear(ack, "ENQ")
	frame := astm.AppendFrame(nil, 1, message("TORN000001", "Asha"), true)
	torn.say(frame[:len(frame)/2]...)
	_ = torn.conn.Close()
	r.kept(frame[:len(frame)/2], "the torn frame")
	dial(t, r.astm).upload("TORN000001", "Asha")

	wrong := dial(t, r.astm)
	wrong.say(enq)
	wrong.hear(ack, "ENQ")
	frame = astm.AppendFrame(nil, 1, message("CHECK00001", "Asha"), true)
	bad := bytes.Clone(frame)
	bad[20] ^= 1
	wrong.say(bad...)
	wrong.hear(nak, "a wrong checksum")
	wrong.say(frame...)
	wrong.hear(ack, "the same frame, whole")
	wrong.say(eot)

	dial(t, r.astm).upload("UTF8000001", "Asha \xff\xfe\xc3(")
	h := dial(t, r.hl7)
	block := "\x0bMSH|^~\\&|HOSTILE|DEMO|||20261121101500||ORU^R01|1|P|2.3.1\rPID|1||||Asha \xff\xfe\rOBR|1||UTF8000002\rOBX|1|NM|HGB||13.4|g/dL|||||F\r\x1c\r"
	h.say([]byte(block)...)
	answer := make([]byte, 4096)
	n, err := h.conn.Read(answer)
	if err != nil || !bytes.Contains(answer[:n], []byte("MSA|AA|1")) {
		t.Errorf("a name that is no UTF-8 over HL7: %q, %v", answer[:n], err)
	}

	noise := make([]byte, 10<<20)
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for name, address := range map[string]string{"astm": r.astm, "hl7": r.hl7} {
		l := dial(t, address)
		go func() { // whatever the node answers, somebody reads it
			sink := make([]byte, 4096)
			for {
				if _, err := l.conn.Read(sink); err != nil {
					return
				}
			}
		}()
		n, err := l.conn.Write(noise)
		t.Logf("noise on %s: %d bytes taken, %v", name, n, err)
		_ = l.conn.Close()
	}
	dial(t, r.astm).upload("AFTER00001", "Asha")
	for _, id := range []string{"FIRST00001", "TORN000001", "CHECK00001", "UTF8000001", "UTF8000002", "AFTER00001"} {
		r.storedOnce(id)
	}
	if !r.ready() {
		t.Error("the node does not serve any more")
	}
	for _, secret := range []string{"Asha", "FIRST00001"} {
		if strings.Contains(r.said.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	r.run("verify", "--data", r.data)
}

// TestHostileRequests sends broken requests: each gets a problem document with its code, and nothing is stored.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	s := newDesk(t)
	before := len(dump[struct{}](s.r, "journal"))
	valid := string(mustJSON(t, s.registration("Asha Sharma")))
	tests := []struct {
		name, body string
		status     int
		code       string
	}{
		{"a name that is no UTF-8", strings.Replace(valid, "Asha", "Asha\xff", 1), http.StatusBadRequest, "invalid_utf8"},
		{"an unknown field", strings.Replace(valid, `{`, `{"colour":"blue",`, 1), http.StatusBadRequest, "unknown_field"},
		{"too large", strings.Replace(valid, "Asha", strings.Repeat("A", 2<<20), 1), http.StatusRequestEntityTooLarge, "body_too_large"},
		{"broken off", valid[:len(valid)/2], http.StatusBadRequest, "input_invalid"},
	}
	for _, tt := range tests {
		p := s.first.refused(http.MethodPost, "/visits", []byte(tt.body))
		if p.Status != tt.status || p.Code != tt.code {
			t.Errorf("%s: %d %s (%s), want %d %s", tt.name, p.Status, p.Code, p.Detail, tt.status, tt.code)
		}
	}
	p := s.r.login(access.Admin).refused(http.MethodPost, "/sync/enrol", map[string]string{"hub": "http://127.0.0.1:1", "code": "ABCDEFGHJKMNX"})
	t.Logf("a wrong enrolment code: %d %s: %s", p.Status, p.Code, p.Detail)
	if p.Code == "" || p.Status < 400 || p.Status > 503 {
		t.Errorf("a wrong enrolment code: %+v", p)
	}
	if now := len(dump[struct{}](s.r, "journal")); now != before || len(s.visits()) != 0 {
		t.Errorf("refused requests wrote %d entries", now-before)
	}
	s.first.must(http.MethodPost, "/visits", []byte(valid), nil)
}

// TestNewerDatabase gives the node a database that a newer program has written: it refuses with a sentence and changes
// nothing.
func TestNewerDatabase(t *testing.T) {
	t.Parallel()
	bin, data := edgeBinary(t), filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	path := filepath.Join(data, "lab.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (90000, 1)", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := fileHash(t, path)
	out, err := exec.CommandContext(t.Context(), bin, "serve", "--data", data, "--listen", freeAddress(t), "--listen-tls", "", "--hl7", "", "--astm", "").CombinedOutput()
	if code := exitCode(err); code != 1 || !strings.Contains(string(out), "newer version") {
		t.Errorf("exit %d: %s", code, out)
	}
	if fileHash(t, path) != before {
		t.Error("the database was changed")
	}
}

func exitCode(err error) int {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // as os/exec gives it
		return exit.ExitCode()
	}
	return -1
}

func fileHash(t *testing.T, path string) [32]byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(raw)
}

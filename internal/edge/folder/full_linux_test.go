package folder_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/folder"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// small is a node's store, lines and guard on a file system of 12 MiB.
type small struct {
	data  string
	db    *sqlite.DB
	bench *bench.Bench
	guard *folder.Guard
	mu    sync.Mutex
	seen  []bool
}

const (
	testReserve = 1 << 20
	testFloor   = 2 << 20
)

func setup(t *testing.T) *small {
	t.Helper()
	s := &small{data: t.TempDir()}
	if err := syscall.Mount("jaanch-test", s.data, "tmpfs", 0, "size=12m"); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	var err error
	s.db, err = sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(s.data, "lab.db"), Registry: journal.Schema(), Logger: telemetry.Discard(), Tripwire: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.db.Close()
		if err := syscall.Unmount(s.data, 0); err != nil {
			t.Error(err)
		}
	})
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s.bench = bench.New(bench.Options{DB: s.db, Zone: time.UTC, Log: telemetry.Discard(), Profiles: profiles})
	s.guard = folder.NewGuard(folder.Options{
		Data: s.data, Reserve: testReserve, Floor: testFloor, Log: telemetry.Discard(),
		Changed: func(full bool, _ int64) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.seen = append(s.seen, full)
		},
	})
	return s
}

// fill leaves so many bytes free.
func (s *small) fill(t *testing.T, leave int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(s.data, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(info.Size()-leave), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func (s *small) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(s.data, "ballast")); err != nil {
		t.Fatal(err)
	}
}

// count gives how many messages with the text are stored.
func (s *small) count(t *testing.T, text string) (n int) {
	t.Helper()
	err := s.db.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM message WHERE instr(text, ?) > 0", []byte(text)).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// analyzer is the other end of a line.
type analyzer struct {
	port link.Port
	in   *bufio.Reader
}

func (s *small) connect(t *testing.T, name string) analyzer {
	t.Helper()
	inst, node := link.Pipe("instrument", "node")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- session.Run(ctx, session.NewBoard(nil), node, s.guard.Host(s.bench.Host()), session.TCPOptions(name))
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return analyzer{port: inst, in: bufio.NewReader(inst)}
}

// upload sends a message frame by frame and tells whether all of it was acknowledged.
func (a analyzer) upload(t *testing.T, id string) bool {
	t.Helper()
	text := "H|\\^&|||DEMO|||||||P|1\rP|1\rO|1|" + id + "||^^^GLU|R\rR|1|^^^GLU|5.1|mmol/L||N||F\rL|1|N\r"
	answer := a.send(t, "\x05")
	for _, f := range astm.Frames([]byte(text), astm.RecordPerFrame, 0) {
		if answer != '\x06' {
			break
		}
		answer = a.send(t, string(f))
	}
	if _, err := a.port.Write([]byte("\x04")); err != nil {
		t.Fatal(err)
	}
	if answer != '\x06' && answer != '\x15' {
		t.Fatalf("neither ACK nor NAK: %q", answer)
	}
	return answer == '\x06'
}

func (a analyzer) send(t *testing.T, bytes string) byte {
	t.Helper()
	if _, err := a.port.Write([]byte(bytes)); err != nil {
		t.Fatal(err)
	}
	b, err := a.in.ReadByte()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// post sends an HL7 message and gives the code of its acknowledgement.
func (a analyzer) post(t *testing.T, id string) string {
	t.Helper()
	text := "MSH|^~\\&|DEMO|LAB|||20260102030405||ORU^R01|" + id + "|P|2.3.1\rPID|1\rOBR|1||" + id + "\rOBX|1|NM|GLU||5.1|mmol/L\r"
	if _, err := fmt.Fprintf(a.port, "\x0b%s\x1c\r", text); err != nil {
		t.Fatal(err)
	}
	answer, err := a.in.ReadString('\x1c')
	if err != nil {
		t.Fatal(err)
	}
	_, msa, _ := strings.Cut(answer, "\rMSA|")
	code, _, _ := strings.Cut(msa, "|")
	return code
}

// TestFullDiskRefusesIntakeAndRecoversAlone fills the disk under a node: what was acknowledged is there, what comes then
// is refused by the protocol's own word, reading and the access log go on, and with space everything goes on by itself.
func TestFullDiskRefusesIntakeAndRecoversAlone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	line, hl7 := s.connect(t, "astm"), s.connect(t, "hl7")
	if !line.upload(t, "BEFORE-1") || hl7.post(t, "BEFORE-2") != "AA" {
		t.Fatal("refused on an empty disk")
	}
	reserve := filepath.Join(s.data, "reserve")
	if info, err := os.Stat(reserve); err != nil || info.Size() != testReserve {
		t.Fatalf("no reserve: %v, %v", info, err)
	}
	s.fill(t, 256<<10)
	if line.upload(t, "DURING-1") {
		t.Error("ASTM is acknowledged on a full disk")
	}
	if got := hl7.post(t, "DURING-2"); got != "AR" && got != "CR" && got != "AE" {
		t.Errorf("HL7 on a full disk is answered by %q", got)
	}
	if _, err := os.Stat(reserve); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the reserve was not given back: %v", err)
	}
	if n := s.count(t, "DURING"); n != 0 || s.count(t, "BEFORE") != 2 {
		t.Errorf("%d refused messages are stored, and %d of 2 acknowledged ones", n, s.count(t, "BEFORE"))
	}
	for range 100 { // the trace of a day's prints and openings has its room
		if err := s.db.LogAccess(t.Context(), sqlite.Access{Actor: lab.System(), Action: "report.print"}); err != nil {
			t.Fatalf("the access log on a full disk: %v", err)
		}
	}
	s.refusesRegistrations(t)
	s.free(t)
	if !line.upload(t, "AFTER-1") || hl7.post(t, "AFTER-2") != "AA" {
		t.Error("refused although there is space again")
	}
	if s.count(t, "BEFORE") != 2 || s.count(t, "AFTER") != 2 {
		t.Error("an acknowledged message is missing")
	}
	if info, err := os.Stat(reserve); err != nil || info.Size() != testReserve {
		t.Errorf("the reserve was not made again: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fmt.Sprint(s.seen) != "[false true false]" {
		t.Errorf("the screens were told %v", s.seen)
	}
}

func (s *small) refusesRegistrations(t *testing.T) {
	t.Helper()
	h := s.guard.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for request, want := range map[string]int{
		"POST /api/v1/visits": 503, "POST /api/v1/patients": 503,
		"GET /api/v1/visits": 204, "POST /api/v1/search": 204, "POST /api/v1/reports/printed": 204, "POST /api/v1/session/login": 204,
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != want || want == 503 && !strings.Contains(w.Body.String(), folder.CodeSpace) {
			t.Errorf("%s on a full disk: %d %s", request, w.Code, w.Body)
		}
	}
}

// TestFullDiskFoundByAWrite lets the disk run full between a look and a write: the reserve is given back all the same.
func TestFullDiskFoundByAWrite(t *testing.T) {
	t.Parallel()
	s := setup(t)
	host := s.bench.Host()
	store := host.Store
	host.Store = func(ctx context.Context, in instruments.Intake) (instruments.Receipt, error) {
		s.fill(t, 0)
		return store(ctx, in)
	}
	_, err := s.guard.Host(host).Store(t.Context(), instruments.Intake{
		Peer: instruments.Peer{Conn: s.db.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks: []instruments.Chunk{{
			Session: s.db.NewID(), Protocol: instruments.ASTM, At: time.Now(), Dir: instruments.In, Bytes: make([]byte, 300<<10), Open: true, End: true,
		}},
	})
	if lab.CodeOf(err) != folder.CodeSpace {
		t.Fatalf("a write on a full disk: %v", err)
	}
	if _, err := os.Stat(filepath.Join(s.data, "reserve")); !errors.Is(err, os.ErrNotExist) || !s.guard.Full() {
		t.Errorf("the reserve was not given back: %v", err)
	}
	if err := s.db.LogAccess(t.Context(), sqlite.Access{Actor: lab.System(), Action: "report.print"}); err != nil {
		t.Errorf("the access log on a full disk: %v", err)
	}
	if err := s.db.DeadErr(); err != nil {
		t.Error(err)
	}
}

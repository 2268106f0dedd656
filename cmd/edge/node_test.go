package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"jaanch/internal/edge"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// password is the password of every account of a test's lab.
const password = "morning-kettle-42"

// customTests is how many number tests (N01 …) and text tests (T01 …) the lab of foundLab has beside the starter's.
const customTests = 80

// edgeBinary gives the node's binary: the one of JAANCH_BIN, else one that is built here.
func edgeBinary(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("JAANCH_BIN"); dir != "" {
		return filepath.Join(dir, "edge")
	}
	bin := filepath.Join(t.TempDir(), "edge")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the node: %v\n%s", err, out)
	}
	return bin
}

// foundLab makes a lab with an account of each role, named like the role, the starter catalogue, and tests that take what
// any analyzer sends.
func foundLab(t *testing.T, data string) {
	t.Helper()
	n, err := edge.Open(t.Context(), edge.Options{Config: edge.Config{Data: data, Zone: "Asia/Kolkata"}, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	founding := setup.Founding{Lab: setup.LabInput{Name: "Demo Lab", Levels: 1, AutoReceive: true, DiscountMax: 10}, NodeCode: "K7"}
	for _, r := range []access.Role{access.Receptionist, access.Technician, access.Pathologist, access.Manager, access.Admin} {
		founding.People = append(founding.People, setup.UserInput{
			Login: string(r), Name: "Demo " + string(r), Roles: []string{string(r)}, Password: password, Active: true, Qualification: "MD", Registration: "D-1",
		})
	}
	if _, err := n.Office.Found(t.Context(), "founding-of-the-lab", founding); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Office.LoadStarter(t.Context(), lab.System(), "starter-of-the-lab"); err != nil {
		t.Fatal(err)
	}
	err = n.DB.Update(t.Context(), lab.System(), "test.tests", func(tx *sqlite.Tx) error {
		for i := range customTests {
			for prefix, kind := range map[string]string{"N": "numeric", "T": "text"} {
				code := fmt.Sprintf("%s%02d", prefix, i+1)
				row := sqlite.Row{
					"code": code, "name": "Test " + code, "specimen": "Serum", "draw": "", "unit": "", "department": "Biochemistry", "kind": kind, "decimals": 3,
					"sensitive": 0, "position": 900 + i, "price": 100, "report_min": 60, "active": 1,
				}
				if err := tx.Insert("test", tx.NewID(), row); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// noisy collects what a process prints.
type noisy struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (n *noisy) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.buf.Write(p)
}

func (n *noisy) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.buf.String()
}

// running is a node in a process of its own.
type running struct {
	t                        *testing.T
	bin, data                string
	plain, secure, hl7, astm string
	extra                    []string
	cmd                      *exec.Cmd
	exited                   chan struct{}
	said                     *noisy
}

// startNode starts the node on free ports of this machine and ends it with the test.
func startNode(t *testing.T, bin, data string, extra ...string) *running {
	t.Helper()
	r := &running{t: t, bin: bin, data: data, plain: freeAddress(t), secure: freeAddress(t), hl7: freeAddress(t), astm: freeAddress(t), extra: extra, said: &noisy{}}
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *running) start() {
	r.t.Helper()
	args := append([]string{"serve", "--data", r.data, "--listen", r.plain, "--listen-tls", r.secure, "--hl7", r.hl7, "--astm", r.astm}, r.extra...)
	r.cmd = exec.CommandContext(context.WithoutCancel(r.t.Context()), r.bin, args...)
	r.cmd.Stderr, r.cmd.Stdout = r.said, r.said
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(r.cmd, r.exited)
	for deadline := time.Now().Add(30 * time.Second); !r.ready(); runtime.Gosched() {
		select {
		case <-r.exited:
			r.t.Fatalf("the node ended: %s", r.said)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("the node is not ready after 30 s: %s", r.said)
		}
	}
}

func (r *running) ready() bool {
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+loopback(r.plain)+"/api/v1/ready", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// stop ends the node in order; it may have ended before.
func (r *running) stop() {
	_ = r.cmd.Process.Signal(os.Interrupt)
	select {
	case <-r.exited:
	case <-time.After(20 * time.Second):
		_ = r.cmd.Process.Kill()
		<-r.exited
		r.t.Errorf("the node did not stop within 20 s: %s", r.said)
	}
}

// run calls a command of the binary and gives what it prints.
func (r *running) run(args ...string) string {
	r.t.Helper()
	var errs bytes.Buffer
	cmd := exec.CommandContext(r.t.Context(), r.bin, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("edge %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

// dump reads the lines of `edge dump`.
func dump[T any](r *running, what string) []T {
	r.t.Helper()
	var out []T
	for dec := json.NewDecoder(strings.NewReader(r.run("dump", "--data", r.data, what))); ; {
		var line T
		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.t.Fatalf("dump %s: %v", what, err)
		}
		out = append(out, line)
	}
}

// problem is an error of the API.
type problem struct {
	Status int            `json:"status"`
	Code   string         `json:"code"`
	Detail string         `json:"detail"`
	Rest   map[string]any `json:"-"`
}

// browser is one person at one screen.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func newBrowser(t *testing.T, base string, transport http.RoundTripper) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, http: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}}
}

// login opens a browser and logs a role's account in.
func (r *running) login(role access.Role) *browser {
	r.t.Helper()
	b := newBrowser(r.t, "http://"+r.plain, nil)
	b.must(http.MethodPost, "/session/login", map[string]any{"login": string(role), "password": password}, nil)
	return b
}

// send makes a request and gives its answer whatever it is. key is the Idempotency-Key; empty for a new one.
func (b *browser) send(method, path, key string, in any) (int, []byte) {
	b.t.Helper()
	var body io.Reader
	switch v := in.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(v)
	default:
		raw, err := json.Marshal(in)
		if err != nil {
			b.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+"/api/v1"+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if key == "" {
		key = fmt.Sprintf("key-of-one-intent-%d", time.Now().UnixNano())
	}
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Content-Type", "application/json")
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Errorf("%s %s: %v", method, path, err)
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Errorf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, raw
}

// must makes a request that has to work.
func (b *browser) must(method, path string, in, out any) {
	b.t.Helper()
	status, raw := b.send(method, path, "", in)
	if status < 200 || status > 299 {
		b.t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			b.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}

// refused makes a request that has to fail and gives its problem document.
func (b *browser) refused(method, path string, in any) problem {
	b.t.Helper()
	status, raw := b.send(method, path, "", in)
	return readProblem(b.t, status, raw)
}

func readProblem(t *testing.T, status int, raw []byte) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Errorf("%d is no problem document: %v: %.200s", status, err, raw)
	}
	if err := json.Unmarshal(raw, &p.Rest); err != nil || p.Status != status {
		t.Errorf("problem document: %v: %d %s", err, status, raw)
	}
	return p
}

// freeAddress gives a port of this machine that nobody uses at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func portAlone(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func copyBody(w io.Writer, res *http.Response) (int64, error) { return io.Copy(w, res.Body) }

// loopback gives the address by which this machine reaches a listener on all its addresses.
func loopback(address string) string {
	if strings.HasPrefix(address, ":") {
		return "127.0.0.1" + address
	}
	return address
}

//go:build linux

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"jaanch/internal/measure"
)

// footprint is the node as one process, seen from outside.
type footprint struct {
	t       *testing.T
	bin     string
	data    string
	address string
	hl7     string // where analyzers connect
	cmd     *exec.Cmd
}

// releaseBuild builds the node as it is shipped.
func releaseBuild(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "edge")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the node: %v\n%s", err, out)
	}
	return bin
}

// start runs the node and gives how long it took until the first page was served whole.
func (f *footprint) start(ctx context.Context) time.Duration {
	f.t.Helper()
	f.address, f.hl7 = freePort(f.t), freePort(f.t)
	f.cmd = exec.CommandContext(ctx, f.bin, "serve", "--data", f.data, "--listen", f.address, "--listen-tls", "", "--hl7", f.hl7, "--astm", freePort(f.t), "--demo")
	began := time.Now()
	if err := f.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	for time.Since(began) < time.Minute {
		res, err := http.Get("http://" + f.address + "/") //nolint:noctx // bounded by the loop
		if err != nil {
			time.Sleep(2 * time.Millisecond) // the process of another; it tells nobody when its port is open
			continue
		}
		page, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err == nil && res.StatusCode == http.StatusOK && len(page) > 0 {
			return time.Since(began)
		}
	}
	f.t.Fatal("no page within a minute")
	return 0
}

func (f *footprint) stop() {
	_ = f.cmd.Process.Signal(os.Interrupt)
	_ = f.cmd.Wait()
}

var statusLine = regexp.MustCompile(`(?m)^(VmRSS|VmHWM|RssAnon|RssFile):\s+(\d+) kB$`)

// memory reads what the kernel says of the process, in MiB.
func (f *footprint) memory() map[string]float64 {
	f.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.cmd.Process.Pid))
	if err != nil {
		f.t.Fatal(err)
	}
	out := map[string]float64{}
	for _, m := range statusLine.FindAllSubmatch(text, -1) {
		kib, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			f.t.Fatal(err)
		}
		out[string(m[1])] = kib / 1024
	}
	return out
}

func (f *footprint) login() {
	f.t.Helper()
	body := []byte(`{"login":"tech","password":"jaanch-demo"}`)
	res, err := http.Post("http://"+f.address+"/api/v1/session/login", "application/json", bytes.NewReader(body)) //nolint:noctx // loopback
	if err != nil {
		f.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		f.t.Fatalf("log-in: %s", res.Status)
	}
}

// TestFiguresFootprint starts the node as it is shipped on demonstration data and watches it from outside: the time to the
// first page, and the memory a minute after the last log-in, which is when the password hash's has been given back.
func TestFiguresFootprint(t *testing.T) {
	measure.Wanted(t)
	f := &footprint{t: t, bin: releaseBuild(t), data: t.TempDir()}
	first := f.start(t.Context())
	f.login()
	peak := f.memory()["VmHWM"]
	f.stop()
	starts := measure.Turns(5, measure.Side{Name: "start", Run: func() float64 {
		took := f.start(t.Context())
		f.stop()
		return took.Seconds()
	}})["start"]
	f.start(t.Context())
	defer f.stop()
	before := f.memory()["VmRSS"]
	f.login()
	after := f.memory()["VmRSS"]
	time.Sleep(time.Minute) // what is asked for: the memory a minute after the last log-in
	idle := f.memory()
	const limit, page = 80.0, 1.0
	if idle["VmRSS"] >= limit {
		t.Errorf("%.0f MiB resident a minute after the last log-in, of %.0f", idle["VmRSS"], limit)
	}
	measure.Sheet(t, "The node's footprint",
		measure.Figure{
			What: "resident 60 s after the last log-in", Measured: fmt.Sprintf("%.0f MiB (%.0f of them the program's own pages)", idle["VmRSS"], idle["RssFile"]),
			Reference: "80 MiB", Ratio: idle["VmRSS"] / limit, Aim: "< 1", Met: idle["VmRSS"] < limit,
			Note: fmt.Sprintf("%.0f after the start, %.0f after the log-in, peak of this run %.0f, peak of the first start, which makes 9 accounts, %.0f", before, after, idle["VmHWM"], peak),
		},
		measure.Figure{
			What: "start to the first page, demonstration data", Measured: fmt.Sprintf("%.2f s (%.2f to %.2f)", starts.Median, starts.Low, starts.High),
			Reference: "1 s", Ratio: starts.Median / page, Aim: "< 1", Met: starts.Median < page,
			Note: fmt.Sprintf("the very first start, which makes the data: %.2f s", first.Seconds()),
		},
	)
}

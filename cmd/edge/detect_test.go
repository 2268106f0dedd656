//go:build linux

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/recognise"
)

// recording writes a message of a known cell counter as its line would carry it.
func recording(t *testing.T, records string) string {
	t.Helper()
	out := []byte{5}
	for _, f := range astm.Frames([]byte(records), astm.WholeMessage, 240) {
		out = append(out, f...)
	}
	path := filepath.Join(t.TempDir(), "recording.astm")
	if err := os.WriteFile(path, append(out, 4), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// detect runs `edge detect` and gives its exit code with what it printed.
func detect(t *testing.T, bin string, a ...string) (code int, out string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, bin, append([]string{"detect"}, a...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		code = exit.ExitCode()
	default:
		t.Fatal(err)
	}
	return code, stdout.String() + stderr.String()
}

// TestDetect: the exit codes that scripts rely on, a known model over a serial line, and the same as JSON.
func TestDetect(t *testing.T) {
	t.Parallel()
	bin := edgeBinary(t)
	known := recording(t, "H|\\^&|||XN-550^00-24^77||||||||E1394-97\rP|1\rO|1||1^1^26071A20012C^B|^^^^WBC\rR|1|^^^^WBC^1|7.1|10*3/uL||N||F||||20240311101400\rL|1|N\r")
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"known", []string{"--file", known}, 0, "sysmex-xn"},
		{"protocol alone", []string{"--file", recording(t, "H|\\^&|||NOBODY\rP|1\rO|1|S1\rR|1|^^^GLU|5.1\rL|1|N\r")}, 1, "generic-astm"},
		{"nothing named", nil, 2, "name one of"},
		{"two places", []string{"--file", known, "--serial", "/dev/null"}, 2, "name one of"},
		{"no such flag", []string{"--fiel", known}, 2, "unknown flag"},
		{"no such file", []string{"--file", known + ".gone"}, 1, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if code, out := detect(t, bin, c.args...); code != c.code || !strings.Contains(out, c.says) {
				t.Errorf("exit %d, want %d with %q:\n%s", code, c.code, c.says, out)
			}
		})
	}
	t.Run("serial", func(t *testing.T) {
		t.Parallel()
		near, far := serialPair(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		play := exec.CommandContext(ctx, bin, "simulate", "--capture", known, "--serial", far, "--wait", "1s")
		if err := play.Start(); err != nil {
			t.Fatal(err)
		}
		code, out := detect(t, bin, "--serial", near, "--json", "--limit", "30s")
		stop()
		_ = play.Wait()
		var found struct {
			Settings string `json:"settings"`
			recognise.Finding
		}
		body := out[strings.Index(out, "{") : strings.LastIndex(out, "}")+1]
		if err := json.Unmarshal([]byte(body), &found); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if best, _ := found.Best(); code != 0 || best.Profile != "sysmex-xn" || found.Settings != "9600 8N1" {
			t.Errorf("exit %d: %s", code, out)
		}
	})
}

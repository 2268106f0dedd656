package measure

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Peer is a process that does work with programs of others (bench/peer.mjs). It stays alive between two questions, so that
// it can take turns with ours.
type Peer struct {
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Reader
}

// StartPeer starts one. It gives nil, and says so, where the peers are not installed: a figure without its reference is
// told as one. The process ends with the test.
func StartPeer(t testing.TB) *Peer {
	t.Helper()
	folder, err := benchFolder()
	if err != nil {
		t.Log("the peers are not installed (cd bench && npm ci): their figures are left out")
		return nil
	}
	cmd := exec.CommandContext(t.Context(), "node", "peer.mjs")
	cmd.Dir = folder
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Logf("the peers cannot be started: %v", err)
		return nil
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &Peer{t: t, in: in, out: bufio.NewReader(out)}
}

// Ask gives the peer a command and reads its answer into the value.
func (p *Peer) Ask(into any, words ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, strings.Join(words, "\t")+"\n"); err != nil {
		p.t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("the peer ended at %s: %v", words[0], err)
	}
	var answer struct {
		OK    json.RawMessage `json:"ok"`
		Error string          `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil || answer.Error != "" {
		p.t.Fatalf("the peer at %s: %v %s", words[0], err, answer.Error)
	}
	if err := json.Unmarshal(answer.OK, into); err != nil {
		p.t.Fatalf("the peer at %s: %v", words[0], err)
	}
}

// benchFolder finds the folder of the peers from that of the test.
func benchFolder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(at)
		if up == at {
			return "", errors.New("no go.mod above the test")
		}
		at = up
	}
	folder := filepath.Join(at, "bench")
	_, err = os.Stat(filepath.Join(folder, "node_modules"))
	return folder, err
}

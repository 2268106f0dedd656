//go:build linux

package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/simulate"
)

// orderRounds is how often the node is killed while orders wait: a fifteenth of the rounds of the upload test.
func orderRounds(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		return 3
	}
	return max(3, killRounds(t)/15)
}

// obeying are the analyzers of this test: three that are sent their orders, on a listener of each protocol and on a serial
// line, and one that asks for them.
func obeying(t *testing.T, s *scene, near, far string) (sent []*played, asking *played) {
	t.Helper()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	all, err := simulate.Scripted(set)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]int{}
	for i, m := range all {
		p := &played{t: t, s: s, model: m, set: set, number: i + 1, tests: testsOf(m, used)}
		switch m.ID {
		case "generic-astm", "ihe-law":
			p.connect()
			p.downloads("receive")
			sent = append(sent, p)
		case "sysmex-xn":
			p.serial = &link.Serial{Device: far, Baud: 115200}
			s.manager.must(http.MethodPost, "/instruments", bench.InstrumentInput{
				Name: m.ID, Profile: m.ID, Link: bench.Link{Kind: "serial", Port: near, Baud: 115200, Frame: "8N1"}, Enabled: true, Query: true, WindowDays: 7,
			}, &p.device)
			p.mapCodes()
			p.downloads("receive")
			sent = append(sent, p)
		case "beckman-access":
			p.connect()
			asking = p
		}
	}
	return sent, asking
}

// process plays an analyzer in a process of its own, which outlives the node.
func (p *played) process(ctx context.Context, list string, flags ...string) *exec.Cmd {
	p.t.Helper()
	place := []string{"--target", p.model.ID + "=" + p.s.address(p.model)}
	if p.serial != nil {
		place = []string{"--serial", fmt.Sprintf("%s=%s@%d", p.model.ID, p.serial.Device, p.serial.Baud)}
	}
	args := slices.Concat([]string{"simulate", "--every", "1ms", "--wait", answerWait.String(), "--acks", list}, place, flags)
	cmd := exec.CommandContext(ctx, p.s.r.bin, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Wait() })
	return cmd
}

// orderedOf reads an analyzer's list: for each sample, the control ids under which its tests were ordered, in order.
func orderedOf(t *testing.T, list string) map[string][]simulate.AckRecord {
	t.Helper()
	out := map[string][]simulate.AckRecord{}
	f, err := os.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r simulate.AckRecord
		if json.Unmarshal(lines.Bytes(), &r) == nil && len(r.Ordered) > 0 {
			out[r.SampleID] = append(out[r.SampleID], r)
		}
	}
	return out
}

// TestKillWithOrdersWaiting kills the node at random instants while orders wait, go down and are asked for. Each order reaches
// its analyzer at least once; what was sent twice is known by its control id, or by the same sample and tests where the
// protocol has none; the outcome of each is noted; every test ends with a value; and the chain verifies.
func TestKillWithOrdersWaiting(t *testing.T) {
	rounds := orderRounds(t)
	v, _, far := newVictim(t, faultsBuild(t))
	near := v.serial
	v.serial, v.bare = "", true
	foundLab(t, v.data)
	v.start()
	r := &running{t: t, bin: v.bin, data: v.data, plain: v.http, hl7: v.hl7, astm: v.astm, said: &noisy{}}
	s := newScene(t, r)
	sent, asking := obeying(t, s, near, far)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	folder := t.TempDir()
	lists := map[*played]string{}
	for _, p := range sent {
		lists[p] = filepath.Join(folder, p.model.ID)
		p.process(ctx, lists[p], "--obey", "--prefix", fmt.Sprintf("K%02d", p.number))
	}
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))
	visits := map[*played]map[string]reception.Visit{asking: {}}
	var questions []*exec.Cmd
	for round := range rounds {
		for _, p := range sent {
			if visits[p] == nil {
				visits[p] = map[string]reception.Visit{}
			}
			id := fmt.Sprintf("KILL%02d%04d", p.number, round)
			visits[p][id] = p.tube(id)
		}
		id := fmt.Sprintf("KILL%02d%04d", asking.number, round)
		visits[asking][id] = asking.tube(id)
		questions = append(questions, asking.process(ctx, filepath.Join(folder, id), "--ask", "--sample", id, "--prefix", fmt.Sprintf("Q%d-", round)))
		strike(rng, round, lists, sent[round%len(sent)])
		v.kill()
		v.start()
	}
	for _, q := range questions {
		if err := q.Wait(); err != nil {
			t.Errorf("a question got no answer: %v", err)
		}
	}
	twice := 0
	for _, p := range sent {
		p.settled(rounds)
		p.finished(visits[p]) // the analyzer's list is whole when it has run what is on it
		twice += p.reached(orderedOf(t, lists[p]), visits[p])
	}
	asking.finished(visits[asking])
	stop()
	v.stop()
	if out, err := exec.CommandContext(t.Context(), v.bin, "verify", "--data", v.data).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	t.Logf("%d kills, %d orders each at %d analyzers, %d of them sent twice; %d questions", rounds, rounds, len(sent), twice, len(questions))
}

// strike waits for the instant of a kill: a random one in every third round, in the others when orders begin to go down.
func strike(rng *rand.Rand, round int, lists map[*played]string, to *played) {
	size := func() int64 {
		info, err := os.Stat(lists[to])
		if err != nil {
			return 0
		}
		return info.Size()
	}
	limit := 500 * time.Millisecond
	before := size()
	if round%3 != 0 {
		limit = 5 * time.Millisecond
		for end := time.Now().Add(2 * time.Second); size() == before && time.Now().Before(end); {
			runtime.Gosched()
		}
	}
	pause := time.NewTimer(time.Duration(rng.Int64N(int64(limit))))
	<-pause.C
}

// settled waits until nothing waits for the analyzer any more. An order that was on its way when the node died, and whose
// results came before it could go out again, is dropped: nothing of it is left to be done.
func (p *played) settled(want int) {
	p.t.Helper()
	var got []string
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		var all bench.Transfers
		p.s.manager.must(http.MethodGet, "/instruments/"+p.device.ID.String()+"/transfers", nil, &all)
		got = nil
		for _, x := range all.Transfers {
			got = append(got, x.Kind+" "+x.State+" "+x.Problem)
		}
		if len(got) == want && !slices.ContainsFunc(got, func(s string) bool {
			return strings.HasPrefix(s, "order waiting") || strings.HasPrefix(s, "order refused")
		}) {
			return
		}
	}
	p.t.Errorf("%s: the queue reads %v, want %d orders, none of them waiting", p.model.ID, got, want)
}

// reached checks that the order of every visit came to the analyzer, whole, and counts those that came more than once.
func (p *played) reached(ordered map[string][]simulate.AckRecord, visits map[string]reception.Visit) (twice int) {
	p.t.Helper()
	for id := range visits {
		all := ordered[id]
		if len(all) == 0 {
			p.t.Errorf("%s: the order of %s never came", p.model.ID, id)
			continue
		}
		if len(all) > 1 {
			twice++
		}
		for _, o := range all {
			if len(o.Ordered) != len(p.tests) && len(o.Ordered) != len(all[0].Ordered) {
				p.t.Errorf("%s: %s was ordered as %v and as %v", p.model.ID, id, all[0].Ordered, o.Ordered)
			}
			if p.model.Protocol == "hl7" && (o.ID == "" || o.ID != all[0].ID) {
				p.t.Errorf("%s: %s came as message %q and as %q: the analyzer cannot know it as the same", p.model.ID, id, all[0].ID, o.ID)
			}
		}
	}
	return twice
}

// finished waits until every test of every visit has a value.
func (p *played) finished(visits map[string]reception.Visit) {
	p.t.Helper()
	end := time.Now().Add(30 * time.Second)
	for id, v := range visits {
		missing := []string{"not looked at"}
		for look := true; look; look = len(missing) > 0 && time.Now().Before(end) {
			missing = nil
			var w bench.Worklist
			p.s.manager.must(http.MethodGet, "/worklist?state=all&visit="+v.ID.String(), nil, &w)
			for _, g := range w.Groups {
				for _, row := range g.Rows {
					if row.Raw == "" {
						missing = append(missing, row.Code)
					}
				}
			}
			if len(missing) > 0 {
				<-time.After(100 * time.Millisecond)
			}
		}
		if len(missing) > 0 {
			p.t.Errorf("%s: %s has no value of %v", p.model.ID, id, missing)
		}
	}
}

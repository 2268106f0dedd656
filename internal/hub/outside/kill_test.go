package outside_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// run starts a hub in a process of its own and waits until it works.
func (x *world) run() {
	x.t.Helper()
	x.command = exec.CommandContext(x.t.Context(), os.Args[0]) //nolint:gosec // this test binary
	x.command.Env = append(os.Environ(), envDatabase+"="+x.url, envListen+"="+x.hooks, envHost+"="+x.host, envFiles+"="+x.files)
	x.command.Stderr = os.Stderr
	out, err := x.command.StdoutPipe()
	if err != nil {
		x.t.Fatal(err)
	}
	if err := x.command.Start(); err != nil {
		x.t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		x.t.Fatalf("the hub said %q: %v", line, err)
	}
}

// kill is kill -9.
func (x *world) kill() {
	x.t.Helper()
	if err := x.command.Process.Kill(); err != nil {
		x.t.Fatal(err)
	}
	_ = x.command.Wait()
}

// The hub is killed at each named point between outbox, call, webhook and booking. No message and no rupee is lost or
// doubled. JAANCH_KILL_ROUNDS sets how often; each round kills at the next point.
func TestKilledHubLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	rounds := 9
	if n, err := strconv.Atoi(os.Getenv("JAANCH_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	x := setup(t)
	const each = 4
	points := []string{"put", "stored", "announced"}
	killed := map[string]int{}
	for round := range rounds {
		x.run()
		point, after := points[round%len(points)], 1+round%4
		reached, dead := make(chan struct{}), make(chan struct{})
		var passed atomic.Int64
		watch := func(step string) {
			if step == point && passed.Add(1) == int64(after) {
				close(reached)
				<-dead // the service answers only after the hub that called it is gone
			}
		}
		x.watch.Store(&watch)
		for i := range each {
			x.put(fmt.Sprint("result_ready:R", round, "-", i, ":1"), i)
		}
		bill := fmt.Sprint("BILL-", round)
		x.expect(bill, 49900)
		x.box.Pay(bill, 49900)
		if point != "put" {
			select {
			case <-reached:
				killed[point]++
			case <-time.After(20 * time.Second):
				t.Fatalf("round %d never came to %s", round, point)
			}
		} else {
			killed[point]++
		}
		x.kill()
		close(dead)
	}
	x.watch.Store(nil)
	x.run()
	defer x.kill()
	all := rounds * each
	x.until("all delivered", 90*time.Second, func() bool { return x.count(delivered) == all })
	x.until("all booked", 30*time.Second, func() bool {
		return x.count("SELECT count(*) FROM booking WHERE state = 'booked'") == rounds && x.count("SELECT count(*) FROM inbox WHERE processed_at IS NULL") == 0
	})
	x.onceEach(all)
	if sum := x.count("SELECT sum(amount) FROM booking"); sum != rounds*49900 {
		t.Errorf("%d paise are booked", sum)
	}
	if n := x.count("SELECT count(*) FROM booking"); n != rounds {
		t.Errorf("%d bookings", n)
	}
	t.Logf("%d rounds, killed at %v: %d messages and %d payments", rounds, killed, all, rounds)
}

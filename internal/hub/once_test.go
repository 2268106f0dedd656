package hub_test

import (
	"net/http"
	"sync"
	"testing"
)

// A create that is sent to both replicas at once, and again after its answer was lost, is done once and answered alike; the
// same key with another request is refused, and another person's key is another key.
func TestCreatesAreDoneOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.user(t, w.org, "rekha", "owner")
	w.user(t, w.org, "asha", "owner")
	b := w.browser(t, 0)
	b.login("rekha")
	b.key = "short"
	if got := b.call(http.MethodPost, "/labs", map[string]any{"name": "x"}, nil); got != http.StatusUnprocessableEntity {
		t.Errorf("a key that is too short answers %d", got)
	}
	for name, tc := range map[string]struct {
		path     string
		in       map[string]any
		other    map[string]any
		count    string // how many there are of what was made
		expected int
	}{
		"lab": {
			path: "/labs", in: map[string]any{"name": "Branch", "city": "Nashik"}, other: map[string]any{"name": "Other branch"},
			count: "SELECT count(*) FROM lab WHERE name = 'Branch'", expected: 1,
		},
		"user": {
			path: "/users", in: map[string]any{"login": "anil", "name": "Anil", "role": "auditor", "password": password},
			other: map[string]any{"login": "anil", "name": "Anil", "role": "admin", "password": password},
			count: "SELECT count(*) FROM hub_user WHERE login = 'anil'", expected: 1,
		},
		"enrolment code": {
			path:  "/labs/" + w.lab.String() + "/enrol-code",
			count: "SELECT count(*) FROM enrol_code", expected: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := "one-intent-of-" + name
			ask := func(b *browser, in map[string]any) (int, map[string]any) {
				b.key = key
				var out map[string]any
				status := b.call(http.MethodPost, tc.path, in, &out)
				return status, out
			}
			var wg sync.WaitGroup
			answers, windows := make([]map[string]any, 8), make([]*browser, 8)
			for i := range windows {
				windows[i] = w.browser(t, i%2)
				windows[i].login("rekha")
			}
			for i := range answers {
				wg.Go(func() {
					var status int
					if status, answers[i] = ask(windows[i], tc.in); status != http.StatusOK {
						t.Errorf("try %d answers %d: %v", i, status, answers[i])
					}
				})
			}
			wg.Wait()
			for _, field := range []string{"id", "code", "expires"} {
				for i := range answers {
					if answers[i][field] != answers[0][field] {
						t.Errorf("try %d got %s %v, the first %v", i, field, answers[i][field], answers[0][field])
					}
				}
			}
			var n int
			if err := w.db.Pool().QueryRow(t.Context(), tc.count).Scan(&n); err != nil || n != tc.expected {
				t.Errorf("%d were made (%v), want %d", n, err, tc.expected)
			}
			if tc.other != nil {
				if status, out := ask(windows[1], tc.other); status != http.StatusConflict || out["code"] != "key_reused" {
					t.Errorf("another request under the key answers %d %v", status, out)
				}
			}
			if name == "enrolment code" {
				asha := w.browser(t, 0)
				asha.login("asha")
				if status, out := ask(asha, nil); status != http.StatusOK || out["code"] == answers[0]["code"] {
					t.Errorf("another person's key gives the same code: %d", status)
				}
			}
		})
	}
}

// Two replicas count guesses together: a guesser who asks them in turn, or at once, is slowed as by one; a right password
// takes only its own try back from the address and all from the account.
func TestReplicasThrottleTogether(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.user(t, w.org, "rekha", "owner")
	w.user(t, w.org, "asha", "owner")
	guess := func(replica int, login, secret string) int {
		return w.browser(t, replica).call(http.MethodPost, "/session", map[string]any{"login": login, "password": secret}, nil)
	}
	later := func() { // everybody waits until the next try is allowed
		if _, err := w.db.Pool().Exec(t.Context(), "UPDATE guess SET next_at = clock_timestamp()"); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	answers := map[int]int{}
	for i := range 24 {
		wg.Go(func() {
			got := guess(i%2, "rekha", "wrong password")
			mu.Lock()
			defer mu.Unlock()
			answers[got]++
		})
	}
	wg.Wait()
	if answers[http.StatusUnauthorized] != 5 || answers[http.StatusTooManyRequests] != 19 {
		t.Errorf("24 guesses at once at two replicas were answered %v; want 5 tried and 19 told to wait", answers)
	}
	for replica := range w.replicas {
		if got := guess(replica, "rekha", password); got != http.StatusTooManyRequests {
			t.Errorf("replica %d answers %d before the wait is over", replica, got)
		}
	}
	later()
	if got := guess(0, "asha", password); got != http.StatusOK {
		t.Fatalf("another person after the wait: %d", got)
	}
	// The address still bears its five failures, so the next failure counts as the sixth at either replica.
	if got := guess(1, "asha", "wrong password"); got != http.StatusUnauthorized {
		t.Fatalf("a wrong password after the wait: %d", got)
	}
	if got := guess(0, "asha", password); got != http.StatusTooManyRequests {
		t.Errorf("a guesser with an account of their own is not slowed: %d", got)
	}
	var fails, accounts int
	if err := w.db.Pool().QueryRow(t.Context(), "SELECT max(fails), count(*) FROM guess").Scan(&fails, &accounts); err != nil {
		t.Fatal(err)
	}
	if fails != 6 || accounts != 3 {
		t.Errorf("%d failures at most in %d rows, want 6 in 3: the address and two accounts", fails, accounts)
	}
}

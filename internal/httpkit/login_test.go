package httpkit_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
)

// cheap is a hasher that tests can afford.
func cheap(t *testing.T, passes uint32) *httpkit.Passwords {
	t.Helper()
	p, err := httpkit.NewPasswords(httpkit.PasswordOptions{
		MemoryKiB: 64, Passes: passes, Common: []string{"password1234", "letmein"}, Words: []string{"Nirmal Path Lab"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	ctx, old := context.Background(), cheap(t, 1)
	hash, err := old.Hash(ctx, "correct horse battery")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	now := cheap(t, 2)
	for _, tc := range []struct {
		name, password, stored string
		by                     *httpkit.Passwords
		match, rehash          bool
	}{
		{"right", "correct horse battery", hash, old, true, false},
		{"wrong", "correct horse batterx", hash, old, false, false},
		{"right, cost has changed", "correct horse battery", hash, now, true, true},
		{"wrong, cost has changed", "nobody", hash, now, false, false},
		{"unknown user", "correct horse battery", "", old, false, false},
		{"unknown user, the decoy's own password", "nobody", "", old, false, false},
		{"far too long", strings.Repeat("x", 1<<20), hash, old, false, false},
	} {
		match, rehash, err := tc.by.Check(ctx, tc.password, tc.stored)
		if err != nil || match != tc.match || (rehash != "") != tc.rehash {
			t.Errorf("%s: %v %q %v", tc.name, match, rehash, err)
		}
	}
	if _, _, err := old.Check(ctx, "x", "not a hash"); err == nil {
		t.Error("a broken hash is no error")
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	p := cheap(t, 1)
	for password, code := range map[string]string{
		"short":                    "password_length",
		strings.Repeat("x", 129):   "password_length",
		"PassWord1234":             "password_common",
		"letmein2024!!":            "password_common",
		"Nirmal Path Lab 123":      "password_guessable",
		"asha.sharma1990":          "password_guessable",
		"six blue tubes in a rack": "",
		"रक्त की जाँच ठीक है": "",
	} {
		err := p.Allowed(password, "asha.sharma")
		if code == "" && err != nil || code != "" && lab.CodeOf(err) != code {
			t.Errorf("%q: %v, want %q", password, err, code)
		}
	}
}

func TestPasswordWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	p := cheap(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// With the context gone, a free slot may still be taken; over many tries both ways are seen, and never anything else.
	for range 20 {
		if _, err := p.Hash(ctx, "correct horse battery"); err != nil && lab.CodeOf(err) != "login_busy" {
			t.Fatal(err)
		}
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	clk := newClock()
	th := httpkit.NewThrottle(clk.Now, nil)
	try := func(account, address string, success bool) time.Duration {
		done, err := th.Begin(httpkit.AccountKey(account), httpkit.AddressKey(address))
		if err != nil {
			var e *lab.Error
			if !errors.As(err, &e) || e.Kind != lab.KindLimited {
				t.Fatal(err)
			}
			seconds, _ := e.Detail["retry_after_s"].(int)
			return time.Duration(seconds) * time.Second
		}
		done(success)
		return 0
	}
	for i := range 5 {
		if wait := try("asha", "10.0.0.1", false); wait != 0 {
			t.Fatalf("failure %d had to wait %s", i, wait)
		}
	}
	var waits []time.Duration
	for range 11 {
		wait := try("Asha ", "10.0.0.2", false) // another address, the same account
		waits = append(waits, wait)
		clk.Add(wait)
		if again := try("asha", "10.0.0.3", false); again != 0 {
			t.Fatalf("after waiting: %s", again)
		}
	}
	var want []time.Duration
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		want = append(want, time.Duration(seconds)*time.Second)
	}
	if !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	if wait := try("another", "10.0.0.9", false); wait != 0 {
		t.Errorf("a stranger waits %s", wait)
	}
	clk.Add(300 * time.Second)
	if try("asha", "10.0.0.4", true) != 0 || try("asha", "10.0.0.4", false) != 0 {
		t.Error("a success did not clear the account")
	}
}

// An address that guesses at many accounts is slowed down too, and one success of its own does not free it.
func TestThrottleByAddress(t *testing.T) {
	t.Parallel()
	clk := newClock()
	th := httpkit.NewThrottle(clk.Now, nil)
	for _, account := range []string{"a", "b", "c", "d"} {
		done, err := th.Begin(httpkit.AccountKey(account), httpkit.AddressKey("10.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		done(false)
	}
	for _, success := range []bool{true, false} {
		done, err := th.Begin(httpkit.AccountKey("own"), httpkit.AddressKey("10.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		done(success)
	}
	if _, err := th.Begin(httpkit.AccountKey("e"), httpkit.AddressKey("10.0.0.1")); err == nil {
		t.Error("not slowed down")
	}
}

// Tries that run at the same time count before they have ended.
func TestThrottleBurst(t *testing.T) {
	t.Parallel()
	th := httpkit.NewThrottle(newClock().Now, nil)
	admitted := 0
	for range 100 {
		if _, err := th.Begin(httpkit.AccountKey("asha")); err == nil {
			admitted++
		}
	}
	if admitted != 5 {
		t.Errorf("%d tries at once", admitted)
	}
}

func TestThrottleAlarm(t *testing.T) {
	t.Parallel()
	clk := newClock()
	var alarms []string
	th := httpkit.NewThrottle(clk.Now, func(key string) { alarms = append(alarms, key) })
	for range 45 {
		clk.Add(time.Minute)
		for {
			done, err := th.Begin(httpkit.AccountKey("asha"))
			if err == nil {
				done(false)
				break
			}
			clk.Add(10 * time.Second)
		}
	}
	if len(alarms) == 0 || alarms[0] != "account asha" {
		t.Errorf("alarms %v", alarms)
	}
	if len(alarms) > 3 {
		t.Errorf("%d alarms", len(alarms))
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for in, code := range map[string]string{
		"":                                     "idempotency_key_missing",
		"short":                                "idempotency_key_malformed",
		"0193a3c1-7a55-7c1e-9d7e-2f1f5b6c7d8e": "",
		"Asha Sharma 9876543210":               "idempotency_key_malformed",
		strings.Repeat("a", 65):                "idempotency_key_malformed",
	} {
		if _, err := httpkit.IdempotencyKey(in); (code == "") != (err == nil) || code != "" && lab.CodeOf(err) != code {
			t.Errorf("%q: %v", in, err)
		}
	}
	for in, want := range map[string]string{`"1:7,2:9"`: "", `"7.9"`: "7.9", `W/"7.9"`: "7.9", `*`: "", `""`: "", `7`: "", ``: ""} {
		got, err := httpkit.IfMatch(in)
		if got != want || (want == "") != (err != nil) {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	if got, err := httpkit.IfMatch(httpkit.ETag("7.9")); err != nil || got != "7.9" {
		t.Errorf("%q %v", got, err)
	}
}

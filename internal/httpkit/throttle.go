package httpkit

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/httprate"

	"jaanch/internal/lab"
)

// Throttle slows down guessing: after five failures of an account or from an address the next try has to wait 1, 2, 4 …
// 300 seconds. It never locks for ever, since a stranger could then lock out a pathologist. It lives in memory: a
// restart forgives.
type Throttle struct {
	now   func() time.Time
	alarm func(key string) // called once an hour for a key that failed 20 times in it; may be nil
	mu    sync.Mutex
	keys  map[string]*failures
}

type failures struct {
	count     int
	next      time.Time // no try before
	last      time.Time
	hour      time.Time // start of the hour that alarms are counted in
	inHour    int
	inFlight  int
	alarmSent bool
}

const (
	freeFailures  = 5
	longestDelay  = 300 * time.Second
	alarmFailures = 20
	forgetAfter   = time.Hour
	maxKeys       = 100_000
)

// NewThrottle makes an empty one. alarm gets the key of who is being guessed at or guesses.
func NewThrottle(now func() time.Time, alarm func(key string)) *Throttle {
	return &Throttle{now: now, alarm: alarm, keys: make(map[string]*failures)}
}

// AccountKey and AddressKey make the two keys of a log-in.
func AccountKey(login string) string { return "account " + strings.ToLower(strings.TrimSpace(login)) }

// AddressKey is the key of the address that a try comes from.
func AddressKey(ip string) string { return "address " + httprate.CanonicalizeIP(ip) }

// Begin asks whether a try may be made now by all these keys. When it may, call done with whether it succeeded: tries
// that run at the same time are counted as failures until then, so that a burst does not slip through. When it may not,
// the error tells how long to wait.
func (t *Throttle) Begin(keys ...string) (done func(success bool), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.forget(now)
	for _, k := range keys {
		if f := t.keys[k]; f != nil {
			wait := f.next.Sub(now)
			if f.count+f.inFlight >= freeFailures && f.inFlight > 0 && wait <= 0 {
				wait = time.Second
			}
			if wait > 0 {
				return nil, TooMany(wait)
			}
		}
	}
	for _, k := range keys {
		if t.keys[k] == nil {
			t.keys[k] = &failures{}
		}
		t.keys[k].inFlight++
		t.keys[k].last = now
	}
	var once sync.Once
	return func(success bool) { once.Do(func() { t.end(success, keys) }) }, nil
}

// Delay is how long the next try has to wait after so many failures in a row.
func Delay(failures int) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(longestDelay, time.Second<<min(failures-freeFailures, 10))
}

// TooMany is the refusal of a try that comes too early.
func TooMany(wait time.Duration) *lab.Error {
	seconds := int(math.Ceil(wait.Seconds()))
	return &lab.Error{
		Kind: lab.KindLimited, Code: "too_many_tries",
		Message: "Too many tries. Wait " + strconv.Itoa(seconds) + " s and try again.",
		Detail:  map[string]any{"retry_after_s": seconds},
	}
}

func (t *Throttle) end(success bool, keys []string) {
	var alarms []string
	t.mu.Lock()
	now := t.now()
	for _, k := range keys {
		f := t.keys[k]
		if f == nil {
			continue
		}
		f.inFlight--
		f.last = now
		if success {
			f.succeed(strings.HasPrefix(k, "account "))
			continue
		}
		if f.fail(now) {
			alarms = append(alarms, k)
		}
	}
	t.mu.Unlock()
	if t.alarm != nil {
		for _, k := range alarms {
			t.alarm(k)
		}
	}
}

// succeed clears an account. An address keeps its count, or whoever owns one account could use it to guess at others.
func (f *failures) succeed(account bool) {
	if account {
		f.count, f.next = 0, time.Time{}
	}
}

// fail counts one failure and tells whether it is the one to raise an alarm for.
func (f *failures) fail(now time.Time) bool {
	f.count++
	if delay := Delay(f.count); delay > 0 {
		f.next = now.Add(delay)
	}
	if now.Sub(f.hour) >= time.Hour {
		f.hour, f.inHour, f.alarmSent = now, 0, false
	}
	f.inHour++
	if f.inHour < alarmFailures || f.alarmSent {
		return false
	}
	f.alarmSent = true
	return true
}

// forget drops keys that were quiet for an hour; all of them when somebody makes up keys by the hundred thousand.
func (t *Throttle) forget(now time.Time) {
	full := len(t.keys) >= maxKeys
	if !full && len(t.keys) < 1000 {
		return
	}
	for k, f := range t.keys {
		if f.inFlight == 0 && (now.Sub(f.last) >= forgetAfter || full && f.count < freeFailures) {
			delete(t.keys, k)
		}
	}
}

// RateLimit lets each key make that many requests in a window, then answers 429 with Retry-After. key is the address
// when nil.
func RateLimit(requests int, window time.Duration, key func(*http.Request) string) func(http.Handler) http.Handler {
	keyOf := func(r *http.Request) (string, error) { return httprate.CanonicalizeIP(RemoteIP(r)), nil }
	if key != nil {
		keyOf = func(r *http.Request) (string, error) { return key(r), nil }
	}
	return httprate.LimitBy(requests, window, keyOf, httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
		WriteProblem(w, r, &lab.Error{
			Kind: lab.KindLimited, Code: "rate_limited", Message: "Too many requests. Try again in a moment.",
		})
	}))
}

// SessionOrAddress is a key for RateLimit: the person where somebody is logged in, else the address.
func SessionOrAddress(r *http.Request) string {
	if s, err := SessionOf(r.Context()); err == nil {
		return "user " + s.User.String()
	}
	return "address " + httprate.CanonicalizeIP(RemoteIP(r))
}

// Concurrency answers 503 at once when more than that many requests are being worked on, so that a flood is shed and
// does not queue.
func Concurrency(limit int) func(http.Handler) http.Handler {
	slots := make(chan struct{}, limit)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
				next.ServeHTTP(w, r)
			default:
				w.Header().Set("Retry-After", "1")
				WriteProblem(w, r, &lab.Error{
					Kind: lab.KindUnavailable, Code: "busy", Message: "Too much is going on. Try again in a second.",
				})
			}
		})
	}
}

package httpkit

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"jaanch/internal/lab"
)

// PasswordOptions choose the cost. The zero value is the one of a normal machine: 64 MiB, 3 passes, about 0.25 s.
type PasswordOptions struct {
	MemoryKiB uint32
	Passes    uint32
	Common    []string // passwords that everybody tries first; compared without regard to case
	Words     []string // of the lab itself: its name, its town; a password may not be one of them with a few digits
}

// Passwords hashes and checks passwords with argon2id, at most two at once, so that a burst of log-ins cannot take the
// memory of a small PC. Ten seconds after the last one the memory goes back to the system, which would otherwise keep
// 64 MiB and more for minutes.
type Passwords struct {
	params *argon2id.Params
	slots  chan struct{}
	decoy  string
	common map[string]bool
	words  []string
	rest   *time.Timer // gives the memory back
}

const (
	giveBack    = 10 * time.Second
	passwordMin = 12
	passwordMax = 128
)

// NewPasswords makes the hasher, and a hash of no password, against which log-ins of unknown users are compared.
func NewPasswords(o PasswordOptions) (*Passwords, error) {
	if o.MemoryKiB == 0 {
		o.MemoryKiB, o.Passes = 64<<10, 3
	}
	p := &Passwords{
		params: &argon2id.Params{Memory: o.MemoryKiB, Iterations: max(o.Passes, 1), Parallelism: 1, SaltLength: 16, KeyLength: 32},
		slots:  make(chan struct{}, 2),
		common: make(map[string]bool),
	}
	for _, c := range o.Common {
		p.common[strings.ToLower(c)] = true
	}
	for _, w := range o.Words {
		p.words = append(p.words, strings.ToLower(w))
	}
	random := make([]byte, p.params.SaltLength+p.params.KeyLength)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("random bytes: %w", err)
	}
	text := base64.RawStdEncoding.EncodeToString
	p.decoy = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.params.Memory, p.params.Iterations,
		p.params.Parallelism, text(random[:p.params.SaltLength]), text(random[p.params.SaltLength:]))
	p.rest = time.AfterFunc(giveBack, debug.FreeOSMemory)
	p.rest.Stop()
	return p, nil
}

// Allowed checks a new password against the rules: 12 to 128 characters, not a common one, not the lab's or the
// person's own name with some digits.
func (p *Passwords) Allowed(password string, own ...string) error {
	n := utf8.RuneCountInString(password)
	if n < passwordMin || n > passwordMax {
		return weak("password_length", "Use 12 to 128 characters.")
	}
	lower := strings.ToLower(password)
	bare := strings.TrimFunc(lower, func(r rune) bool { return strings.ContainsRune("0123456789!@#$%^&*._- ", r) })
	if p.common[lower] || p.common[bare] {
		return weak("password_common", "Many people use this password. Choose another.")
	}
	for _, w := range append(own, p.words...) {
		if w = strings.ToLower(w); w != "" && bare == w {
			return weak("password_guessable", "A name with digits is easy to guess. Choose another.")
		}
	}
	return nil
}

func weak(code, message string) error {
	return lab.Invalid(code, message, lab.FieldError{Field: "password", Code: code, Message: message})
}

// Hash gives the text to store. It waits for a free slot, or for the end of the context.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := p.acquire(ctx); err != nil {
		return "", err
	}
	defer p.release()
	hash, err := argon2id.CreateHash(password, p.params)
	if err != nil {
		return "", fmt.Errorf("hash: %w", err)
	}
	return hash, nil
}

// Check compares a password with a stored hash. For a user who does not exist pass "": it takes the same time and
// never matches. rehash is the text to store instead when the cost has changed since, else "".
func (p *Passwords) Check(ctx context.Context, password, stored string) (match bool, rehash string, err error) {
	if utf8.RuneCountInString(password) > passwordMax {
		return false, "", nil
	}
	if err := p.acquire(ctx); err != nil {
		return false, "", err
	}
	defer p.release()
	against := stored
	if stored == "" {
		against = p.decoy
	}
	match, params, err := argon2id.CheckHash(password, against)
	if err != nil {
		return false, "", fmt.Errorf("check hash: %w", err)
	}
	if stored == "" || !match {
		return false, "", nil
	}
	if *params != *p.params {
		rehash, err = argon2id.CreateHash(password, p.params)
		if err != nil {
			return true, "", fmt.Errorf("hash again: %w", err)
		}
	}
	return true, rehash, nil
}

func (p *Passwords) acquire(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &lab.Error{
			Kind: lab.KindUnavailable, Code: "login_busy", Message: "Many people are logging in. Try again in a moment.",
			Cause: errors.Join(ctx.Err(), context.Cause(ctx)),
		}
	}
}

func (p *Passwords) release() {
	runtime.GC() // the next hash takes this one's memory instead of as much again
	p.rest.Reset(giveBack)
	<-p.slots
}

// Package share is the patient's page: reports and bills of one person, reached by a short link and opened by a code to
// the phone or by the date of birth. The address holds a random text alone, of which the hub keeps the hash; nothing about
// a person stands in it. What is shown is what the labs' records say at that moment: a withdrawn report is gone.
package share

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/files"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
)

// The limits of a link.
const (
	linkLife    = 90 * 24 * time.Hour
	sessionLife = 30 * time.Minute
	codeLife    = 10 * time.Minute
	mostCodes   = 5 // sent before one was right
	mostTries   = 5 // wrong ones before the link rests
	rest        = time.Hour
	longestRest = 7 * 24 * time.Hour
)

// Desk keeps links and answers those who follow them.
type Desk struct {
	DB     *postgres.DB
	Box    *seal.Box
	Files  *files.Shelf
	Schema *engine.Schema
	Clock  func() time.Time
	Logger *slog.Logger
	// SendCode writes a code to the person's phone, in the transaction that keeps its hash. It gives the way by which it
	// goes, empty where there is none.
	SendCode func(ctx context.Context, tx pgx.Tx, org, subject, home lab.ID, language, code string) (way string, err error)
	// Pay gives the address at which a bill is paid; empty while the gateway has not made it.
	Pay func(ctx context.Context, org, invoice lab.ID) (string, error)
}

// The errors that people meet.
var (
	ErrLink   = lab.NotFound("share_link", "This link is not valid any more. Ask the lab for a new one.")
	ErrProof  = &lab.Error{Kind: lab.KindUnauthenticated, Code: "share_proof", Message: "This is not right. Look at it again."}
	ErrRest   = &lab.Error{Kind: lab.KindLimited, Code: "share_rest", Message: "Too many tries. Come again in an hour or later, or ask the lab for a new link."}
	ErrNoWay  = lab.Conflict("share_no_way", "No code can be sent. Use the date of birth.")
	ErrClosed = &lab.Error{Kind: lab.KindUnauthenticated, Code: "share_closed", Message: "Open the page again."}
)

// text32 writes random bytes in small letters and digits, without padding.
func text32() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

func random() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return text32().EncodeToString(raw)
}

func hashed(s string) []byte {
	sum := sha256.Sum256([]byte("jaanch share " + s))
	return sum[:]
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("share: %s: %w", what, err)
}

// Make makes a link to a person's page that begins with one visit, and gives the text of its address.
func (d *Desk) Make(ctx context.Context, tx pgx.Tx, org, subject, home, visit lab.ID, language string) (string, error) {
	token := random()
	now := d.Clock()
	return token, wrap("make", d.DB.Queries().AddShareLink(ctx, tx, queries.AddShareLinkParams{
		Org: org, Hash: hashed(token), Subject: subject, Lab: home, Visit: visit, Language: language, Now: now, ExpiresAt: now.Add(linkLife),
	}))
}

// find gives the link of a token.
func (d *Desk) find(ctx context.Context, token string) (queries.ShareLink, error) {
	if len(token) != 26 {
		return queries.ShareLink{}, ErrLink
	}
	l, err := d.DB.Queries().ShareLink(ctx, d.DB.Pool(), hashed(token))
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !l.ExpiresAt.After(d.Clock()) {
		return l, ErrLink
	}
	return l, wrap("find", err)
}

// person is who the page is about.
type person struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
	Birth string `json:"birth"`
}

func (d *Desk) person(ctx context.Context, tx pgx.Tx, l queries.ShareLink) (person, error) {
	var p person
	rows, err := postgres.LoadRecords(ctx, tx, l.Org, []postgres.RecordKey{{Entity: d.Schema.EntityID("patient"), ID: l.Subject}})
	if err != nil {
		return p, err
	}
	if len(rows) == 0 || rows[0].Deleted {
		return p, ErrLink
	}
	return p, wrap("person", json.Unmarshal(rows[0].Doc, &p))
}

// masked shows the last three digits of a phone.
func masked(phone string) string {
	if len(phone) < 6 {
		return ""
	}
	return "•••••• " + phone[len(phone)-3:]
}

// Code sends a code of six digits to the person's phone. The row of the link is locked, so that ten requests at once send
// no more than one after the other would.
func (d *Desk) Code(ctx context.Context, token string) (way string, err error) {
	l, err := d.find(ctx, token)
	if err != nil {
		return "", err
	}
	err = d.DB.Update(ctx, func(tx pgx.Tx) error {
		now := d.Clock()
		if l, err = d.DB.Queries().LockShareLink(ctx, tx, l.Hash); err != nil {
			return wrap("lock", err)
		}
		if l.LockedTill != nil && l.LockedTill.After(now) || l.CodesSent >= mostCodes {
			return ErrRest
		}
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return wrap("code", err)
		}
		code := fmt.Sprintf("%06d", n.Int64())
		if way, err = d.SendCode(ctx, tx, l.Org, l.Subject, l.Lab, l.Language, code); err != nil {
			return err
		}
		if way == "" {
			return ErrNoWay
		}
		till := now.Add(codeLife)
		return wrap("code", d.DB.Queries().SetShareCode(ctx, tx, queries.SetShareCodeParams{CodeHash: d.codeHash(l, code), CodeTill: &till, Hash: l.Hash}))
	})
	return way, err
}

// codeHash binds a code to its link by the hub's key: the database alone does not tell it.
func (d *Desk) codeHash(l queries.ShareLink, code string) string {
	return d.Box.Index(l.Org, "code|"+string(l.Hash)+"|"+code)
}

// Open opens a link by its code or the person's date of birth, and gives the text of a session. Wrong ones are counted
// and committed; after five the link rests for an hour, after the next five for two and so on, whatever is given then.
func (d *Desk) Open(ctx context.Context, token, code, birth string) (session string, err error) {
	l, err := d.find(ctx, token)
	if err != nil {
		return "", err
	}
	var answer error
	err = d.DB.Update(ctx, func(tx pgx.Tx) error {
		now := d.Clock()
		answer = nil
		if l, err = d.DB.Queries().LockShareLink(ctx, tx, l.Hash); err != nil {
			return wrap("lock", err)
		}
		if l.LockedTill != nil && l.LockedTill.After(now) {
			answer = ErrRest
			return nil
		}
		p, err := d.person(ctx, tx, l)
		if err != nil {
			return err
		}
		if !d.proves(l, p, now, strings.TrimSpace(code), strings.TrimSpace(birth)) {
			answer = ErrProof
			return d.failed(ctx, tx, l, now)
		}
		session = random()
		if err := d.DB.Queries().OpenShareLink(ctx, tx, queries.OpenShareLinkParams{Now: now, Hash: l.Hash}); err != nil {
			return wrap("open", err)
		}
		return wrap("session", d.DB.Queries().AddShareSession(ctx, tx, queries.AddShareSessionParams{Hash: hashed(session), Link: l.Hash, ExpiresAt: now.Add(sessionLife)}))
	})
	if err == nil {
		err = answer
	}
	return session, err
}

func (d *Desk) failed(ctx context.Context, tx pgx.Tx, l queries.ShareLink, now time.Time) error {
	p := queries.FailShareTryParams{Hash: l.Hash}
	if (l.Tries+1)%mostTries == 0 {
		till := now.Add(resting(int(l.Tries) + 1))
		p.LockedTill = &till
	}
	return wrap("try", d.DB.Queries().FailShareTry(ctx, tx, p))
}

// resting is how long a link rests after so many wrong tries in a row: an hour, and each time twice as long. There are
// some 30,000 dates of birth, and five of them every hour for the life of a link would find one link in three.
func resting(tries int) time.Duration {
	return min(rest<<min(tries/mostTries-1, 10), longestRest)
}

// proves says whether somebody who gave this is the person. A date of birth counts only where the lab wrote down a whole
// one.
func (d *Desk) proves(l queries.ShareLink, p person, now time.Time, code, birth string) bool {
	byCode := l.CodeHash != "" && l.CodeTill != nil && l.CodeTill.After(now) && len(code) == 6 &&
		subtle.ConstantTimeCompare([]byte(d.codeHash(l, code)), []byte(l.CodeHash)) == 1
	byBirth := len(p.Birth) == len(time.DateOnly) && birth != "" && subtle.ConstantTimeCompare([]byte(birth), []byte(p.Birth)) == 1
	return byCode || byBirth
}

// session gives the link of somebody who opened it.
func (d *Desk) session(ctx context.Context, token, session string) (queries.ShareLink, error) {
	l, err := d.find(ctx, token)
	if err != nil {
		return l, err
	}
	open, err := d.DB.Queries().ShareSession(ctx, d.DB.Pool(), queries.ShareSessionParams{Hash: hashed(session), Link: l.Hash, Now: d.Clock()})
	if err != nil {
		return l, wrap("session", err)
	}
	if !open {
		return l, ErrClosed
	}
	return l, nil
}

// Forget takes away the links to a person who was erased.
func (d *Desk) Forget(ctx context.Context, tx pgx.Tx, org, subject lab.ID) error {
	return wrap("forget", d.DB.Queries().ForgetShares(ctx, tx, queries.ForgetSharesParams{Org: org, Subject: subject}))
}

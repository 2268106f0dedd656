package fleet

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/wire"
)

// A code has 13 characters of 5 bits. The first four find it, the other nine prove it; only their hash is stored.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // no I, L, O, U: they are misread
	codeLength   = 13
	selectorSize = 4
	codeLife     = 24 * time.Hour
)

// Code is an enrolment code, shown once.
type Code struct {
	Text    string // "K7QM-4T2ZX-9W3H"
	Expires time.Time
}

// NewCode makes a code for one node of a lab: valid for 24 hours, once, with five tries. By is who asked, for the record.
func (f *Fleet) NewCode(ctx context.Context, org, labID lab.ID, by string) (Code, error) {
	secret, err := random(32)
	if err != nil {
		return Code{}, err
	}
	return f.makeCode(ctx, once.Key{Org: org}, labID, by, secret)
}

// NewCodeOnce is NewCode in the key's organisation; a repeat gives the same code. The hub keeps no code that it could tell
// again: it makes the code from the key, which only the client has, and from salt, which only the hub has.
func (f *Fleet) NewCodeOnce(ctx context.Context, key once.Key, labID lab.ID, by string) (Code, error) {
	return f.makeCode(ctx, key, labID, by, []byte(key.Text))
}

// saltSize is that of what a code is made from beside the client's key.
const saltSize = 16

func (f *Fleet) makeCode(ctx context.Context, key once.Key, labID lab.ID, by string, secret []byte) (Code, error) {
	salt, err := random(saltSize)
	if err != nil {
		return Code{}, err
	}
	now := f.Clock()
	kept, err := once.Do(ctx, f.DB, now, key, "enrol_code.new", labID, func(tx pgx.Tx) ([]byte, error) {
		if _, err := f.statement().LabByID(ctx, tx, queries.LabByIDParams{Org: key.Org, ID: labID}); errors.Is(err, pgx.ErrNoRows) {
			return nil, lab.NotFound("lab_unknown", "There is no such lab.")
		} else if err != nil {
			return nil, err
		}
		code := codeFrom(secret, salt)
		return binary.BigEndian.AppendUint64(salt, uint64(now.UnixMilli())), f.statement().InsertEnrolCode(ctx, tx, queries.InsertEnrolCodeParams{
			Selector: code[:selectorSize], Org: key.Org, Lab: labID, Hash: codeHash(code), CreatedAt: now, CreatedBy: by, ExpiresAt: now.Add(codeLife),
		})
	})
	if _, taken := postgres.IsUnique(err); taken {
		return f.makeCode(ctx, key, labID, by, secret) // a million selectors: the next one is free
	}
	if err != nil {
		return Code{}, fmt.Errorf("enrolment code: %w", err)
	}
	code := codeFrom(secret, kept[:saltSize])
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(kept[saltSize:])))
	return Code{Text: shownCode(code), Expires: made.Add(codeLife)}, nil
}

// shownCode is a code as people read it.
func shownCode(code string) string { return code[:4] + "-" + code[4:9] + "-" + code[9:] }

// codeFrom makes a code. Neither half tells anything without the other.
func codeFrom(secret, salt []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write(secret)
	text := mac.Sum(nil)[:codeLength]
	for i, b := range text {
		text[i] = codeAlphabet[b&31]
	}
	return string(text)
}

// normalCode takes what a person typed: case, hyphens and blanks do not matter, and letters that look like digits count
// as those.
func normalCode(s string) string {
	s = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, s))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
}

func codeHash(code string) []byte {
	sum := sha256.Sum256([]byte("jaanch enrolment code 1 " + code))
	return sum[:]
}

// errCode is the one answer to every code that does not work: it tells a guesser nothing.
var errCode = lab.Forbidden("enrol_code", "This code is wrong, used or expired. Ask the administrator at the hub for a new one.")

// Enrol joins a node to the lab that its code was made for. A wrong code costs a try, also when the rest fails.
func (f *Fleet) Enrol(ctx context.Context, r wire.EnrolRequest) (wire.EnrolReply, error) {
	code := normalCode(r.Code)
	if len(r.PublicKey) != ed25519.PublicKeySize || r.Device.IsZero() {
		return wire.EnrolReply{}, lab.Invalid("enrol_key", "The node's id or key is malformed.")
	}
	if !ed25519.Verify(r.PublicKey, wire.EnrolStatement(r.Code, r.Device, r.PublicKey), r.Signature) {
		return wire.EnrolReply{}, lab.Forbidden("enrol_signature", "The node does not hold the key that it shows.")
	}
	var reply wire.EnrolReply
	var refused error
	err := f.DB.Update(ctx, func(tx pgx.Tx) error {
		c, err := f.take(ctx, tx, code)
		if errors.Is(err, errCode) {
			refused = err
			return nil // committed: the try is spent
		}
		if err != nil {
			return err
		}
		reply, err = f.join(ctx, tx, c, r)
		return err
	})
	if err == nil {
		err = refused
	}
	if constraint, is := postgres.IsUnique(err); is && constraint == "device_pkey" {
		return wire.EnrolReply{}, lab.Conflict("device_known", "This node has joined already.")
	}
	return reply, err
}

// take finds the code's row and spends a try when the rest is wrong.
func (f *Fleet) take(ctx context.Context, tx pgx.Tx, code string) (queries.EnrolCode, error) {
	if len(code) != codeLength {
		return queries.EnrolCode{}, errCode
	}
	c, err := f.statement().LockEnrolCode(ctx, tx, code[:selectorSize])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, errCode
	}
	if err != nil {
		return c, fmt.Errorf("enrol: %w", err)
	}
	if c.UsedAt != nil || c.TriesLeft <= 0 || !c.Rebuilds.IsZero() || f.Clock().After(c.ExpiresAt) {
		return c, errCode
	}
	if subtle.ConstantTimeCompare(c.Hash, codeHash(code)) == 1 {
		return c, nil
	}
	if err := f.statement().BurnEnrolTry(ctx, tx, c.Selector); err != nil {
		return c, fmt.Errorf("enrol: %w", err)
	}
	return c, errCode
}

func (f *Fleet) join(ctx context.Context, tx pgx.Tx, c queries.EnrolCode, r wire.EnrolRequest) (wire.EnrolReply, error) {
	q := f.statement()
	org, err := q.OrgByID(ctx, tx, c.Org)
	if err != nil {
		return wire.EnrolReply{}, fmt.Errorf("enrol: %w", err)
	}
	l, err := q.LabByID(ctx, tx, queries.LabByIDParams{Org: c.Org, ID: c.Lab})
	if err != nil {
		return wire.EnrolReply{}, fmt.Errorf("enrol: %w", err)
	}
	taken, err := q.DeviceCodes(ctx, tx, c.Org)
	if err != nil {
		return wire.EnrolReply{}, fmt.Errorf("enrol: %w", err)
	}
	nodeCode, err := freeCode(r.NodeCode, taken)
	if err != nil {
		return wire.EnrolReply{}, err
	}
	now := f.Clock()
	err = q.InsertDevice(ctx, tx, queries.InsertDeviceParams{
		Org: c.Org, ID: r.Device, Kind: "node", Lab: c.Lab, Name: r.Name, Code: nodeCode, Pubkey: r.PublicKey,
		LastHash: journal.Genesis(r.Device), EnrolledAt: now,
	})
	if err != nil {
		return wire.EnrolReply{}, fmt.Errorf("enrol: %w", err)
	}
	if err := q.UseEnrolCode(ctx, tx, queries.UseEnrolCodeParams{Selector: c.Selector, UsedAt: &now, Device: r.Device}); err != nil {
		return wire.EnrolReply{}, fmt.Errorf("enrol: %w", err)
	}
	if err := f.record(ctx, tx, c.Org, r.Device, eventEnrolled, c.CreatedBy, ""); err != nil {
		return wire.EnrolReply{}, err
	}
	epoch, err := q.HubEpoch(ctx, tx)
	if err != nil {
		return wire.EnrolReply{}, fmt.Errorf("enrol: %w", err)
	}
	return wire.EnrolReply{
		Org: org.ID, OrgName: org.Name, Lab: l.ID, LabName: l.Name, NodeCode: nodeCode, HubEpoch: epoch,
	}, nil
}

// freeCode gives a node its two characters, a letter and a digit or letter: those it has, where nobody else has them.
func freeCode(wish string, taken []string) (string, error) {
	const letters, all = "ABCDEFGHJKMNPQRTVWXY", "23456789ABCDEFGHJKMNPQRTVWXY"
	wish = strings.ToUpper(strings.TrimSpace(wish))
	if len(wish) == 2 && strings.Contains(letters, wish[:1]) && strings.Contains(all, wish[1:]) && !slices.Contains(taken, wish) {
		return wish, nil
	}
	for _, b := range []byte(all) {
		for _, a := range []byte(letters) {
			if code := string([]byte{a, b}); !slices.Contains(taken, code) {
				return code, nil
			}
		}
	}
	return "", lab.Conflict("node_codes_used_up", "This organisation has no free node code left.")
}

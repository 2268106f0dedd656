// Package once makes a create at the hub safe to send twice: the key that a client made for one intent is kept with its
// outcome in the same transaction as the create itself, so a repeat, from a second window, after a lost answer or at another
// replica, gets the first outcome and changes nothing.
package once

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Keep is how long a key is remembered.
const Keep = 7 * 24 * time.Hour

// Key is what a client calls one intent of one person. The zero Key is an intent that nobody can repeat, as a command's.
type Key struct {
	Org   lab.ID
	Actor lab.Actor
	Text  string // of the client's making; kept only as a hash
}

// Do runs fn in one transaction and keeps the few bytes that it gives under the key. A repeat of the same request gets
// those bytes without running fn; the same key with another request is refused with key_reused. The bytes are an id, or what
// an answer is made from again: nothing that a person typed. Two replicas that are asked at the same time take turns at the
// key's row. request is compared by a hash alone and must hold no secret that can be guessed.
func Do(ctx context.Context, db *postgres.DB, now time.Time, key Key, op string, request any, fn func(tx pgx.Tx) ([]byte, error)) (answer []byte, err error) {
	raw, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode the request of %s: %w", op, err)
	}
	digest := sha256.Sum256(append([]byte(op+"\n"), raw...))
	hashed := sha256.Sum256([]byte(key.Text))
	q, actor := db.Queries(), key.Actor.String()
	err = db.Update(ctx, func(tx pgx.Tx) error {
		if key.Text == "" {
			answer, err = fn(tx)
			return err
		}
		took, err := q.TakeKey(ctx, tx, queries.TakeKeyParams{Org: key.Org, Actor: actor, Key: hashed[:], Digest: digest[:], MadeAt: now})
		if err != nil {
			return fmt.Errorf("take the key of %s: %w", op, err)
		}
		if took == 0 {
			kept, err := q.TakenKey(ctx, tx, queries.TakenKeyParams{Org: key.Org, Actor: actor, Key: hashed[:]})
			if err != nil {
				return fmt.Errorf("read the key of %s: %w", op, err)
			}
			if string(kept.Digest) != string(digest[:]) {
				return lab.Conflict("key_reused", "This key was used for another request. Nothing was changed.")
			}
			answer = kept.Answer
			return nil
		}
		if answer, err = fn(tx); err != nil {
			return err
		}
		if err := q.KeepAnswer(ctx, tx, queries.KeepAnswerParams{Org: key.Org, Actor: actor, Key: hashed[:], Answer: answer}); err != nil {
			return fmt.Errorf("keep the answer of %s: %w", op, err)
		}
		return nil
	})
	return answer, err
}

// ID is Do for a create whose answer is the id of what was made.
func ID(ctx context.Context, db *postgres.DB, now time.Time, key Key, op string, request any, fn func(tx pgx.Tx) (lab.ID, error)) (lab.ID, error) {
	raw, err := Do(ctx, db, now, key, op, request, func(tx pgx.Tx) ([]byte, error) {
		id, err := fn(tx)
		return id.Bytes(), err
	})
	if err != nil {
		return lab.ID{}, err
	}
	return lab.IDFromBytes(raw)
}

// Prune forgets keys that are older than Keep. Any replica may run it at any time.
func Prune(ctx context.Context, db *postgres.DB, now time.Time) error {
	if err := db.Queries().PruneKeys(ctx, db.Pool(), now.Add(-Keep)); err != nil {
		return fmt.Errorf("prune the keys of creates: %w", err)
	}
	return nil
}

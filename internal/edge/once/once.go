// Package once makes a create safe to send twice: the key that a client made for one intent is kept with its outcome in
// the same transaction as the create itself, so a repeat, also from a second browser window or after a lost answer, gets
// the first outcome and changes nothing.
package once

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Keep is how long a key is remembered.
const Keep = 7 * 24 * time.Hour

// Do runs fn in one update and keeps the id that it gives under the actor's key. A repeat of the same request gets that
// id without running fn; the same key with another request is refused. What is kept is an id, never a value: the answer
// is read from the records again, so that nothing personal lies in a second place.
func Do(ctx context.Context, db *sqlite.DB, actor lab.Actor, key, op string, request any, fn func(tx *sqlite.Tx) (lab.ID, error)) (lab.ID, error) {
	raw, err := json.Marshal(request)
	if err != nil {
		return lab.ID{}, fmt.Errorf("encode the request of %s: %w", op, err)
	}
	digest := sha256.Sum256(append([]byte(op+"\n"), raw...))
	var id lab.ID
	err = db.Update(ctx, actor, op, func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		kept, err := q.IdempotentAnswer(ctx, queries.IdempotentAnswerParams{Actor: actor.String(), Key: key})
		if err == nil {
			id, err = repeated(kept, digest)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for the key of %s: %w", op, err)
		}
		if id, err = fn(tx); err != nil {
			return err
		}
		return q.KeepAnswer(ctx, queries.KeepAnswerParams{
			Actor: actor.String(), Key: key, Digest: digest[:], Status: 200, Answer: id.Bytes(), MadeMs: tx.Now().UnixMilli(),
		})
	})
	return id, err
}

func repeated(kept queries.IdempotentAnswerRow, digest [32]byte) (lab.ID, error) {
	if string(kept.Digest) != string(digest[:]) {
		return lab.ID{}, lab.Conflict("key_reused", "This key was used for another request. Nothing was changed.")
	}
	id, err := lab.IDFromBytes(kept.Answer)
	if err != nil {
		return lab.ID{}, fmt.Errorf("read a kept answer: %w", err)
	}
	return id, nil
}

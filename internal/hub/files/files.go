// Package files keeps the documents that nodes send, named by the hash that the journal holds of them. Their bytes are
// sealed, and bound to the organisation and the hash, so that a copy of the store tells nothing and a swapped file does
// not open.
package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// MaxBytes bounds a document.
const MaxBytes = 20 << 20

// Store keeps bytes by name. A name is written once; writing the same again changes nothing.
type Store interface {
	Put(ctx context.Context, name string, content []byte) error
	// Get gives ErrMissing for a name that is not there.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete takes a name away; one that is not there is no error.
	Delete(ctx context.Context, name string) error
}

// The errors of the shelf.
var (
	ErrMissing = lab.NotFound("file_missing", "The document has not arrived at the hub yet.")
	ErrDamaged = &lab.Error{Kind: lab.KindInternal, Code: "file_damaged", Message: "The stored document is damaged and is not shown."}
	ErrUnknown = lab.Conflict("file_unknown", "No record of this lab names this document.")
)

// Shelf is the documents of all organisations.
type Shelf struct {
	DB    *postgres.DB
	Box   *seal.Box
	Store Store
	Clock func() time.Time
}

// Hash names a document: the SHA-256 of its bytes.
func Hash(content []byte) []byte {
	sum := sha256.Sum256(content)
	return sum[:]
}

func name(org lab.ID, hash []byte) string { return org.String() + "/" + hex.EncodeToString(hash) }

func place(org lab.ID, hash []byte) string { return seal.Place("file", org, hex.EncodeToString(hash)) }

// Keep stores a document under its hash. The bytes are safe before the row says so, and a row is never without bytes.
func (s *Shelf) Keep(ctx context.Context, org, subject lab.ID, mime string, content []byte) ([]byte, error) {
	if len(content) == 0 || len(content) > MaxBytes {
		return nil, lab.Invalid("file_size", "The document is empty or too large.")
	}
	hash := Hash(content)
	if err := s.Store.Put(ctx, name(org, hash), s.Box.Seal(place(org, hash), content)); err != nil {
		return nil, fmt.Errorf("files: keep: %w", err)
	}
	err := s.DB.Update(ctx, func(tx pgx.Tx) error {
		return s.DB.Queries().AddFile(ctx, tx, queries.AddFileParams{Org: org, Sha256: hash, Mime: mime, Size: int64(len(content)), Subject: subject, Now: s.Clock()})
	})
	if err != nil {
		return nil, fmt.Errorf("files: keep: %w", err)
	}
	return hash, nil
}

// Has says whether a document is there.
func (s *Shelf) Has(ctx context.Context, tx queries.DBTX, org lab.ID, hash []byte) (bool, error) {
	_, err := s.DB.Queries().FileByHash(ctx, tx, queries.FileByHashParams{Org: org, Sha256: hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("files: look: %w", err)
	}
	return true, nil
}

// Open gives a document after holding it against its hash.
func (s *Shelf) Open(ctx context.Context, org lab.ID, hash []byte) (content []byte, mime string, err error) {
	row, err := s.DB.Queries().FileByHash(ctx, s.DB.Pool(), queries.FileByHashParams{Org: org, Sha256: hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", ErrMissing
	}
	if err != nil {
		return nil, "", fmt.Errorf("files: open: %w", err)
	}
	sealed, err := s.Store.Get(ctx, name(org, hash))
	if err != nil {
		return nil, "", err
	}
	if content, err = s.Box.Open(place(org, hash), sealed); err != nil {
		return nil, "", ErrDamaged
	}
	if !bytes.Equal(Hash(content), hash) {
		return nil, "", ErrDamaged
	}
	return content, row.Mime, nil
}

// Forget takes away the documents of a person who was erased. The bytes go after the rows: what a failure leaves is
// sealed, and named by nothing.
func (s *Shelf) Forget(ctx context.Context, tx pgx.Tx, org, subject lab.ID) error {
	hashes, err := s.DB.Queries().ForgetFiles(ctx, tx, queries.ForgetFilesParams{Org: org, Subject: subject})
	if err != nil {
		return fmt.Errorf("files: forget: %w", err)
	}
	for _, h := range hashes {
		if err := s.Store.Delete(ctx, name(org, h)); err != nil {
			return fmt.Errorf("files: forget: %w", err)
		}
	}
	return nil
}

package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite/queries"
)

// KeepFile stores the bytes of a file under the SHA-256 of its content, in the transaction of the record that names it,
// and gives that hash. Content that is there already is not stored again.
func KeepFile(ctx context.Context, tx *Tx, mime string, content []byte) ([]byte, error) {
	sealed, err := Seal(content)
	if err != nil {
		return nil, fmt.Errorf("seal a file: %w", err)
	}
	hash := sha256.Sum256(content)
	err = queries.New(tx).KeepFile(ctx, queries.KeepFileParams{Sha256: hash[:], Mime: mime, MadeMs: tx.Now().UnixMilli(), Bytes: sealed})
	if err != nil {
		return nil, fmt.Errorf("keep a file: %w", err)
	}
	return hash[:], nil
}

// ReadFile gives the content of a file by its hash, after holding it against that hash: a damaged file is an error and is
// never shown.
func ReadFile(ctx context.Context, tx queries.DBTX, hash []byte) (content []byte, mime string, err error) {
	row, err := queries.New(tx).File(ctx, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", lab.NotFound("file_missing", "The file is not on this node. A restore of the backup brings it back.")
	}
	if err != nil {
		return nil, "", fmt.Errorf("read a file: %w", err)
	}
	if content, err = Unseal(row.Bytes); err != nil {
		return nil, "", fmt.Errorf("open a file: %w", err)
	}
	if sum := sha256.Sum256(content); string(sum[:]) != string(hash) {
		return nil, "", &lab.Error{Kind: lab.KindInternal, Code: "file_damaged", Message: "The stored file is damaged and is not shown."}
	}
	return content, row.Mime, nil
}

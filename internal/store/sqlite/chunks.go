package sqlite

import (
	"context"
	"fmt"
	"strings"

	"jaanch/internal/store/sqlite/queries"
)

// chunkRows is how many rows one statement of AddChunks takes at most: what one message leaves in the archive, with the
// end of the session before it.
const chunkRows = 8

// AddChunks keeps raw bytes of analyzer lines. It does what queries.AddChunk does for each row, in as few statements as
// possible; sqlc knows no list of rows for this engine, so the text is made here, from the number of rows alone.
func AddChunks(ctx context.Context, tx queries.DBTX, rows []queries.AddChunkParams) error {
	for len(rows) > 0 {
		n := min(len(rows), chunkRows)
		args := make([]any, 0, n*6)
		for _, r := range rows[:n] {
			args = append(args, r.Session, r.Seq, r.AtMs, r.Dir, r.Bytes, r.Dropped)
		}
		text := "INSERT INTO raw_chunk (session, seq, at_ms, dir, bytes, dropped) VALUES (?, ?, ?, ?, ?, ?)" +
			strings.Repeat(", (?, ?, ?, ?, ?, ?)", n-1) + " ON CONFLICT DO NOTHING"
		if _, err := tx.ExecContext(ctx, text, args...); err != nil {
			return fmt.Errorf("keep raw bytes: %w", err)
		}
		rows = rows[n:]
	}
	return nil
}

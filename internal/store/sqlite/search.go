package sqlite

import (
	"context"
	"fmt"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/sqlite/queries"
)

// IndexNames writes the search words of a patient's names. This file alone reads and writes the name index, so that it
// can be sealed in one place.
func IndexNames(ctx context.Context, tx queries.DBTX, id lab.ID, names ...string) error {
	q := queries.New(tx)
	if err := q.DropNameTokens(ctx, queries.ID(id)); err != nil {
		return fmt.Errorf("drop the search words of patient %s: %w", id, err)
	}
	for _, name := range names {
		for _, token := range patient.Tokens(name) {
			if err := q.AddNameToken(ctx, queries.AddNameTokenParams{Token: token, PatientID: queries.ID(id)}); err != nil {
				return fmt.Errorf("keep a search word of patient %s: %w", id, err)
			}
		}
	}
	return nil
}

// FindNames gives the patients each of whose names holds, for every word of the query, a word that begins with it. The
// words may come in any order.
func FindNames(ctx context.Context, tx queries.DBTX, query string, limit int) ([]lab.ID, error) {
	tokens := patient.Tokens(query)
	if len(tokens) == 0 {
		return nil, nil
	}
	var text strings.Builder
	args := make([]any, 0, 2*len(tokens)+1)
	for i, token := range tokens {
		if i > 0 {
			text.WriteString(" INTERSECT ")
		}
		text.WriteString("SELECT patient_id FROM name_index WHERE token >= ? AND token < ?")
		args = append(args, token, token+"\U0010FFFF")
	}
	text.WriteString(" LIMIT ?")
	rows, err := tx.QueryContext(ctx, text.String(), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("search names: %w", err)
	}
	defer func() { _ = rows.Close() }() // the error of reading is what counts
	var out []lab.ID
	for rows.Next() {
		var id queries.ID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("search names: %w", err)
		}
		out = append(out, lab.ID(id))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("search names: %w", err)
	}
	return out, nil
}

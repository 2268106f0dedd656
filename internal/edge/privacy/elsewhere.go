package privacy

import (
	"context"
	"database/sql"
	"errors"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// LookAhead searches the raw archive for somebody whom another node forgot, before the update that forgets them here:
// the archive may be large, and no writer waits for it. Somebody who was never a patient here needs no search.
func (o *Office) LookAhead(ctx context.Context, subject lab.ID) error {
	found, err := o.search(ctx, subject)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ahead[subject] = found
	return nil
}

// Forget removes here whom another node forgot: the personal values, and what this node alone has of them: drawn
// reports, waiting labels, drafts, kept answers, and the raw bytes of analyzers. Whether it was allowed was decided where
// it was asked for.
func (o *Office) Forget(tx *sqlite.Tx, subject lab.ID) error {
	ctx := context.Background() // a statement on the writer has no deadline
	o.mu.Lock()
	found, looked := o.ahead[subject]
	delete(o.ahead, subject)
	o.mu.Unlock()
	if !looked {
		found = traces{messages: map[int64]bool{}, sessions: map[lab.ID]bool{}}
	}
	m, err := readMarks(ctx, tx, subject)
	if errors.Is(err, sql.ErrNoRows) {
		return tx.Erase(subject, "") // a doctor, a user, or somebody who was never here
	}
	if err != nil {
		return err
	}
	e := eraser{office: o, tx: tx, q: queries.New(tx), out: &Erased{Patient: subject}}
	return e.remove(ctx, subject, []lab.ID{subject}, found, m)
}

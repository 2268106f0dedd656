package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/edge/filing"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Enter sets the value of one row by hand.
func (b *Bench) Enter(ctx context.Context, actor lab.Actor, id lab.ID, in Enter) (Entered, error) {
	before, err := b.rowsOfItem(ctx, actor, id)
	if err != nil {
		return Entered{}, err
	}
	if err := b.enter(ctx, actor, id, in); err != nil {
		return Entered{}, err
	}
	after, err := b.rowsOfItem(ctx, actor, id)
	if err != nil {
		return Entered{}, err
	}
	out := Entered{Changed: []Row{}}
	for i, row := range after {
		switch {
		case row.ItemID == id:
			out.Row = row
		case i < len(before) && before[i].Versions != row.Versions:
			out.Changed = append(out.Changed, row)
		}
	}
	return out, nil
}

// EnterMany saves several rows; each is judged alone.
func (b *Bench) EnterMany(ctx context.Context, actor lab.Actor, in EnterMany) (EnteredMany, error) {
	out := EnteredMany{Rows: []Row{}, Problems: []EnterProblem{}}
	for _, r := range in.Rows {
		done, err := b.Enter(ctx, actor, r.ItemID, r.Enter)
		var known *lab.Error
		switch {
		case err == nil:
			out.Rows = append(append(out.Rows, done.Row), done.Changed...)
		case errors.As(err, &known) && known.Kind != lab.KindInternal && known.Kind != lab.KindUnknown && known.Kind != lab.KindUnavailable:
			out.Problems = append(out.Problems, EnterProblem{ItemID: r.ItemID, Code: known.Code, Message: known.Message, Detail: known.Detail})
		default:
			return out, err
		}
	}
	return out, nil
}

func (b *Bench) enter(ctx context.Context, actor lab.Actor, id lab.ID, in Enter) error {
	token, err := ParseToken(in.Versions)
	if err != nil {
		return err
	}
	return b.db.Update(ctx, actor, "result.enter", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		item, err := filing.Item(ctx, q, id)
		if err != nil {
			return err
		}
		if err := fresh(ctx, tx, q, item, token, in.Value); err != nil {
			return err
		}
		f := filing.New(tx, b.zone)
		value, err := f.File(ctx, item, filing.Entry{Text: in.Value, Source: result.Manual})
		if err != nil {
			return err
		}
		if err := f.Settle(ctx, lab.ID(item.VisitID)); err != nil {
			return err
		}
		if err := seen(ctx, q, value, in.Seen); err != nil {
			return err
		}
		if in.Note != "" && in.Note != item.Note {
			if err := tx.Change("order_test", id, nil, sqlite.Row{"note": in.Note}); err != nil {
				return err
			}
		}
		return q.DropDraft(ctx, item.ID)
	})
}

// seen refuses a critical value that nobody has acknowledged: a slip of the finger is caught here, and a true one is known.
func seen(ctx context.Context, q *queries.Queries, id lab.ID, acknowledged bool) error {
	r, err := q.Result(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("read result %s: %w", id, err)
	}
	if r.Critical == 0 || acknowledged {
		return nil
	}
	e := lab.Conflict("critical_unseen", "This value is critical. Look at it again and confirm that you have seen it.")
	e.Detail = map[string]any{"value": r.Value, "flag": r.Flag, "critical_low": r.CriticalLow, "critical_high": r.CriticalHigh}
	return e
}

// Shown is one side of a row that two people changed.
type Shown struct {
	Value string    `json:"value"`
	Flag  string    `json:"flag,omitempty"`
	By    string    `json:"by,omitempty"`
	At    time.Time `json:"at,omitempty,omitzero"`
}

// fresh refuses a change of a value that is not the one that the person saw, and gives both.
func fresh(ctx context.Context, tx *sqlite.Tx, q *queries.Queries, item queries.OrderTestRow, token Token, wanted string) error {
	rows, err := q.ResultsOfTest(ctx, item.ID)
	if err != nil {
		return fmt.Errorf("read the values of test %s: %w", lab.ID(item.ID), err)
	}
	now := Token{}
	if now.Test, err = tx.Versions("order_test", lab.ID(item.ID)); err != nil {
		return err
	}
	current := Shown{}
	if len(rows) > 0 {
		now.Result = lab.ID(rows[0].ID)
		if now.Value, err = tx.Versions("result", now.Result); err != nil {
			return err
		}
		current = Shown{Value: rows[0].Value, Flag: rows[0].Flag, At: time.UnixMilli(rows[0].EnteredMs).UTC()}
		if names, err := q.PersonName(ctx, rows[0].EnteredByID); err == nil && len(names) > 0 {
			current.By = names[0]
		}
	}
	if now.Result == token.Result && now.Value[clinical] == token.Value[clinical] && now.Test[status] == token.Test[status] {
		return nil
	}
	return httpkit.Stale("item", lab.ID(item.ID), now.String(), current, Shown{Value: wanted})
}

// The field groups that a person who enters a value stands on: the value itself, and whether the test is to be run.
const (
	clinical = 1 // of a result
	status   = 3 // of an ordered test
)

func (b *Bench) rowsOfItem(ctx context.Context, actor lab.Actor, id lab.ID) ([]Row, error) {
	var out []Row
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		item, err := filing.Item(ctx, q, id)
		if err != nil {
			return err
		}
		all, err := NewReader(tx, b.zone, actor.ID).Visit(ctx, lab.ID(item.VisitID))
		out = all.Rows
		return err
	})
	return out, err
}

func (b *Bench) rowOf(ctx context.Context, actor lab.Actor, id lab.ID) (Row, error) {
	rows, err := b.rowsOfItem(ctx, actor, id)
	for _, r := range rows {
		if r.ItemID == id {
			return r, nil
		}
	}
	return Row{}, errors.Join(err, lab.NotFound("item_not_found", "There is no such test."))
}

// KeepDraft keeps what is typed so far; an empty text drops it.
func (b *Bench) KeepDraft(ctx context.Context, actor lab.Actor, id lab.ID, in DraftInput) error {
	return b.db.Update(ctx, actor, "draft.keep", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		if in.Text == "" {
			return q.DropDraft(ctx, queries.ID(id))
		}
		return q.KeepDraft(ctx, queries.KeepDraftParams{UserID: queries.ID(actor.ID), Record: queries.ID(id), Value: in.Text, SavedMs: tx.Now().UnixMilli()})
	})
}

// SetNote sets the note of a row.
func (b *Bench) SetNote(ctx context.Context, actor lab.Actor, id lab.ID, in NoteInput) (Row, error) {
	token, err := ParseToken(in.Versions)
	if err != nil {
		return Row{}, err
	}
	err = b.db.Update(ctx, actor, "result.note", func(tx *sqlite.Tx) error {
		return tx.Change("order_test", id, nil, sqlite.Row{"note": in.Note}, sqlite.Expect(token.Test))
	})
	if err != nil {
		return Row{}, err
	}
	return b.rowOf(ctx, actor, id)
}

// Rerun asks for another run on the same tube.
func (b *Bench) Rerun(ctx context.Context, actor lab.Actor, id lab.ID, in Rerun) (Row, error) {
	token, err := ParseToken(in.Versions)
	if err != nil {
		return Row{}, err
	}
	err = b.db.Update(ctx, actor, "result.rerun", func(tx *sqlite.Tx) error {
		return AskRerun(ctx, tx, id, in.Reason, in.Note, sqlite.Expect(token.Test))
	})
	if err != nil {
		return Row{}, err
	}
	return b.rowOf(ctx, actor, id)
}

// AskRerun marks a test to be run again: the next value follows the present one as a new version.
func AskRerun(ctx context.Context, tx *sqlite.Tx, id lab.ID, reason, said string, opts ...sqlite.Option) error {
	item, err := filing.Item(ctx, queries.New(tx), id)
	if err != nil {
		return err
	}
	if item.State == string(result.Released) {
		return &lab.Error{Kind: lab.KindLocked, Code: "result_released", Message: "This value is released. Amend it instead."}
	}
	if said != "" {
		opts = append(opts, sqlite.Said(said))
	}
	err = tx.Change("order_test", id, nil, sqlite.Row{"rerun_ms": tx.Now().UnixMilli(), "rerun_reason": reason, "sent_ms": nil, "sent_to": nil}, opts...)
	if err != nil {
		return err
	}
	return sqlite.RefreshStates(ctx, tx, lab.ID(item.VisitID))
}

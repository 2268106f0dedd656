package reception

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// keepDrafts is how long a visit that nobody finished stays on the desk. It may name a person who was never registered,
// so it is not kept for longer than a week's work needs.
const keepDrafts = 7 * 24 * time.Hour

// VisitDraft is a visit as it is being typed. Nothing of it is judged: half a phone number is kept as half a phone number.
type VisitDraft struct {
	PatientID lab.ID            `json:"patient_id,omitempty,omitzero" doc:"The known person, when one was chosen."`
	Items     []DraftItem       `json:"items" maxItems:"100"`
	Fields    map[string]string `json:"fields" doc:"What stands in the fields of the screen, by their names; name is the person's."`
}

// DraftItem is a picked test or panel as the desk shows it. Its price is asked again before the visit is saved.
type DraftItem struct {
	Kind      string    `json:"kind" enum:"test,panel"`
	ID        lab.ID    `json:"id"`
	Code      string    `json:"code" maxLength:"40"`
	Name      string    `json:"name" maxLength:"200"`
	NameLocal string    `json:"name_local,omitempty" maxLength:"200"`
	Price     lab.Paise `json:"price"`
	Container string    `json:"container,omitempty" maxLength:"40"`
	Colour    string    `json:"colour,omitempty" maxLength:"40"`
	ReportIn  int       `json:"report_in_min,omitempty"`
}

// KeepVisitDraft keeps the desk's draft under the id that the screen made for it.
type KeepVisitDraft struct {
	VisitDraft
	Rev int `json:"rev" minimum:"0" doc:"The revision that the screen knows; 0 begins a draft."`
}

// KeptDraft is a draft with who left it and when.
type KeptDraft struct {
	VisitDraft
	ID    lab.ID    `json:"id"`
	Rev   int       `json:"rev"`
	By    string    `json:"by"`
	Mine  bool      `json:"mine"`
	Begun time.Time `json:"begun_at"`
	At    time.Time `json:"at"`
}

// VisitDrafts are the visits that were begun and not saved, newest first.
type VisitDrafts struct {
	Drafts []KeptDraft `json:"drafts"`
}

// DraftRev is the revision of a draft after it was kept.
type DraftRev struct {
	Rev int `json:"rev"`
}

// Drafts gives what the desk has begun and not saved, of everybody: who comes to the desk goes on where a colleague
// stopped.
func (d *Desk) Drafts(ctx context.Context, actor lab.Actor) (VisitDrafts, error) {
	out := VisitDrafts{Drafts: []KeptDraft{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.DeskDrafts(ctx, tx.Now().Add(-keepDrafts).UnixMilli())
		if err != nil {
			return fmt.Errorf("read the drafts of the desk: %w", err)
		}
		for _, r := range rows {
			k := KeptDraft{ID: lab.ID(r.ID), Rev: int(r.Rev), By: r.ByName, Mine: lab.ID(r.UserID) == actor.ID, Begun: *msTime(r.BegunMs), At: *msTime(r.SavedMs)}
			if err := json.Unmarshal([]byte(r.Body), &k.VisitDraft); err != nil {
				return fmt.Errorf("draft %s: %w", k.ID, err)
			}
			out.Drafts = append(out.Drafts, k)
		}
		return nil
	})
	return out, err
}

// KeepDraft keeps what the desk has typed so far. A draft that another window kept meanwhile, or that was saved as a visit,
// is refused, so that neither is lost under the other; the screen then begins a draft of its own.
func (d *Desk) KeepDraft(ctx context.Context, actor lab.Actor, id lab.ID, in KeepVisitDraft) (DraftRev, error) {
	body, err := json.Marshal(in.VisitDraft)
	if err != nil {
		return DraftRev{}, fmt.Errorf("encode a draft: %w", err)
	}
	rev := in.Rev + 1
	err = d.db.Update(ctx, actor, "draft.keep", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		have, err := q.DeskDraft(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("look for draft %s: %w", id, err)
		}
		now, begun := 0, tx.Now().UnixMilli()
		if len(have) > 0 {
			now, begun = int(have[0].Rev), have[0].BegunMs
		}
		if now != in.Rev {
			return lab.Conflict("draft_moved", "This draft was changed in another window or was saved. It is kept as a new one.")
		}
		if err := q.DropOldDeskDrafts(ctx, tx.Now().Add(-keepDrafts).UnixMilli()); err != nil {
			return fmt.Errorf("drop old drafts: %w", err)
		}
		return q.KeepDeskDraft(ctx, queries.KeepDeskDraftParams{
			ID: queries.ID(id), UserID: queries.ID(actor.ID), PatientID: queries.ID(in.PatientID), Body: string(body), Rev: int64(rev), BegunMs: begun, SavedMs: tx.Now().UnixMilli(),
		})
	})
	return DraftRev{Rev: rev}, err
}

// DropDraft removes a draft that nobody will finish.
func (d *Desk) DropDraft(ctx context.Context, actor lab.Actor, id lab.ID) error {
	return d.db.Update(ctx, actor, "draft.drop", func(tx *sqlite.Tx) error {
		return queries.New(tx).DropDeskDraft(ctx, queries.ID(id))
	})
}

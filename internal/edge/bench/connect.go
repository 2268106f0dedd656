package bench

import (
	"context"
	"fmt"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Connect sets a new analyzer up in one step: what it is, who it is on the line, and what its codes mean.
type Connect struct {
	SenderID    string          `json:"sender_id" minLength:"1"`
	New         InstrumentInput `json:"new"`
	Codes       []ConnectCode   `json:"codes" maxItems:"500"`
	FileWaiting bool            `json:"file_waiting" doc:"Look again at what waits in the inbox from this sender."`
}

// ConnectCode says what one code means. A code that is left out waits in the inbox when it comes.
type ConnectCode struct {
	Code    string          `json:"code" minLength:"1" maxLength:"80"`
	TestID  lab.ID          `json:"test_id"`
	Convert *CodeConversion `json:"conversion,omitempty" doc:"Left out: nothing is converted."`
}

// Connect sets an analyzer up, binds its sender, maps its codes and looks again at what waits, all or nothing.
func (b *Bench) Connect(ctx context.Context, actor lab.Actor, key string, in Connect) (Instrument, error) {
	if len(in.Codes) > 0 && !access.Visible(actor.Roles, access.InstrumentMap) {
		return Instrument{}, lab.Forbidden("forbidden", "Your role may not say what a code means for ever.")
	}
	identity, address, err := ParseSender(in.SenderID)
	if err != nil {
		return Instrument{}, err
	}
	if err := b.knownProfile(in.New.Profile); err != nil {
		return Instrument{}, err
	}
	id, err := once.Do(ctx, b.db, actor, key, "instrument.connect", in, func(tx *sqlite.Tx) (lab.ID, error) {
		id := tx.NewID()
		row := InstrumentRow(in.New)
		row["approved"] = 0
		if err := tx.Insert("instrument", id, row); err != nil {
			return id, err
		}
		q := queries.New(tx)
		for _, c := range in.Codes {
			row, err := codeRow(ctx, tx, CodeInput{Code: c.Code, TestID: c.TestID, Convert: c.Convert})
			if err != nil {
				return id, err
			}
			if have, err := q.CodeOf(ctx, queries.CodeOfParams{InstrumentID: queries.ID(id), Code: c.Code}); err != nil || len(have) > 0 {
				return id, lab.Invalid("code_twice", "A code is named twice.", lab.FieldError{Field: "codes", Code: "duplicate", Message: fmt.Sprintf("Say once what %s means.", c.Code)})
			}
			row["instrument_id"], row["code"] = id, c.Code
			if err := tx.Insert("instrument_code", tx.NewID(), row); err != nil {
				return id, err
			}
		}
		return id, b.approve(ctx, tx, id, identity, address, in.FileWaiting)
	})
	if err != nil {
		return Instrument{}, err
	}
	return b.instrumentByID(ctx, id)
}

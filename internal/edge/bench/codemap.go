package bench

import (
	"context"
	"fmt"
	"slices"

	"jaanch/internal/edge/filing"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Codes gives what an analyzer's codes mean, and the codes that nobody has mapped yet.
func (b *Bench) Codes(ctx context.Context, _ lab.Actor, id lab.ID) (Codes, error) {
	out := Codes{Codes: []Code{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.Instrument(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("instrument_not_found", "There is no such analyzer.")
		}
		mapped, err := q.InstrumentCodes(ctx, row.ID)
		if err != nil {
			return fmt.Errorf("read the code map of instrument %s: %w", id, err)
		}
		seen, err := q.SeenCodes(ctx, queries.SeenCodesParams{InstrumentID: row.ID, AtMs: tx.Now().AddDate(0, 0, -30).UnixMilli()})
		if err != nil {
			return fmt.Errorf("read the codes of instrument %s: %w", id, err)
		}
		for _, m := range mapped {
			versions, err := tx.Versions(ctx, "instrument_code", lab.ID(m.ID))
			if err != nil {
				return err
			}
			def, err := sqlite.ReadTest(ctx, tx, lab.ID(m.TestID))
			if err != nil {
				return err
			}
			code := Code{ID: lab.ID(m.ID), Code: m.Code, TestID: lab.ID(m.TestID), Test: m.Name, TestUnit: def.Unit, Versions: versions.String()}
			if m.Factor != "" {
				code.Convert = &CodeConversion{From: m.FromUnit, Factor: m.Factor, Offset: m.Shift}
			}
			out.Codes = append(out.Codes, code)
		}
		for _, s := range seen {
			i := slices.IndexFunc(out.Codes, func(c Code) bool { return c.Code == s.MapCode })
			if i < 0 {
				suggest, err := b.suggestTest(ctx, q, row.Profile, s.MapCode)
				if err != nil {
					return err
				}
				out.Codes, i = append(out.Codes, Code{Code: s.MapCode, Suggest: suggest}), len(out.Codes)
			}
			c := &out.Codes[i]
			c.Seen, c.Unit = int(s.N), s.Unit
			c.Differs = filing.UnitDiffers(c.Unit, c.TestUnit) && (c.Convert == nil || !filing.SameUnit(c.Unit, c.Convert.From))
		}
		return nil
	})
	return out, err
}

// suggestTest gives the test that a code probably means: by the profile's LOINC code, else by the same code in the lab's
// catalogue. A person decides.
func (b *Bench) suggestTest(ctx context.Context, q *queries.Queries, profile, code string) (lab.ID, error) {
	if p, ok := b.profiles.Get(profile); ok {
		for _, c := range p.Codes {
			if c.Code != code || c.LOINC == "" {
				continue
			}
			ids, err := q.TestsByLoinc(ctx, c.LOINC)
			if err != nil {
				return lab.ID{}, fmt.Errorf("look for a LOINC code: %w", err)
			}
			if len(ids) == 1 {
				return lab.ID(ids[0]), nil
			}
		}
	}
	ids, err := q.TestByCode(ctx, code)
	if err != nil {
		return lab.ID{}, fmt.Errorf("look for a test: %w", err)
	}
	if len(ids) == 1 {
		return lab.ID(ids[0]), nil
	}
	return lab.ID{}, nil
}

// SetCode maps one code for ever, and looks again at what waited for it.
func (b *Bench) SetCode(ctx context.Context, actor lab.Actor, id lab.ID, in CodeInput) (Codes, error) {
	err := b.db.Update(ctx, actor, "instrument.map", func(tx *sqlite.Tx) error {
		return b.mapCode(ctx, tx, id, in)
	})
	if err != nil {
		return Codes{}, err
	}
	return b.Codes(ctx, actor, id)
}

func (b *Bench) mapCode(ctx context.Context, tx *sqlite.Tx, id lab.ID, in CodeInput) error {
	q := queries.New(tx)
	row, err := codeRow(ctx, tx, in)
	if err != nil {
		return err
	}
	have, err := q.CodeOf(ctx, queries.CodeOfParams{InstrumentID: queries.ID(id), Code: in.Code})
	if err != nil {
		return fmt.Errorf("look for a code: %w", err)
	}
	if len(have) == 0 {
		row["instrument_id"], row["code"] = id, in.Code
		err = tx.Insert("instrument_code", tx.NewID(), row)
	} else {
		var seen journal.Versions
		if seen, err = journal.ParseVersions(in.Versions); err != nil {
			return lab.Invalid("versions_malformed", "Reload the record.")
		}
		err = tx.Change("instrument_code", lab.ID(have[0].ID), nil, row, sqlite.Expect(seen))
	}
	if err != nil {
		return err
	}
	controls, err := q.UnmappedControls(ctx, queries.UnmappedControlsParams{InstrumentID: queries.ID(id), MapCode: in.Code})
	if err != nil {
		return fmt.Errorf("read the control values of a code: %w", err)
	}
	if err := b.controlsAgain(ctx, tx, controls); err != nil {
		return err
	}
	if err := b.lookAgain(ctx, tx, id, reasonUnmapped); err != nil || in.Convert == nil {
		return err
	}
	return b.convertHeld(ctx, tx, id, in.Code)
}

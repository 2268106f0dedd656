package reception

import (
	"context"
	"fmt"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Merge says that another record is the same person.
type Merge struct {
	Other         lab.ID `json:"other" doc:"The record that goes into this one."`
	Versions      string `json:"versions" minLength:"1" doc:"Of the record that stays, as the person saw it."`
	OtherVersions string `json:"other_versions" minLength:"1"`
	Reason        string `json:"reason" minLength:"3" maxLength:"200"`
}

// Unmerge takes a record out again.
type Unmerge struct {
	Versions string `json:"versions" minLength:"1"`
	Reason   string `json:"reason" minLength:"3" maxLength:"200"`
}

// MergedRecord is a record that was merged into a person.
type MergedRecord struct {
	ID       lab.ID `json:"id"`
	MRN      string `json:"mrn"`
	Name     string `json:"name"`
	Visits   int    `json:"visits"`
	Versions string `json:"versions"`
}

// MergePatients makes two records one person. Nothing is moved or removed: the other record points at the one that stays,
// keeps its visits, reports and bills as they were issued, and is read with it from then on; so the merge can be undone.
func (d *Desk) MergePatients(ctx context.Context, actor lab.Actor, key string, id lab.ID, in Merge) (PatientDetail, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return PatientDetail{}, err
	}
	other, err := ParseVersions(in.OtherVersions)
	if err != nil {
		return PatientDetail{}, err
	}
	_, err = once.Do(ctx, d.db, actor, key, "patient.merge", struct {
		ID lab.ID
		In Merge
	}{id, in}, func(tx *sqlite.Tx) (lab.ID, error) { return id, merge(ctx, tx, id, seen, other, in) })
	if err != nil {
		return PatientDetail{}, err
	}
	return d.Patient(ctx, actor, id)
}

func merge(ctx context.Context, tx *sqlite.Tx, id lab.ID, seen, other journal.Versions, in Merge) error {
	if id == in.Other {
		return lab.Invalid("merge_self", "A record cannot be merged with itself. Choose the other record.")
	}
	for _, x := range []lab.ID{id, in.Other} {
		p, err := sqlite.ReadPerson(ctx, tx, x)
		if err != nil {
			return err
		}
		if !p.MergedTo.IsZero() {
			return lab.Conflict("patient_merged", "One of the records was merged already. Open the one that it was merged into.")
		}
	}
	now, err := tx.Versions("patient", id)
	if err != nil {
		return err
	}
	if now.String() != seen.String() {
		return lab.Conflict("stale_record", "Somebody else changed this person in the meantime. Compare them again.")
	}
	if err := tx.Change("patient", in.Other, nil, sqlite.Row{"merged_into": id}, sqlite.Expect(other), sqlite.Said(in.Reason)); err != nil {
		return err
	}
	// What went into the other record before goes on to the one that stays.
	before, err := queries.New(tx).SamePerson(ctx, queries.ID(in.Other))
	if err != nil {
		return fmt.Errorf("read what was merged into patient %s: %w", in.Other, err)
	}
	for _, b := range before {
		if err := tx.Change("patient", lab.ID(b), nil, sqlite.Row{"merged_into": id}, sqlite.Said(in.Reason)); err != nil {
			return err
		}
	}
	return nil
}

// UnmergePatient takes a record out of the one that it was merged into. It gives the person that stays.
func (d *Desk) UnmergePatient(ctx context.Context, actor lab.Actor, id lab.ID, in Unmerge) (PatientDetail, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return PatientDetail{}, err
	}
	var into lab.ID
	err = d.db.Update(ctx, actor, "patient.unmerge", func(tx *sqlite.Tx) error {
		p, err := sqlite.ReadPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		if into = p.MergedTo; into.IsZero() {
			return lab.Conflict("patient_not_merged", "This record stands alone already.")
		}
		return tx.Change("patient", id, nil, sqlite.Row{"merged_into": nil}, sqlite.Expect(seen), sqlite.Said(in.Reason))
	})
	if err != nil {
		return PatientDetail{}, err
	}
	return d.Patient(ctx, actor, into)
}

// mergedRecords are the records that were merged into a person.
func (d *Desk) mergedRecords(ctx context.Context, tx *sqlite.ReadTx, id lab.ID) ([]MergedRecord, error) {
	out := []MergedRecord{}
	q := queries.New(tx)
	ids, err := q.SamePerson(ctx, queries.ID(id))
	if err != nil {
		return out, fmt.Errorf("read what was merged into patient %s: %w", id, err)
	}
	for _, m := range ids {
		p, err := sqlite.ReadPerson(ctx, tx, lab.ID(m))
		if err != nil {
			return out, err
		}
		versions, err := tx.Versions(ctx, "patient", p.ID)
		if err != nil {
			return out, err
		}
		visits, err := q.OwnVisits(ctx, m)
		if err != nil {
			return out, fmt.Errorf("count the visits of patient %s: %w", p.ID, err)
		}
		out = append(out, MergedRecord{ID: p.ID, MRN: string(p.MRN), Name: p.Name, Visits: int(visits), Versions: versions.String()})
	}
	return out, nil
}

package reception

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

func itoa(v int) string { return strconv.Itoa(v) }

// AddPatient adds a person without a visit.
func (d *Desk) AddPatient(ctx context.Context, actor lab.Actor, key string, in PatientInput) (Patient, error) {
	id, err := once.Do(ctx, d.db, actor, key, "patient.add", in, func(tx *sqlite.Tx) (lab.ID, error) {
		return d.insertPatient(ctx, tx, in)
	})
	if err != nil {
		return Patient{}, err
	}
	return d.patientByID(ctx, id)
}

// ChangePatient changes what is known about a person, on top of the versions that were seen.
func (d *Desk) ChangePatient(ctx context.Context, actor lab.Actor, id lab.ID, in PatientChange) (Patient, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return Patient{}, err
	}
	err = d.db.Update(ctx, actor, "patient.change", func(tx *sqlite.Tx) error {
		old, err := sqlite.ReadPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		next, err := d.person(in.Patient, tx.Now().In(d.zone))
		if err != nil {
			return err
		}
		next.ID, next.MRN, next.Title, next.Flags, next.MergedTo = id, old.MRN, old.Title, old.Flags, old.MergedTo
		if next.ABHA == "" {
			next.ABHA = old.ABHA // the screen shows the last four digits alone and cannot send it back
		}
		opts := []sqlite.Option{sqlite.Expect(seen)}
		if in.Reason != "" {
			opts = append(opts, sqlite.Said(in.Reason))
		}
		if err := tx.Change("patient", id, sqlite.PersonRow(old), sqlite.PersonRow(next), opts...); err != nil {
			return err
		}
		return sqlite.IndexNames(ctx, tx, id, next.Name, next.NameLocal)
	})
	if err != nil {
		return Patient{}, err
	}
	return d.patientByID(ctx, id)
}

// Patient gives a person with the visits.
func (d *Desk) Patient(ctx context.Context, actor lab.Actor, id lab.ID) (PatientDetail, error) {
	out := PatientDetail{Visits: []VisitSummary{}, Merged: []MergedRecord{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		if out.Patient, err = d.readPatient(ctx, tx, id); err != nil {
			return err
		}
		visits, err := q.VisitsOfPatient(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read the visits of patient %s: %w", id, err)
		}
		for _, v := range visits {
			s, err := d.readSummary(ctx, tx, lab.ID(v))
			if err != nil {
				return err
			}
			out.Visits = append(out.Visits, s)
		}
		out.Merged, err = d.mergedRecords(ctx, tx, id)
		return err
	})
	if err != nil {
		return out, err
	}
	return out, d.note(ctx, actor, id)
}

// AddConsent keeps a consent as it was given.
func (d *Desk) AddConsent(ctx context.Context, actor lab.Actor, key string, id lab.ID, in ConsentInput) (Consent, error) {
	_, err := once.Do(ctx, d.db, actor, key, "consent.add", in, func(tx *sqlite.Tx) (lab.ID, error) {
		return insertConsent(tx, id, in)
	})
	if err != nil {
		return Consent{}, err
	}
	p, err := d.patientByID(ctx, id)
	if err != nil {
		return Consent{}, err
	}
	return *p.Consent, nil
}

func insertConsent(tx *sqlite.Tx, patientID lab.ID, in ConsentInput) (lab.ID, error) {
	purposes, err := json.Marshal(in.Purposes)
	if err != nil {
		return lab.ID{}, fmt.Errorf("encode purposes: %w", err)
	}
	id := tx.NewID()
	return id, tx.Insert("consent", id, sqlite.Row{
		"patient_id": patientID, "kind": "given", "purposes": string(purposes), "notice": in.Notice, "language": in.Language, "channel": in.Channel,
		"given_ms": tx.Now().UnixMilli(), "taken_by": tx.Actor().ID,
	})
}

func (d *Desk) insertPatient(ctx context.Context, tx *sqlite.Tx, in PatientInput) (lab.ID, error) {
	setting, err := sqlite.ReadSetting(ctx, tx)
	if err != nil {
		return lab.ID{}, err
	}
	p, err := d.person(in, tx.Now().In(d.zone))
	if err != nil {
		return lab.ID{}, err
	}
	p.ID = tx.NewID()
	if p.MRN, err = sqlite.NewNumbers(tx, identifier.Node(setting.NodeCode)).MRN(ctx); err != nil {
		return lab.ID{}, err
	}
	if err := tx.Insert("patient", p.ID, sqlite.PersonRow(p)); err != nil {
		return lab.ID{}, err
	}
	return p.ID, sqlite.IndexNames(ctx, tx, p.ID, p.Name, p.NameLocal)
}

func (d *Desk) patientByID(ctx context.Context, id lab.ID) (Patient, error) {
	var out Patient
	err := d.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		var err error
		out, err = d.readPatient(ctx, tx, id)
		return err
	})
	return out, err
}

func (d *Desk) readPatient(ctx context.Context, tx *sqlite.ReadTx, id lab.ID) (Patient, error) {
	p, err := sqlite.ReadPerson(ctx, tx, id)
	if err != nil {
		return Patient{}, err
	}
	q := queries.New(tx)
	visits, err := q.PatientVisits(ctx, queries.ID(id))
	if err != nil {
		return Patient{}, fmt.Errorf("count the visits of patient %s: %w", id, err)
	}
	due, err := patientDue(ctx, q, id)
	if err != nil {
		return Patient{}, err
	}
	versions, err := tx.Versions(ctx, "patient", id)
	if err != nil {
		return Patient{}, err
	}
	out := d.patientView(p, tx)
	out.Visits, out.LastVisit, out.Due, out.Versions = int(visits.Visits), msTime(visits.LastMs), due, versions.String()
	out.Consent, err = readConsent(ctx, q, id)
	return out, err
}

func (d *Desk) patientView(p sqlite.Person, tx *sqlite.ReadTx) Patient {
	out := Patient{
		ID: p.ID, MRN: string(p.MRN), Name: p.Name, NameLocal: p.NameLocal, Sex: string(p.Sex), Age: AgeText(p.Patient, d.day(tx.Now())),
		Phone: p.Phone, Email: p.Email, Address: p.Address, City: p.City, Guardian: p.Guardian.Name, Relation: p.Guardian.Relation, Language: p.Language, MergedInto: p.MergedTo,
	}
	if len(p.ABHA) > 4 {
		out.ABHA = p.ABHA[len(p.ABHA)-4:]
	}
	if !p.Birth.IsZero() {
		out.BirthDate = p.Birth.String()
	} else if birth, ok := p.Stated.Birth(); ok {
		out.BirthDate, out.Stated = birth.String(), true
	}
	return out
}

func readConsent(ctx context.Context, q *queries.Queries, id lab.ID) (*Consent, error) {
	c, err := q.NewestConsent(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) || (err == nil && c.Kind != "given") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the consent of patient %s: %w", id, err)
	}
	out := &Consent{ID: lab.ID(c.ID), At: *msTime(c.GivenMs), Notice: c.Notice, Language: c.Language, Channel: c.Channel, Purposes: []string{}}
	if err := json.Unmarshal([]byte(c.Purposes), &out.Purposes); err != nil {
		return nil, fmt.Errorf("purposes of the consent of patient %s: %w", id, err)
	}
	return out, nil
}

func patientDue(ctx context.Context, q *queries.Queries, id lab.ID) (lab.Paise, error) {
	billed, err := q.PatientBilled(ctx, queries.ID(id))
	if err != nil {
		return 0, fmt.Errorf("add up the bills of patient %s: %w", id, err)
	}
	paid, err := q.PatientPaid(ctx, queries.ID(id))
	if err != nil {
		return 0, fmt.Errorf("add up the payments of patient %s: %w", id, err)
	}
	return lab.Paise(billed - paid), nil
}

// ParseVersions reads the versions that a client hands back.
func ParseVersions(text string) (journal.Versions, error) {
	seen, err := journal.ParseVersions(text)
	if err != nil {
		return nil, lab.Invalid("versions_malformed", "The versions are not those that were given out.", lab.FieldError{Field: "versions", Code: "malformed", Message: "Reload the record."})
	}
	return seen, nil
}

// Duplicates gives the people who may be the one that is typed, best first.
func (d *Desk) Duplicates(ctx context.Context, in DuplicateQuery) (Duplicates, error) {
	out := Duplicates{Candidates: []Duplicate{}}
	typed := patient.Patient{Name: in.Name, Sex: patient.Sex(in.Sex)}
	typed.Phone, _ = patient.NormalizePhone(in.Phone) // half a number finds nobody
	typed.Birth, _ = lab.ParseDate(in.BirthDate)      // half a date says nothing
	if in.AgeUnit != "" {
		typed.Stated = patient.StatedAge{Value: in.AgeValue, Unit: patient.AgeUnit(in.AgeUnit), On: d.day(d.db.Now())}
	}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		ids, err := d.candidates(ctx, tx, q, typed)
		if err != nil {
			return err
		}
		for _, id := range ids {
			p, err := sqlite.ReadPerson(ctx, tx, id)
			if err != nil {
				return err
			}
			like := patient.Compare(typed, p.Patient)
			if !p.MergedTo.IsZero() {
				continue // the record that it went into is offered
			}
			if like.Score < patient.LikelyDuplicate {
				continue
			}
			shown, err := d.readPatient(ctx, tx, id)
			if err != nil {
				return err
			}
			out.Candidates = append(out.Candidates, Duplicate{Patient: shown, Score: like.Score, Reasons: like.Reasons})
		}
		return nil
	})
	sortBest(out.Candidates)
	return out, err
}

func (d *Desk) candidates(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, typed patient.Patient) ([]lab.ID, error) {
	var out []lab.ID
	if typed.Phone != "" {
		ids, err := q.PatientsByPhone(ctx, typed.Phone)
		if err != nil {
			return nil, fmt.Errorf("look for the phone: %w", err)
		}
		for _, id := range ids {
			out = append(out, lab.ID(id))
		}
	}
	named, err := sqlite.FindNames(ctx, tx, typed.Name, 50)
	if err != nil {
		return nil, err
	}
	return unique(append(out, named...)), nil
}

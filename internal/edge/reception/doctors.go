package reception

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Doctors gives all referring doctors by name.
func (d *Desk) Doctors(ctx context.Context) (Doctors, error) {
	out := Doctors{Doctors: []Doctor{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.Doctors(ctx)
		if err != nil {
			return fmt.Errorf("read doctors: %w", err)
		}
		for _, r := range rows {
			doctor, err := readDoctor(ctx, tx, lab.ID(r.ID))
			if err != nil {
				return err
			}
			out.Doctors = append(out.Doctors, *doctor)
		}
		return nil
	})
	return out, err
}

// AddDoctor adds a referring doctor.
func (d *Desk) AddDoctor(ctx context.Context, actor lab.Actor, key string, in DoctorInput) (Doctor, error) {
	id, err := once.Do(ctx, d.db, actor, key, "doctor.add", in, func(tx *sqlite.Tx) (lab.ID, error) {
		id := tx.NewID()
		row := doctorRow(in)
		row["active"] = 1
		return id, tx.Insert("doctor", id, row)
	})
	if err != nil {
		return Doctor{}, err
	}
	return d.doctorByID(ctx, id)
}

// ChangeDoctor changes a referring doctor.
func (d *Desk) ChangeDoctor(ctx context.Context, actor lab.Actor, id lab.ID, in DoctorInput) (Doctor, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return Doctor{}, err
	}
	err = d.db.Update(ctx, actor, "doctor.change", func(tx *sqlite.Tx) error {
		return tx.Change("doctor", id, nil, doctorRow(in), sqlite.Expect(seen))
	})
	if err != nil {
		return Doctor{}, err
	}
	return d.doctorByID(ctx, id)
}

func doctorRow(in DoctorInput) sqlite.Row {
	return sqlite.Row{"name": in.Name, "degree": textOrNil(in.Degree), "phone": textOrNil(in.Phone)}
}

func (d *Desk) doctorByID(ctx context.Context, id lab.ID) (Doctor, error) {
	var out Doctor
	err := d.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		doctor, err := readDoctor(ctx, tx, id)
		if err == nil && doctor == nil {
			err = lab.NotFound("doctor_not_found", "There is no such doctor.")
		}
		if err == nil {
			out = *doctor
		}
		return err
	})
	return out, err
}

func readDoctor(ctx context.Context, tx *sqlite.ReadTx, id lab.ID) (*Doctor, error) {
	if id.IsZero() {
		return nil, nil
	}
	row, err := queries.New(tx).Doctor(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read doctor %s: %w", id, err)
	}
	versions, err := tx.Versions(ctx, "doctor", id)
	if err != nil {
		return nil, err
	}
	return &Doctor{ID: id, Name: row.Name, Degree: row.Degree, Phone: row.Phone, Versions: versions.String()}, nil
}

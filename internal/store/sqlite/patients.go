package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/sqlite/queries"
)

// Person is a stored patient, with what the domain's does not carry.
type Person struct {
	patient.Patient
	NameLocal string
	City      string
	MergedTo  lab.ID
}

// ReadPerson reads one patient.
func ReadPerson(ctx context.Context, tx queries.DBTX, id lab.ID) (Person, error) {
	row, err := queries.New(tx).Patient(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, lab.NotFound("patient_not_found", "There is no such patient.")
	}
	if err != nil {
		return Person{}, fmt.Errorf("read patient %s: %w", id, err)
	}
	p := Person{NameLocal: row.NameLocal, City: row.City, MergedTo: lab.ID(row.MergedInto)}
	p.Patient = patient.Patient{
		ID: id, MRN: patient.MRN(row.Mrn), Title: row.Title, Name: row.Name, Sex: patient.Sex(row.Sex), Phone: row.Phone, Email: row.Email,
		Address: row.Address, Guardian: patient.Guardian{Name: row.Guardian, Relation: row.GuardianRelation}, ABHA: row.Abha, Language: row.Language,
	}
	return p, setAge(&p.Patient, queries.PatientBodyRow{
		Sex: row.Sex, Birth: row.Birth, StatedValue: row.StatedValue, StatedUnit: row.StatedUnit, StatedOn: row.StatedOn,
	})
}

// ReadBody reads of a patient what limits and formulas ask for: sex and age. Filing a value needs no more, and whatever is
// not read cannot leak.
func ReadBody(ctx context.Context, tx queries.DBTX, id lab.ID) (patient.Patient, error) {
	row, err := queries.New(tx).PatientBody(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) {
		return patient.Patient{}, lab.NotFound("patient_not_found", "There is no such patient.")
	}
	if err != nil {
		return patient.Patient{}, fmt.Errorf("read patient %s: %w", id, err)
	}
	p := patient.Patient{ID: id, Sex: patient.Sex(row.Sex)}
	return p, setAge(&p, row)
}

// setAge fills in what is known of a patient's age.
func setAge(p *patient.Patient, row queries.PatientBodyRow) (err error) {
	if row.Birth != "" {
		if p.Birth, err = lab.ParseDate(row.Birth); err != nil {
			return fmt.Errorf("birth date of patient %s: %w", p.ID, err)
		}
	}
	if row.StatedOn != "" {
		on, err := lab.ParseDate(row.StatedOn)
		if err != nil {
			return fmt.Errorf("day of the stated age of patient %s: %w", p.ID, err)
		}
		p.Stated = patient.StatedAge{Value: int(row.StatedValue), Unit: patient.AgeUnit(row.StatedUnit), On: on}
	}
	return nil
}

// PersonRow gives the columns of a patient for Insert and Change.
func PersonRow(p Person) Row {
	row := Row{
		"mrn": string(p.MRN), "title": orNull(p.Title), "name": orNull(p.Name), "name_local": orNull(p.NameLocal), "sex": string(p.Sex),
		"birth": nil, "stated_value": nil, "stated_unit": nil, "stated_on": nil, "abha": orNull(p.ABHA), "abha_address": orNull(p.ABHAHandle),
		"guardian": orNull(p.Guardian.Name), "guardian_relation": orNull(p.Guardian.Relation), "guardian_phone": orNull(p.Guardian.Phone),
		"unidentified": p.Flags.Unidentified, "phone": orNull(p.Phone), "email": orNull(p.Email), "address": orNull(p.Address), "city": orNull(p.City),
		"language": orNull(p.Language), "vip": p.Flags.VIP, "merged_into": p.MergedTo,
	}
	if !p.Birth.IsZero() {
		row["birth"] = p.Birth.String()
	}
	if p.Stated.Unit != "" {
		row["stated_value"], row["stated_unit"], row["stated_on"] = p.Stated.Value, string(p.Stated.Unit), p.Stated.On.String()
	}
	return row
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

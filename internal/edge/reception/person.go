package reception

import (
	"cmp"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/sqlite"
)

// person reads what was typed about somebody; now is in the lab's zone.
func (d *Desk) person(in PatientInput, now time.Time) (sqlite.Person, error) {
	today := lab.DateOf(now)
	p := patient.Patient{
		Name: in.Name, Sex: patient.Sex(in.Sex), Phone: in.Phone, Email: in.Email, Address: in.Address, ABHA: in.ABHA, Language: in.Language,
		Guardian: patient.Guardian{Name: in.Guardian, Relation: in.Relation},
	}
	if in.BirthDate != "" {
		birth, err := lab.ParseDate(in.BirthDate)
		if err != nil {
			return sqlite.Person{}, lab.Invalid("patient_invalid", "Some fields need correction.", lab.FieldError{Field: "patient.birth_date", Code: "malformed", Message: "Write the date as YYYY-MM-DD."})
		}
		p.Birth = birth
	}
	if in.AgeUnit != "" && in.BirthDate == "" {
		p.Stated = patient.StatedAge{Value: in.AgeValue, Unit: patient.AgeUnit(in.AgeUnit), On: today}
	}
	clean, err := patient.New(p, today)
	if err != nil {
		return sqlite.Person{}, err
	}
	return sqlite.Person{Patient: clean, NameLocal: in.NameLocal, City: in.City}, nil
}

func unique(ids []lab.ID) []lab.ID {
	seen := map[lab.ID]bool{}
	var out []lab.ID
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func sortBest(all []Duplicate) {
	slices.SortStableFunc(all, func(a, b Duplicate) int { return cmp.Compare(b.Score, a.Score) })
}

package privacy

import (
	"context"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Preview is what a person sees before anybody is forgotten. It holds counts and no value.
type Preview struct {
	Patient lab.ID     `json:"patient_id"`
	Name    string     `json:"name" doc:"Empty where the patient was forgotten already."`
	MRN     string     `json:"mrn"`
	Merged  int        `json:"merged" doc:"Records that were merged into this one and go with it."`
	Visits  int        `json:"visits"`
	Results int        `json:"results" doc:"Values that stay, bound to nobody."`
	Reports int        `json:"reports" doc:"Reports whose drawn document goes; signature, hash and version stay."`
	Open    int        `json:"open" doc:"Tests without a released value: they will be printed without a name."`
	Until   *time.Time `json:"keep_until,omitempty" doc:"Released reports must be kept until then; forgetting the patient before wants a reason."`
}

// Preview tells what an erasure of the patient would take and what would stay. Those who may ask for one see it.
func (o *Office) Preview(ctx context.Context, actor lab.Actor, id lab.ID) (Preview, error) {
	out := Preview{Patient: id}
	if !access.Visible(actor.Roles, access.PrivacyRequest) {
		return out, lab.Forbidden("forbidden", "Your role does not allow this.")
	}
	err := o.db.View(ctx, func(tx *sqlite.ReadTx) error {
		p, err := sqlite.ReadPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		out.Name, out.MRN = p.Name, string(p.MRN)
		e := eraser{office: o, q: queries.New(tx)}
		persons, err := e.persons(ctx, id)
		if err != nil {
			return err
		}
		out.Merged = len(persons) - 1
		for _, person := range persons {
			n, err := e.q.PatientHolds(ctx, queries.ID(person))
			if err != nil {
				return fmt.Errorf("count what patient %s has: %w", person, err)
			}
			out.Visits, out.Results, out.Reports, out.Open = out.Visits+int(n.Visits), out.Results+int(n.Results), out.Reports+int(n.Reports), out.Open+int(n.Open)
		}
		until, kept, err := e.keptUntil(ctx, persons)
		if kept && tx.Now().Before(until) {
			out.Until = &until
		}
		return err
	})
	return out, err
}

package reception

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// registration is one Register under way.
type registration struct {
	desk    *Desk
	tx      *sqlite.Tx
	in      Register
	setting queries.LabSettingRow
	plan    *plan
	patient lab.ID
	visit   lab.ID
	samples []sample.Sample
}

// Register saves a visit: person, tests, tubes, consent, bill, payment and labels, in one transaction.
func (d *Desk) Register(ctx context.Context, actor lab.Actor, key string, in Register) (Visit, error) {
	id, err := once.Do(ctx, d.db, actor, key, "visit.register", in, func(tx *sqlite.Tx) (lab.ID, error) {
		r := registration{desk: d, tx: tx, in: in}
		return r.run(ctx)
	})
	if err != nil {
		return Visit{}, err
	}
	return d.Visit(ctx, actor, id)
}

func (r *registration) run(ctx context.Context) (lab.ID, error) {
	steps := []func(context.Context) error{r.prepare, r.person, r.insertVisit, r.insertTubes, r.insertTests, r.issueBill, r.labels}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return lab.ID{}, err
		}
	}
	if !r.in.DraftID.IsZero() {
		if err := queries.New(r.tx).DropDeskDraft(ctx, queries.ID(r.in.DraftID)); err != nil {
			return lab.ID{}, fmt.Errorf("drop draft %s: %w", r.in.DraftID, err)
		}
	}
	return r.visit, sqlite.RefreshStates(ctx, r.tx, r.visit)
}

func (r *registration) prepare(ctx context.Context) error {
	priority, err := order.ParsePriority(r.in.Priority)
	if err != nil {
		return err
	}
	if r.setting, err = sqlite.ReadSetting(ctx, r.tx); err != nil {
		return err
	}
	r.plan, err = makePlan(ctx, r.tx, r.in.Items, r.in.Bill.Discount, priority, r.tx.Now())
	if err != nil {
		return err
	}
	return r.allowed()
}

// allowed refuses a discount above the desk's limit and a total that the person did not see.
func (r *registration) allowed() error {
	b := r.plan.bill
	if b.Discount*100 > b.Gross*lab.Paise(r.setting.DiscountMax) && !access.Visible(r.tx.Actor().Roles, access.BillReduce) {
		return lab.Forbidden("discount_limit", "The discount is above your limit. Ask somebody who may give more.")
	}
	if r.in.Bill.Expected != nil && *r.in.Bill.Expected != b.Total {
		e := lab.Conflict("stale_total", "A price changed since this screen was opened. Look at the new total.")
		e.Detail = map[string]any{"seen": *r.in.Bill.Expected, "current": b.Total}
		return e
	}
	return nil
}

func (r *registration) person(ctx context.Context) error {
	switch {
	case !r.in.PatientID.IsZero():
		p, err := sqlite.ReadPerson(ctx, r.tx, r.in.PatientID)
		if err != nil {
			return err
		}
		r.patient = p.ID
		if !p.MergedTo.IsZero() {
			r.patient = p.MergedTo
		}
	case r.in.Patient != nil:
		id, err := r.desk.insertPatient(ctx, r.tx, *r.in.Patient)
		if err != nil {
			return err
		}
		r.patient = id
	default:
		return lab.Invalid("patient_missing", "Choose a patient or enter a new one.", lab.FieldError{Field: "patient", Code: "missing", Message: "Choose a patient or enter a new one."})
	}
	if r.in.Consent == nil {
		return nil
	}
	_, err := insertConsent(r.tx, r.patient, *r.in.Consent)
	return err
}

func (r *registration) insertVisit(ctx context.Context) error {
	number, err := sqlite.NewNumbers(r.tx, identifier.Node(r.setting.NodeCode)).Visit(ctx)
	if err != nil {
		return err
	}
	doctor, err := r.doctor()
	if err != nil {
		return err
	}
	delivery, err := json.Marshal(append([]string{}, r.in.Delivery...))
	if err != nil {
		return fmt.Errorf("encode delivery: %w", err)
	}
	language := r.in.Language
	if language == "" {
		language = r.setting.ReportLanguage
	}
	priority, err := order.ParsePriority(r.in.Priority)
	if err != nil {
		return err
	}
	r.visit = r.tx.NewID()
	return r.tx.Insert("visit", r.visit, sqlite.Row{
		"number": string(number), "patient_id": r.patient, "doctor_id": doctor, "registered_ms": r.tx.Now().UnixMilli(), "registered_by": r.tx.Actor().ID,
		"note": textOrNil(r.in.Note), "language": language, "delivery": string(delivery), "due_ms": r.plan.due.UnixMilli(), "priority": string(priority), "cancelled": 0,
	})
}

func (r *registration) doctor() (lab.ID, error) {
	if !r.in.DoctorID.IsZero() || r.in.DoctorName == "" {
		return r.in.DoctorID, nil
	}
	id := r.tx.NewID()
	return id, r.tx.Insert("doctor", id, sqlite.Row{"name": r.in.DoctorName, "active": 1})
}

func (r *registration) insertTubes(ctx context.Context) error {
	now := r.tx.Now()
	for i, tube := range r.plan.tubes {
		accession, err := sqlite.NewNumbers(r.tx, identifier.Node(r.setting.NodeCode)).Accession(ctx, r.desk.day(now))
		if err != nil {
			return err
		}
		s, err := sample.New(r.tx.NewID(), r.visit, accession, tube)
		if err != nil {
			return err
		}
		if err := r.mark(ctx, &s, i); err != nil {
			return err
		}
		if r.in.Collected {
			if s, err = s.Collect(r.tx.Actor().ID, now); err != nil {
				return err
			}
			if r.setting.AutoReceive != 0 {
				if s, err = s.Receive(r.tx.Actor().ID, now, now); err != nil {
					return err
				}
			}
		}
		if err := addSample(ctx, r.tx, s, i, now.UnixMilli(), r.setting.NodeCode); err != nil {
			return err
		}
		r.samples = append(r.samples, s)
	}
	return nil
}

// mark gives a tube the barcode that it carries already.
func (r *registration) mark(ctx context.Context, s *sample.Sample, tube int) error {
	i := slices.IndexFunc(r.in.Barcodes, func(m TubeMark) bool { return m.Tube == tube })
	if i < 0 {
		return nil
	}
	return markTube(ctx, r.tx, s, r.in.Barcodes[i].Barcode)
}

func (r *registration) insertTests(_ context.Context) error {
	now := r.tx.Now().UnixMilli()
	for i, it := range r.plan.items {
		err := r.tx.Insert("order_item", r.tx.NewID(), sqlite.Row{
			"visit_id": r.visit, "kind": it.kind, "ref_id": it.id, "code": it.code, "name": it.name, "price": it.price, "added_ms": now, "position": i, "cancelled": 0,
		})
		if err != nil {
			return err
		}
	}
	for i, line := range r.plan.tests {
		if err := r.tx.Insert("order_test", r.tx.NewID(), r.testRow(line, i, now)); err != nil {
			return err
		}
	}
	return nil
}

func (r *registration) testRow(line order.Line, position int, now int64) sqlite.Row {
	row := sqlite.Row{
		"visit_id": r.visit, "patient_id": r.patient, "test_id": line.Test.ID, "code": line.Test.Code, "panel": textOrNil(r.plan.panelOf(line.Test.Code)),
		"position": position, "added_ms": now, "levels": r.setting.VerifyLevels, "cancelled": 0,
	}
	if t := r.plan.tubeOf(line.Test.Code); t >= 0 {
		row["sample_id"] = r.samples[t].ID
	}
	return row
}

func (r *registration) issueBill(ctx context.Context) error {
	return issueBill(ctx, r.desk, r.tx, r.setting.NodeCode, r.visit, r.patient, r.plan, r.in.Bill)
}

func (r *registration) labels(ctx context.Context) error {
	if !r.in.Print {
		return nil
	}
	for i, s := range r.samples {
		copies := 1
		if w := slices.IndexFunc(r.in.Labels, func(w LabelWish) bool { return w.Tube == i }); w >= 0 {
			copies = r.in.Labels[w].Copies
		}
		if copies == 0 {
			continue
		}
		if err := r.desk.queueLabel(ctx, r.tx, s.ID, copies, lab.ID{}, ""); err != nil {
			return err
		}
	}
	return nil
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// addSample makes a tube of a visit.
func addSample(ctx context.Context, tx *sqlite.Tx, s sample.Sample, position int, madeMS int64, node string) error {
	v, err := queries.New(tx).Visit(ctx, queries.ID(s.VisitID))
	if err != nil {
		return fmt.Errorf("read visit %s: %w", s.VisitID, err)
	}
	row := sampleRow(s, position, madeMS, node)
	row["patient_id"] = lab.ID(v.PatientID)
	return tx.Insert("sample", s.ID, row)
}

// sampleRow gives the columns of a tube but for its patient.
func sampleRow(s sample.Sample, position int, madeMS int64, node string) sqlite.Row {
	row := sqlite.Row{
		"visit_id": s.VisitID, "accession": string(s.Accession), "barcode": textOrNil(string(s.Barcode)), "specimen": s.Specimen, "container": s.Container, "draw": s.Draw, "position": position,
		"home": node, "made_ms": madeMS, "recollect_of": s.RecollectOf, "collected_ms": nil, "collected_by": s.CollectedBy, "state": string(s.State),
		"received_ms": nil, "received_by": s.ReceivedBy, "reject_reason": textOrNil(string(s.Rejection.Reason)), "reject_note": textOrNil(s.Rejection.Note),
		"rejected_ms": nil, "rejected_by": s.Rejection.By, "recollect": 0,
	}
	if !s.CollectedAt.IsZero() {
		row["collected_ms"] = s.CollectedAt.UnixMilli()
	}
	if !s.ReceivedAt.IsZero() {
		row["received_ms"] = s.ReceivedAt.UnixMilli()
	}
	if !s.Rejection.At.IsZero() {
		row["rejected_ms"] = s.Rejection.At.UnixMilli()
	}
	return row
}

package reception

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Search finds patients, visits and samples by what was typed or scanned: a whole number is looked up as that number, else
// the words are looked for in names.
func (d *Desk) Search(ctx context.Context, in SearchInput) (Hits, error) {
	out := Hits{Hits: []Hit{}}
	if in.Limit == 0 {
		in.Limit = 20
	}
	for _, kind := range in.Kinds {
		if !slices.Contains([]string{"patient", "visit", "sample"}, kind) {
			return out, lab.Invalid("kind_unknown", "Search for patients, visits or samples.", lab.FieldError{Field: "kinds", Code: "unknown", Message: "Choose patient, visit or sample."})
		}
	}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		f := finder{desk: d, tx: tx, q: q, in: in, out: &out}
		return f.run(ctx, strings.TrimSpace(in.Query))
	})
	return out, err
}

type finder struct {
	desk *Desk
	tx   *sqlite.ReadTx
	q    *queries.Queries
	in   SearchInput
	out  *Hits
}

func (f *finder) wants(kind string) bool {
	return len(f.in.Kinds) == 0 || slices.Contains(f.in.Kinds, kind)
}

func (f *finder) run(ctx context.Context, text string) error {
	if found, err := f.byNumber(ctx, text); err != nil || found {
		return err
	}
	if found, err := f.byBarcode(ctx, text); err != nil || found {
		return err
	}
	people, err := f.people(ctx, text)
	if err != nil {
		return err
	}
	for _, id := range people {
		if err := f.person(ctx, id); err != nil {
			return err
		}
	}
	if len(people) == 0 && looksLikeAccession(text) {
		f.out.Problem = "accession_check"
	}
	return nil
}

// people looks the text up as a phone or a health account, and where it is neither, as a name.
func (f *finder) people(ctx context.Context, text string) ([]lab.ID, error) {
	var people []lab.ID
	if phone, err := patient.NormalizePhone(text); err == nil && phone != "" {
		ids, err := f.q.PatientsByPhone(ctx, phone)
		if err != nil {
			return nil, fmt.Errorf("look for a phone: %w", err)
		}
		people = append(people, labIDs(ids)...)
	}
	if abha, err := patient.NormalizeABHA(text); err == nil && abha != "" {
		ids, err := f.q.PatientsByABHA(ctx, abha)
		if err != nil {
			return nil, fmt.Errorf("look for a health account: %w", err)
		}
		people = append(people, labIDs(ids)...)
	}
	if len(people) > 0 {
		return people, nil
	}
	return sqlite.FindNames(ctx, f.tx, text, f.in.Limit)
}

// byNumber looks the text up as an accession, visit or patient number.
func (f *finder) byNumber(ctx context.Context, text string) (bool, error) {
	if a, err := sample.ParseAccession(text); err == nil {
		ids, err := f.q.SamplesByAccession(ctx, string(a))
		if err != nil {
			return false, fmt.Errorf("look for a sample: %w", err)
		}
		if len(ids) == 0 {
			if found, err := f.byBarcode(ctx, text); err != nil || found {
				return found, err
			}
			f.out.Problem = "accession_unknown"
		}
		for _, id := range ids {
			if err := f.sample(ctx, id); err != nil {
				return false, err
			}
		}
		return true, nil
	}
	if v, err := order.ParseNumber(text); err == nil {
		ids, err := f.q.VisitByNumber(ctx, string(v))
		if err != nil {
			return false, fmt.Errorf("look for a visit: %w", err)
		}
		for _, id := range ids {
			if err := f.visit(ctx, lab.ID(id)); err != nil {
				return false, err
			}
		}
		return len(ids) > 0, nil
	}
	if m, err := patient.ParseMRN(text); err == nil {
		ids, err := f.q.PatientByMRN(ctx, string(m))
		if err != nil {
			return false, fmt.Errorf("look for a patient number: %w", err)
		}
		for _, id := range ids {
			if err := f.person(ctx, lab.ID(id)); err != nil {
				return false, err
			}
		}
		return len(ids) > 0, nil
	}
	return false, nil
}

// byBarcode looks the text up as a tube's own barcode, whenever it came.
func (f *finder) byBarcode(ctx context.Context, text string) (bool, error) {
	rows, err := f.q.SamplesByBarcode(ctx, text)
	if err != nil {
		return false, fmt.Errorf("look for a barcode: %w", err)
	}
	for _, r := range rows {
		if err := f.sample(ctx, r.ID); err != nil {
			return false, err
		}
	}
	return len(rows) > 0 && f.wants("sample"), nil
}

func (f *finder) person(ctx context.Context, id lab.ID) error {
	if !f.wants("patient") || len(f.out.Hits) >= f.in.Limit {
		return nil
	}
	p, err := sqlite.ReadPerson(ctx, f.tx, id)
	if err != nil {
		return err
	}
	if !p.MergedTo.IsZero() {
		if f.has(p.MergedTo) {
			return nil
		}
		id = p.MergedTo
		if p, err = sqlite.ReadPerson(ctx, f.tx, id); err != nil {
			return err
		}
	}
	if f.has(id) {
		return nil
	}
	visits, err := f.q.PatientVisits(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("count the visits of patient %s: %w", id, err)
	}
	f.out.Hits = append(f.out.Hits, Hit{
		Kind: "patient", ID: id, PatientID: id, Number: string(p.MRN), Name: p.Name, NameLocal: p.NameLocal, Sex: string(p.Sex),
		Age: AgeText(p.Patient, f.desk.day(f.tx.Now())), Phone: p.Phone, At: msTime(visits.LastMs),
	})
	return nil
}

// has tells whether the person was found already, under this record or under one that was merged into it.
func (f *finder) has(person lab.ID) bool {
	return slices.ContainsFunc(f.out.Hits, func(h Hit) bool { return h.Kind == "patient" && h.ID == person })
}

func (f *finder) visit(ctx context.Context, id lab.ID) error {
	if !f.wants("visit") {
		return nil
	}
	s, err := f.desk.readSummary(ctx, f.tx, id)
	if err != nil {
		return err
	}
	f.out.Hits = append(f.out.Hits, Hit{Kind: "visit", ID: id, VisitID: id, PatientID: s.PatientID, Number: s.Number, Sex: s.Sex, Age: s.Age, Tests: s.Panels, State: s.State, Priority: s.Priority, At: &s.At})
	return nil
}

func (f *finder) sample(ctx context.Context, id queries.ID) error {
	if !f.wants("sample") {
		return nil
	}
	row, err := f.q.Sample(ctx, id)
	if err != nil {
		return fmt.Errorf("read sample %s: %w", lab.ID(id), err)
	}
	s, err := readSample(ctx, f.tx, row)
	if err != nil {
		return err
	}
	v, err := f.desk.readSummary(ctx, f.tx, s.VisitID)
	if err != nil {
		return err
	}
	critical := 0
	tests, err := f.q.OrderTestsOfSample(ctx, id)
	if err != nil {
		return fmt.Errorf("read the tests of sample %s: %w", s.ID, err)
	}
	for _, t := range tests {
		critical += int(t.Critical)
	}
	at := time.UnixMilli(row.MadeMs).UTC()
	f.out.Hits = append(f.out.Hits, Hit{
		Kind: "sample", ID: s.ID, VisitID: s.VisitID, PatientID: v.PatientID, Number: s.Accession, Sex: v.Sex, Age: v.Age, Tests: s.Tests, State: s.State,
		Priority: v.Priority, Critical: critical, At: &at, Barcode: s.Barcode,
	})
	return nil
}

// looksLikeAccession tells a mistyped tube number from a name: twelve characters that begin with five digits.
func looksLikeAccession(text string) bool {
	if len(text) != sample.AccessionLength {
		return false
	}
	for _, r := range text[:5] {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

func labIDs(ids []queries.ID) []lab.ID {
	out := make([]lab.ID, 0, len(ids))
	for _, id := range ids {
		out = append(out, lab.ID(id))
	}
	return out
}

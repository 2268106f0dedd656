package reception

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/order"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Collection gives who waits for collection: STAT first, then the longest wait.
func (d *Desk) Collection(ctx context.Context) (Collection, error) {
	out := Collection{Waiting: []CollectionEntry{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		visits, err := q.WaitingForCollection(ctx)
		if err != nil {
			return fmt.Errorf("read who waits for collection: %w", err)
		}
		for _, id := range visits {
			e, err := d.collectionEntry(ctx, tx, q, id)
			if err != nil {
				return err
			}
			out.Waiting = append(out.Waiting, e)
		}
		return nil
	})
	slices.SortStableFunc(out.Waiting, func(a, b CollectionEntry) int {
		return cmp.Or(cmp.Compare(urgency(a.Priority), urgency(b.Priority)), a.Since.Compare(b.Since))
	})
	return out, err
}

func urgency(priority string) int {
	return slices.Index([]string{string(order.Stat), string(order.Urgent), string(order.Routine)}, priority)
}

func (d *Desk) collectionEntry(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, id queries.ID) (CollectionEntry, error) {
	v, err := q.Visit(ctx, id)
	if err != nil {
		return CollectionEntry{}, visitError(lab.ID(id), err)
	}
	p, err := sqlite.ReadPerson(ctx, tx, lab.ID(v.PatientID))
	if err != nil {
		return CollectionEntry{}, err
	}
	samples, err := d.readSamples(ctx, tx, lab.ID(id))
	if err != nil {
		return CollectionEntry{}, err
	}
	slices.SortStableFunc(samples, func(a, b Sample) int { return cmp.Compare(a.DrawOrder, b.DrawOrder) })
	return CollectionEntry{
		VisitID: lab.ID(id), Number: v.Number, PatientID: p.ID, MRN: string(p.MRN), Name: p.Name, NameLocal: p.NameLocal, Sex: string(p.Sex),
		Age: AgeText(p.Patient, d.day(tx.Now())), Phone: p.Phone, Priority: v.Priority, Since: time.UnixMilli(v.RegisteredMs).UTC(), Note: v.Note, Samples: samples,
	}, nil
}

// Sample gives one tube with all that happened to it.
func (d *Desk) Sample(ctx context.Context, _ lab.Actor, id lab.ID) (SampleDetail, error) {
	out := SampleDetail{Events: []TubeEvent{}, Prints: []PrintJob{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.Sample(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("sample_not_found", "There is no such sample.")
		}
		if out.Sample, err = readSample(ctx, tx, row); err != nil {
			return err
		}
		if out.Visit, err = d.readSummary(ctx, tx, lab.ID(row.VisitID)); err != nil {
			return err
		}
		if out.Patient, err = d.readPatient(ctx, tx, out.Visit.PatientID); err != nil {
			return err
		}
		prints, err := readPrints(ctx, q, lab.ID(row.VisitID))
		if err != nil {
			return err
		}
		for _, p := range prints {
			if p.SampleID == id {
				out.Prints = append(out.Prints, p)
			}
		}
		out.Events = tubeEvents(row, out.Sample, out.Prints)
		return nil
	})
	return out, err
}

func tubeEvents(row queries.SampleRow, s Sample, prints []PrintJob) []TubeEvent {
	out := []TubeEvent{{At: time.UnixMilli(row.MadeMs).UTC(), What: "created"}}
	if s.Collected != nil {
		out = append(out, TubeEvent{At: *s.Collected, What: "collected", By: s.Collector})
	}
	if s.Received != nil {
		out = append(out, TubeEvent{At: *s.Received, What: "received"})
	}
	if row.RejectedMs > 0 {
		out = append(out, TubeEvent{At: time.UnixMilli(row.RejectedMs).UTC(), What: "rejected", Text: s.Reason})
	}
	for _, p := range prints {
		out = append(out, TubeEvent{At: p.At, What: "label", Text: p.State})
	}
	slices.SortStableFunc(out, func(a, b TubeEvent) int { return a.At.Compare(b.At) })
	return out
}

func personName(ctx context.Context, q *queries.Queries, id lab.ID) (string, error) {
	if id.IsZero() {
		return "", nil
	}
	names, err := q.PersonName(ctx, queries.ID(id))
	if err != nil {
		return "", fmt.Errorf("read the name of user %s: %w", id, err)
	}
	return strings.Join(names, ""), nil
}

// words writes a code as English words: wrong_container becomes "Wrong container".
func words(code string) string {
	text := strings.ReplaceAll(code, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

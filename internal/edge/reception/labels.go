package reception

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/label"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// queueLabel keeps an order to print labels of a tube. The job waits until a printer took it; without a printer only the
// order is kept, and the sheet as PDF is the way.
func (d *Desk) queueLabel(ctx context.Context, tx *sqlite.Tx, tube lab.ID, copies int, printer lab.ID, reason string) error {
	q := queries.New(tx)
	row, err := q.Sample(ctx, queries.ID(tube))
	if err != nil {
		return fmt.Errorf("read sample %s: %w", tube, err)
	}
	printers, err := q.Printers(ctx)
	if err != nil {
		return fmt.Errorf("read printers: %w", err)
	}
	if printer.IsZero() && len(printers) > 0 {
		printer = lab.ID(printers[0].ID)
	}
	before, err := q.PrintsOfSample(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("count the labels of sample %s: %w", tube, err)
	}
	visit, err := q.Visit(ctx, row.VisitID)
	if err != nil {
		return fmt.Errorf("read visit %s: %w", lab.ID(row.VisitID), err)
	}
	copyNumber := int(before.Newest) + 1
	id := tx.NewID()
	err = tx.Insert("label_print", id, sqlite.Row{
		"sample_id": tube, "visit_id": lab.ID(row.VisitID), "copies": copies, "copy": copyNumber, "printer_id": printer, "reason": textOrNil(reason),
		"user_id": tx.Actor().ID, "at_ms": tx.Now().UnixMilli(), "patient_id": lab.ID(visit.PatientID),
	})
	if err != nil || printer.IsZero() {
		return err
	}
	l, err := d.label(ctx, tx, row, copyNumber)
	if err != nil {
		return err
	}
	zpl, err := label.ZPL(l)
	if err != nil {
		return err
	}
	if d.kick != nil {
		tx.AfterCommit(d.kick)
	}
	return q.AddPrintJob(ctx, queries.AddPrintJobParams{ID: queries.ID(id), NextMs: tx.Now().UnixMilli(), Data: bytes.Repeat(zpl, copies)})
}

// label gives what stands on a tube's label. A second and later copy says so in the place of the collector.
func (d *Desk) label(ctx context.Context, tx queries.DBTX, row queries.SampleRow, copyNumber int) (label.Label, error) {
	q := queries.New(tx)
	v, err := q.Visit(ctx, row.VisitID)
	if err != nil {
		return label.Label{}, visitError(lab.ID(row.VisitID), err)
	}
	p, err := sqlite.ReadPerson(ctx, tx, lab.ID(v.PatientID))
	if err != nil {
		return label.Label{}, err
	}
	tests, err := q.OrderTestsOfSample(ctx, row.ID)
	if err != nil {
		return label.Label{}, fmt.Errorf("read the tests of sample %s: %w", lab.ID(row.ID), err)
	}
	l := label.Label{
		Name: label.NameFor(p.Name), AgeSex: AgeSex(p.Patient, d.day(time.UnixMilli(v.RegisteredMs))), MRN: string(p.MRN),
		Accession: sample.Accession(row.Accession), Specimen: strings.ToUpper(container(row.Container).Code), Priority: order.Priority(v.Priority).Mark(),
	}
	if row.CollectedMs > 0 {
		l.Collected = time.UnixMilli(row.CollectedMs).In(d.zone)
	}
	for _, t := range tests {
		name := t.Code
		if t.Panel != "" {
			name = t.Panel
		}
		if t.Cancelled == 0 && !slices.Contains(l.Tests, name) {
			l.Tests = append(l.Tests, name)
		}
	}
	if copyNumber > 1 {
		l.Collector = "copy " + strconv.Itoa(copyNumber)
	} else if l.Collector, err = personName(ctx, q, lab.ID(row.CollectedByID)); err == nil {
		l.Collector = initials(l.Collector)
	}
	return l, err
}

// AgeSex writes age and sex as labels and reports do: 34Y/F.
func AgeSex(p patient.Patient, on lab.Date) string {
	age, known := p.AgeOn(on)
	if !known {
		return "?/" + string(p.Sex)
	}
	return age.String() + "/" + string(p.Sex)
}

func initials(name string) string {
	var out strings.Builder
	for word := range strings.FieldsSeq(name) {
		for _, r := range word {
			out.WriteRune(r)
			break
		}
	}
	return out.String()
}

// PrintLabels prints labels of a tube again; each says which copy it is.
func (d *Desk) PrintLabels(ctx context.Context, actor lab.Actor, key string, id lab.ID, in PrintLabels) (PrintJobs, error) {
	_, err := once.Do(ctx, d.db, actor, key, "label.print", struct {
		ID lab.ID
		In PrintLabels
	}{id, in}, func(tx *sqlite.Tx) (lab.ID, error) {
		return id, d.queueLabel(ctx, tx, id, in.Copies, in.PrinterID, in.Reason)
	})
	if err != nil {
		return PrintJobs{}, err
	}
	detail, err := d.Sample(ctx, actor, id)
	return PrintJobs{Jobs: detail.Prints}, err
}

// Prints gives the label jobs that wait or failed.
func (d *Desk) Prints(ctx context.Context) (PrintJobs, error) {
	out := PrintJobs{Jobs: []PrintJob{}}
	err := d.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.OpenPrints(ctx)
		if err != nil {
			return fmt.Errorf("read label jobs: %w", err)
		}
		for _, r := range rows {
			out.Jobs = append(out.Jobs, printJob(queries.LabelPrintRow(r)))
		}
		return nil
	})
	return out, err
}

// RetryPrint has a label job tried again at once.
func (d *Desk) RetryPrint(ctx context.Context, actor lab.Actor, id lab.ID) (PrintJob, error) {
	var out PrintJob
	err := d.db.Update(ctx, actor, "label.retry", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		if err := q.RetryPrintJob(ctx, queries.RetryPrintJobParams{NextMs: tx.Now().UnixMilli(), ID: queries.ID(id)}); err != nil {
			return fmt.Errorf("retry label job %s: %w", id, err)
		}
		if d.kick != nil {
			tx.AfterCommit(d.kick)
		}
		row, err := q.LabelPrint(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("print_not_found", "There is no such print job.")
		}
		out = printJob(row)
		return nil
	})
	return out, err
}

func readPrints(ctx context.Context, q *queries.Queries, visit lab.ID) ([]PrintJob, error) {
	rows, err := q.LabelPrints(ctx, queries.ID(visit))
	if err != nil {
		return nil, fmt.Errorf("read the labels of visit %s: %w", visit, err)
	}
	out := make([]PrintJob, 0, len(rows))
	for _, r := range rows {
		out = append(out, printJob(queries.LabelPrintRow(r)))
	}
	return out, nil
}

func printJob(r queries.LabelPrintRow) PrintJob {
	return PrintJob{
		ID: lab.ID(r.ID), SampleID: lab.ID(r.SampleID), Accession: r.Accession, Copies: int(r.Copies), Copy: int(r.Copy), State: r.State, Printer: r.Printer,
		Problem: r.Problem, At: time.UnixMilli(r.AtMs).UTC(), SentAt: msTime(r.SentMs),
	}
}

// Labels gives the labels of a visit for the sheet that a lab without a label printer prints.
func (d *Desk) Labels(ctx context.Context, visit lab.ID) ([]label.Label, error) {
	var out []label.Label
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.Samples(ctx, queries.ID(visit))
		if err != nil {
			return fmt.Errorf("read the samples of visit %s: %w", visit, err)
		}
		for _, r := range rows {
			l, err := d.label(ctx, tx, queries.SampleRow(r), 1)
			if err != nil {
				return err
			}
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

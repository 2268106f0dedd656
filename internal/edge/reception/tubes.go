package reception

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Collect notes that a tube was drawn.
func (d *Desk) Collect(ctx context.Context, actor lab.Actor, id lab.ID, in SampleMove) (Sample, error) {
	return d.moveSample(ctx, actor, "sample.collect", id, in.Versions, func(tx *sqlite.Tx, s sample.Sample) (sample.Sample, error) {
		if err := in.mark(ctx, tx, &s); err != nil {
			return s, err
		}
		s, err := s.Collect(actor.ID, momentOf(in.At, tx.Now()))
		if err != nil {
			return s, err
		}
		setting, err := sqlite.ReadSetting(ctx, tx)
		if err != nil || setting.AutoReceive == 0 {
			return s, err
		}
		return s.Receive(actor.ID, tx.Now(), s.CollectedAt)
	})
}

// Receive notes that a tube reached the bench.
func (d *Desk) Receive(ctx context.Context, actor lab.Actor, id lab.ID, in SampleMove) (Sample, error) {
	return d.moveSample(ctx, actor, "sample.receive", id, in.Versions, func(tx *sqlite.Tx, s sample.Sample) (sample.Sample, error) {
		if err := in.mark(ctx, tx, &s); err != nil {
			return s, err
		}
		at := momentOf(in.At, tx.Now())
		return s.Receive(actor.ID, at, at)
	})
}

// ReceiveScanned receives tubes by their scanned numbers; each number is judged alone.
func (d *Desk) ReceiveScanned(ctx context.Context, actor lab.Actor, in ScanReceive) (ScanReceived, error) {
	out := ScanReceived{Samples: []Sample{}, Problems: []ScanProblem{}}
	for _, text := range in.Accessions {
		s, err := d.receiveOne(ctx, actor, text)
		var known *lab.Error
		switch {
		case err == nil:
			out.Samples = append(out.Samples, s)
		case errors.As(err, &known) && known.Kind != lab.KindInternal && known.Kind != lab.KindUnknown && known.Kind != lab.KindUnavailable:
			out.Problems = append(out.Problems, ScanProblem{Accession: text, Code: known.Code, Message: known.Message})
		default:
			return out, err
		}
	}
	return out, nil
}

func (d *Desk) receiveOne(ctx context.Context, actor lab.Actor, text string) (Sample, error) {
	var found Sample
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		id, err := sqlite.ScannedTube(ctx, tx, tx.Now(), text)
		if err != nil {
			return err
		}
		row, err := q.Sample(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read sample %s: %w", id, err)
		}
		found, err = readSample(ctx, tx, row)
		return err
	})
	if err != nil || found.State == string(sample.Received) {
		return found, err
	}
	return d.Receive(ctx, actor, found.ID, SampleMove{Versions: found.Versions})
}

// Reject refuses a tube for a coded reason, and asks for a new one where wished: it gets a number of its own and the
// tests move to it.
func (d *Desk) Reject(ctx context.Context, actor lab.Actor, id lab.ID, in Reject) (Sample, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return Sample{}, err
	}
	err = d.db.Update(ctx, actor, "sample.reject", func(tx *sqlite.Tx) error {
		old, s, err := readTube(ctx, tx, id)
		if err != nil {
			return err
		}
		next, err := s.Reject(sample.Rejection{Reason: sample.Reason(in.Reason), Note: in.Note, By: actor.ID, At: tx.Now()})
		if err != nil {
			return err
		}
		before, after := sampleRow(s, int(old.Position), old.MadeMs, old.Home), sampleRow(next, int(old.Position), old.MadeMs, old.Home)
		after["recollect"] = in.Recollect
		if err := tx.Change("sample", id, before, after, sqlite.Expect(seen)); err != nil {
			return err
		}
		if in.Recollect {
			if err := d.recollect(ctx, tx, next); err != nil {
				return err
			}
		}
		return sqlite.RefreshStates(ctx, tx, lab.ID(old.VisitID))
	})
	if err != nil {
		return Sample{}, err
	}
	return d.sampleByID(ctx, id)
}

// recollect makes the replacing tube and moves the tests without a released value to it.
func (d *Desk) recollect(ctx context.Context, tx *sqlite.Tx, rejected sample.Sample) error {
	setting, err := sqlite.ReadSetting(ctx, tx)
	if err != nil {
		return err
	}
	number, err := sqlite.NewNumbers(tx, identifier.Node(setting.NodeCode)).Accession(ctx, d.day(tx.Now()))
	if err != nil {
		return err
	}
	next, err := rejected.Recollect(tx.NewID(), number)
	if err != nil {
		return err
	}
	q := queries.New(tx)
	count, err := q.SampleCounts(ctx, queries.ID(rejected.VisitID))
	if err != nil {
		return fmt.Errorf("count the samples of visit %s: %w", rejected.VisitID, err)
	}
	if err := addSample(ctx, tx, next, int(count), tx.Now().UnixMilli(), setting.NodeCode); err != nil {
		return err
	}
	tests, err := q.OrderTestsOfSample(ctx, queries.ID(rejected.ID))
	if err != nil {
		return fmt.Errorf("read the tests of sample %s: %w", rejected.ID, err)
	}
	for _, t := range tests {
		if t.State == "released" || t.State == "cancelled" {
			continue
		}
		if err := tx.Change("order_test", lab.ID(t.ID), sqlite.Row{"sample_id": rejected.ID}, sqlite.Row{"sample_id": next.ID}); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) moveSample(ctx context.Context, actor lab.Actor, reason string, id lab.ID, versions string, step func(*sqlite.Tx, sample.Sample) (sample.Sample, error)) (Sample, error) {
	seen, err := ParseVersions(versions)
	if err != nil {
		return Sample{}, err
	}
	err = d.db.Update(ctx, actor, reason, func(tx *sqlite.Tx) error {
		old, s, err := readTube(ctx, tx, id)
		if err != nil {
			return err
		}
		next, err := step(tx, s)
		if err != nil {
			return err
		}
		before, after := sampleRow(s, int(old.Position), old.MadeMs, old.Home), sampleRow(next, int(old.Position), old.MadeMs, old.Home)
		if err := tx.Change("sample", id, before, after, sqlite.Expect(seen)); err != nil {
			return err
		}
		if err := sqlite.RefreshStates(ctx, tx, lab.ID(old.VisitID)); err != nil {
			return err
		}
		if d.marked == nil || next.Barcode == "" || next.Barcode == s.Barcode {
			return nil
		}
		return d.marked(ctx, tx, string(next.Barcode))
	})
	if err != nil {
		return Sample{}, err
	}
	return d.sampleByID(ctx, id)
}

// readTube reads a tube as the domain knows it. The journal's row keeps who received and rejected it; these are read back
// as zero and left out of what a move compares.
func readTube(ctx context.Context, tx *sqlite.Tx, id lab.ID) (queries.SampleRow, sample.Sample, error) {
	row, err := queries.New(tx).Sample(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) {
		return row, sample.Sample{}, lab.NotFound("sample_not_found", "There is no such sample.")
	}
	if err != nil {
		return row, sample.Sample{}, fmt.Errorf("read sample %s: %w", id, err)
	}
	s := sample.Sample{
		ID: id, VisitID: lab.ID(row.VisitID), Accession: sample.Accession(row.Accession), Barcode: sample.Barcode(row.Barcode), Specimen: row.Specimen, Container: row.Container, Draw: row.Draw,
		State: sample.State(row.State), CollectedBy: lab.ID(row.CollectedByID), ReceivedBy: lab.ID(row.ReceivedByID), RecollectOf: lab.ID(row.RecollectOfID),
	}
	if row.CollectedMs > 0 {
		s.CollectedAt = time.UnixMilli(row.CollectedMs).UTC()
	}
	if row.ReceivedMs > 0 {
		s.ReceivedAt = time.UnixMilli(row.ReceivedMs).UTC()
	}
	return row, s, nil
}

func momentOf(at *time.Time, now time.Time) time.Time {
	if at == nil || at.After(now) {
		return now
	}
	return at.UTC()
}

func (d *Desk) sampleByID(ctx context.Context, id lab.ID) (Sample, error) {
	var out Sample
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.Sample(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read sample %s: %w", id, err)
		}
		out, err = readSample(ctx, tx, row)
		return err
	})
	return out, err
}

// RejectReasons gives the coded list.
func (d *Desk) RejectReasons(context.Context) (RejectReasons, error) {
	out := RejectReasons{Reasons: []CodeText{}}
	for _, r := range sample.Reasons() {
		out.Reasons = append(out.Reasons, CodeText{Code: string(r), Text: words(string(r))})
	}
	return out, nil
}

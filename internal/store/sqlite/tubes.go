package sqlite

import (
	"context"
	"fmt"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite/queries"
)

// Tube is a sample that a number names. Visit is zero where it was not read on the way.
type Tube struct{ ID, Visit lab.ID }

// FindTubes gives the samples that a scanned or sent number names: by accession number, else by the tube's own barcode. A
// barcode may come again after a while, so of those with the same barcode only the ones of the window count; where there is
// none of those, the newest older one shows that the number is known and too old. More than one means that the number does
// not say which.
func FindTubes(ctx context.Context, tx queries.DBTX, text string, since time.Time) ([]Tube, error) {
	q := queries.New(tx)
	found, err := q.TubesByAccession(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("look for a sample: %w", err)
	}
	var out []Tube
	for _, t := range found {
		out = append(out, Tube{ID: lab.ID(t.ID), Visit: lab.ID(t.VisitID)})
	}
	if len(out) > 0 || len(text) < sample.BarcodeMin {
		return out, nil
	}
	marked, err := q.SamplesByBarcode(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("look for a barcode: %w", err)
	}
	for _, m := range marked {
		if time.UnixMilli(max(m.MadeMs, m.ReceivedMs)).Before(since) {
			continue
		}
		out = append(out, Tube{ID: lab.ID(m.ID), Visit: lab.ID(m.VisitID)})
	}
	if len(out) == 0 && len(marked) > 0 {
		out = append(out, Tube{ID: lab.ID(marked[0].ID), Visit: lab.ID(marked[0].VisitID)})
	}
	return out, nil
}

// ScannedTube gives the one sample that a scanned number names: our accession number, or the tube's own barcode.
func ScannedTube(ctx context.Context, tx queries.DBTX, now time.Time, text string) (lab.ID, error) {
	text = strings.TrimSpace(text)
	number, malformed := sample.ParseAccession(text)
	if malformed == nil {
		text = string(number)
	}
	tubes, err := FindTubes(ctx, tx, text, now.Add(-sample.BarcodeWindow))
	switch {
	case err != nil:
		return lab.ID{}, err
	case len(tubes) == 1:
		return tubes[0].ID, nil
	case len(tubes) > 1:
		return lab.ID{}, lab.Conflict("accession_ambiguous", "More than one sample has this number. Scan our own label.")
	case malformed != nil && len(text) == sample.AccessionLength:
		return lab.ID{}, malformed
	default:
		return lab.ID{}, lab.NotFound("accession_unknown", "No sample has this number here.")
	}
}

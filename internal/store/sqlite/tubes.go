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

// FindTubes gives the samples that a scanned or sent number names: by accession number, else by the tube's own barcode. A
// barcode may come again after a while, so of those with the same barcode only the ones of the window count; where there is
// none of those, the newest older one shows that the number is known and too old. More than one means that the number does
// not say which.
func FindTubes(ctx context.Context, tx queries.DBTX, text string, since time.Time) ([]lab.ID, error) {
	q := queries.New(tx)
	ids, err := q.SamplesByAccession(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("look for a sample: %w", err)
	}
	var out []lab.ID
	for _, id := range ids {
		out = append(out, lab.ID(id))
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
		out = append(out, lab.ID(m.ID))
	}
	if len(out) == 0 && len(marked) > 0 {
		out = append(out, lab.ID(marked[0].ID))
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
	ids, err := FindTubes(ctx, tx, text, now.Add(-sample.BarcodeWindow))
	switch {
	case err != nil:
		return lab.ID{}, err
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return lab.ID{}, lab.Conflict("accession_ambiguous", "More than one sample has this number. Scan our own label.")
	case malformed != nil && len(text) == sample.AccessionLength:
		return lab.ID{}, malformed
	default:
		return lab.ID{}, lab.NotFound("accession_unknown", "No sample has this number here.")
	}
}

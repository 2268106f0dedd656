package reception

import (
	"context"
	"fmt"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// SetBarcode says which barcode of its own a tube carries, or corrects it.
func (d *Desk) SetBarcode(ctx context.Context, actor lab.Actor, id lab.ID, in SetBarcode) (Sample, error) {
	return d.moveSample(ctx, actor, "sample.barcode", id, in.Versions, func(tx *sqlite.Tx, s sample.Sample) (sample.Sample, error) {
		if s.State == sample.Rejected || s.State == sample.Disposed || s.State == sample.Cancelled {
			return s, lab.Conflict("sample_closed", "This sample is "+string(s.State)+".")
		}
		return s, markTube(ctx, tx, &s, in.Barcode)
	})
}

func (m SampleMove) mark(ctx context.Context, tx *sqlite.Tx, s *sample.Sample) error {
	if m.Barcode == nil {
		return nil
	}
	return markTube(ctx, tx, s, *m.Barcode)
}

// markTube gives a tube its own barcode; an empty text takes it away. Within the window no two tubes may carry the same,
// and none may carry another tube's accession number: a result would not know where it belongs.
func markTube(ctx context.Context, tx *sqlite.Tx, s *sample.Sample, text string) error {
	if strings.TrimSpace(text) == "" {
		s.Barcode = ""
		return nil
	}
	setting, err := sqlite.ReadSetting(ctx, tx)
	if err != nil {
		return err
	}
	code, err := sample.ParseBarcode(text, identifier.Node(setting.NodeCode))
	if err != nil {
		return err
	}
	since := tx.Now().Add(-sample.BarcodeWindow)
	others, err := sqlite.FindTubes(ctx, tx, string(code), since)
	if err != nil {
		return err
	}
	for _, o := range others {
		id := o.ID
		other, err := queries.New(tx).Sample(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read sample %s: %w", id, err)
		}
		recent := !time.UnixMilli(max(other.MadeMs, other.ReceivedMs)).Before(since)
		if id != s.ID && (recent || other.Accession == string(code)) {
			e := lab.Conflict("barcode_taken", "Another sample of the last 7 days has this number: "+other.Accession+". Look which tube carries it.")
			e.Detail = map[string]any{"accession": other.Accession, "sample_id": id.String()}
			return e
		}
	}
	s.Barcode = code
	return nil
}

package reception

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// NewTube asks for a new tube for some tests of one that stays as it is, because somebody doubts their values and not the
// tube. It runs in the caller's transaction; the tests move to the new tube, which has a number of its own.
func (d *Desk) NewTube(ctx context.Context, tx *sqlite.Tx, id lab.ID, tests []lab.ID) error {
	old, tube, err := readTube(ctx, tx, id)
	if err != nil {
		return err
	}
	setting, err := sqlite.ReadSetting(ctx, tx)
	if err != nil {
		return err
	}
	number, err := sqlite.NewNumbers(tx, identifier.Node(setting.NodeCode)).Accession(ctx, d.day(tx.Now()))
	if err != nil {
		return err
	}
	count, err := queries.New(tx).SampleCounts(ctx, old.VisitID)
	if err != nil {
		return fmt.Errorf("count the samples of visit %s: %w", lab.ID(old.VisitID), err)
	}
	next := sample.Sample{
		ID: tx.NewID(), VisitID: tube.VisitID, Accession: number, State: sample.Expected, Specimen: tube.Specimen, Container: tube.Container,
		Draw: tube.Draw, RecollectOf: tube.ID,
	}
	if err := addSample(ctx, tx, next, int(count), tx.Now().UnixMilli(), setting.NodeCode); err != nil {
		return err
	}
	for _, t := range tests {
		if err := tx.Change("order_test", t, sqlite.Row{"sample_id": id}, sqlite.Row{"sample_id": next.ID}); err != nil {
			return err
		}
	}
	return nil
}

package outside

import (
	"context"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outreach"
	"jaanch/internal/lab"
	"jaanch/internal/sync/ingest"
)

// Noted queues what follows from a batch of a node, in the batch's own transaction.
func (w *Outside) Noted(ctx context.Context, tx pgx.Tx, n ingest.News) error {
	report, invoice, payment := w.o.Schema.EntityID("report"), w.o.Schema.EntityID("invoice"), w.o.Schema.EntityID("payment")
	for _, k := range n.Records {
		kind := ""
		switch k.Entity {
		case report:
			kind = outreach.ErrandReport
		case invoice:
			kind = errandBill
		case payment:
			kind = errandPayment
		}
		if kind == "" {
			continue
		}
		if err := w.Errands.Put(ctx, tx, n.Org, kind, k.ID, 0); err != nil {
			return err
		}
	}
	for _, s := range n.Erased {
		if err := w.Files.Forget(ctx, tx, n.Org, s); err != nil {
			return err
		}
		if err := w.Share.Forget(ctx, tx, n.Org, s); err != nil {
			return err
		}
	}
	return nil
}

// Arrived is called when a report's document came: what waited for it goes on.
func (w *Outside) Arrived(ctx context.Context, org, report lab.ID) error {
	return w.o.DB.Update(ctx, func(tx pgx.Tx) error {
		return w.Errands.Put(ctx, tx, org, outreach.ErrandReport, report, 0)
	})
}

package release

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
	"jaanch/internal/reportpdf"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// The states of a stored report version, apart from what it was signed as.
const (
	stateCurrent    = "current"
	stateSuperseded = "superseded"
	stateWithdrawn  = "withdrawn"
)

const (
	mimePDF     = "application/pdf"
	mimeContent = "application/x-jaanch-report" // the canonical text that a QR code proves
)

// issue is one report version to be made.
type issue struct {
	chosen  []queries.OrderTestsRow // verified by now and not released yet
	at      time.Time
	partial bool
	comment string
	reason  string // of an amendment
	told    string
}

// issue releases the chosen values and writes the next version of the visit's report: its content, the proof over it, the
// PDF and what went out on it. The verifications stand already. It is drawn here, inside the update, so that there is no
// released report without its document; a page takes a few milliseconds.
func (d *Desk) issue(ctx context.Context, tx *sqlite.Tx, visit lab.ID, o issue) (lab.ID, error) {
	c, err := readChart(ctx, tx, visit)
	if err != nil {
		return lab.ID{}, err
	}
	for _, t := range o.chosen {
		r, _, err := c.value(t)
		if err != nil {
			return lab.ID{}, err
		}
		if _, err := r.Release(tx.Actor().ID, o.at); err != nil {
			return lab.ID{}, err
		}
	}
	id := tx.NewID()
	draft, err := d.compose(ctx, queries.New(tx), c, id, o)
	if err != nil {
		return lab.ID{}, err
	}
	row, err := d.prove(ctx, tx, c, draft.content, o)
	if err != nil {
		return lab.ID{}, err
	}
	last, found := c.newest()
	if found {
		row["replaces"] = lab.ID(last.ID)
	}
	row["critical"] = draft.critical
	if err := tx.Insert("report", id, row); err != nil {
		return lab.ID{}, err
	}
	if err := d.release(tx, c, id, draft.values, o.at); err != nil {
		return lab.ID{}, err
	}
	q := queries.New(tx)
	if found && last.State == stateCurrent {
		if err := q.SetReportState(ctx, queries.SetReportStateParams{State: stateSuperseded, ID: last.ID}); err != nil {
			return lab.ID{}, fmt.Errorf("supersede report %s: %w", lab.ID(last.ID), err)
		}
	}
	if err := q.DropComment(ctx, queries.ID(visit)); err != nil {
		return lab.ID{}, fmt.Errorf("drop the drafted comment of visit %s: %w", visit, err)
	}
	return id, sqlite.RefreshStates(ctx, tx, visit)
}

// release writes which values went out on the report.
func (d *Desk) release(tx *sqlite.Tx, c *chart, id lab.ID, values []result.Result, at time.Time) error {
	items := map[lab.ID]lab.ID{}
	for _, r := range c.results {
		items[lab.ID(r.ID)] = lab.ID(r.OrderTestID)
	}
	for _, v := range values {
		row := sqlite.Row{"report_id": id, "result_id": v.ID, "order_test_id": items[v.ID], "visit_id": c.id, "user_id": tx.Actor().ID, "at_ms": at.UnixMilli()}
		if err := tx.Insert("release", tx.NewID(), row); err != nil {
			return err
		}
	}
	return nil
}

// prove signs the content, draws it, keeps both files and gives the columns of the report.
func (d *Desk) prove(ctx context.Context, tx *sqlite.Tx, c *chart, content report.Report, o issue) (sqlite.Row, error) {
	proof, err := report.NewProof(content, d.day(o.at))
	if err != nil {
		return nil, err
	}
	proof.Signature = ed25519.Sign(d.key, proof.SignedBytes())
	text, err := proof.Text()
	if err != nil {
		return nil, err
	}
	document, err := d.draw.Report(content, reportpdf.Options{Proof: text, PrePrinted: c.setting.Letterhead == 0})
	if err != nil {
		return nil, fmt.Errorf("draw the report of visit %s: %w", c.id, err)
	}
	hash, err := sqlite.KeepFile(ctx, tx, mimePDF, document)
	if err != nil {
		return nil, err
	}
	if _, err := sqlite.KeepFile(ctx, tx, mimeContent, content.Canonical()); err != nil {
		return nil, err
	}
	token := make([]byte, 16)
	if _, err := rand.Read(token); err != nil {
		return nil, fmt.Errorf("make the token of a report: %w", err)
	}
	reason := o.reason
	if content.Replaces != nil {
		reason = content.Replaces.Reason
	}
	return sqlite.Row{
		"visit_id": c.id, "patient_id": c.person.ID, "version": content.Version, "state": string(content.State), "content_hash": proof.Hash[:],
		"pdf_hash": hash, "token": token, "signature": proof.Signature, "signed_by": tx.Actor().ID, "signed_ms": o.at.UnixMilli(),
		"replaces": nil, "reason": orNil(reason), "comment": orNil(o.comment), "told": orNil(o.told),
	}, nil
}

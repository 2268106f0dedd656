package release

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/edge/conflict"
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
	sketch  *sketch
	partial bool
	comment string
	reason  string // of an amendment
	told    string
}

// sketch is what a report version needs from outside its transaction: an id and a time, so that composing it twice gives
// the same content, and the document drawn of that content.
type sketch struct {
	id       lab.ID
	at       time.Time
	document []byte
	of       [32]byte // hash of the content that the document shows
	inside   bool     // draw within the transaction; for content that differs from one try to the next
}

// undrawn ends a transaction whose content has no document yet: it is drawn outside, where no other writer waits for it,
// and the transaction is tried again.
type undrawn struct {
	content report.Report
	options reportpdf.Options
	hash    [32]byte
}

func (*undrawn) Error() string { return "the document is not drawn yet" }

// tries is how often the content of a report may change between drawing and releasing it before it is drawn inside.
const tries = 3

// drawing runs a transaction that issues a report, drawing its document between two tries.
func (d *Desk) drawing(try func(s *sketch) (lab.ID, error)) (lab.ID, error) {
	s := &sketch{id: d.db.NewID(), at: d.db.Now()}
	for range tries {
		id, err := try(s)
		u, missing := errors.AsType[*undrawn](err)
		if !missing {
			return id, err
		}
		if s.document, err = d.draw.Report(u.content, u.options); err != nil {
			return lab.ID{}, fmt.Errorf("draw report %s: %w", s.id, err)
		}
		s.of = u.hash
	}
	s.inside = true
	return try(s)
}

// issue releases the chosen values and writes the next version of the visit's report: its content, the proof over it, the
// PDF and what went out on it. The verifications stand already. The document is kept in the same transaction, so that
// there is no released report without one.
func (d *Desk) issue(ctx context.Context, tx *sqlite.Tx, visit lab.ID, o issue) (lab.ID, error) {
	if err := conflict.Stops(ctx, tx, visit); err != nil {
		return lab.ID{}, err
	}
	c, err := readChart(ctx, tx, visit)
	if err != nil {
		return lab.ID{}, err
	}
	if err := errors.Join(c.undivided(), c.inControl(ctx, queries.New(tx), tx, o.chosen)); err != nil {
		return lab.ID{}, err
	}
	for _, t := range o.chosen {
		r, _, err := c.value(t)
		if err != nil {
			return lab.ID{}, err
		}
		if _, err := r.Release(tx.Actor().ID, o.sketch.at); err != nil {
			return lab.ID{}, err
		}
	}
	id := o.sketch.id
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
	if err := d.release(tx, c, id, draft.values, o.sketch.at); err != nil {
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
	proof, err := report.NewProof(content, d.day(o.sketch.at))
	if err != nil {
		return nil, err
	}
	proof.Signature = ed25519.Sign(d.key, proof.SignedBytes())
	text, err := proof.Text()
	if err != nil {
		return nil, err
	}
	options := reportpdf.Options{Proof: text, PrePrinted: c.setting.Letterhead == 0}
	document := o.sketch.document
	switch {
	case o.sketch.inside:
		if document, err = d.draw.Report(content, options); err != nil {
			return nil, fmt.Errorf("draw the report of visit %s: %w", c.id, err)
		}
	case len(document) == 0 || o.sketch.of != proof.Hash:
		return nil, &undrawn{content: content, options: options, hash: proof.Hash}
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
		"pdf_hash": hash, "token": token, "signature": proof.Signature, "signed_by": tx.Actor().ID, "signed_ms": o.sketch.at.UnixMilli(),
		"replaces": nil, "reason": orNil(reason), "comment": orNil(o.comment), "told": orNil(o.told),
	}, nil
}

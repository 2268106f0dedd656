package edge

import (
	"context"
	"fmt"
	"sync"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// pulled keeps what the node derives from the records that a pull installs: the search words of names, and the states of
// visits, their tests and their reports. States are derived once a page, not once a record.
type pulled struct {
	mu     sync.Mutex
	visits map[lab.ID]bool
}

// applied is called in the transaction that installed the record.
func (p *pulled) applied(tx *sqlite.Tx, entity string, record lab.ID) error {
	ctx := context.Background() // a statement on the writer has no deadline
	q, id := queries.New(tx), queries.ID(record)
	switch entity {
	case "patient":
		return indexNames(ctx, tx, record)
	case "visit":
		p.touch(record)
	case "conflict":
		return decided(ctx, q, record)
	case "report":
		return reportStates(ctx, q, id)
	case "withdrawal":
		reports, err := q.ReportWithdrawn(ctx, id)
		return setStates(ctx, q, reports, "withdrawn", err)
	}
	visitsOf := map[string]func(context.Context, queries.ID) ([]queries.ID, error){
		"order_test": q.VisitOfTest, "result": q.VisitOfResult, "sample": q.VisitOfSample, "verification": q.VisitOfVerification,
		"release": q.VisitOfRelease, "hold_decision": q.VisitOfHoldDecision,
	}
	read, derives := visitsOf[entity]
	if !derives {
		return nil
	}
	visits, err := read(ctx, id)
	if err != nil {
		return fmt.Errorf("visit of %s %s: %w", entity, record, err)
	}
	for _, v := range visits {
		p.touch(lab.ID(v))
	}
	return nil
}

func (p *pulled) touch(visit lab.ID) {
	if visit.IsZero() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.visits[visit] = true
}

// settled derives the states of the visits that the page touched. A visit whose own row is still on its way is left to
// the page that brings it. A transaction that is run again finds its visits touched again.
func (p *pulled) settled(tx *sqlite.Tx) error {
	p.mu.Lock()
	visits := p.visits
	p.visits = map[lab.ID]bool{}
	p.mu.Unlock()
	ctx := context.Background()
	for v := range visits {
		_, err := tx.Versions("visit", v)
		if lab.KindOf(err) == lab.KindNotFound {
			continue
		}
		if err == nil {
			err = sqlite.RefreshStates(ctx, tx, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func indexNames(ctx context.Context, tx *sqlite.Tx, record lab.ID) error {
	p, err := sqlite.ReadPerson(ctx, tx, record)
	if lab.KindOf(err) == lab.KindNotFound {
		return sqlite.IndexNames(ctx, tx, record)
	}
	if err != nil {
		return err
	}
	return sqlite.IndexNames(ctx, tx, record, p.Name, p.NameLocal)
}

// reportStates closes the version that the report replaces.
func reportStates(ctx context.Context, q *queries.Queries, report queries.ID) error {
	replaced, err := q.ReportReplaced(ctx, report)
	return setStates(ctx, q, replaced, "superseded", err)
}

func setStates(ctx context.Context, q *queries.Queries, reports []queries.ID, state string, err error) error {
	for _, r := range reports {
		if err != nil {
			break
		}
		err = q.SetReportState(ctx, queries.SetReportStateParams{State: state, ID: r})
	}
	if err != nil {
		return fmt.Errorf("state of a pulled report: %w", err)
	}
	return nil
}

// decided forgets what was kept aside of a record when its conflict is closed.
func decided(ctx context.Context, q *queries.Queries, id lab.ID) error {
	c, err := q.Conflict(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("read conflict %s: %w", id, err)
	}
	entity, known := journal.Schema().Entity(c.Entity)
	if !known || c.State != "resolved" {
		return nil
	}
	return q.DropKeptAside(ctx, queries.DropKeptAsideParams{Ent: int64(entity.ID), ID: c.RecordID})
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite/queries"
)

// Numbers takes the numbers that people see, inside the transaction that uses them, so that a number is neither lost nor
// given twice. Node stands in each of them.
type Numbers struct {
	tx   queries.DBTX
	node identifier.Node
}

// NewNumbers gives the counters of this node inside a transaction.
func NewNumbers(tx queries.DBTX, node identifier.Node) Numbers { return Numbers{tx: tx, node: node} }

func (n Numbers) next(ctx context.Context, kind, scope string) (int, error) {
	v, err := queries.New(n.tx).TakeNumber(ctx, queries.TakeNumberParams{Kind: kind, Scope: string(n.node) + scope})
	if err != nil {
		return 0, fmt.Errorf("take a number of %s: %w", kind, err)
	}
	return int(v), nil
}

// MRN gives the next patient number.
func (n Numbers) MRN(ctx context.Context) (patient.MRN, error) {
	v, err := n.next(ctx, "mrn", "")
	if err != nil {
		return "", err
	}
	return patient.NewMRN(n.node, v)
}

// Visit gives the next visit number.
func (n Numbers) Visit(ctx context.Context) (order.Number, error) {
	v, err := n.next(ctx, "visit", "")
	if err != nil {
		return "", err
	}
	return order.NewNumber(n.node, v)
}

// Accession gives the next tube number of the day.
func (n Numbers) Accession(ctx context.Context, day lab.Date) (sample.Accession, error) {
	v, err := n.next(ctx, "accession", day.String())
	if err != nil {
		return "", err
	}
	return sample.NewAccession(day, n.node, v)
}

// Invoice gives the next bill number of the day's financial year.
func (n Numbers) Invoice(ctx context.Context, day lab.Date) (billing.Number, error) {
	v, err := n.next(ctx, "invoice", billing.YearOf(day).String())
	if err != nil {
		return "", err
	}
	return billing.NewNumber(n.node, day, v)
}

// Receipt gives the next receipt number of the day's financial year: the bill's form with an R behind the node code.
func (n Numbers) Receipt(ctx context.Context, day lab.Date) (string, error) {
	year := billing.YearOf(day).String()
	v, err := n.next(ctx, "receipt", year)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%sR/%s/%06d", n.node, year, v), nil
}

// OwnVerifyIn gives the departments in which who entered a value may also verify it.
func OwnVerifyIn(s queries.LabSettingRow) []string {
	return strings.FieldsFunc(s.OwnVerifyIn, func(r rune) bool { return r == '\n' })
}

// ReadSetting reads who the lab is. Before the first run there is none, and the error says so.
func ReadSetting(ctx context.Context, tx queries.DBTX) (queries.LabSettingRow, error) {
	row, err := queries.New(tx).LabSetting(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return row, lab.Conflict("not_set_up", "The lab is not set up yet.")
	}
	if err != nil {
		return row, fmt.Errorf("read the lab's settings: %w", err)
	}
	return row, nil
}

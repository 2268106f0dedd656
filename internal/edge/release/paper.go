package release

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
	"jaanch/internal/reportpdf"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// What is noted in the access log.
const (
	accessCase  = "case.open"
	accessOpen  = "report.open"
	accessPrint = "report.print"
)

// Paper is a document to be shown or printed. Name is made of numbers that we gave, never of a person's name.
type Paper struct {
	Name string
	Body []byte
}

// PDF gives the document of one version as it was signed, and notes who opened it. A withdrawn one is shown only to those
// who may amend or audit.
func (d *Desk) PDF(ctx context.Context, actor lab.Actor, id lab.ID) (Paper, error) {
	var out Paper
	err := d.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		c, line, err := d.version(ctx, tx, id)
		if err != nil {
			return err
		}
		if line.State == stateWithdrawn && !access.Visible(actor.Roles, access.ReportAmend) && !access.Visible(actor.Roles, access.AuditRead) {
			return lab.Conflict("report_withdrawn", "This report was withdrawn and is not shown.")
		}
		for _, r := range c.reports {
			if lab.ID(r.ID) == id {
				out.Body, _, err = sqlite.ReadFile(ctx, tx, r.PdfHash)
			}
		}
		out.Name = fmt.Sprintf("%s-v%d.pdf", line.Number, line.Version)
		return err
	})
	if err != nil {
		return Paper{}, err
	}
	return out, d.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: accessOpen, Entity: "report", Record: id})
}

// Preview draws the report as it would be signed now. It carries no proof, says that it is a preview, and is not kept.
func (d *Desk) Preview(ctx context.Context, visit lab.ID) (Paper, error) {
	var out Paper
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		c, err := readChart(ctx, tx, visit)
		if err != nil {
			return err
		}
		comment, err := commentOf(ctx, q, c)
		if err != nil {
			return err
		}
		made, err := d.compose(ctx, q, c, visit, issue{chosen: c.in(result.Entered, result.Held, result.Verified), sketch: &sketch{at: tx.Now()}, partial: true, comment: comment})
		if err != nil {
			return err
		}
		content := made.content
		content.State, content.Replaces = report.Preliminary, nil
		for i := range content.Sections {
			for j := range content.Sections[i].Lines {
				content.Sections[i].Lines[j].Old = nil
			}
		}
		content.Comments = append([]string{"PREVIEW. Not verified, not signed, not to be given out."}, content.Comments...)
		out.Name = c.visit.Number + "-preview.pdf"
		out.Body, err = d.draw.Report(content, reportpdf.Options{PrePrinted: c.setting.Letterhead == 0})
		return err
	})
	return out, err
}

// Printed notes that a report was printed: a delivery on its list, the mark that takes it off the printing list, and a
// line in the access log.
func (d *Desk) Printed(ctx context.Context, actor lab.Actor, id lab.ID) (ReportLine, error) {
	lines, err := d.PrintedMany(ctx, actor, []lab.ID{id})
	if err != nil {
		return ReportLine{}, err
	}
	return lines[0], nil
}

// PrintedMany notes that a batch of reports was printed, all of it or nothing.
func (d *Desk) PrintedMany(ctx context.Context, actor lab.Actor, ids []lab.ID) ([]ReportLine, error) {
	err := d.db.Update(ctx, actor, accessPrint, func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		for _, id := range ids {
			if _, line, err := d.version(ctx, tx, id); err != nil {
				return err
			} else if line.State == stateWithdrawn {
				return lab.Conflict("report_withdrawn", "This report was withdrawn and is not given out.")
			}
			row := sqlite.Row{"report_id": id, "channel": "print", "user_id": tx.Actor().ID, "at_ms": tx.Now().UnixMilli()}
			if err := tx.Insert("delivery", tx.NewID(), row); err != nil {
				return err
			}
			if err := q.SetReportPrinted(ctx, queries.SetReportPrintedParams{PrintedMs: tx.Now().UnixMilli(), ID: queries.ID(id)}); err != nil {
				return fmt.Errorf("mark report %s as printed: %w", id, err)
			}
			if err := tx.LogAccess(sqlite.Access{Actor: actor, Action: accessPrint, Entity: "report", Record: id}); err != nil {
				return err
			}
		}
		return nil
	})
	out := []ReportLine{}
	if err != nil {
		return out, err
	}
	err = d.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		for _, id := range ids {
			_, line, err := d.version(ctx, tx, id)
			if err != nil {
				return err
			}
			out = append(out, line)
		}
		return nil
	})
	return out, err
}

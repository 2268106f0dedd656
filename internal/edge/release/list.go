package release

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Filter chooses reports. It holds nothing personal, so it may stand in an address.
type Filter struct {
	State      string // all, unprinted, amended, critical
	Day        string // YYYY-MM-DD in the lab's zone; all days when empty
	Department string
	Cursor     string
	Limit      int
}

// Reports gives reports, newest first, without versions that a newer one replaces.
func (d *Desk) Reports(ctx context.Context, f Filter) (Reports, error) {
	out := Reports{Reports: []ReportLine{}}
	skip, err := position(f.Cursor)
	if err != nil {
		return out, err
	}
	from, to, err := d.span(f.Day)
	if err != nil {
		return out, err
	}
	err = d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		counts, err := q.ReportCounts(ctx, 0)
		if err != nil {
			return fmt.Errorf("count reports: %w", err)
		}
		out.Counts = ReportCounts{Unprinted: int(counts.Unprinted), Amended: int(counts.Amended), Critical: int(counts.Critical), All: int(counts.Total)}
		rows, err := q.ReportList(ctx, queries.ReportListParams{FromMs: from, ToMs: to, Show: f.State, Department: f.Department, Skip: int64(skip), N: int64(f.Limit) + 1})
		if err != nil {
			return fmt.Errorf("read reports: %w", err)
		}
		for i, row := range rows {
			if i == f.Limit {
				out.Next = strconv.Itoa(skip + f.Limit)
				break
			}
			_, line, err := d.version(ctx, tx, lab.ID(row.ID))
			if err != nil {
				return err
			}
			out.Reports = append(out.Reports, line)
		}
		return nil
	})
	return out, err
}

func (d *Desk) span(day string) (from, to int64, err error) {
	if day == "" {
		return 0, math.MaxInt64, nil
	}
	date, err := lab.ParseDate(day)
	if err != nil {
		return 0, 0, lab.Invalid("day_malformed", "Write the day as YYYY-MM-DD.")
	}
	start := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, d.zone)
	return start.UnixMilli(), start.AddDate(0, 0, 1).UnixMilli(), nil
}

// Report gives one version with all versions of its visit.
func (d *Desk) Report(ctx context.Context, id lab.ID) (Report, error) {
	out := Report{Versions: []ReportLine{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		c, line, err := d.version(ctx, tx, id)
		if err != nil {
			return err
		}
		out.Report, out.Name, out.MRN = line, c.person.Name, string(c.person.MRN)
		out.PDF = "/api/v1/reports/" + id.String() + "/pdf"
		for _, r := range c.reports {
			v, err := d.line(ctx, q, c, r)
			if err != nil {
				return err
			}
			out.Versions = append(out.Versions, v)
			if lab.ID(r.ID) == id {
				if out.Payload, err = d.payload(c, r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return out, err
}

// payload gives what the QR code of a stored version holds.
func (d *Desk) payload(c *chart, r queries.ReportRowsRow) (string, error) {
	p := report.Proof{Report: c.series(), Version: int(r.Version), Day: d.day(time.UnixMilli(r.SignedMs)), Signature: r.Signature}
	copy(p.Hash[:], r.ContentHash)
	return p.Text()
}

// series is the id that all versions of the visit's report share: that of the first.
func (c *chart) series() lab.ID { return lab.ID(c.reports[len(c.reports)-1].ID) }

// version reads one version with the head of its visit and all versions.
func (d *Desk) version(ctx context.Context, tx queries.DBTX, id lab.ID) (*chart, ReportLine, error) {
	q := queries.New(tx)
	at, err := q.ReportVisit(ctx, queries.ID(id))
	if err != nil {
		return nil, ReportLine{}, fmt.Errorf("look for report %s: %w", id, err)
	}
	if len(at) == 0 {
		return nil, ReportLine{}, lab.NotFound("report_not_found", "There is no such report.")
	}
	c, err := readHead(ctx, tx, lab.ID(at[0].VisitID))
	if err != nil {
		return nil, ReportLine{}, err
	}
	if c.reports, err = q.ReportRows(ctx, at[0].VisitID); err != nil {
		return nil, ReportLine{}, fmt.Errorf("read the reports of visit %s: %w", c.id, err)
	}
	for _, r := range c.reports {
		if lab.ID(r.ID) == id {
			line, err := d.line(ctx, q, c, r)
			return c, line, err
		}
	}
	return nil, ReportLine{}, lab.NotFound("report_not_found", "There is no such report.")
}

func (d *Desk) line(ctx context.Context, q *queries.Queries, c *chart, r queries.ReportRowsRow) (ReportLine, error) {
	out := ReportLine{
		ID: lab.ID(r.ID), VisitID: c.id, Number: c.visit.Number, PatientID: c.person.ID, Sex: string(c.person.Sex), Age: reception.AgeText(c.person.Patient, d.day(c.collected())),
		Panels: c.panelCodes(), Version: int(r.Version), State: r.SignedState, SignedAt: time.UnixMilli(r.SignedMs).UTC(), SignedBy: r.Signer,
		Printed: timeOf(r.PrintedMs), Delivery: []string{}, Critical: r.Critical != 0, Hash: hex.EncodeToString(r.ContentHash), Reason: r.Reason, Replaces: lab.ID(r.Replaces),
	}
	if r.State != stateCurrent {
		out.State = r.State
	}
	deliveries, err := q.DeliveriesOf(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the deliveries of report %s: %w", out.ID, err)
	}
	for _, v := range deliveries {
		out.Delivery = append(out.Delivery, v.Channel)
	}
	sent, err := q.DispatchesOf(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the messages about report %s: %w", out.ID, err)
	}
	for _, m := range sent {
		out.Messages = append(out.Messages, Told{Channel: m.Channel, Status: m.Status, Code: m.Code, At: time.UnixMilli(m.ChangedMs).UTC()})
	}
	if r.State != stateWithdrawn {
		return out, nil
	}
	taken, err := q.WithdrawalOf(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the withdrawal of report %s: %w", out.ID, err)
	}
	for _, w := range taken {
		out.Reason = w.Reason
	}
	return out, nil
}

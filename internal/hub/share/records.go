package share

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// Report is one report on the page.
type Report struct {
	ID      lab.ID
	Lab     string
	Visit   string
	Version int
	Amended bool
	Partial bool
	At      time.Time
	Here    bool // of the visit that the link is about
	hash    []byte
	visitOf lab.ID
}

// Bill is one bill on the page.
type Bill struct {
	ID     lab.ID
	Number string
	At     time.Time
	Net    lab.Paise
	Due    lab.Paise
	Here   bool
}

// contents is what the page shows.
type contents struct {
	Person  person
	Reports []Report
	Bills   []Bill
}

// india is the zone of the page's days.
func india() *time.Location { return time.FixedZone("IST", 330*60) }

// read reads a person's reports, the newest version of each visit, and bills.
func (d *Desk) read(ctx context.Context, l queries.ShareLink) (contents, error) {
	var out contents
	err := d.DB.View(ctx, func(tx pgx.Tx) error {
		var err error
		if out.Person, err = d.person(ctx, tx, l); err != nil {
			return err
		}
		if out.Reports, err = d.reports(ctx, tx, l); err != nil {
			return err
		}
		out.Bills, err = d.bills(ctx, tx, l)
		return err
	})
	return out, err
}

func (d *Desk) entity(name string) int32 { return int32(d.Schema.EntityID(name)) }

func (d *Desk) reports(ctx context.Context, tx pgx.Tx, l queries.ShareLink) ([]Report, error) {
	rows, err := d.DB.Queries().ReportsOfSubject(ctx, tx, queries.ReportsOfSubjectParams{
		Org: l.Org, Patient: l.Subject.String(), EReport: d.entity("report"), EVisit: d.entity("visit"), EWithdrawal: d.entity("withdrawal"),
	})
	if err != nil {
		return nil, wrap("reports", err)
	}
	var out []Report
	newest := map[lab.ID]int{}
	gone := map[lab.ID]bool{}
	for _, r := range rows {
		var doc struct {
			Visit    lab.ID `json:"visit_id"`
			Version  int    `json:"version"`
			State    string `json:"state"`
			SignedMS int64  `json:"signed_ms"`
			Hash     string `json:"pdf_hash"`
		}
		if err := json.Unmarshal(r.Doc, &doc); err != nil {
			return nil, wrap("report", err)
		}
		if doc.Version < newest[doc.Visit] {
			continue
		}
		hash, err := base64.StdEncoding.DecodeString(doc.Hash)
		if err != nil {
			return nil, wrap("report", err)
		}
		newest[doc.Visit], gone[doc.Visit] = doc.Version, r.Withdrawn
		for i := range out {
			if out[i].visitOf == doc.Visit {
				out = append(out[:i], out[i+1:]...)
				break
			}
		}
		out = append(out, Report{
			ID: r.ID, Lab: r.LabName, Visit: r.VisitNumber, Version: doc.Version, Amended: doc.State == "amended", Partial: doc.State == "preliminary",
			At: time.UnixMilli(doc.SignedMS).In(india()), Here: doc.Visit == l.Visit, hash: hash, visitOf: doc.Visit,
		})
	}
	shown := out[:0]
	for _, r := range out {
		if !gone[r.visitOf] {
			shown = append(shown, r)
		}
	}
	return shown, nil
}

func (d *Desk) bills(ctx context.Context, tx pgx.Tx, l queries.ShareLink) ([]Bill, error) {
	rows, err := d.DB.Queries().BillsOfSubject(ctx, tx, queries.BillsOfSubjectParams{Org: l.Org, Patient: l.Subject.String(), EInvoice: d.entity("invoice"), EPayment: d.entity("payment")})
	if err != nil {
		return nil, wrap("bills", err)
	}
	var out []Bill
	for _, r := range rows {
		var doc struct {
			Number   string    `json:"number"`
			IssuedMS int64     `json:"issued_ms"`
			Net      lab.Paise `json:"net"`
			Visit    lab.ID    `json:"visit_id"`
		}
		if err := json.Unmarshal(r.Doc, &doc); err != nil {
			return nil, wrap("bill", err)
		}
		out = append(out, Bill{
			ID: r.ID, Number: doc.Number, At: time.UnixMilli(doc.IssuedMS).In(india()), Net: doc.Net, Due: max(doc.Net-lab.Paise(r.Paid), 0),
			Here: doc.Visit == l.Visit,
		})
	}
	return out, nil
}

package dashboard

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/store/postgres/queries"
)

// Query chooses a page of a list.
type Query struct {
	Lab    lab.ID // zero: all labs
	Before string // Next of the page before
	Limit  int
}

// cursor is the place behind the last row of a page, opaque to clients.
func (q Query) cursor() (at *time.Time, id lab.ID, err error) {
	if q.Before == "" {
		return nil, lab.ID{}, nil
	}
	malformed := lab.Invalid("cursor", "This page is not known.", lab.FieldError{Field: "before", Code: "cursor"})
	raw, err := base64.RawURLEncoding.DecodeString(q.Before)
	if err != nil {
		return nil, lab.ID{}, malformed
	}
	micros, rest, ok := strings.Cut(string(raw), " ")
	n, err1 := strconv.ParseInt(micros, 10, 64)
	id, err2 := lab.ParseID(rest)
	if !ok || err1 != nil || err2 != nil {
		return nil, lab.ID{}, malformed
	}
	t := time.UnixMicro(n).UTC()
	return &t, id, nil
}

func cursorAt(at time.Time, id lab.ID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMicro(), 10) + " " + id.String()))
}

func (q Query) limit() int32 { return int32(min(max(q.Limit, 1), MaxPage)) }

// Result is one result in the list of all labs.
type Result struct {
	ID        lab.ID     `json:"id" format:"uuid"`
	Lab       lab.ID     `json:"lab" format:"uuid"`
	LabName   string     `json:"lab_name"`
	Accession string     `json:"accession"`
	Visit     string     `json:"visit"`
	Patient   string     `json:"patient"`
	MRN       string     `json:"mrn"`
	Sex       string     `json:"sex"`
	TestCode  string     `json:"test_code"`
	Test      string     `json:"test"`
	Value     string     `json:"value" doc:"As reported"`
	Unit      string     `json:"unit"`
	Flag      string     `json:"flag"`
	Interval  string     `json:"interval"`
	State     string     `json:"state" enum:"entered,verified,released"`
	EnteredAt *time.Time `json:"entered_at,omitempty"`
	ChangedAt time.Time  `json:"changed_at" doc:"When the hub got it"`
}

// Results is a page of results, newest first.
type Results struct {
	Results []Result `json:"results"`
	Next    string   `json:"next,omitempty" doc:"For the page behind this one"`
}

// Results reads results of one lab or of all.
func (d *Dashboard) Results(ctx context.Context, org lab.ID, q Query) (Results, error) {
	out := Results{Results: []Result{}}
	at, id, err := q.cursor()
	if err != nil {
		return out, err
	}
	rows, err := d.statement().NewestResults(ctx, d.DB.Pool(), queries.NewestResultsParams{
		Org: org, Home: q.Lab, BeforeAt: at, BeforeID: id, Most: q.limit(), EResult: d.entity("result"), ESample: d.entity("sample"),
		EVisit: d.entity("visit"), EPatient: d.entity("patient"), ETest: d.entity("test"), EVerification: d.entity("verification"),
		ERelease: d.entity("release"),
	})
	if err != nil {
		return out, fmt.Errorf("list results: %w", err)
	}
	for i := range rows {
		r, err := resultOf(&rows[i])
		if err != nil {
			return out, err
		}
		out.Results = append(out.Results, r)
	}
	if n := len(rows); n == int(q.limit()) {
		out.Next = cursorAt(rows[n-1].ChangedAt, rows[n-1].ID)
	}
	return out, nil
}

func resultOf(row *queries.NewestResultsRow) (Result, error) {
	doc, err := document(row.Doc)
	if err != nil {
		return Result{}, err
	}
	r := Result{
		ID: row.ID, Lab: row.Home, LabName: row.LabName, Accession: row.Accession, Visit: row.Visit, Patient: row.Patient, MRN: row.Mrn,
		Sex: row.Sex, TestCode: row.TestCode, Test: row.TestName, Value: text(doc, "comparator") + text(doc, "value"), Unit: catalogue.FriendlyUnit(text(doc, "unit")),
		Flag: text(doc, "flag"), Interval: text(doc, "interval_text"), State: "entered", EnteredAt: millis(doc, "entered_ms"), ChangedAt: row.ChangedAt,
	}
	if r.Interval == "" {
		r.Interval = catalogue.IntervalText(text(doc, "interval_low"), text(doc, "interval_high"))
	}
	switch {
	case row.Released:
		r.State = "released"
	case row.Verified:
		r.State = "verified"
	}
	return r, nil
}

// Report is one report in the list of all labs.
type Report struct {
	ID        lab.ID     `json:"id" format:"uuid"`
	Lab       lab.ID     `json:"lab" format:"uuid"`
	LabName   string     `json:"lab_name"`
	Visit     string     `json:"visit"`
	Patient   string     `json:"patient"`
	MRN       string     `json:"mrn"`
	Version   int64      `json:"version"`
	State     string     `json:"state"`
	SignedBy  string     `json:"signed_by"`
	SignedAt  *time.Time `json:"signed_at,omitempty"`
	ChangedAt time.Time  `json:"changed_at" doc:"When the hub got it"`
}

// Reports is a page of reports, newest first.
type Reports struct {
	Reports []Report `json:"reports"`
	Next    string   `json:"next,omitempty"`
}

// Reports reads reports of one lab or of all.
func (d *Dashboard) Reports(ctx context.Context, org lab.ID, q Query) (Reports, error) {
	out := Reports{Reports: []Report{}}
	at, id, err := q.cursor()
	if err != nil {
		return out, err
	}
	rows, err := d.statement().NewestReports(ctx, d.DB.Pool(), queries.NewestReportsParams{
		Org: org, Home: q.Lab, BeforeAt: at, BeforeID: id, Most: q.limit(), EReport: d.entity("report"), EVisit: d.entity("visit"),
		EPatient: d.entity("patient"), EUser: d.entity("user"),
	})
	if err != nil {
		return out, fmt.Errorf("list reports: %w", err)
	}
	for _, row := range rows {
		doc, err := document(row.Doc)
		if err != nil {
			return out, err
		}
		version, _ := doc["version"].(float64)
		out.Reports = append(out.Reports, Report{
			ID: row.ID, Lab: row.Home, LabName: row.LabName, Visit: row.Visit, Patient: row.Patient, MRN: row.Mrn, Version: int64(version),
			State: text(doc, "state"), SignedBy: row.SignedBy, SignedAt: millis(doc, "signed_ms"), ChangedAt: row.ChangedAt,
		})
	}
	if n := len(rows); n == int(q.limit()) {
		out.Next = cursorAt(rows[n-1].ChangedAt, rows[n-1].ID)
	}
	return out, nil
}

// Test is one test of the catalogue, as the hub edits it.
type Test struct {
	ID     lab.ID `json:"id" format:"uuid"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Price  int64  `json:"price_paise"`
	Active bool   `json:"active"`
	RV     int64  `json:"version" doc:"Send it back with a change"`
}

// Tests is the catalogue of the organisation.
type Tests struct {
	Tests []Test `json:"tests"`
}

// maxCatalogue is more tests than any catalogue here has.
const maxCatalogue = 5000

// Tests reads the catalogue.
func (d *Dashboard) Tests(ctx context.Context, org lab.ID) (Tests, error) {
	out := Tests{Tests: []Test{}}
	rows, err := d.statement().OrgRecords(ctx, d.DB.Pool(), queries.OrgRecordsParams{Org: org, Entity: d.entity("test"), Most: maxCatalogue})
	if err != nil {
		return out, fmt.Errorf("list tests: %w", err)
	}
	for _, row := range rows {
		doc, err := document(row.Doc)
		if err != nil {
			return out, err
		}
		price, _ := doc["price"].(float64)
		active, _ := doc["active"].(float64)
		out.Tests = append(out.Tests, Test{
			ID: row.ID, Code: text(doc, "code"), Name: text(doc, "name"), Unit: text(doc, "unit_text"), Price: int64(price), Active: active != 0, RV: row.Rv,
		})
	}
	return out, nil
}

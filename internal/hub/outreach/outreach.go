// Package outreach tells people what the labs have for them. A report that a lab released becomes a notice: the ways that
// it may take, in order, given by the organisation, by what was asked for at the desk, by consent and by who said STOP.
// It goes one way; only when that fails for good, or nobody hears of its delivery in time, it goes the next. One notice
// exists for a report for ever, so nobody is told twice. What becomes of each message goes back to the lab as a record.
package outreach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/errand"
	"jaanch/internal/hub/files"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/hub/seal"
	"jaanch/internal/hub/share"
	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
)

// Desk writes to people.
type Desk struct {
	DB          *postgres.DB
	Box         *seal.Box
	Schema      *engine.Schema
	Ingest      *ingest.Ingest
	Outbox      *outbox.Outbox
	Errands     *errand.Desk
	Credentials *credential.Keeper
	Files       *files.Shelf
	Share       *share.Desk
	Clock       func() time.Time
	NewID       func() lab.ID
	Logger      *slog.Logger
	PublicURL   string // where patients reach the hub: https://reports.example.in
}

// The kinds of errand that this desk runs.
const (
	ErrandReport  = "report"  // a report was signed: tell the patient
	ErrandNotice  = "notice"  // look whether a notice must take its next way
	ErrandReceipt = "receipt" // tell the lab what became of a message
)

// Handlers are its errands.
func (d *Desk) Handlers() map[string]errand.Handler {
	return map[string]errand.Handler{ErrandReport: d.report, ErrandNotice: d.follow, ErrandReceipt: d.receipt}
}

func (d *Desk) queries() *queries.Queries { return d.DB.Queries() }

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("outreach: %s: %w", what, err)
}

// document is a record as the hub holds it.
type document struct {
	ID, Home, Subject lab.ID
	Deleted           bool
	Values            map[string]any
}

// load reads a record; nil where there is none.
func (d *Desk) load(ctx context.Context, tx pgx.Tx, org lab.ID, entity string, id lab.ID) (*document, error) {
	rows, err := postgres.LoadRecords(ctx, tx, org, []postgres.RecordKey{{Entity: d.Schema.EntityID(entity), ID: id}})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := &document{ID: id, Home: rows[0].Home, Subject: rows[0].Subject, Deleted: rows[0].Deleted}
	return out, wrap("read "+entity, json.Unmarshal(rows[0].Doc, &out.Values))
}

func (r *document) text(column string) string {
	s, _ := r.Values[column].(string)
	return s
}

func (r *document) number(column string) int64 {
	n, _ := r.Values[column].(float64)
	return int64(n)
}

func (r *document) id(column string) lab.ID {
	id, err := lab.ParseID(r.text(column))
	if err != nil {
		return lab.ID{}
	}
	return id
}

// list reads a column that holds a JSON list, as a text or as it is.
func (r *document) list(column string) []string {
	var out []string
	switch v := r.Values[column].(type) {
	case string:
		if json.Unmarshal([]byte(v), &out) != nil {
			return nil
		}
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// contacts are the ways to reach a person.
type contacts struct {
	phone string // + and digits
	email string
}

func contactsOf(p *document) contacts {
	phone, err := patient.NormalizePhone(p.text("phone"))
	if err != nil {
		phone = ""
	}
	return contacts{phone: phone, email: p.text("email")}
}

// address gives where a way leads; empty where it leads nowhere.
func (c contacts) address(way string) string {
	if way == message.Email {
		return c.email
	}
	if c.phone == "" {
		return ""
	}
	return c.phone[1:]
}

// agreed reads what the person's newest consent allows. One that was withdrawn allows nothing.
func (d *Desk) agreed(ctx context.Context, tx pgx.Tx, org, subject lab.ID) ([]string, error) {
	rows, err := d.queries().ConsentsOf(ctx, tx, queries.ConsentsOfParams{Org: org, Patient: subject.String(), EConsent: int32(d.Schema.EntityID("consent"))})
	if err != nil {
		return nil, wrap("consents", err)
	}
	var newest *document
	for _, raw := range rows {
		c := &document{}
		if err := json.Unmarshal(raw, &c.Values); err != nil {
			return nil, wrap("consents", err)
		}
		if newest == nil || c.number("given_ms") > newest.number("given_ms") {
			newest = c
		}
	}
	if newest == nil || newest.text("kind") != "given" {
		return nil, nil
	}
	return newest.list("purposes"), nil
}

// Setting is how an organisation writes about one kind of news.
type Setting struct {
	Kind  string   `json:"kind" enum:"report_ready,payment_received"`
	Ways  []string `json:"channels" maxItems:"3" doc:"In the order in which they are tried; empty switches it off"`
	WaitS int      `json:"wait_s" minimum:"30" maximum:"86400" doc:"Seconds without word of delivery before the next way"`
	Quiet bool     `json:"quiet" doc:"Nothing between 21:00 and 8:00"`
}

// settingOf gives the organisation's setting, or the usual one (messaging.md: 30 minutes for a result).
func (d *Desk) settingOf(ctx context.Context, tx queries.DBTX, org lab.ID, kind string) (Setting, error) {
	all, err := d.settings(ctx, tx, org)
	if err != nil {
		return Setting{}, err
	}
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Kind == kind })
	if i < 0 {
		return Setting{Kind: kind}, nil
	}
	return all[i], nil
}

func (d *Desk) settings(ctx context.Context, tx queries.DBTX, org lab.ID) ([]Setting, error) {
	out := []Setting{
		{Kind: message.ReportReady, Ways: message.Ways(), WaitS: 1800, Quiet: true},
		{Kind: message.PaymentReceived, Ways: message.Ways(), WaitS: 1800, Quiet: true},
	}
	rows, err := d.queries().OutreachSettings(ctx, tx, org)
	if err != nil {
		return nil, wrap("settings", err)
	}
	for _, r := range rows {
		for i := range out {
			if out[i].Kind == r.Kind {
				out[i].Ways, out[i].WaitS, out[i].Quiet = r.Channels, int(r.WaitS), r.Quiet
			}
		}
	}
	return out, nil
}

// india is the time by which people sleep.
func india() *time.Location { return time.FixedZone("IST", 330*60) }

// quietFor says how long a message has to wait for the morning.
func quietFor(now time.Time) time.Duration {
	local := now.In(india())
	morning := time.Date(local.Year(), local.Month(), local.Day(), 8, 0, 0, 0, india())
	switch h := local.Hour(); {
	case h < 8:
		return morning.Sub(local)
	case h >= 21:
		return morning.AddDate(0, 0, 1).Sub(local)
	}
	return 0
}

// serviceOf names the service of a way, and whether the organisation has set it up.
func (d *Desk) serviceOf(ctx context.Context, org lab.ID, way string) (string, error) {
	names := map[string][]string{message.WhatsApp: {"whatsapp"}, message.SMS: {"twilio"}, message.Email: {"sendgrid", "smtp"}}[way]
	for _, n := range names {
		_, err := d.Credentials.Get(ctx, org, n)
		switch {
		case err == nil:
			return n, nil
		case !errors.Is(err, credential.ErrMissing):
			return "", err
		}
	}
	return "", nil
}

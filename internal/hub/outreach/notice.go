package outreach

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach/mail"
	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/ingest"
)

// The states of a notice.
const (
	waiting = "waiting"
	told    = "told"
	failed  = "failed"
	none    = "none" // there was no way
)

// newNotice is news for a person.
type newNotice struct {
	kind                         string
	record, home, visit, subject lab.ID
	ways                         []string
	code                         string // why there is no way
}

func parsed(id lab.ID, raw []byte) (*document, error) {
	out := &document{ID: id}
	return out, wrap("document", json.Unmarshal(raw, &out.Values))
}

// begin writes a notice and sends it on its first way. A notice without any way is kept with the reason, and the lab is
// told, so that somebody can ring instead.
func (d *Desk) begin(ctx context.Context, tx pgx.Tx, org lab.ID, n newNotice) error {
	p := queries.PutNoticeParams{
		Org: org, ID: d.NewID(), Kind: n.kind, Record: n.record, Lab: n.home, Visit: n.visit, Subject: n.subject, Channels: n.ways, State: waiting, Code: n.code, Now: d.Clock(),
	}
	if len(n.ways) == 0 {
		p.State, p.Channels = none, []string{}
	}
	rows, err := d.queries().PutNotice(ctx, tx, p)
	if err != nil || rows == 0 {
		return wrap("notice", err)
	}
	if len(n.ways) == 0 {
		return d.Errands.Put(ctx, tx, org, ErrandReceipt, p.ID, 0)
	}
	return d.Errands.Put(ctx, tx, org, ErrandNotice, p.ID, 0)
}

// follow sends a notice on its first way, and on the next when the present one failed or is silent for too long.
func (d *Desk) follow(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	n, err := d.queries().LockNotice(ctx, tx, queries.LockNoticeParams{Org: org, ID: id})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && n.State != waiting && n.State != failed {
		return 0, n.Code, nil
	}
	if err != nil {
		return 0, "", wrap("lock", err)
	}
	if n.Outbox.IsZero() {
		return d.next(ctx, tx, n)
	}
	row, err := d.queries().OutboxRow(ctx, tx, queries.OutboxRowParams{Org: org, ID: n.Outbox})
	if err != nil {
		return 0, "", wrap("message", err)
	}
	last := int(n.Step)+1 >= len(n.Channels)
	switch row.State {
	case "sent":
		if row.Status == "delivered" || row.Status == "read" {
			return 0, "", d.move(ctx, tx, n, told, "")
		}
	case "failed", "dead", "cancelled":
		if last {
			return 0, row.ErrorCode, d.move(ctx, tx, n, failed, row.ErrorCode)
		}
		n.Step++
		return d.next(ctx, tx, n)
	}
	return d.silent(ctx, tx, n, row, last)
}

// silent looks at a notice whose message is neither delivered nor failed: it waits, and goes the next way when nothing was
// heard in time. A message that has not left yet is taken back, so that nobody is told twice.
func (d *Desk) silent(ctx context.Context, tx pgx.Tx, n queries.Notice, row queries.Outbox, last bool) (time.Duration, string, error) {
	setting, err := d.settingOf(ctx, tx, n.Org, n.Kind)
	if err != nil {
		return 0, "", err
	}
	late := d.Clock().Sub(row.CreatedAt) - time.Duration(setting.WaitS)*time.Second
	switch {
	case late < 0:
		return -late, "", nil
	case last && row.State == "sent":
		return 0, "", d.move(ctx, tx, n, told, "unconfirmed") // it is out, and there is no other way
	case last:
		return time.Hour, "", nil // the outbox goes on trying
	case row.State == "sending" || row.State == "unknown":
		return time.Minute, "", nil
	case row.State == "pending":
		gone, err := d.queries().CancelOutbox(ctx, tx, queries.CancelOutboxParams{Org: n.Org, ID: row.ID, Now: d.Clock()})
		if err != nil || gone == 0 {
			return time.Minute, "", wrap("cancel", err)
		}
		if err := d.Errands.Put(ctx, tx, n.Org, ErrandReceipt, row.ID, 0); err != nil {
			return 0, "", err
		}
	}
	n.Step++
	return d.next(ctx, tx, n)
}

func (d *Desk) move(ctx context.Context, tx pgx.Tx, n queries.Notice, state, code string) error {
	return wrap("move", d.queries().MoveNotice(ctx, tx, queries.MoveNoticeParams{Step: n.Step, Outbox: n.Outbox, State: state, Code: code, Now: d.Clock(), Org: n.Org, ID: n.ID}))
}

// next puts a notice on the way at its present step, or on the first behind it that is still open: somebody may have said
// STOP meanwhile.
func (d *Desk) next(ctx context.Context, tx pgx.Tx, n queries.Notice) (time.Duration, string, error) {
	person, err := d.load(ctx, tx, n.Org, "patient", n.Subject)
	if err != nil {
		return 0, "", err
	}
	if person == nil || person.text("name") == "" && person.text("phone") == "" {
		return 0, "erased", d.move(ctx, tx, n, failed, "erased")
	}
	to, code := contactsOf(person), ""
	for ; int(n.Step) < len(n.Channels); n.Step++ {
		way := n.Channels[n.Step]
		if to.address(way) == "" {
			code = noContact
			continue
		}
		if code, err = d.allowed(ctx, tx, n.Org, way, to.address(way)); err != nil {
			return 0, "", err
		}
		if code != "" {
			continue
		}
		setting, err := d.settingOf(ctx, tx, n.Org, n.Kind)
		if err != nil {
			return 0, "", err
		}
		return time.Duration(setting.WaitS) * time.Second, "", d.send(ctx, tx, n, way, to.address(way), person)
	}
	if err := d.Errands.Put(ctx, tx, n.Org, ErrandReceipt, n.ID, 0); err != nil {
		return 0, "", err
	}
	return 0, code, d.move(ctx, tx, n, failed, code)
}

// send puts the message of a notice into the outbox.
func (d *Desk) send(ctx context.Context, tx pgx.Tx, n queries.Notice, way, address string, person *document) error {
	values, hash, err := d.fill(ctx, tx, n, person)
	if err != nil {
		return err
	}
	language := languageOf(person, values)
	key := n.Kind + ":" + n.Record.String() + ":" + way
	id, err := d.write(ctx, tx, letter{
		org: n.Org, kind: n.Kind, way: way, language: language, key: key, to: address, values: values, document: hash, file: values["visit"], name: person.text("name"),
	})
	if err != nil {
		return err
	}
	if err := d.queries().AddNoticeMessage(ctx, tx, queries.AddNoticeMessageParams{Org: n.Org, Outbox: id, Notice: n.ID, Channel: way}); err != nil {
		return wrap("message of a notice", err)
	}
	if err := d.Errands.Put(ctx, tx, n.Org, ErrandReceipt, id, 0); err != nil {
		return err
	}
	n.Outbox = id
	return d.move(ctx, tx, n, waiting, "")
}

func languageOf(person *document, values map[string]string) string {
	if l := values["language"]; l != "" {
		return l
	}
	if l := person.text("language"); l != "" {
		return l
	}
	return "en"
}

// fill gives the values of a notice's text, and the hash of the document that goes with it.
func (d *Desk) fill(ctx context.Context, tx pgx.Tx, n queries.Notice, person *document) (map[string]string, []byte, error) {
	var values map[string]string
	var hash []byte
	var err error
	if n.Kind == message.ReportReady {
		values, err = d.valuesOfReport(ctx, tx, n.Org, n, person)
		if err == nil {
			report, failed := d.load(ctx, tx, n.Org, "report", n.Record)
			if failed != nil || report == nil {
				return nil, nil, failed
			}
			hash = hashOf(report)
		}
	} else {
		values, err = d.valuesOfPayment(ctx, tx, n)
	}
	if err != nil || values == nil {
		return nil, nil, err
	}
	visit, err := d.load(ctx, tx, n.Org, "visit", n.Visit)
	if err != nil {
		return nil, nil, err
	}
	if visit != nil {
		values["language"] = visit.text("language")
	}
	token, err := d.Share.Make(ctx, tx, n.Org, n.Subject, n.Lab, n.Visit, values["language"])
	if err != nil {
		return nil, nil, err
	}
	values["token"], values["link"] = token, d.PublicURL+"/r/"+token
	return values, hash, nil
}

// letter is one message to be written.
type letter struct {
	org                 lab.ID
	kind, way, language string
	key                 string // unique for ever
	to, name            string
	values              map[string]string
	document            []byte // that goes with it where the way takes documents
	file                string // what the document is called; no name of a person
}

// write makes the payload of the way's service and puts it into the outbox.
func (d *Desk) write(ctx context.Context, tx pgx.Tx, l letter) (lab.ID, error) {
	t, err := d.template(ctx, tx, l.org, l.kind, l.way, l.language)
	if err != nil {
		return lab.ID{}, err
	}
	service, err := d.serviceOf(ctx, l.org, l.way)
	if err != nil {
		return lab.ID{}, err
	}
	if service == "" {
		return lab.ID{}, lab.Invalid(notSetUp, "This way is not set up.")
	}
	text, err := t.Fill(l.values)
	if err != nil {
		return lab.ID{}, err
	}
	var payload any
	switch l.way {
	case message.WhatsApp:
		m := whatsapp.TemplateMessage{To: l.to, Name: t.Name, Language: t.Language, Body: t.Values(l.values)}
		switch {
		case l.kind == message.LoginCode:
			m.URLSuffix = l.values["code"]
		case l.values["token"] != "":
			m.URLSuffix = "r/" + l.values["token"]
		}
		if len(l.document) > 0 {
			m.Document, m.FileName = hex.EncodeToString(l.document), "Report-"+l.file+".pdf"
		}
		payload = m
	case message.SMS:
		payload = twilio.Message{To: "+" + l.to, Body: text, Entity: t.Entity, Template: t.ID, Header: t.Header}
	default:
		payload = mail.Message{To: l.to, Name: l.name, Subject: t.Name, Text: text}
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return lab.ID{}, wrap("payload", err)
	}
	id, added, err := d.Outbox.Put(ctx, tx, outbox.New{Org: l.org, Service: service, Kind: l.kind, Key: l.key, Recipient: l.to, Payload: raw})
	if err == nil && !added {
		return lab.ID{}, lab.Invalid("message_twice", "This message was sent before.")
	}
	return id, err
}

// Ended is told by the outbox how a message ended, in the transaction that ends it.
func (d *Desk) Ended(ctx context.Context, tx pgx.Tx, org, id lab.ID) error {
	m, err := d.queries().NoticeOfMessage(ctx, tx, queries.NoticeOfMessageParams{Org: org, Outbox: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // of no notice
	}
	if err != nil {
		return wrap("notice of a message", err)
	}
	if err := d.Errands.Put(ctx, tx, org, ErrandReceipt, id, 0); err != nil {
		return err
	}
	return d.Errands.Put(ctx, tx, org, ErrandNotice, m.Notice, 0)
}

// receipt tells the lab what became of a message, as a record that its nodes pull. Its id is that of the message, or of a
// notice that had no way.
func (d *Desk) receipt(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	var values map[string]any
	var home lab.ID
	row, err := d.queries().NoticeOfMessage(ctx, tx, queries.NoticeOfMessageParams{Org: org, Outbox: id})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		n, err := d.queries().LockNotice(ctx, tx, queries.LockNoticeParams{Org: org, ID: id})
		if err != nil {
			return 0, "", wrap("notice", err)
		}
		if n.Kind != message.ReportReady {
			return 0, "", nil
		}
		home = n.Lab
		values = map[string]any{
			"report_id": n.Record, "visit_id": n.Visit, "kind": n.Kind, "channel": "none", "status": "not_sent", "code": n.Code,
			"made_ms": n.CreatedAt.UnixMilli(), "changed_ms": n.ChangedAt.UnixMilli(),
		}
	case err != nil:
		return 0, "", wrap("notice of a message", err)
	case row.Kind != message.ReportReady:
		return 0, "", nil
	default:
		out, err := d.queries().OutboxRow(ctx, tx, queries.OutboxRowParams{Org: org, ID: id})
		if err != nil {
			return 0, "", wrap("message", err)
		}
		home = row.Lab
		status, code := Status(out.State, out.Status, out.ErrorCode)
		values = map[string]any{
			"report_id": row.Record, "visit_id": row.Visit, "kind": row.Kind, "channel": row.Channel, "status": status, "code": code,
			"made_ms": out.CreatedAt.UnixMilli(), "changed_ms": out.ChangedAt.UnixMilli(),
		}
	}
	err = d.Ingest.Write(ctx, tx, org, "dispatch", ingest.Own{Entity: journal.EntityDispatch, Record: id, Home: home, Values: values})
	return 0, "", err
}

// Status gives a message's state in one word for people: queued, sent, delivered, read, failed, cancelled. The word of the
// service counts where it has one; the outbox lets it only rise.
func Status(state, service, code string) (word, why string) {
	switch state {
	case "sent":
		switch service {
		case "delivered", "read":
			return service, ""
		}
		return "sent", ""
	case "failed", "dead":
		return failed, code
	case "cancelled":
		return "cancelled", ""
	}
	return "queued", code
}

// rupees writes an amount with two decimals, by whole numbers alone.
func rupees(p lab.Paise) string {
	return fmt.Sprintf("%d.%02d", int64(p)/100, int64(p)%100)
}

// dayOf writes a day as people in India read it.
func dayOf(t time.Time) string { return strings.ToUpper(t.In(india()).Format("02-Jan-2006")) }

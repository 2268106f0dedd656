package outreach

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// fileWait is how long a report waits before its document is looked for again; the document's arrival wakes it at once.
const fileWait = 5 * time.Minute

// report tells a patient of a report. It waits for the document and for the morning, and leaves alone what was withdrawn
// or replaced in the meantime: a node that was offline for weeks brings many versions at once, and only the newest counts.
func (d *Desk) report(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	report, err := d.load(ctx, tx, org, "report", id)
	if err != nil || report == nil || report.Deleted {
		return 0, "", err
	}
	_, err = d.queries().NoticeOf(ctx, tx, queries.NoticeOfParams{Org: org, Kind: message.ReportReady, Record: id})
	if err == nil {
		return 0, "", nil // told, or being told
	}
	stands, err := d.stands(ctx, tx, org, report)
	if err != nil || !stands {
		return 0, "superseded", err
	}
	return d.announce(ctx, tx, org, report)
}

// announce begins the notice of a report that stands.
func (d *Desk) announce(ctx context.Context, tx pgx.Tx, org lab.ID, report *document) (time.Duration, string, error) {
	visit, err := d.load(ctx, tx, org, "visit", report.id("visit_id"))
	if err != nil {
		return 0, "", err
	}
	person, err := d.load(ctx, tx, org, "patient", report.id("patient_id"))
	if err != nil {
		return 0, "", err
	}
	if visit == nil || person == nil {
		return fileWait, "record_waits", nil // comes with a later batch
	}
	setting, err := d.settingOf(ctx, tx, org, message.ReportReady)
	if err != nil {
		return 0, "", err
	}
	ways, code, err := d.waysTo(ctx, tx, org, person, visit.list("delivery"), setting.Ways)
	if err != nil || code == notAsked {
		return 0, code, err
	}
	if len(ways) > 0 {
		wait, why, err := d.notYet(ctx, tx, org, report, setting)
		if err != nil || wait > 0 {
			return wait, why, err
		}
	}
	return 0, code, d.begin(ctx, tx, org, newNotice{kind: message.ReportReady, record: report.ID, home: report.Home, visit: visit.ID, subject: person.ID, ways: ways, code: code})
}

// notYet says how long a report has to wait, and for what: its document, or the morning.
func (d *Desk) notYet(ctx context.Context, tx pgx.Tx, org lab.ID, report *document, setting Setting) (time.Duration, string, error) {
	has, err := d.Files.Has(ctx, tx, org, hashOf(report))
	if err != nil {
		return 0, "", err
	}
	if !has {
		return fileWait, "file_waits", nil
	}
	if wait := quietFor(d.Clock()); setting.Quiet && wait > 0 {
		return wait, "quiet_hours", nil
	}
	return 0, "", nil
}

// hashOf is the hash of a report's document.
func hashOf(report *document) []byte {
	hash, err := base64.StdEncoding.DecodeString(report.text("pdf_hash"))
	if err != nil {
		return nil
	}
	return hash
}

// stands tells that the report was neither withdrawn nor replaced by a newer version of the same visit.
func (d *Desk) stands(ctx context.Context, tx pgx.Tx, org lab.ID, report *document) (bool, error) {
	all, err := d.queries().ReportsOfSubject(ctx, tx, queries.ReportsOfSubjectParams{
		Org: org, Patient: report.id("patient_id").String(), EReport: int32(d.Schema.EntityID("report")), EVisit: int32(d.Schema.EntityID("visit")), EWithdrawal: int32(d.Schema.EntityID("withdrawal")),
	})
	if err != nil {
		return false, wrap("reports", err)
	}
	for _, r := range all {
		other, err := parsed(r.ID, r.Doc)
		if err != nil {
			return false, err
		}
		if r.ID == report.ID && r.Withdrawn || other.id("visit_id") == report.id("visit_id") && other.number("version") > report.number("version") {
			return false, nil
		}
	}
	return true, nil
}

// Why a notice has no way. notAsked leaves no trace: the report is printed, as was agreed at the desk.
const (
	notAsked   = "not_asked"
	noConsent  = "no_consent"
	noContact  = "no_contact"
	optedOut   = "opted_out"
	notSetUp   = "not_set_up"
	switchedOf = "switched_off"
)

// waysTo gives the ways to a person, of those that the organisation tries, or the reason why there is none. WhatsApp needs
// the consent to it; an SMS that a report is ready is a service message, and follows where WhatsApp was asked for and
// fails; e-mail needs to be asked for, or the consent.
func (d *Desk) waysTo(ctx context.Context, tx pgx.Tx, org lab.ID, person *document, asked, order []string) ([]string, string, error) {
	electronic := slices.ContainsFunc(asked, func(a string) bool { return slices.Contains(message.Ways(), a) })
	if !electronic {
		return nil, notAsked, nil
	}
	if len(order) == 0 {
		return nil, switchedOf, nil
	}
	agreed, err := d.agreed(ctx, tx, org, person.ID)
	if err != nil {
		return nil, "", err
	}
	to := contactsOf(person)
	why := noContact
	var out []string
	for _, way := range order {
		may := permits(way, asked, agreed)
		switch {
		case !may && slices.Contains(asked, way):
			why = noConsent
		case !may || to.address(way) == "":
		default:
			refused, err := d.allowed(ctx, tx, org, way, to.address(way))
			if err != nil {
				return nil, "", err
			}
			if refused != "" {
				why = refused
				continue
			}
			out = append(out, way)
		}
	}
	if len(out) > 0 {
		why = ""
	}
	return out, why, nil
}

// permits says whether a way was asked for and agreed to.
func permits(way string, asked, agreed []string) bool {
	wanted := slices.Contains(asked, way)
	chat := slices.Contains(asked, message.WhatsApp)
	switch way {
	case message.WhatsApp:
		return wanted && slices.Contains(agreed, way)
	case message.SMS:
		return wanted || chat
	case message.Email:
		return slices.Contains(agreed, way) && (wanted || chat)
	}
	return false
}

// allowed says why a way to an address is shut; empty where it is open.
func (d *Desk) allowed(ctx context.Context, tx pgx.Tx, org lab.ID, way, address string) (string, error) {
	stopped, err := d.queries().OptedOut(ctx, tx, queries.OptedOutParams{Org: org, Contacts: []string{d.Box.Index(org, address)}})
	if err != nil {
		return "", wrap("opt-out", err)
	}
	if stopped {
		return optedOut, nil
	}
	service, err := d.serviceOf(ctx, org, way)
	if err == nil && service == "" {
		return notSetUp, nil
	}
	return "", err
}

// valuesOfReport fills the places of the news of a report.
func (d *Desk) valuesOfReport(ctx context.Context, tx pgx.Tx, org lab.ID, n queries.Notice, person *document) (map[string]string, error) {
	visit, err := d.load(ctx, tx, org, "visit", n.Visit)
	if err != nil || visit == nil {
		return nil, err
	}
	names, err := d.queries().OrderedOf(ctx, tx, queries.OrderedOfParams{Org: org, Patient: n.Subject.String(), ETest: int32(d.Schema.EntityID("order_test")), Visit: n.Visit.String()})
	if err != nil {
		return nil, wrap("tests", err)
	}
	home, err := d.queries().LabByID(ctx, tx, queries.LabByIDParams{Org: org, ID: n.Lab})
	if err != nil {
		return nil, wrap("lab", err)
	}
	if len(names) > 3 {
		names = append(names[:3], "…")
	}
	return map[string]string{"name": person.text("name"), "tests": strings.Join(names, ", "), "visit": visit.text("number"), "lab": home.Name}, nil
}

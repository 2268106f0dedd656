package outside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/lab/tree"
	"jaanch/internal/store/postgres/queries"
)

// The kinds of message to the invoice portal.
const (
	kindRegister  = "einvoice"
	kindCancelIRN = "einvoice_cancel"
)

// EInvoiceKey names a document at the portal for ever: the business key of its registration.
type EInvoiceKey struct {
	Seller string `json:"seller"` // GSTIN
	Year   string `json:"year"`   // financial year: 26-27
	Kind   string `json:"kind"`   // INV, CRN, DBN
	Number string `json:"number"` // in capitals
}

func (k EInvoiceKey) String() string {
	return strings.Join([]string{k.Seller, k.Year, k.Kind, k.Number}, ":")
}

// keyOf gives the key of a document.
func keyOf(d gstn.Document) EInvoiceKey {
	year := billing.YearOf(lab.Date{Year: d.Day.Year(), Month: d.Day.Month(), Day: d.Day.Day()})
	return EInvoiceKey{Seller: d.Seller.GSTIN, Year: year.String(), Kind: string(d.Invoice.Kind), Number: strings.ToUpper(d.Number)}
}

// The ways in which a document is not taken for the portal.
var (
	ErrEInvoiceNumber  = lab.Conflict("einvoice_number", "This number was given to another document. A number is used once, also when its document was cancelled.")
	ErrEInvoiceState   = lab.Conflict("einvoice_state", "The document is not in a state in which this can be done.")
	ErrEInvoiceUnknown = lab.NotFound("einvoice_unknown", "No document of this number was sent to the portal.")
	ErrEInvoiceLate    = lab.Conflict("2270", "More than 24 hours have passed: make a credit note instead.")
)

// PutEInvoice queues the registration of a document in the transaction that issues it. The document is judged before
// anything is queued. The same invoice again under its number changes nothing; another one is refused.
func (w *Outside) PutEInvoice(ctx context.Context, tx pgx.Tx, org, invoice lab.ID, d gstn.Document) (EInvoiceKey, error) {
	k := keyOf(d)
	v, err := gstn.Build(d, gstn.Options{Sandbox: w.o.Near, Now: w.o.Clock()})
	if err != nil {
		return k, err
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return k, wrap("e-invoice", err)
	}
	id, added, err := w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "gstn", Kind: kindRegister, Key: "einvoice:" + k.String(), Recipient: k.String(), Payload: raw})
	if err != nil {
		return k, err
	}
	q := w.o.DB.Queries()
	if !added {
		old, err := q.EInvoice(ctx, tx, queries.EInvoiceParams{Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number})
		if err != nil {
			return k, wrap("e-invoice", err)
		}
		if old.Invoice != invoice {
			return k, ErrEInvoiceNumber
		}
		return k, nil
	}
	_, err = q.AddEInvoice(ctx, tx, queries.AddEInvoiceParams{
		Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number, Invoice: invoice, Document: w.o.Box.Seal(einvoicePlace(org, k, "document"), v.JSON()),
		Outbox: id, Now: w.o.Clock(),
	})
	return k, wrap("e-invoice", err)
}

func einvoicePlace(org lab.ID, k EInvoiceKey, what string) string {
	return seal.Place("einvoice", org, k.String()+":"+what)
}

// CorrectEInvoice sends a document that the portal refused once more, with what was wrong mended, under its number: a
// number that was refused was never used. One that is taken or was cancelled is dead.
func (w *Outside) CorrectEInvoice(ctx context.Context, org, invoice lab.ID, d gstn.Document) error {
	k := keyOf(d)
	v, err := gstn.Build(d, gstn.Options{Sandbox: w.o.Near, Now: w.o.Clock()})
	if err != nil {
		return err
	}
	var message lab.ID
	err = w.o.DB.Update(ctx, func(tx pgx.Tx) error {
		row, err := w.lockEInvoice(ctx, tx, org, k)
		switch {
		case err != nil:
			return err
		case row.Invoice != invoice || row.Code == "irn_differs" || strings.Contains(row.Code, "2278"):
			return ErrEInvoiceNumber
		case row.State != "failed":
			return ErrEInvoiceState
		}
		message = row.Outbox
		return wrap("e-invoice", w.o.DB.Queries().CorrectEInvoice(ctx, tx, queries.CorrectEInvoiceParams{
			Document: w.o.Box.Seal(einvoicePlace(org, k, "document"), v.JSON()), Now: w.o.Clock(), Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number,
		}))
	})
	if err != nil {
		return err
	}
	return w.Outbox.Resend(ctx, org, message) // when the hub dies before this, the outbox's page still offers it
}

func (w *Outside) lockEInvoice(ctx context.Context, tx pgx.Tx, org lab.ID, k EInvoiceKey) (queries.Einvoice, error) {
	row, err := w.o.DB.Queries().LockEInvoice(ctx, tx, queries.LockEInvoiceParams{Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrEInvoiceUnknown
	}
	return row, wrap("e-invoice", err)
}

// CancelEInvoice queues the cancellation of a registered document; reason and remark are the portal's. After 24 hours it
// is refused at once.
func (w *Outside) CancelEInvoice(ctx context.Context, org lab.ID, k EInvoiceKey, reason, remark string) error {
	return w.o.DB.Update(ctx, func(tx pgx.Tx) error {
		row, err := w.lockEInvoice(ctx, tx, org, k)
		now := w.o.Clock()
		switch {
		case err != nil:
			return err
		case row.State != "registered" || row.RegisteredAt == nil:
			return ErrEInvoiceState
		case now.Sub(*row.RegisteredAt) > gstn.CancelWithin:
			return ErrEInvoiceLate
		}
		raw, err := json.Marshal(cancelOrder{EInvoiceKey: k, Cancellation: gstn.Cancellation{IRN: row.Irn, Reason: reason, Remark: remark, Registered: *row.RegisteredAt}})
		if err != nil {
			return wrap("e-invoice", err)
		}
		if err := w.setEInvoice(ctx, tx, org, k, "cancelling", outbox.Outcome{}); err != nil {
			return err
		}
		// One cancellation is under way at a time; the moment tells it from an earlier one that the portal refused.
		key := fmt.Sprintf("einvoice_cancel:%s:%d", k, now.UnixMicro())
		_, _, err = w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "gstn", Kind: kindCancelIRN, Key: key, Recipient: k.String(), Payload: raw})
		return err
	})
}

// cancelOrder is the payload of a cancellation.
type cancelOrder struct {
	EInvoiceKey
	gstn.Cancellation
}

func (w *Outside) setEInvoice(ctx context.Context, tx pgx.Tx, org lab.ID, k EInvoiceKey, state string, out outbox.Outcome) error {
	return wrap("e-invoice", w.o.DB.Queries().SetEInvoiceState(ctx, tx, queries.SetEInvoiceStateParams{
		State: state, Code: out.Code, Detail: out.Detail, Now: w.o.Clock(), Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number,
	}))
}

// portalOf gives the way to the portal that the organisation set up. Without the portal's signing certificates nothing
// is sent: what it would answer could not be believed.
func (w *Outside) portalOf(ctx context.Context, http *outbound.Client, org lab.ID) (*gstn.Portal, error) {
	set, err := w.Credentials.Get(ctx, org, "gstn")
	if err != nil {
		return nil, err
	}
	keys, err := gstn.ReadKeys([]byte(set["signing_keys"].Reveal()))
	if err != nil {
		return nil, err
	}
	p := &gstn.Portal{Keys: keys, Clock: w.o.Clock}
	url, id, user := set["url"].Reveal(), set["gstin"].Reveal(), set["user"].Reveal()
	if set["transport"].Reveal() == "gsp" {
		p.Transport = &gstn.Provider{
			BaseURL: url, AuthURL: set["auth_url"].Reveal(), GSTIN: id, User: user, Password: set["password"], AppID: set["client"].Reveal(), AppSecret: set["client_secret"],
			HTTP: http, Sessions: &w.logins, Clock: w.o.Clock,
		}
		return p, nil
	}
	key, err := gstn.LoginKey([]byte(set["login_key"].Reveal()))
	if err != nil {
		return nil, err
	}
	p.Transport = &gstn.Direct{
		BaseURL: url, GSTIN: id, User: user, Password: set["password"], ClientID: set["client"].Reveal(), ClientSecret: set["client_secret"], Key: key,
		HTTP: http, Sessions: &w.logins, Clock: w.o.Clock,
	}
	return p, nil
}

// sendEInvoice does what a message to the portal asks for, or asks whether it was done.
func (w *Outside) sendEInvoice(ctx context.Context, http *outbound.Client, m outbox.Message, ask bool) outbox.Outcome {
	p, err := w.portalOf(ctx, http, m.Org)
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	var n cancelOrder
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	switch {
	case m.Kind == kindRegister:
		return w.register(ctx, p, m.Org, n.EInvoiceKey, ask)
	case ask:
		return w.cancelled(p.Cancelled(ctx, n.IRN), m.Org, n.EInvoiceKey)
	}
	return w.cancelled(p.Cancel(ctx, n.Cancellation), m.Org, n.EInvoiceKey)
}

func (w *Outside) cancelled(out outbox.Outcome, org lab.ID, k EInvoiceKey) outbox.Outcome {
	if out.Class == outbox.Done {
		out.Keep = func(ctx context.Context, tx pgx.Tx) error {
			return w.setEInvoice(ctx, tx, org, k, "cancelled", outbox.Outcome{})
		}
	}
	return out
}

// register sends a document as it stands at this moment, or asks for it.
func (w *Outside) register(ctx context.Context, p *gstn.Portal, org lab.ID, k EInvoiceKey, ask bool) outbox.Outcome {
	row, err := w.o.DB.Queries().EInvoice(ctx, w.o.DB.Pool(), queries.EInvoiceParams{Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number})
	if err != nil {
		return outbox.Outcome{Class: outbox.Later, Code: "database"}
	}
	raw, err := w.o.Box.Open(einvoicePlace(org, k, "document"), row.Document)
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	v, err := tree.Parse(raw, gstn.MaxBytes)
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	do := p.Register
	if ask {
		do = p.Find
	}
	out, r := do(ctx, v)
	if out.Class == outbox.Done {
		out.Keep = func(ctx context.Context, tx pgx.Tx) error { return w.registered(ctx, tx, org, k, r) }
	}
	return out
}

// registered keeps what the portal signed.
func (w *Outside) registered(ctx context.Context, tx pgx.Tx, org lab.ID, k EInvoiceKey, r gstn.Registration) error {
	now := w.o.Clock()
	at := r.At(now)
	return wrap("e-invoice", w.o.DB.Queries().RegisterEInvoice(ctx, tx, queries.RegisterEInvoiceParams{
		Irn: r.IRN, AckNo: r.AckNo, AckAt: r.AckAt, SignedInvoice: w.o.Box.Seal(einvoicePlace(org, k, "signed"), []byte(r.SignedInvoice)), SignedQr: r.SignedQR, KeyID: r.KeyID,
		RegisteredAt: &at, Now: now, Org: org, Seller: k.Seller, Year: k.Year, Kind: k.Kind, Number: k.Number,
	}))
}

// endedEInvoice notes why the portal does not take a document, or does not cancel it.
func (w *Outside) endedEInvoice(ctx context.Context, tx pgx.Tx, m outbox.Message, out outbox.Outcome) error {
	var k EInvoiceKey
	if json.Unmarshal(m.Payload, &k) != nil || out.Class == outbox.Done {
		return nil
	}
	state := "failed"
	if m.Kind == kindCancelIRN {
		state = "registered"
	}
	return w.setEInvoice(ctx, tx, m.Org, k, state, out)
}

// EInvoice is how a document stands at the portal.
type EInvoice struct {
	EInvoiceKey

	State        string     `json:"state" enum:"pending,registered,failed,cancelling,cancelled"`
	Code         string     `json:"code,omitempty" doc:"Of the portal; several are joined by commas"`
	Detail       string     `json:"detail,omitempty" doc:"What has to be done about it"`
	IRN          string     `json:"irn,omitempty"`
	AckNo        string     `json:"ack_no,omitempty"`
	QR           string     `json:"qr,omitempty" doc:"The signed text that the QR on the paper holds, byte for byte"`
	RegisteredAt *time.Time `json:"registered_at,omitempty"`
	CancelledAt  *time.Time `json:"cancelled_at,omitempty"`
}

// EInvoices gives the documents of an invoice at the portal, oldest first.
func (w *Outside) EInvoices(ctx context.Context, org, invoice lab.ID) ([]EInvoice, error) {
	rows, err := w.o.DB.Queries().EInvoicesOf(ctx, w.o.DB.Pool(), queries.EInvoicesOfParams{Org: org, Invoice: invoice})
	if err != nil {
		return nil, wrap("e-invoices", err)
	}
	out := make([]EInvoice, 0, len(rows))
	for _, r := range rows {
		out = append(out, EInvoice{
			EInvoiceKey: EInvoiceKey{Seller: r.Seller, Year: r.Year, Kind: r.Kind, Number: r.Number}, State: r.State, Code: r.Code, Detail: r.Detail,
			IRN: r.Irn, AckNo: r.AckNo, QR: r.SignedQr, RegisteredAt: r.RegisteredAt, CancelledAt: r.CancelledAt,
		})
	}
	return out, nil
}

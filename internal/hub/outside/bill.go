package outside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/errand"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/ingest"
)

// The kinds of errand about money.
const (
	errandBill    = "bill"    // a bill was issued: make a link for what is due
	errandPayment = "payment" // a lab took money: look at the bill again
	errandLink    = "link"    // tell the lab of the link to a bill
	errandPaid    = "paid"    // tell the lab of money that a gateway announced
	errandRefund  = "refund"  // tell the lab of money that went back
)

func (w *Outside) moneyErrands() map[string]errand.Handler {
	return map[string]errand.Handler{errandBill: w.bill, errandPayment: w.taken, errandLink: w.tellLink, errandPaid: w.tellPaid, errandRefund: w.tellRefund}
}

// leastLink is the least that a link is made for, a rupee.
const leastLink = 100

// invoice is a bill as the hub holds it.
type invoice struct {
	ID      lab.ID    `json:"-"`
	Home    lab.ID    `json:"-"`
	Number  string    `json:"number"`
	Visit   lab.ID    `json:"visit_id"`
	Patient lab.ID    `json:"patient_id"`
	Net     lab.Paise `json:"net"`
	Kind    string    `json:"kind"`
	Due     lab.Paise `json:"-"`
}

// invoiceOf reads a bill with what is due on it; nil where there is none.
func (w *Outside) invoiceOf(ctx context.Context, tx pgx.Tx, org, id lab.ID) (*invoice, error) {
	rows, err := postgres.LoadRecords(ctx, tx, org, []postgres.RecordKey{{Entity: w.o.Schema.EntityID("invoice"), ID: id}})
	if err != nil || len(rows) == 0 || rows[0].Deleted {
		return nil, err
	}
	out := &invoice{ID: id, Home: rows[0].Home}
	if err := json.Unmarshal(rows[0].Doc, out); err != nil {
		return nil, fmt.Errorf("outside: bill: %w", err)
	}
	bills, err := w.o.DB.Queries().BillsOfSubject(ctx, tx, queries.BillsOfSubjectParams{
		Org: org, Patient: out.Patient.String(), EInvoice: int32(w.o.Schema.EntityID("invoice")), EPayment: int32(w.o.Schema.EntityID("payment")),
	})
	if err != nil {
		return nil, fmt.Errorf("outside: bill: %w", err)
	}
	for _, b := range bills {
		if b.ID == id {
			out.Due = out.Net - lab.Paise(b.Paid)
		}
	}
	return out, nil
}

// bill makes a link for what is due on a bill. The reference is the bill's number; after a part was paid otherwise the
// link is closed and another one made, with a suffix, since a gateway takes a reference once.
func (w *Outside) bill(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	_, err := w.Credentials.Get(ctx, org, "razorpay")
	if errors.Is(err, credential.ErrMissing) {
		return 0, "not_set_up", nil
	}
	if err != nil {
		return 0, "", err
	}
	b, err := w.invoiceOf(ctx, tx, org, id)
	if err != nil || b == nil {
		return 0, "", err
	}
	q := w.o.DB.Queries()
	made, err := q.PayablesOf(ctx, tx, queries.PayablesOfParams{Org: org, Invoice: id})
	if err != nil {
		return 0, "", fmt.Errorf("outside: links: %w", err)
	}
	for _, p := range made {
		if p.State == "open" && lab.Paise(p.Amount) == b.Due {
			return 0, "", nil
		}
		if p.State != "open" {
			continue
		}
		if err := w.closeLink(ctx, tx, p); err != nil {
			return 0, "", err
		}
	}
	if b.Due < leastLink {
		return 0, "", nil
	}
	reference := b.Number
	if len(made) > 0 {
		reference = fmt.Sprintf("%s-%d", b.Number, len(made)+1)
	}
	outboxID, _, err := w.PutLink(ctx, tx, org, id, razorpay.NewLink{Reference: reference, Amount: b.Due, Description: "Bill " + b.Number, CallbackURL: ""})
	if err != nil {
		return 0, "", err
	}
	return 0, "", q.SetPayableOutbox(ctx, tx, queries.SetPayableOutboxParams{Outbox: outboxID, Org: org, Reference: reference})
}

// closeLink withdraws a link that asks for the wrong amount. What is paid on it meanwhile is an exception for a person.
func (w *Outside) closeLink(ctx context.Context, tx pgx.Tx, p queries.Payable) error {
	q := w.o.DB.Queries()
	if err := q.SetPayableState(ctx, tx, queries.SetPayableStateParams{State: "closed", Org: p.Org, Reference: p.Reference}); err != nil {
		return fmt.Errorf("outside: close a link: %w", err)
	}
	if err := w.Errands.Put(ctx, tx, p.Org, errandLink, linkRecord(p.Org, p.Reference), 0); err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]string{"reference": p.Reference})
	if err != nil {
		return fmt.Errorf("outside: %w", err)
	}
	_, _, err = w.Outbox.Put(ctx, tx, outbox.New{Org: p.Org, Service: "razorpay", Kind: kindCancel, Key: "cancel_link:" + p.Reference, Recipient: p.Reference, Payload: raw})
	return err
}

// taken looks at a bill again after a lab took money on it.
func (w *Outside) taken(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	rows, err := postgres.LoadRecords(ctx, tx, org, []postgres.RecordKey{{Entity: w.o.Schema.EntityID("payment"), ID: id}})
	if err != nil || len(rows) == 0 {
		return 0, "", err
	}
	var p struct {
		Invoice lab.ID `json:"invoice_id"`
	}
	if err := json.Unmarshal(rows[0].Doc, &p); err != nil {
		return 0, "", fmt.Errorf("outside: payment: %w", err)
	}
	return w.bill(ctx, tx, org, p.Invoice)
}

// linkRecord is the id under which the lab sees the link of a reference.
func linkRecord(org lab.ID, reference string) lab.ID {
	return lab.NameID("payment link", org.String(), reference)
}

// tellLink writes the link of a bill for the lab. Its id is that of the record; the reference is found by it.
func (w *Outside) tellLink(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	q := w.o.DB.Queries()
	p, err := q.PayableByRecord(ctx, tx, queries.PayableByRecordParams{Org: org, Record: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("outside: link: %w", err)
	}
	b, err := w.invoiceOf(ctx, tx, org, p.Invoice)
	if err != nil || b == nil {
		return 0, "", err
	}
	values := map[string]any{
		"invoice_id": b.ID, "visit_id": b.Visit, "provider": "razorpay", "reference": p.Reference, "amount": p.Amount, "status": p.State,
		"made_ms": p.MadeAt.UnixMilli(), "changed_ms": w.o.Clock().UnixMilli(),
	}
	if p.ShortUrl != "" {
		values["url"] = p.ShortUrl
	}
	if !p.Outbox.IsZero() && p.ShortUrl == "" {
		row, err := q.OutboxRow(ctx, tx, queries.OutboxRowParams{Org: org, ID: p.Outbox})
		if err == nil && (row.State == "failed" || row.State == "dead") {
			values["status"], values["code"] = "failed", row.ErrorCode
		}
	}
	return 0, "", w.o.Ingest.Write(ctx, tx, org, "payment_link", ingest.Own{Entity: journal.EntityPaymentLink, Record: id, Home: b.Home, Values: values})
}

// gateway is who stands as the taker of money that came in through a gateway: nobody at a lab.
func gateway(provider string) lab.ID { return lab.NameID("payment gateway", provider) }

// tellPaid writes a payment for the lab, and tells the patient.
func (w *Outside) tellPaid(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	q := w.o.DB.Queries()
	paid, err := q.LockBooking(ctx, tx, queries.LockBookingParams{Org: org, ID: id})
	if err != nil || paid.State != "booked" {
		return 0, "", ignoreNone(err)
	}
	p, err := q.PayableOf(ctx, tx, queries.PayableOfParams{Org: org, Reference: paid.Reference})
	if err != nil {
		return 0, "", ignoreNone(err)
	}
	b, err := w.invoiceOf(ctx, tx, org, p.Invoice)
	if err != nil || b == nil {
		return time.Minute, "bill_waits", err
	}
	err = w.o.Ingest.Write(ctx, tx, org, "gateway",
		ingest.Own{Entity: "payment", Record: id, Home: b.Home, Values: map[string]any{
			"invoice_id": b.ID, "visit_id": b.Visit, "patient_id": b.Patient, "number": paid.PaymentID, "kind": "payment", "mode": mode(paid.Method),
			"amount": paid.Amount, "at_ms": paid.At.UnixMilli(), "user_id": gateway(paid.Provider),
		}})
	if err != nil {
		return 0, "", err
	}
	if _, _, err := w.tellLink(ctx, tx, org, linkRecord(org, paid.Reference)); err != nil {
		return 0, "", err
	}
	return 0, "", w.Outreach.Paid(ctx, tx, org, id)
}

// mode is a gateway's method in the words of a bill.
func mode(method string) string {
	switch m := strings.ToLower(method); m {
	case "upi", "card":
		return m
	}
	return "online"
}

// ignoreNone takes a missing row for nothing to do.
func ignoreNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// tellRefund writes money that went back for the lab.
func (w *Outside) tellRefund(ctx context.Context, tx pgx.Tx, org, id lab.ID) (time.Duration, string, error) {
	q := w.o.DB.Queries()
	r, err := q.RefundByID(ctx, tx, queries.RefundByIDParams{Org: org, ID: id})
	if err != nil || r.State != "made" {
		return 0, "", ignoreNone(err)
	}
	paid, err := q.LockBooking(ctx, tx, queries.LockBookingParams{Org: org, ID: r.Booking})
	if err != nil || paid.State != "booked" {
		return 0, "", ignoreNone(err) // an exception was never on a bill
	}
	p, err := q.PayableOf(ctx, tx, queries.PayableOfParams{Org: org, Reference: paid.Reference})
	if err != nil {
		return 0, "", ignoreNone(err)
	}
	b, err := w.invoiceOf(ctx, tx, org, p.Invoice)
	if err != nil || b == nil {
		return 0, "", err
	}
	return 0, "", w.o.Ingest.Write(ctx, tx, org, "gateway", ingest.Own{Entity: "payment", Record: id, Home: b.Home, Values: map[string]any{
		"invoice_id": b.ID, "visit_id": b.Visit, "patient_id": b.Patient, "number": r.RefundID, "kind": "refund", "mode": mode(paid.Method),
		"amount": r.Amount, "at_ms": r.ChangedAt.UnixMilli(), "user_id": gateway(paid.Provider),
	}})
}

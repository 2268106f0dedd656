package reception

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// sac is the service code of laboratory services, which are exempt from GST.
const sac = "999316"

// issueBill issues the bill of what a plan charges and takes what is paid at once.
func issueBill(ctx context.Context, d *Desk, tx *sqlite.Tx, node string, visit, patient lab.ID, p *plan, in BillInput) error {
	now := tx.Now()
	day := d.day(now)
	number, err := sqlite.NewNumbers(tx, identifier.Node(node)).Invoice(ctx, day)
	if err != nil {
		return err
	}
	invoice := tx.NewID()
	err = tx.Insert("invoice", invoice, sqlite.Row{
		"number": string(number), "kind": "bill_of_supply", "fy": billing.YearOf(day).String(), "visit_id": visit, "patient_id": patient,
		"issued_ms": now.UnixMilli(), "issued_by": tx.Actor().ID, "gross": p.bill.Gross, "discount": p.bill.Discount, "round_off": p.bill.RoundOff,
		"net": p.bill.Total, "discount_reason": textOrNil(in.Discount.Reason), "sac": sac,
	})
	if err != nil {
		return err
	}
	for i, l := range p.bill.Lines {
		err := tx.Insert("invoice_line", tx.NewID(), sqlite.Row{
			"invoice_id": invoice, "position": i, "kind": p.items[i].kind, "ref_id": p.items[i].id, "code": l.Code, "name": l.Name, "price": l.Price,
			"discount": l.Discount, "amount": l.Net(),
		})
		if err != nil {
			return err
		}
	}
	return d.takeMoney(ctx, tx, node, invoice, patient, in.Payments)
}

// owed is a bill with what is unpaid of it.
type owed struct {
	invoice, visit lab.ID
	due            lab.Paise
}

// takeMoney books payments: on the named bill first, the rest on the person's older bills, oldest first. More than is
// owed is refused.
func (d *Desk) takeMoney(ctx context.Context, tx *sqlite.Tx, node string, invoice, patient lab.ID, payments []PaymentInput) error {
	if len(payments) == 0 {
		return nil
	}
	open, err := openBills(ctx, tx, invoice, patient)
	if err != nil {
		return err
	}
	for _, pay := range payments {
		left := pay.Amount
		for i := range open {
			part := min(left, open[i].due)
			if part <= 0 {
				continue
			}
			if err := d.insertPayment(ctx, tx, node, open[i], patient, pay, part); err != nil {
				return err
			}
			open[i].due -= part
			left -= part
		}
		if left > 0 {
			return lab.Invalid("paid_too_much", "More is paid than is due. Correct the amount.", lab.FieldError{Field: "bill.payments", Code: "too_much", Message: "More than is due."})
		}
	}
	return nil
}

func openBills(ctx context.Context, tx *sqlite.Tx, first, patient lab.ID) ([]owed, error) {
	rows, err := queries.New(tx).UnpaidInvoices(ctx, queries.ID(patient))
	if err != nil {
		return nil, fmt.Errorf("read the unpaid bills of patient %s: %w", patient, err)
	}
	var out []owed
	for _, r := range rows {
		o := owed{invoice: lab.ID(r.ID), visit: lab.ID(r.VisitID), due: lab.Paise(r.Due)}
		if o.invoice == first {
			out = append([]owed{o}, out...)
			continue
		}
		out = append(out, o)
	}
	return out, nil
}

func (d *Desk) insertPayment(ctx context.Context, tx *sqlite.Tx, node string, bill owed, patient lab.ID, in PaymentInput, amount lab.Paise) error {
	number, err := sqlite.NewNumbers(tx, identifier.Node(node)).Receipt(ctx, d.day(tx.Now()))
	if err != nil {
		return err
	}
	return tx.Insert("payment", tx.NewID(), sqlite.Row{
		"invoice_id": bill.invoice, "visit_id": bill.visit, "patient_id": patient, "number": number, "kind": "payment", "mode": in.Mode, "amount": amount,
		"reference": textOrNil(in.Reference), "at_ms": tx.Now().UnixMilli(), "user_id": tx.Actor().ID,
	})
}

// TakePayment takes money on the bill of a visit.
func (d *Desk) TakePayment(ctx context.Context, actor lab.Actor, key string, visit lab.ID, in TakePayment) (Bill, error) {
	_, err := once.Do(ctx, d.db, actor, key, "bill.pay", in, func(tx *sqlite.Tx) (lab.ID, error) {
		setting, err := sqlite.ReadSetting(ctx, tx)
		if err != nil {
			return lab.ID{}, err
		}
		q := queries.New(tx)
		v, err := q.Visit(ctx, queries.ID(visit))
		if err != nil {
			return lab.ID{}, visitError(visit, err)
		}
		invoices, err := q.InvoicesOfVisit(ctx, v.ID)
		if err != nil || len(invoices) == 0 {
			return lab.ID{}, errors.Join(err, lab.Conflict("no_bill", "This visit has no bill."))
		}
		if in.ExpectedDue != nil {
			if err := sameDue(ctx, q, v.ID, *in.ExpectedDue); err != nil {
				return lab.ID{}, err
			}
		}
		return visit, d.takeMoney(ctx, tx, setting.NodeCode, lab.ID(invoices[0].ID), lab.ID(v.PatientID), in.Payments)
	})
	if err != nil {
		return Bill{}, err
	}
	var out Bill
	err = d.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		b, err := readBill(ctx, q, visit)
		if err == nil && b != nil {
			out = *b
		}
		return err
	})
	return out, err
}

func sameDue(ctx context.Context, q *queries.Queries, visit queries.ID, seen lab.Paise) error {
	billed, err := q.VisitBilled(ctx, visit)
	if err != nil {
		return fmt.Errorf("add up the bills of visit %s: %w", lab.ID(visit), err)
	}
	paid, err := q.VisitPaid(ctx, visit)
	if err != nil {
		return fmt.Errorf("add up the payments of visit %s: %w", lab.ID(visit), err)
	}
	if now := lab.Paise(billed - paid); now != seen {
		e := lab.Conflict("stale_record", "Somebody has taken money on this bill since it was opened.")
		e.Detail = map[string]any{"seen": seen, "current": now}
		return e
	}
	return nil
}

// The states of a payment link. A link whose page is not made yet is open to the hub, and of no use to a person.
const (
	linkMaking = "making"
	linkOpen   = "open"
	linkPaid   = "paid"
	linkClosed = "closed"
)

func readBill(ctx context.Context, q *queries.Queries, visit lab.ID) (*Bill, error) {
	invoices, err := q.InvoicesOfVisit(ctx, queries.ID(visit))
	if err != nil {
		return nil, fmt.Errorf("read the bills of visit %s: %w", visit, err)
	}
	if len(invoices) == 0 {
		return nil, nil
	}
	out := &Bill{ID: lab.ID(invoices[0].ID), Number: invoices[0].Number, IssuedAt: *msTime(invoices[0].IssuedMs), SAC: invoices[0].Sac, Lines: []BillLine{}, Payments: []Payment{}, Links: []PayLink{}}
	for _, inv := range invoices {
		out.Total.Gross += lab.Paise(inv.Gross)
		out.Total.Discount += lab.Paise(inv.Discount)
		out.Total.RoundOff += lab.Paise(inv.RoundOff)
		out.Total.Net += lab.Paise(inv.Net)
		before := out.Total.Paid
		if err := out.addInvoice(ctx, q, inv.ID); err != nil {
			return nil, err
		}
		if err := out.addLinks(ctx, q, inv.ID, lab.Paise(inv.Net)-(out.Total.Paid-before)); err != nil {
			return nil, err
		}
	}
	out.Total.Due = out.Total.Net - out.Total.Paid
	return out, nil
}

func (b *Bill) addInvoice(ctx context.Context, q *queries.Queries, id queries.ID) error {
	lines, err := q.InvoiceLines(ctx, id)
	if err != nil {
		return fmt.Errorf("read the lines of bill %s: %w", lab.ID(id), err)
	}
	for _, l := range lines {
		b.Lines = append(b.Lines, BillLine{Code: l.Code, Name: l.Name, Kind: l.Kind, ID: lab.ID(l.RefID), Price: lab.Paise(l.Price), Discount: lab.Paise(l.Discount), Amount: lab.Paise(l.Amount)})
	}
	payments, err := q.PaymentsOfInvoice(ctx, id)
	if err != nil {
		return fmt.Errorf("read the payments of bill %s: %w", lab.ID(id), err)
	}
	for _, p := range payments {
		b.Payments = append(b.Payments, Payment{ID: lab.ID(p.ID), Number: p.Number, Mode: p.Mode, Amount: lab.Paise(p.Amount), Reference: p.Reference, At: *msTime(p.AtMs), By: p.ByName})
		if p.Kind == "refund" {
			b.Total.Paid -= lab.Paise(p.Amount)
			continue
		}
		b.Total.Paid += lab.Paise(p.Amount)
	}
	return nil
}

// addLinks adds the payment pages of a bill on which due is left. A page of another amount is never shown: money was taken
// since it was made, and the hub, as soon as it hears of that, withdraws it and makes one for the rest.
func (b *Bill) addLinks(ctx context.Context, q *queries.Queries, id queries.ID, due lab.Paise) error {
	links, err := q.LinksOfInvoice(ctx, id)
	if err != nil {
		return fmt.Errorf("read the payment links of bill %s: %w", lab.ID(id), err)
	}
	for _, l := range links {
		link := PayLink{ID: lab.ID(l.ID), Reference: l.Reference, Amount: lab.Paise(l.Amount), URL: l.Url, State: l.Status, Code: l.Code, At: *msTime(l.ChangedMs)}
		switch {
		case l.Status == linkClosed, l.Status != linkPaid && due <= 0:
			continue
		case l.Status == linkOpen && (l.Url == "" || link.Amount != due):
			link.State, link.URL, link.Amount = linkMaking, "", due
		}
		b.Links = append(b.Links, link)
	}
	return nil
}

func visitError(id lab.ID, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return lab.NotFound("visit_not_found", "There is no such visit.")
	}
	return fmt.Errorf("read visit %s: %w", id, err)
}

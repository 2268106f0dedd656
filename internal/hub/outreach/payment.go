package outreach

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// Paid tells a person that money arrived. The record is the payment, as the lab has it.
func (d *Desk) Paid(ctx context.Context, tx pgx.Tx, org, payment lab.ID) error {
	p, err := d.load(ctx, tx, org, "payment", payment)
	if err != nil || p == nil {
		return err
	}
	visit, err := d.load(ctx, tx, org, "visit", p.id("visit_id"))
	if err != nil || visit == nil {
		return err
	}
	person, err := d.load(ctx, tx, org, "patient", p.id("patient_id"))
	if err != nil || person == nil {
		return err
	}
	setting, err := d.settingOf(ctx, tx, org, message.PaymentReceived)
	if err != nil {
		return err
	}
	ways, _, err := d.waysTo(ctx, tx, org, person, visit.list("delivery"), setting.Ways)
	if err != nil || len(ways) == 0 {
		return err
	}
	return d.begin(ctx, tx, org, newNotice{kind: message.PaymentReceived, record: payment, home: p.Home, visit: visit.ID, subject: person.ID, ways: ways})
}

// valuesOfPayment fills the places of the news of a payment.
func (d *Desk) valuesOfPayment(ctx context.Context, tx pgx.Tx, n queries.Notice) (map[string]string, error) {
	p, err := d.load(ctx, tx, n.Org, "payment", n.Record)
	if err != nil || p == nil {
		return nil, err
	}
	bill, err := d.load(ctx, tx, n.Org, "invoice", p.id("invoice_id"))
	if err != nil || bill == nil {
		return nil, err
	}
	home, err := d.queries().LabByID(ctx, tx, queries.LabByIDParams{Org: n.Org, ID: n.Lab})
	if err != nil {
		return nil, wrap("lab", err)
	}
	return map[string]string{
		"amount": rupees(lab.Paise(p.number("amount"))), "bill": bill.text("number"), "date": dayOf(d.Clock()), "mode": strings.ToUpper(p.text("mode")),
		"reference": p.text("number"), "lab": home.Name,
	}, nil
}

// Code writes a log-in code to a person, by the first way that is open. A code is asked for by whoever holds the phone, so
// neither STOP nor the night keeps it back.
func (d *Desk) Code(ctx context.Context, tx pgx.Tx, org, subject, home lab.ID, language, code string) (string, error) {
	person, err := d.load(ctx, tx, org, "patient", subject)
	if err != nil || person == nil {
		return "", err
	}
	l, err := d.queries().LabByID(ctx, tx, queries.LabByIDParams{Org: org, ID: home})
	if err != nil {
		return "", wrap("lab", err)
	}
	to := contactsOf(person)
	for _, way := range message.Ways() {
		if to.address(way) == "" {
			continue
		}
		service, err := d.serviceOf(ctx, org, way)
		if err != nil {
			return "", err
		}
		if service == "" {
			continue
		}
		_, err = d.write(ctx, tx, letter{
			org: org, kind: message.LoginCode, way: way, language: language, key: message.LoginCode + ":" + d.NewID().String(), to: to.address(way),
			name: person.text("name"), values: map[string]string{"code": code, "lab": l.Name},
		})
		return way, err
	}
	return "", nil
}

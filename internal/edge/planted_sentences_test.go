package edge_test

import (
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
)

// sentences writes the name into every text that people may type beside a record: reasons, references and notes.
func (p *planted) sentences() {
	ctx, desk, tech := p.t.Context(), p.who["reception"], p.who["tech"]
	who := release.Who{Actor: p.who["path"], Proved: p.node.DB.Now()}
	sodium := p.rows()["NA"]
	amended, err := p.node.Release.Amend(ctx, who, p.key(), sodium.ItemID, release.Amend{Value: "141", Reason: "Zebrelda called back", Told: "Zebrelda herself", Versions: sodium.Versions})
	p.must(err)
	_, err = p.node.Release.Withdraw(ctx, who, p.key(), amended.Report.ID, release.Withdraw{Reason: "Zebrelda was another patient"})
	p.must(err)
	again := p.again(reception.BillInput{
		Discount: reception.Discount{Amount: 100, Reason: "aunt of Zebrelda works here"}, Payments: []reception.PaymentInput{{Mode: "upi", Amount: 100, Reference: "zebrelda@upi"}},
	})
	tube := again.Samples[0]
	_, err = p.node.Desk.PrintLabels(ctx, desk, p.key(), tube.ID, reception.PrintLabels{Copies: 1, Reason: "label of Zebrelda torn"})
	p.must(err)
	_, err = p.node.Desk.Reject(ctx, tech, tube.ID, reception.Reject{Reason: "clotted", Note: "tell Zebrelda", Versions: tube.Versions})
	p.must(err)
	gone := p.again(reception.BillInput{})
	_, err = p.node.Desk.CancelVisit(ctx, p.who["manager"], gone.ID, reception.Cancel{Reason: "Zebrelda went home", Versions: gone.Versions})
	p.must(err)
	p.discard()
}

// again registers another visit of the patient.
func (p *planted) again(bill reception.BillInput) reception.Visit {
	c, err := p.node.Office.Catalogue(p.t.Context())
	p.must(err)
	in := reception.Register{PatientID: p.visit.Patient.ID, Priority: "routine", Collected: true, Bill: bill}
	for _, x := range c.Panels {
		if x.Code == "ELEC" {
			in.Items = append(in.Items, reception.OrderItem{Kind: "panel", ID: x.ID})
		}
	}
	v, err := p.node.Desk.Register(p.t.Context(), p.who["reception"], p.key(), in)
	p.must(err)
	return v
}

// discard decides about the two messages that wait: one of the patient's tube, one of a tube that nobody knows.
func (p *planted) discard() {
	box, err := p.node.Bench.Inbox(p.t.Context(), "waiting", lab.ID{}, "", 50)
	p.must(err)
	if len(box.Cards) < 2 {
		p.t.Fatalf("%d cards wait", len(box.Cards))
	}
	for _, c := range box.Cards {
		_, err := p.node.Bench.Resolve(p.t.Context(), p.who["tech"], p.key(), c.ID, bench.Resolve{Action: "discard", Reason: "this is Zebrelda again"})
		p.must(err)
	}
}

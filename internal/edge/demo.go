package edge

import (
	"context"
	"fmt"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/setup"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/simulate"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// DemoPassword is the password of every account of a demonstration lab; it is printed at the start.
const DemoPassword = "jaanch-demo" //nolint:gosec // printed on purpose: a demonstration has no secrets

// DemoPIN is the PIN of every account of a demonstration lab.
const DemoPIN = "246810"

// DemoLogin is one account of a demonstration lab.
type DemoLogin struct {
	Login, Name, Role string
}

// DemoLogins are the accounts of a demonstration lab, in the order of the work.
func DemoLogins() []DemoLogin {
	return []DemoLogin{
		{"reception", "Demo Reception", string(access.Receptionist)},
		{"collect", "Demo Collection", string(access.Phlebotomist)},
		{"tech", "Demo Technician", string(access.Technician)},
		{"path", "Dr Demo Pathologist", string(access.Pathologist)},
		{"manager", "Demo Manager", string(access.Manager)},
		{"admin", "Demo Administrator", string(access.Admin)},
	}
}

// demo makes a demonstration lab where there is no lab yet: accounts, the starter catalogue, the simulator's analyzers with
// their code maps. It is safe to run at every start.
func (n *Node) demo(ctx context.Context) error {
	state, err := n.Office.State(ctx)
	if err != nil {
		return err
	}
	if state.Ready {
		return n.demoPrinter(ctx)
	}
	founding := setup.Founding{
		Demo: true, NodeCode: n.nodeCode(),
		Lab: setup.LabInput{
			Name: "Demo Pathology Lab", NameLocal: "डेमो पैथोलॉजी लैब", Address: "1 Example Road", City: "Nashik", State: "Maharashtra", PIN: "422001",
			Phone: "0253 000 0000", Email: "lab@example.org", UPI: "demolab@example", Language: "hi+en", Letterhead: true, Levels: 1, AutoReceive: true, DiscountMax: 10,
		},
	}
	for _, d := range DemoLogins() {
		u := setup.UserInput{Login: d.Login, Name: d.Name, Roles: []string{d.Role}, Password: DemoPassword, Active: true}
		if d.Role == string(access.Pathologist) {
			u.Qualification, u.Registration = "MD (Pathology)", "DEMO-0001"
		}
		founding.People = append(founding.People, u)
	}
	ids, err := n.Office.Found(ctx, "demonstration-lab-founding", founding)
	if err != nil {
		return fmt.Errorf("make the demonstration lab: %w", err)
	}
	if _, err := n.Office.LoadStarter(ctx, lab.System(), "demonstration-lab-catalogue"); err != nil {
		return fmt.Errorf("load the starter catalogue: %w", err)
	}
	if err := n.Office.DemoPINs(ctx, ids, DemoPIN); err != nil {
		return fmt.Errorf("set the demonstration PINs: %w", err)
	}
	if err := n.demoAnalyzers(ctx); err != nil {
		return err
	}
	return n.demoPrinter(ctx)
}

// demoPrinterName is how the demonstration's label printer is found again at the next start.
const demoPrinterName = "Demo label printer"

// demoPrinter sets up the label printer of the demonstration, at the address of this start: a rack that moved to another
// port would otherwise leave labels waiting for ever.
func (n *Node) demoPrinter(ctx context.Context) error {
	if n.config.Printer == "" {
		return nil
	}
	in := setup.PrinterInput{Name: demoPrinterName, Address: n.config.Printer, WidthMM: 50, HeightMM: 25, Default: true}
	all, err := n.Office.Printers(ctx)
	if err != nil {
		return err
	}
	for _, p := range all.Printers {
		if p.Name != demoPrinterName {
			continue
		}
		if p.Address == in.Address {
			return nil
		}
		in.Versions = p.Versions
		_, err := n.Office.ChangePrinter(ctx, lab.System(), p.ID, in)
		return err
	}
	_, err = n.Office.AddPrinter(ctx, lab.System(), "demonstration-lab-printer", in)
	return err
}

// demoAnalyzers approves the simulator's analyzers and maps their codes.
func (n *Node) demoAnalyzers(ctx context.Context) error {
	c, err := n.Office.Catalogue(ctx)
	if err != nil {
		return err
	}
	tests := map[string]setup.Test{}
	for _, t := range c.Tests {
		tests[t.Code] = t
	}
	return n.DB.Update(ctx, lab.System(), "demo.analyzers", func(tx *sqlite.Tx) error {
		for _, m := range simulate.Models() {
			if err := demoAnalyzer(tx, m, tests); err != nil {
				return err
			}
		}
		return nil
	})
}

func demoAnalyzer(tx *sqlite.Tx, m simulate.Model, tests map[string]setup.Test) error {
	in := bench.InstrumentInput{Name: m.Sender, Profile: "generic-astm", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, Query: true, WindowDays: 7}
	if m.Protocol == instruments.HL7 {
		in.Profile = "generic-hl7"
	}
	if len(m.Analytes) > 0 {
		in.Department = tests[m.Analytes[0].Catalogue].Department
	}
	id := tx.NewID()
	row := bench.InstrumentRow(in)
	row["identity"], row["peer"], row["approved"], row["approved_ms"] = identityOf(m), "127.0.0.1", 1, tx.Now().UnixMilli()
	if err := tx.Insert("instrument", id, row); err != nil {
		return err
	}
	for _, a := range m.Analytes {
		if t, ok := tests[a.Catalogue]; ok {
			if err := tx.Insert("instrument_code", tx.NewID(), sqlite.Row{"instrument_id": id, "code": a.Code, "test_id": t.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// identityOf is how a simulated analyzer calls itself: H-5, or MSH-3 and MSH-4.
func identityOf(m simulate.Model) string {
	if m.Protocol == instruments.HL7 {
		return m.Sender + "|" + m.Maker
	}
	return m.Sender + "^1.0^" + m.Serial
}

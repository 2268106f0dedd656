package reception_test

import (
	"strings"
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// A payment page is shown while it asks for what is due, and never for another amount: who pays it would pay twice.
func TestBillShowsItsPaymentPage(t *testing.T) {
	t.Parallel()
	const page = "https://pay.example/i/1"
	cases := []struct {
		name   string
		status string
		url    string
		code   string
		more   lab.Paise // that the page asks for beyond what is due
		taken  bool      // everything is paid at the counter
		want   string    // states, in order
	}{
		{name: "open", status: "open", url: page, want: "open"},
		{name: "not made yet", status: "open", want: "making"},
		{name: "of an older amount", status: "open", url: page, more: 5000, want: "making"},
		{name: "refused by the gateway", status: "failed", code: "BAD_REQUEST_ERROR", want: "failed"},
		{name: "withdrawn", status: "closed", url: page},
		{name: "open, paid at the counter", status: "open", url: page, taken: true},
		{name: "paid", status: "paid", url: page, taken: true, want: "paid"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := edgetest.New(t)
			v := l.Visit(t, "Asha Sharma", "F", 34, "HB")
			due := v.Bill.Total.Due
			if due <= 0 {
				t.Fatalf("nothing is due: %+v", v.Bill.Total)
			}
			clerk := l.People["receptionist"]
			if c.taken {
				paid := reception.TakePayment{Payments: []reception.PaymentInput{{Mode: "cash", Amount: due}}}
				if _, err := l.Desk.TakePayment(t.Context(), clerk, "take-1", v.ID, paid); err != nil {
					t.Fatal(err)
				}
			}
			row := sqlite.Row{
				"invoice_id": v.Bill.ID, "visit_id": v.ID, "provider": "razorpay", "reference": v.Bill.Number, "amount": due + c.more,
				"status": c.status, "made_ms": 1, "changed_ms": 2,
			}
			if c.url != "" {
				row["url"] = c.url
			}
			if c.code != "" {
				row["code"] = c.code
			}
			err := l.DB.Update(t.Context(), clerk, "", func(tx *sqlite.Tx) error { return tx.Insert("payment_link", tx.NewID(), row) })
			if err != nil {
				t.Fatal(err)
			}
			read, err := l.Desk.Visit(t.Context(), clerk, v.ID)
			if err != nil {
				t.Fatal(err)
			}
			var states []string
			for _, p := range read.Bill.Links {
				states = append(states, p.State)
				if shown := p.URL != ""; shown != (p.State == "open" || p.State == "paid") {
					t.Errorf("state %s with the address %q", p.State, p.URL)
				}
				if p.Amount != due || p.Code != c.code {
					t.Errorf("asks for %d (%q), due were %d", p.Amount, p.Code, due)
				}
			}
			if got := strings.Join(states, " "); got != c.want {
				t.Errorf("states %q, want %q", got, c.want)
			}
		})
	}
}

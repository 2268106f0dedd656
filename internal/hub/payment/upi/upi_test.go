package upi_test

import (
	"net/url"
	"strings"
	"testing"

	"jaanch/internal/hub/payment/upi"
)

func TestLink(t *testing.T) {
	t.Parallel()
	bill := upi.Bill{Payee: "lab@bank", Name: "City Lab", Category: "8071", Reference: "BILL20260123", Note: "Bill 123", Amount: 49900}
	got, err := upi.Link(bill)
	if err != nil || got != "upi://pay?pa=lab@bank&pn=City%20Lab&mc=8071&tr=BILL20260123&tn=Bill%20123&am=499.00&cu=INR" {
		t.Errorf("%s %v", got, err)
	}
	bill.Name, bill.Amount = "जाँच & Co +=", 5
	got, err = upi.Link(bill)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil || u.Query().Get("pn") != bill.Name || u.Query().Get("am") != "0.05" || strings.Contains(got, "+") {
		t.Errorf("%s %v", got, err)
	}
	for field, change := range map[string]func(*upi.Bill){
		"payee": func(b *upi.Bill) { b.Payee = "lab@bank&am=1" }, "name": func(b *upi.Bill) { b.Name = "" }, "category": func(b *upi.Bill) { b.Category = "80" },
		"reference": func(b *upi.Bill) { b.Reference = "BILL/1" }, "note": func(b *upi.Bill) { b.Note = strings.Repeat("x", 51) }, "amount": func(b *upi.Bill) { b.Amount = 0 },
	} {
		bad := upi.Bill{Payee: "lab@bank", Name: "City Lab", Category: "8071", Reference: "B1", Amount: 100}
		change(&bad)
		if _, err := upi.Link(bad); err == nil || !strings.Contains(err.Error(), "; "+field+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

package billing_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"

	"pgregory.net/rapid"
)

func TestTaxOfASale(t *testing.T) {
	t.Parallel()
	item := billing.Item{Name: "Water testing", HSN: "998346", Quantity: 1, Price: 100001, Rate: 1800}
	for name, c := range map[string]struct {
		supply                      billing.Supply
		igst, cgst, roundOff, total lab.Paise
	}{
		"one state":        {billing.Supply{Seller: "27", Place: "27"}, 0, 9000, -1, 118000},
		"two states":       {billing.Supply{Seller: "27", Place: "29"}, 18000, 0, -1, 118000},
		"an economic zone": {billing.Supply{Seller: "27", Place: "27", Special: true}, 18000, 0, -1, 118000},
	} {
		got, err := billing.NewInvoice([]billing.Item{item}, c.supply)
		if err != nil || got.IGST != c.igst || got.CGST != c.cgst || got.SGST != c.cgst || got.RoundOff != c.roundOff || got.Total != c.total || got.Kind != billing.TaxInvoice {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	exempt, err := billing.NewInvoice([]billing.Item{{Name: "CBC", HSN: "999316", Quantity: 3, Price: 35000, Exempt: true}}, billing.Supply{Seller: "27", Place: "27"})
	if err != nil || exempt.Kind != billing.BillOfSupply || exempt.Total != 105000 || exempt.Tax() != 0 {
		t.Errorf("exempt: %+v, %v", exempt, err)
	}
	for name, it := range map[string]billing.Item{
		"nothing": {}, "discount": {Quantity: 1, Price: 1, Discount: 2}, "exempt with a rate": {Quantity: 1, Price: 1, Rate: 500, Exempt: true},
		"overflow": {Quantity: 1e6, Price: 1e12}, "rate": {Quantity: 1, Price: 1, Rate: 10001},
	} {
		if _, err := billing.NewInvoice([]billing.Item{it}, billing.Supply{Seller: "27", Place: "27"}); lab.CodeOf(err) != "invoice_line" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// However a line is credited in parts, the parts give back exactly what was taken, and no paisa more.
func TestCreditNotesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom([]string{"27", "29"}).Draw(t, "place")
		inv, err := billing.NewInvoice([]billing.Item{{
			HSN: "998346", Quantity: rapid.Int64Range(1, 9).Draw(t, "q"), Price: lab.Paise(rapid.Int64Range(1, 999999).Draw(t, "p")),
			Rate: rapid.SampledFrom([]int{0, 25, 300, 500, 1800, 4000}).Draw(t, "r"),
		}}, billing.Supply{Seller: "27", Place: place})
		if err != nil {
			t.Fatal(err)
		}
		var notes []billing.Invoice
		left := inv.Lines[0].Taxable
		for left > 0 {
			part := lab.Paise(rapid.Int64Range(1, int64(left)).Draw(t, "part"))
			if len(notes) == 5 {
				part = left
			}
			n, err := inv.Credit(map[int]lab.Paise{0: part}, notes)
			if err != nil {
				t.Fatal(err)
			}
			notes = append(notes, n)
			left -= part
		}
		var tax, value lab.Paise
		for _, n := range notes {
			tax, value = tax+n.Tax(), value+n.Taxable
			if n.Lines[0].CGST != n.Lines[0].SGST {
				t.Fatal("central and state tax differ")
			}
		}
		if tax != inv.Tax() || value != inv.Taxable {
			t.Fatalf("gave back %d and %d of %d and %d", value, tax, inv.Taxable, inv.Tax())
		}
		if _, err := inv.Credit(map[int]lab.Paise{0: 1}, notes); lab.CodeOf(err) != "credit_amount" {
			t.Fatalf("one paisa more: %v", err)
		}
	})
}

func TestAccount(t *testing.T) {
	t.Parallel()
	a := billing.Account{Total: 49900}
	pay := billing.Receipt{Source: "razorpay", Reference: "pay_1", Amount: 20000}
	a, booked, err := a.Book(pay)
	if err != nil || !booked || a.State() != billing.Part || a.Due() != 29900 {
		t.Fatalf("%+v %v", a, err)
	}
	if again, booked, err := a.Book(pay); booked || err != nil || again.Received() != 20000 {
		t.Errorf("announced twice: %+v %v", again, err)
	}
	other := pay
	other.Amount = 1
	if _, _, err := a.Book(other); lab.CodeOf(err) != "receipt_differs" {
		t.Error(err)
	}
	a, _, _ = a.Book(billing.Receipt{Source: "cash", Reference: "R1", Amount: 29900})
	if a.State() != billing.Paid {
		t.Errorf("%s", a.State())
	}
	a, _, _ = a.Book(billing.Receipt{Source: "razorpay", Reference: "pay_2", Amount: 100})
	if a.State() != billing.Surplus || a.Due() != -100 {
		t.Errorf("%s %d", a.State(), a.Due())
	}
	refund := billing.Refund{Of: pay, Key: "k1", Amount: 15000}
	a, given, err := a.Give(refund)
	if err != nil || !given {
		t.Fatal(err)
	}
	if _, given, err = a.Give(refund); given || err != nil {
		t.Error("given twice")
	}
	if _, _, err := a.Give(billing.Refund{Of: pay, Key: "k2", Amount: 5001}); lab.CodeOf(err) != "refund_amount" {
		t.Error(err)
	}
	if _, _, err := a.Give(billing.Refund{Of: billing.Receipt{Source: "cash", Reference: "none"}, Key: "k3", Amount: 1}); lab.CodeOf(err) != "refund_shape" {
		t.Error(err)
	}
}

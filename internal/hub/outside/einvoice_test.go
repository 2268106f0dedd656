package outside_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/gstn"
	"jaanch/internal/hub/outside"
	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/telemetry"
)

const sellerGSTIN = "27AAAPH9357H1ZF" // of the portal's test system, as is the buyer's

// bill makes a document of today.
func bill(t *testing.T, number string, price lab.Paise) gstn.Document {
	t.Helper()
	inv, err := billing.NewInvoice([]billing.Item{{Name: "Water testing", HSN: "998346", Quantity: 1, Price: price, Rate: 1800}}, billing.Supply{Seller: "27", Place: "29"})
	if err != nil {
		t.Fatal(err)
	}
	return gstn.Document{
		Invoice: inv, Number: number, Day: time.Now().UTC().Truncate(24 * time.Hour), Place: "29", Supply: "B2B",
		Seller: gstn.Party{GSTIN: sellerGSTIN, Legal: "City Lab", Address1: "1 Lab Road", City: "Nashik", Pin: 422001},
		Buyer:  gstn.Party{GSTIN: "29AWGPV7107B1Z1", Legal: "Some Hospital", Address1: "2 Road", City: "Bengaluru", Pin: 560001},
	}
}

func (x *world) register(invoice lab.ID, d gstn.Document) (k outside.EInvoiceKey, err error) {
	err = x.db.Update(x.t.Context(), func(tx pgx.Tx) error {
		k, err = x.w.PutEInvoice(x.t.Context(), tx, org, invoice, d)
		return err
	})
	return k, err
}

// stands waits until the document of an invoice has a state.
func (x *world) stands(invoice lab.ID, state string) outside.EInvoice {
	x.t.Helper()
	var last outside.EInvoice
	x.until("the document is "+state, 30*time.Second, func() bool {
		all, err := x.w.EInvoices(x.t.Context(), org, invoice)
		if err != nil || len(all) != 1 {
			x.t.Fatalf("%v %v", all, err)
		}
		last = all[0]
		return last.State == state
	})
	return last
}

// A document whose answer was lost is registered once; it is cancelled once, and its number stays dead.
func TestEInvoice(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"nic", "gsp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			url := "http://" + x.host
			if transport == "gsp" {
				url += "/enriched/ei/api"
			}
			err := x.w.Credentials.Put(t.Context(), org, "gstn", credential.Set{
				"url": telemetry.Secret(url), "transport": telemetry.Secret(transport), "gstin": sellerGSTIN, "user": "API_lab", "password": "pass word", "client": "client",
				"client_secret": "cs", "login_key": telemetry.Secret(x.box.PortalKey()), "signing_keys": telemetry.Secret(x.box.SigningCertificate()),
			})
			if err != nil {
				t.Fatal(err)
			}
			x.box.Order("gstn:timeout_after_store", 1)
			x.serve()
			invoice := lab.ID{7}
			k, err := x.register(invoice, bill(t, "K7/E1", 100000))
			if err != nil {
				t.Fatal(err)
			}
			made := x.stands(invoice, "registered")
			if made.IRN == "" || made.QR == "" || made.AckNo == "" || made.RegisteredAt == nil {
				t.Errorf("%+v", made)
			}
			if n := x.count("SELECT attempts FROM outbox"); n != 1 {
				t.Errorf("registered by %d calls", n)
			}
			if _, err := x.register(invoice, bill(t, "K7/E1", 100000)); err != nil {
				t.Errorf("the same again: %v", err)
			}
			if _, err := x.register(lab.ID{8}, bill(t, "k7/e1", 5000)); lab.CodeOf(err) != "einvoice_number" {
				t.Errorf("another invoice of this number: %v", err)
			}
			x.box.Order("gstn:timeout_after_store", 1)
			if err := x.w.CancelEInvoice(t.Context(), org, k, "2", "Wrong entry"); err != nil {
				t.Fatal(err)
			}
			if gone := x.stands(invoice, "cancelled"); gone.CancelledAt == nil || gone.IRN != made.IRN {
				t.Errorf("%+v", gone)
			}
			if err := x.w.CancelEInvoice(t.Context(), org, k, "2", "Wrong entry"); lab.CodeOf(err) != "einvoice_state" {
				t.Errorf("cancelled twice: %v", err)
			}
			if err := x.w.CorrectEInvoice(t.Context(), org, invoice, bill(t, "K7/E1", 90000)); lab.CodeOf(err) != "einvoice_state" {
				t.Errorf("a dead number was used: %v", err)
			}
			x.box.Order("gstn:buyer_inactive", 2)
			if _, err := x.register(lab.ID{9}, bill(t, "K7/E2", 100000)); err != nil {
				t.Fatal(err)
			}
			if failed := x.stands(lab.ID{9}, "failed"); failed.Code != "3029" || failed.Detail == "" {
				t.Errorf("%+v", failed)
			}
			if err := x.w.CorrectEInvoice(t.Context(), org, lab.ID{9}, bill(t, "K7/E2", 110000)); err != nil {
				t.Fatal(err)
			}
			x.stands(lab.ID{9}, "registered")
			acts := 0
			for _, s := range x.box.Received() {
				if s.Service == "gstn" && s.Status == "ACT" {
					acts++
				}
			}
			if acts != 2 {
				t.Errorf("%d documents at the portal", acts)
			}
		})
	}
}

package outside_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"testing"
	"time"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/once"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// announceStripe posts a signed event and gives the status.
func (x *world) announceStripe(secret, body string) int {
	x.t.Helper()
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	r, err := http.NewRequestWithContext(x.t.Context(), http.MethodPost, "http://"+x.hooks+"/hooks/"+org.String()+"/stripe", bytes.NewReader([]byte(body)))
	if err != nil {
		x.t.Fatal(err)
	}
	r.Header.Set(stripe.SignatureHeader, "t="+stamp+",v1="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// A page that was paid at Stripe is booked once, and a part of it goes back once although the answer was lost.
func TestStripePaymentIsBookedAndGivenBack(t *testing.T) {
	t.Parallel()
	x := setup(t)
	err := x.w.Credentials.Put(t.Context(), org, "stripe", credential.Set{"url": telemetry.Secret("http://" + x.host + "/stripe/v1"), "key": "sk_test_1", "webhook_secret": "whsec_1"})
	if err != nil {
		t.Fatal(err)
	}
	x.serve()
	x.expect("BILL-S", 49900)
	c := stripe.Client{BaseURL: "http://" + x.host + "/stripe/v1", Key: "sk_test_1", HTTP: outbound.New(outbound.Options{Hosts: []string{x.host}, Near: true})}
	_, s := c.CreateSession(t.Context(), stripe.NewSession{
		Reference: "BILL-S", Amount: 49900, Description: "Bill BILL-S", SuccessURL: "https://lab.example/ok", Expires: time.Now().Add(time.Hour),
	}, time.Now())
	intent := x.box.PayStripe(s.ID)
	event := func(id, kind string) string {
		return `{"id":"` + id + `","object":"event","type":"` + kind + `","created":1,"livemode":false,"data":{"object":{"id":"` + s.ID +
			`","object":"checkout.session","payment_intent":"` + intent + `","client_reference_id":"BILL-S","payment_status":"paid","amount_total":49900,"currency":"inr"}}}`
	}
	if status := x.announceStripe("whsec_2", event("evt_0", "checkout.session.completed")); status != http.StatusUnauthorized {
		t.Errorf("a forged event was answered %d", status)
	}
	for _, e := range []string{event("evt_1", "checkout.session.completed"), event("evt_1", "checkout.session.completed"), event("evt_2", "checkout.session.async_payment_succeeded")} {
		if status := x.announceStripe("whsec_1", e); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
	}
	x.until("it is booked", 20*time.Second, func() bool {
		return x.count("SELECT count(*) FROM booking WHERE state = 'booked' AND provider = 'stripe' AND payment_id = $1", intent) == 1
	})
	booked, err := x.w.Booked(t.Context(), org)
	if err != nil || len(booked) != 1 {
		t.Fatalf("%v %v", booked, err)
	}
	x.box.Order("stripe:timeout_after_store", 1)
	if err := x.w.Refund(t.Context(), once.Key{Org: org, Text: "k1"}, org, lab.ID{3}, booked[0].ID, 10000, "asked"); err != nil {
		t.Fatal(err)
	}
	x.until("a part went back", 30*time.Second, func() bool {
		return x.count("SELECT count(*) FROM refund WHERE state = 'made' AND refund_id LIKE 're_%'") == 1
	})
	refunds := 0
	for _, r := range x.box.Received() {
		if r.Service == "stripe" && r.Status == "refund" {
			refunds++
		}
	}
	if refunds != 1 || x.count("SELECT count(*) FROM booking") != 1 {
		t.Errorf("%d refunds", refunds)
	}
}

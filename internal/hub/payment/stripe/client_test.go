package stripe_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/hub/sandbox"
	"jaanch/internal/lab"
)

var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

func client(t *testing.T, handler http.Handler) stripe.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	out := outbound.New(outbound.Options{Hosts: []string{strings.TrimPrefix(server.URL, "http://")}, Near: true})
	return stripe.Client{BaseURL: server.URL + "/stripe/v1", Key: "sk_test_1", HTTP: out}
}

func want(t *testing.T, what string, out outbox.Outcome, class outbox.Class, code string) {
	t.Helper()
	if out.Class != class || out.Code != code {
		t.Errorf("%s: %s %q, wanted %s %q", what, out.Class, out.Code, class, code)
	}
}

func page(reference string) stripe.NewSession {
	return stripe.NewSession{
		Reference: reference, Amount: 49900, Description: "Bill " + reference, SuccessURL: "https://lab.example/paid?s={CHECKOUT_SESSION_ID}", CancelURL: "https://lab.example/bill",
		Expires: now.Add(time.Hour),
	}
}

func TestPaymentPageAndRefund(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{HooksURL: "http://127.0.0.1:1/hooks", StripeKey: "sk_test_1", Clock: func() time.Time { return now }})
	t.Cleanup(box.Close)
	c := client(t, box.Handler())
	ctx := t.Context()
	box.Order("stripe:timeout_after_store", 1)
	out, _ := c.CreateSession(ctx, page("B-1"), now)
	want(t, "the answer is lost", out, outbox.Unknown, "no_answer")
	out, s := c.CreateSession(ctx, page("B-1"), now)
	want(t, "again", out, outbox.Done, "")
	if s.Status != "open" || s.Paid || s.Amount != 49900 || s.URL == "" || len(box.Received()) != 1 {
		t.Errorf("%+v, %d pages", s, len(box.Received()))
	}
	other := page("B-1")
	other.Amount++
	out, _ = c.CreateSession(ctx, other, now)
	want(t, "another amount under the key", out, outbox.Refused, "idempotency_error")
	intent := box.PayStripe(s.ID)
	out, s = c.FetchSession(ctx, s.ID)
	want(t, "fetched", out, outbox.Done, "")
	if !s.Paid || s.Intent != intent || s.Status != "complete" {
		t.Errorf("%+v", s)
	}
	want(t, "a paid page cannot be closed", c.ExpireSession(ctx, s.ID), outbox.Refused, "resource_missing")
	out, _ = c.FetchSession(ctx, "cs_test_none")
	want(t, "no such page", out, outbox.Absent, "resource_missing")

	key := lab.ID{1}
	box.Order("stripe:timeout_after_store", 1)
	// On a connection that was used before, net/http itself repeats a call that has a key.
	if out, _ = c.Refund(ctx, intent, 10000, key); out.Class != outbox.Unknown && out.Class != outbox.Done {
		t.Errorf("the refund's answer is lost: %+v", out)
	}
	out, r := c.Refund(ctx, intent, 10000, key)
	want(t, "the refund again", out, outbox.Done, "")
	if r.Amount != 10000 || r.Intent != intent || len(box.Received()) != 2 {
		t.Errorf("%+v, %d things", r, len(box.Received()))
	}
	out, r = c.FetchRefund(ctx, r.ID)
	want(t, "the refund fetched", out, outbox.Done, "")
	if r.Status != "succeeded" {
		t.Errorf("%+v", r)
	}
	out, _ = c.Refund(ctx, intent, 40000, lab.ID{2})
	want(t, "more than is left", out, outbox.Refused, "amount_too_large")

	out, s = c.CreateSession(ctx, page("B-2"), now)
	want(t, "another page", out, outbox.Done, "")
	want(t, "closed", c.ExpireSession(ctx, s.ID), outbox.Done, "")
	box.Order("stripe:rate", 1)
	out, _ = c.CreateSession(ctx, page("B-3"), now)
	want(t, "too fast", out, outbox.Later, "http_429")
	box.Order("stripe:server_error", 1)
	out, _ = c.CreateSession(ctx, page("B-3"), now)
	want(t, "its own fault", out, outbox.Unknown, "http_500")
	box.Order("stripe:server_error", 1)
	out, _ = c.FetchSession(ctx, s.ID)
	want(t, "a question", out, outbox.Later, "http_500")
	c.Key = "sk_test_2"
	out, _ = c.CreateSession(ctx, page("B-3"), now)
	want(t, "another key", out, outbox.Halted, "http_401")
	for code, change := range map[string]func(*stripe.NewSession){
		"stripe_reference": func(n *stripe.NewSession) { n.Reference = "" }, "stripe_amount": func(n *stripe.NewSession) { n.Amount = 99 },
		"stripe_page": func(n *stripe.NewSession) { n.Description = "" }, "stripe_expires": func(n *stripe.NewSession) { n.Expires = now.Add(25 * time.Hour) },
	} {
		n := page("B-4")
		change(&n)
		out, _ := c.CreateSession(ctx, n, now)
		want(t, code, out, outbox.Refused, code)
	}
}

// Stripe's own examples of its objects are read; what they leave open stays open.
func TestObjectsOfTheSpecification(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("JAANCH_SAMPLES")
	if dir == "" {
		t.Skip("JAANCH_SAMPLES is not set")
	}
	for name, path := range map[string]string{"checkout_session.json": "/checkout/sessions/", "refund.json": "/refunds/", "charge.json": "/refunds/"} {
		raw, err := os.ReadFile(filepath.Join(dir, "stripe", "api", name))
		if err != nil {
			t.Fatal(err)
		}
		c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(raw) }))
		if strings.Contains(path, "sessions") {
			out, s := c.FetchSession(t.Context(), "cs")
			want(t, name, out, outbox.Done, "")
			if s.Status != "open" || s.Paid || !strings.HasPrefix(s.ID, "cs_test_") || !strings.HasPrefix(s.Intent, "pi_") {
				t.Errorf("%+v", s)
			}
			continue
		}
		out, r := c.FetchRefund(t.Context(), "re")
		if name == "charge.json" {
			want(t, name, out, outbox.Unknown, "answer_malformed")
			continue
		}
		want(t, name, out, outbox.Done, "")
		if r.Amount != 100 || r.Status != "succeeded" {
			t.Errorf("%+v", r)
		}
	}
}

package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
)

// abroad is Stripe: payment pages and refunds, with every POST under its key.
type abroad struct {
	mu       sync.Mutex
	keys     map[string]played
	sessions map[string]*session
	intents  map[string]int64 // what is left of a payment
	refunds  map[string]map[string]any
}

// played is the first answer to a key, which is given again to the same content.
type played struct {
	form   string
	answer map[string]any
}

// session is a payment page.
type session struct {
	fields map[string]any
	amount int64
}

// stripeFields are the fields of a payment page that are known here; any other is refused, as Stripe does.
func stripeFields() []string {
	return []string{
		"mode", "client_reference_id", "metadata[reference]", "payment_intent_data[metadata][reference]", "line_items[0][quantity]", "line_items[0][price_data][currency]",
		"line_items[0][price_data][unit_amount]", "line_items[0][price_data][product_data][name]", "success_url", "cancel_url", "expires_at",
	}
}

func (s *Sandbox) stripeRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /stripe/v1/checkout/sessions", s.stripePost(s.newSession))
	mux.HandleFunc("POST /stripe/v1/checkout/sessions/{id}/expire", s.stripePost(s.expireSession))
	mux.HandleFunc("GET /stripe/v1/checkout/sessions/{id}", s.stripeGet(func(id string) map[string]any {
		if p := s.stripe.sessions[id]; p != nil {
			return p.fields
		}
		return nil
	}))
	mux.HandleFunc("POST /stripe/v1/refunds", s.stripePost(s.newRefund))
	mux.HandleFunc("GET /stripe/v1/refunds/{id}", s.stripeGet(func(id string) map[string]any { return s.stripe.refunds[id] }))
}

func stripeError(w http.ResponseWriter, status int, kind, code, param string) {
	answer(w, status, map[string]any{"error": map[string]any{"type": kind, "code": code, "param": param, "message": "as Stripe would say"}})
}

// stripeKey says whether the call is the account's.
func (s *Sandbox) stripeKey(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case s.o.StripeKey == "" || !same(r.Header.Get("Authorization"), "Bearer "+s.o.StripeKey):
		stripeError(w, http.StatusUnauthorized, "invalid_request_error", "", "")
	case r.Header.Get("Stripe-Version") == "":
		stripeError(w, http.StatusBadRequest, "invalid_request_error", "version_missing", "")
	case s.fault("stripe:rate"):
		stripeError(w, http.StatusTooManyRequests, "invalid_request_error", "rate_limit", "")
	case s.fault("stripe:server_error"):
		stripeError(w, http.StatusInternalServerError, "api_error", "", "")
	default:
		return true
	}
	return false
}

// refusal is an error of a call that did nothing.
type refusal struct{ code, param string }

// stripePost runs a POST under its key: the same key and content give the first answer, other content an error.
func (s *Sandbox) stripePost(do func(r *http.Request, f url.Values) (map[string]any, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		switch {
		case !s.stripeKey(w, r):
			return
		case key == "" || len(key) > 255 || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ParseForm() != nil:
			stripeError(w, http.StatusBadRequest, "invalid_request_error", "form", "")
			return
		}
		p := &s.stripe
		p.mu.Lock()
		content := r.URL.Path + "?" + r.PostForm.Encode()
		first, known := p.keys[key]
		if known {
			p.mu.Unlock()
			if first.form != content {
				stripeError(w, http.StatusBadRequest, "idempotency_error", "", "")
				return
			}
			answer(w, http.StatusOK, first.answer)
			return
		}
		made, refused := do(r, r.PostForm)
		if refused == nil {
			p.keys[key] = played{content, made}
		}
		p.mu.Unlock()
		switch {
		case refused != nil:
			stripeError(w, http.StatusBadRequest, "invalid_request_error", refused.code, refused.param)
		case s.fault("stripe:timeout_after_store"):
			panic(http.ErrAbortHandler)
		default:
			answer(w, http.StatusOK, made)
		}
	}
}

func (s *Sandbox) stripeGet(find func(id string) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.stripeKey(w, r) {
			return
		}
		s.stripe.mu.Lock()
		raw := find(r.PathValue("id"))
		var out []byte
		if raw != nil {
			out = jsonOf(raw)
		}
		s.stripe.mu.Unlock()
		if out == nil {
			stripeError(w, http.StatusNotFound, "invalid_request_error", "resource_missing", "id")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(out)
	}
}

func (s *Sandbox) newSession(r *http.Request, f url.Values) (map[string]any, *refusal) {
	for name := range f {
		if !slices.Contains(stripeFields(), name) {
			return nil, &refusal{"parameter_unknown", name}
		}
	}
	amount, err := strconv.ParseInt(f.Get("line_items[0][price_data][unit_amount]"), 10, 64)
	expires, wrong := strconv.ParseInt(f.Get("expires_at"), 10, 64)
	left := expires - s.o.Clock().Unix()
	switch {
	case f.Get("mode") != "payment" || f.Get("line_items[0][quantity]") != "1" || f.Get("line_items[0][price_data][currency]") != "inr":
		return nil, &refusal{"parameter_invalid", "mode"}
	case err != nil || amount < 100:
		return nil, &refusal{"amount_too_small", "unit_amount"}
	case wrong != nil || left < 1800 || left > 86400:
		return nil, &refusal{"parameter_invalid", "expires_at"}
	case f.Get("line_items[0][price_data][product_data][name]") == "" || f.Get("success_url") == "" || len(f.Get("client_reference_id")) > 200:
		return nil, &refusal{"parameter_missing", "name"}
	}
	id := token("cs_test_")
	fields := map[string]any{
		"id": id, "object": "checkout.session", "url": "http://" + r.Host + "/stripe/pay/" + id, "client_reference_id": f.Get("client_reference_id"), "amount_total": amount,
		"currency": "inr", "status": "open", "payment_status": "unpaid", "payment_intent": nil, "mode": "payment", "livemode": false,
	}
	s.stripe.sessions[id] = &session{fields, amount}
	s.take(Seen{Service: "stripe", ID: id, Key: f.Get("client_reference_id"), Status: "open", Text: strconv.FormatInt(amount, 10)})
	return clone(fields), nil
}

// clone freezes an answer: the first one is given again although the page was paid since.
func clone(m map[string]any) map[string]any { return maps.Clone(m) }

func (s *Sandbox) expireSession(r *http.Request, _ url.Values) (map[string]any, *refusal) {
	p := s.stripe.sessions[r.PathValue("id")]
	if p == nil || p.fields["status"] != "open" {
		return nil, &refusal{"resource_missing", "id"}
	}
	p.fields["status"] = "expired"
	return clone(p.fields), nil
}

// PayStripe plays the payer at a payment page and gives the payment's id; empty when there is nothing to pay.
func (s *Sandbox) PayStripe(id string) string {
	s.stripe.mu.Lock()
	defer s.stripe.mu.Unlock()
	p := s.stripe.sessions[id]
	if p == nil || p.fields["status"] != "open" {
		return ""
	}
	intent := token("pi_")
	p.fields["status"], p.fields["payment_status"], p.fields["payment_intent"] = "complete", "paid", intent
	s.stripe.intents[intent] = p.amount
	return intent
}

func (s *Sandbox) newRefund(_ *http.Request, f url.Values) (map[string]any, *refusal) {
	intent := f.Get("payment_intent")
	left, known := s.stripe.intents[intent]
	amount, err := strconv.ParseInt(f.Get("amount"), 10, 64)
	switch {
	case !known:
		return nil, &refusal{"resource_missing", "payment_intent"}
	case err != nil || amount <= 0 || amount > left:
		return nil, &refusal{"amount_too_large", "amount"}
	case !slices.Contains([]string{"", "duplicate", "fraudulent", "requested_by_customer"}, f.Get("reason")):
		return nil, &refusal{"parameter_invalid", "reason"}
	}
	s.stripe.intents[intent] -= amount
	id := token("re_")
	made := map[string]any{"id": id, "object": "refund", "amount": amount, "currency": "inr", "payment_intent": intent, "status": "succeeded", "reason": f.Get("reason")}
	s.stripe.refunds[id] = made
	s.take(Seen{Service: "stripe", ID: id, Key: f.Get("metadata[refund]"), Status: "refund", Text: strconv.FormatInt(amount, 10)})
	return made, nil
}

package sandbox

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"jaanch/internal/lab/tree"
)

// link is a payment link with what was paid on it.
type link struct {
	ID        string `json:"id"`
	Entity    string `json:"entity"`
	Reference string `json:"reference_id"`
	Amount    int64  `json:"amount"`
	Paid      int64  `json:"amount_paid"`
	Currency  string `json:"currency"`
	Status    string `json:"status"`
	ShortURL  string `json:"short_url"`
	Order     string `json:"order_id"`
}

func rzpError(w http.ResponseWriter, status int, code, description, field string) {
	answer(w, status, map[string]any{"error": map[string]any{"code": code, "description": description, "field": field, "source": "business", "step": "payment_initiation", "reason": "input_validation_failed", "metadata": map[string]any{}}})
}

// merchant says whether the call is the merchant's.
func (s *Sandbox) merchant(w http.ResponseWriter, r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if !ok || subtle.ConstantTimeCompare([]byte(id+":"+secret), []byte(s.o.KeyID+":"+s.o.KeySecret)) != 1 {
		rzpError(w, http.StatusUnauthorized, "BAD_REQUEST_ERROR", "Authentication failed", "")
		return false
	}
	if s.fault("razorpay:server_error") {
		rzpError(w, http.StatusInternalServerError, "SERVER_ERROR", "as ordered", "")
		return false
	}
	return true
}

func (s *Sandbox) createLink(w http.ResponseWriter, r *http.Request) {
	if !s.merchant(w, r) {
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	v, parse := tree.Parse(raw, 1<<16)
	if err != nil || parse != nil {
		rzpError(w, http.StatusBadRequest, "BAD_REQUEST_ERROR", "The body is not JSON", "")
		return
	}
	var j tree.Judge
	l := link{ID: token("plink_"), Entity: "payment_link", Reference: j.Text(v.At("reference_id")), Amount: j.Int(v.At("amount")), Currency: j.OneOf(v.At("currency"), "INR"), Status: "created", Order: token("order_")}
	l.ShortURL = "http://" + r.Host + "/razorpay/pay/" + l.ID
	if l.Amount < 100 {
		j.Wrong("amount", "least", "must be at least 100")
	}
	if len(l.Reference) > 40 {
		j.Wrong("reference_id", "length", "must have at most 40 characters")
	}
	if m := v.At("callback_method"); m.Has() && m.Scalar() != "get" {
		j.Wrong("callback_method", "value", "must be get")
	}
	if v.At("upi_link").Scalar() == "true" {
		j.Wrong("upi_link", "test", "is not there in test mode")
	}
	if found := j.Found(); len(found) > 0 {
		rzpError(w, http.StatusBadRequest, "BAD_REQUEST_ERROR", "The "+found[0].Field+" "+found[0].Message, found[0].Field)
		return
	}
	if !s.store(&l) {
		rzpError(w, http.StatusBadRequest, "BAD_REQUEST_ERROR", "payment link with the given reference ID already attempted", "reference_id")
		return
	}
	if s.fault("razorpay:timeout_after_store") {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, l)
}

// store keeps a link; a reference is used once.
func (s *Sandbox) store(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.links {
		if old.Reference == l.Reference {
			return false
		}
	}
	s.links[l.ID] = l
	return true
}

func (s *Sandbox) findLink(w http.ResponseWriter, r *http.Request) {
	if !s.merchant(w, r) {
		return
	}
	s.mu.Lock()
	found := []link{}
	for _, l := range s.links {
		if l.Reference == r.URL.Query().Get("reference_id") {
			found = append(found, *l)
		}
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"payment_links": found})
}

// pay is the pretend UPI app: it pays a link.
func (s *Sandbox) pay(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	l := s.links[r.PathValue("link")]
	ok := l != nil && l.Status == "created"
	if ok {
		l.Status, l.Paid = "paid", l.Amount
	}
	s.mu.Unlock()
	if !ok {
		http.Error(w, "there is nothing to pay", http.StatusConflict)
		return
	}
	s.Pay(l.Reference, l.Amount)
	if r.FormValue("app") != "" { // somebody pressed the button of the page
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = paidPage.Execute(w, nil)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Pay announces a payment as the service does: three events, signed, each with an id of its own. It gives the id of the
// payment.
func (s *Sandbox) Pay(reference string, amount int64) string {
	id := token("pay_")
	if s.fault("razorpay:wrong_amount") {
		amount++
	}
	now := s.o.Clock().Unix()
	payment := map[string]any{"entity": map[string]any{
		"id": id, "entity": "payment", "amount": amount, "currency": "INR", "status": "captured", "order_id": "order_" + id[4:], "method": "upi", "captured": true,
		"amount_refunded": 0, "notes": []any{}, "fee": 24, "tax": 4, "acquirer_data": map[string]any{"rrn": "012345678901"}, "created_at": now,
	}}
	order := map[string]any{"entity": map[string]any{"id": id[4:], "entity": "order", "amount": amount, "amount_paid": amount, "status": "paid", "receipt": reference}}
	plink := map[string]any{"entity": map[string]any{"id": "plink_" + id[4:], "reference_id": reference, "amount": amount, "amount_paid": amount, "currency": "INR", "status": "paid", "notes": nil}}
	events := []map[string]any{
		{"event": "payment.captured", "contains": []string{"payment"}, "payload": map[string]any{"payment": payment}},
		{"event": "order.paid", "contains": []string{"payment", "order"}, "payload": map[string]any{"payment": payment, "order": order}},
		{"event": "payment_link.paid", "contains": []string{"payment_link", "order", "payment"}, "payload": map[string]any{"payment": payment, "order": order, "payment_link": plink}},
	}
	if s.fault("razorpay:events_reversed") {
		slices.Reverse(events)
	}
	if s.fault("razorpay:events_twice") {
		events = append(events, events...)
	}
	secret := s.o.WebhookSecret
	if s.fault("razorpay:forged") {
		secret += "x"
	}
	s.take(Seen{Service: "razorpay", ID: id, Key: reference, Status: "captured", Text: strconv.FormatInt(amount, 10)})
	for _, e := range events {
		e["entity"], e["account_id"], e["created_at"] = "event", "acc_1", now
		body, err := json.Marshal(e)
		if err != nil {
			continue
		}
		event := e["event"].(string) + "." + id //nolint:forcetypeassert // written above
		s.announce("razorpay", body, func(h http.Header) {
			h.Set("X-Razorpay-Signature", sign(secret, body))
			h.Set("X-Razorpay-Event-Id", event)
		})
	}
	return id
}

package sandbox

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// payU is PayU India: the page, the commands, and what was done.
type payU struct {
	mu      sync.Mutex
	paid    map[string]*payUPaid // by our reference
	actions map[string][]map[string]any
	next    int64
}

// payUPaid is a payment.
type payUPaid struct {
	id     string
	form   url.Values
	amount string
	left   int64
	status string
}

var decimal = regexp.MustCompile(`^[1-9][0-9]{0,9}\.[0-9]{2}$`)

func (s *Sandbox) payURoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /payu/_payment", s.payUPage)
	mux.HandleFunc("POST /payu/merchant/postservice.php", s.payUCommand)
}

// hashed is PayU's hash, written apart from the client's.
func hashed(parts ...string) string {
	h := sha512.Sum512([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(h[:])
}

// paiseOf reads rupees with two decimals.
func paiseOf(s string) int64 {
	n, err := strconv.ParseInt(strings.Replace(s, ".", "", 1), 10, 64)
	if err != nil || !decimal.MatchString(s) {
		return 0
	}
	return n
}

// payUPage is what the payer's browser posts; the pretend payer pays at once.
func (s *Sandbox) payUPage(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil {
		http.Error(w, "form", http.StatusBadRequest)
		return
	}
	f := r.PostForm
	want := hashed(
		f.Get("key"), f.Get("txnid"), f.Get("amount"), f.Get("productinfo"), f.Get("firstname"), f.Get("email"),
		f.Get("udf1"), f.Get("udf2"), f.Get("udf3"), f.Get("udf4"), f.Get("udf5"), "", "", "", "", "", s.o.PayUSalt)
	p := &s.payu
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case s.o.PayUKey == "" || f.Get("key") != s.o.PayUKey || !same(f.Get("hash"), want):
		http.Error(w, "the hash does not fit", http.StatusBadRequest)
		return
	case paiseOf(f.Get("amount")) < 100 || f.Get("txnid") == "" || len(f.Get("txnid")) > 25 || f.Get("phone") == "" || f.Get("surl") == "" || f.Get("furl") == "":
		http.Error(w, "a field is missing or wrong", http.StatusBadRequest)
		return
	case p.paid[f.Get("txnid")] != nil:
		http.Error(w, "the txnid was used", http.StatusBadRequest)
		return
	}
	status := "success"
	if s.fault("payu:failure") {
		status = "failure"
	}
	p.next++
	paid := &payUPaid{id: strconv.FormatInt(403993715521000000+p.next, 10), form: f, amount: f.Get("amount"), left: paiseOf(f.Get("amount")), status: status}
	p.paid[f.Get("txnid")] = paid
	s.take(Seen{Service: "payu", ID: paid.id, Key: f.Get("txnid"), Status: status, Text: f.Get("amount")})
	_, _ = w.Write([]byte(s.payUReturn(paid).Encode()))
}

// payUReturn is what the browser brings back.
func (s *Sandbox) payUReturn(p *payUPaid) url.Values {
	f := p.form
	out := url.Values{
		"mihpayid": {p.id}, "mode": {"UPI"}, "status": {p.status}, "unmappedstatus": {unmapped(p.status)}, "key": {s.o.PayUKey}, "txnid": {f.Get("txnid")}, "amount": {p.amount},
		"productinfo": {f.Get("productinfo")}, "firstname": {f.Get("firstname")}, "email": {f.Get("email")}, "phone": {f.Get("phone")}, "error": {"E000"},
	}
	out.Set("hash", hashed(s.o.PayUSalt, p.status, "", "", "", "", "", "", "", "", "", "", f.Get("email"), f.Get("firstname"), f.Get("productinfo"), p.amount, f.Get("txnid"), s.o.PayUKey))
	return out
}

func unmapped(status string) string {
	if status == "success" {
		return "captured"
	}
	return "failed"
}

func (s *Sandbox) payUCommand(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.URL.Query().Get("form") != "2" {
		http.Error(w, "form", http.StatusBadRequest)
		return
	}
	f := r.PostForm
	if f.Get("key") != s.o.PayUKey || !same(f.Get("hash"), hashed(s.o.PayUKey, f.Get("command"), f.Get("var1"), s.o.PayUSalt)) {
		answer(w, http.StatusOK, map[string]any{"status": 0, "msg": "Invalid Hash."})
		return
	}
	if s.fault("payu:server_error") {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	p := &s.payu
	p.mu.Lock()
	defer p.mu.Unlock()
	switch f.Get("command") {
	case "verify_payment":
		answer(w, http.StatusOK, p.verify(f.Get("var1")))
	case "cancel_refund_transaction":
		made := s.payURefund(f)
		if made["status"] == 1 && s.fault("payu:timeout_after_store") {
			panic(http.ErrAbortHandler)
		}
		answer(w, http.StatusOK, made)
	case "check_action_status":
		done := map[string]any{}
		for _, a := range p.actions[f.Get("var1")] {
			done[fmt.Sprint(a["request_id"])] = a
		}
		answer(w, http.StatusOK, map[string]any{"status": 1, "msg": "fetched", "transaction_details": map[string]any{f.Get("var1"): done}})
	default:
		answer(w, http.StatusOK, map[string]any{"status": 0, "msg": "Command not found"})
	}
}

func (p *payU) verify(reference string) map[string]any {
	paid := p.paid[reference]
	if paid == nil {
		return map[string]any{"status": 0, "msg": "0 out of 1 Transactions Fetched Successfully", "transaction_details": map[string]any{reference: map[string]any{"mihpayid": "Not Found", "status": "Not Found"}}}
	}
	return map[string]any{"status": 1, "msg": "1 out of 1 Transactions Fetched Successfully", "transaction_details": map[string]any{reference: map[string]any{
		"mihpayid": paid.id, "txnid": reference, "status": paid.status, "unmappedstatus": unmapped(paid.status), "amt": paid.amount, "transaction_amount": paid.amount,
		"net_amount_debit": 10, "mode": "UPI", "bank_ref_num": "721522", "error_code": "E000",
	}}}
}

// payURefund gives money back; a token is taken once.
func (s *Sandbox) payURefund(f url.Values) map[string]any {
	p := &s.payu
	var paid *payUPaid
	for _, q := range p.paid {
		if q.id == f.Get("var1") && q.status == "success" {
			paid = q
		}
	}
	amount := paiseOf(f.Get("var3"))
	switch {
	case paid == nil:
		return map[string]any{"status": 0, "msg": "Invalid payuid", "error_code": 105}
	case f.Get("var2") == "" || amount <= 0 || amount > paid.left:
		return map[string]any{"status": 0, "msg": "Refund amount is more than is left", "error_code": 109}
	}
	for _, a := range p.actions[paid.id] {
		if a["token"] == f.Get("var2") {
			return map[string]any{"status": 0, "msg": "token already used or request pending", "error_code": 110}
		}
	}
	paid.left -= amount
	p.next++
	id := strconv.FormatInt(131278000+p.next, 10)
	p.actions[paid.id] = append(p.actions[paid.id], map[string]any{
		"mihpayid": paid.id, "request_id": id, "amt": f.Get("var3"), "action": "refund", "token": f.Get("var2"), "status": "queued", "bank_arn": nil, "mode": "UPI",
	})
	s.take(Seen{Service: "payu", ID: id, Key: f.Get("var2"), Status: "refund", Text: f.Get("var3")})
	return map[string]any{"status": 1, "msg": "Refund Request Queued", "request_id": id, "bank_ref_num": nil, "mihpayid": paid.id, "error_code": 102}
}

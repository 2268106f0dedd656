package sandbox

import (
	"crypto/subtle"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab/tree"
)

// media is a file that was uploaded to WhatsApp.
type media struct {
	Name string
	Size int
}

// upload takes a PDF as WhatsApp does.
func (s *Sandbox) upload(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.o.Token)) != 1 {
		metaError(w, http.StatusUnauthorized, 190, "The access token is invalid")
		return
	}
	if s.fault("whatsapp:media") {
		metaError(w, http.StatusInternalServerError, 131000, "as ordered")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 100<<20)
	file, header, err := r.FormFile("file")
	if err != nil || r.FormValue("messaging_product") != "whatsapp" || r.FormValue("type") != "application/pdf" || header.Header.Get("Content-Type") != "application/pdf" {
		metaError(w, http.StatusBadRequest, 100, "The file, its type or messaging_product is missing")
		return
	}
	content, err := io.ReadAll(file)
	if err != nil || len(content) < 5 || string(content[:5]) != "%PDF-" {
		metaError(w, http.StatusBadRequest, 131053, "This is no PDF")
		return
	}
	id := strconv.FormatInt(s.o.Clock().UnixNano(), 10)
	s.mu.Lock()
	s.media[id] = media{Name: header.Filename, Size: len(content)}
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"id": id})
}

// describe fills in what a person sees on the phone. False for a document that was never uploaded.
func (s *Sandbox) describe(v *tree.Value, seen *Seen) bool {
	if v.At("type").Scalar() == "text" {
		seen.Text = v.Walk("text", "body").Scalar()
		return true
	}
	var texts []string
	for _, c := range v.Walk("template", "components").Items() {
		for _, p := range c.At("parameters").Items() {
			switch {
			case c.At("type").Scalar() == "body":
				texts = append(texts, p.At("text").Scalar())
			case c.At("sub_type").Scalar() == "url":
				seen.Link = p.At("text").Scalar()
			case p.At("document").Has():
				s.mu.Lock()
				m, ok := s.media[p.Walk("document", "id").Scalar()]
				s.mu.Unlock()
				if !ok || m.Size == 0 {
					return false
				}
				seen.File = p.Walk("document", "filename").Scalar()
			}
		}
	}
	seen.Text = v.Walk("template", "name").Scalar() + ": " + strings.Join(texts, " | ")
	return true
}

// read lets the person read a message.
func (s *Sandbox) read(w http.ResponseWriter, r *http.Request) {
	if !s.Read(r.PathValue("id")) {
		http.Error(w, "there is no such message", http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Read announces that the person read a message.
func (s *Sandbox) Read(id string) bool {
	for _, m := range s.Received() {
		if m.Service == "whatsapp" && m.ID == id {
			s.status(m.From, m.ID, m.Key, m.To, "read", s.o.AppSecret)
			return true
		}
	}
	return false
}

func (s *Sandbox) say(w http.ResponseWriter, r *http.Request) {
	s.Say(r.FormValue("number"), r.FormValue("from"), r.FormValue("text"))
	w.WriteHeader(http.StatusNoContent)
}

// Say announces a text that a person wrote to our number.
func (s *Sandbox) Say(number, from, text string) {
	s.deliver(s.o.AppSecret, map[string]any{
		"messaging_product": "whatsapp", "metadata": metadata(number),
		"contacts": []any{map[string]any{"wa_id": from, "profile": map[string]any{"name": "Asha"}}},
		"messages": []any{map[string]any{
			"from": from, "id": token("wamid."), "timestamp": strconv.FormatInt(s.o.Clock().Unix(), 10), "type": "text", "text": map[string]any{"body": text},
		}},
	})
}

// refund is money that went back, by its key.
type refund struct {
	ID, Payment string
	Amount      int64
}

// giveBack refunds a payment. The same key gives the same refund; another amount under it is refused, as Razorpay does.
func (s *Sandbox) giveBack(w http.ResponseWriter, r *http.Request) {
	if !s.merchant(w, r) {
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	v, parse := tree.Parse(raw, 1<<16)
	key := r.Header.Get("X-Refund-Idempotency")
	if err != nil || parse != nil || len(key) < 10 {
		rzpError(w, http.StatusBadRequest, "BAD_REQUEST_ERROR", "The key is too short or the body is no JSON", "")
		return
	}
	var j tree.Judge
	asked := refund{ID: token("rfnd_"), Payment: r.PathValue("payment"), Amount: j.Int(v.At("amount"))}
	made, fits := s.refunds(key, asked)
	switch {
	case !fits:
		rzpError(w, http.StatusBadRequest, "BAD_REQUEST_ERROR", "The refund amount provided is greater than amount captured", "amount")
		return
	case made.Amount != asked.Amount || made.Payment != asked.Payment:
		rzpError(w, http.StatusConflict, "BAD_REQUEST_ERROR", "Different request with the same key", "")
		return
	}
	if s.fault("razorpay:timeout_after_store") {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, map[string]any{
		"id": made.ID, "entity": "refund", "payment_id": made.Payment, "amount": made.Amount, "currency": "INR", "status": "processed", "receipt": v.At("receipt").Scalar(),
		"created_at": s.o.Clock().Unix(),
	})
}

// refunds makes a refund, or gives the one that was made under the key. False when more would go back than came.
func (s *Sandbox) refunds(key string, asked refund) (refund, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, again := s.refund[key]; again {
		return old, true
	}
	var paid, back int64
	for _, m := range s.seen {
		if m.Service == "razorpay" && m.ID == asked.Payment {
			paid, _ = strconv.ParseInt(m.Text, 10, 64)
		}
	}
	for _, x := range s.refund {
		if x.Payment == asked.Payment {
			back += x.Amount
		}
	}
	if asked.Amount <= 0 || paid == 0 || back+asked.Amount > paid {
		return refund{}, false
	}
	s.refund[key] = asked
	return asked, true
}

// cancelLink withdraws a link.
func (s *Sandbox) cancelLink(w http.ResponseWriter, r *http.Request) {
	if !s.merchant(w, r) {
		return
	}
	s.mu.Lock()
	l := s.links[r.PathValue("link")]
	ok := l != nil && l.Status == "created"
	if ok {
		l.Status = "cancelled"
	}
	s.mu.Unlock()
	if !ok {
		rzpError(w, http.StatusBadRequest, "BAD_REQUEST_ERROR", "Payment link cannot be cancelled", "")
		return
	}
	answer(w, http.StatusOK, l)
}

var payPage = template.Must(template.New("pay").Parse(`<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pretend UPI app</title><style>body{font:18px sans-serif;margin:2rem;max-width:24rem}button{font:inherit;padding:.8rem 2rem}</style>
<h1>Pretend UPI app</h1><p>{{.Reference}}: ₹ {{.Rupees}}</p>{{if .Open}}<form method="post"><input type="hidden" name="app" value="1"><button>Pay</button></form>{{else}}<p>Nothing to pay.</p>{{end}}`))

var paidPage = template.Must(template.New("paid").Parse(`<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pretend UPI app</title><style>body{font:18px sans-serif;margin:2rem}</style><h1>Paid</h1>`))

// payPage is the page of a payment link.
func (s *Sandbox) payPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	l := s.links[r.PathValue("link")]
	s.mu.Unlock()
	if l == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	rupees := strconv.FormatInt(l.Amount/100, 10) + "." + strconv.FormatInt(100+l.Amount%100, 10)[1:]
	_ = payPage.Execute(w, map[string]any{"Reference": l.Reference, "Rupees": rupees, "Open": l.Status == "created"})
}

// created writes a time as Twilio does.
func created(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }

// Package sandbox plays the outside services for demonstrations and tests: it enforces their rules more strictly than
// they do, signs what it announces, and makes every mistake on demand. It never leaves this machine.
package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say whom it plays for.
type Options struct {
	HooksURL      string // of the hub for one organisation: http://127.0.0.1:8000/hooks/ORG
	Token         string // of WhatsApp
	AppSecret     string
	KeyID         string // of Razorpay
	KeySecret     string
	WebhookSecret string
	Account       string // of Twilio: AC and 32 hexadecimal digits
	AuthToken     string
	MailKey       string // of SendGrid
	GSTIN         string // the taxpayer at the invoice portal, with the log-in of its interface
	GSTINUser     string
	GSTINPassword string
	GSTINClient   string // client at the portal, or application at the provider
	GSTINSecret   string
	StripeKey     string // sk_test_…
	PayUKey       string
	PayUSalt      string
	Clock         func() time.Time
	Retry         time.Duration // between tries of a webhook that was not answered 2xx
	// Watch is told of each step: stored (a call was taken and is not yet answered), announced (a webhook was answered
	// 2xx). A test kills the hub there. Nil for none.
	Watch func(step string)
}

// Sandbox is the stand-in of all services.
type Sandbox struct {
	o       Options
	client  *http.Client
	mu      sync.Mutex
	seen    []Seen
	faults  map[string]int // name to how many calls are left of it
	links   map[string]*link
	media   map[string]media
	refund  map[string]refund // by key
	key     *ecdsa.PrivateKey // signs events of SendGrid
	irp     *irp
	irpOnce sync.Once
	stripe  abroad
	payu    payU
	work    sync.WaitGroup
	stop    context.CancelFunc
	life    context.Context //nolint:containedctx // its webhooks live as long as it does
}

// Seen is one thing that a service received and took.
type Seen struct {
	Service string
	ID      string // the service's own
	Key     string // ours: what we gave along
	Status  string
	To      string
	Text    string // what the person reads
	Link    string // what the button opens, behind the address that is fixed in the template
	File    string // name of a document
	From    string // our number that sent it
	At      time.Time
}

// Faults lists the mistakes that can be ordered, by service.
func Faults() []string {
	return []string{
		"whatsapp:timeout_after_store", "whatsapp:rate", "whatsapp:pair_rate", "whatsapp:server_error", "whatsapp:token", "whatsapp:not_on_whatsapp", "whatsapp:status_twice",
		"whatsapp:status_reversed", "whatsapp:forged", "razorpay:timeout_after_store", "razorpay:server_error", "razorpay:events_twice", "razorpay:events_reversed",
		"razorpay:forged", "razorpay:wrong_amount", "twilio:timeout_after_store", "twilio:rate", "twilio:no_mobile", "twilio:opted_out", "twilio:undelivered",
		"twilio:forged", "sendgrid:timeout_after_store", "sendgrid:rate", "sendgrid:bounce", "sendgrid:server_error", "whatsapp:undeliverable", "whatsapp:media",
		"gstn:timeout_after_store", "gstn:busy", "gstn:rate", "gstn:unavailable", "gstn:portal_down", "gstn:token", "gstn:errors_as_text", "gstn:errors_as_base64",
		"stripe:timeout_after_store", "stripe:rate", "stripe:server_error", "payu:timeout_after_store", "payu:server_error", "payu:failure",
		"gstn:buyer_inactive", "gstn:forged", "gstn:new_certificate",
	}
}

// New makes a stand-in. Close ends its webhooks.
func New(o Options) *Sandbox {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Watch == nil {
		o.Watch = func(string) {}
	}
	if o.Retry == 0 {
		o.Retry = time.Second
	}
	life, stop := context.WithCancel(context.Background())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // never: the curve is known and the system's random source does not fail
	}
	return &Sandbox{
		o: o, client: &http.Client{Timeout: 5 * time.Second}, faults: map[string]int{}, links: map[string]*link{}, media: map[string]media{}, refund: map[string]refund{},
		key: key, life: life, stop: stop,
		stripe: abroad{keys: map[string]played{}, sessions: map[string]*session{}, intents: map[string]int64{}, refunds: map[string]map[string]any{}},
		payu:   payU{paid: map[string]*payUPaid{}, actions: map[string][]map[string]any{}},
	}
}

// Close stops announcing and waits until nothing is under way.
func (s *Sandbox) Close() {
	s.stop()
	s.work.Wait()
}

// Handler is its HTTP face: /whatsapp, /razorpay, /fault, and a page of what was received.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whatsapp/{version}/{number}/messages", s.whatsApp)
	mux.HandleFunc("POST /whatsapp/{version}/{number}/media", s.upload)
	mux.HandleFunc("POST /whatsapp/phone/{id}/read", s.read)
	mux.HandleFunc("POST /whatsapp/phone/say", s.say)
	mux.HandleFunc("POST /twilio/2010-04-01/Accounts/{account}/Messages.json", s.sms)
	mux.HandleFunc("GET /twilio/2010-04-01/Accounts/{account}/Messages.json", s.findSMS)
	mux.HandleFunc("POST /sendgrid/v3/mail/send", s.mail)
	mux.HandleFunc("POST /razorpay/v1/payment_links/{link}/cancel", s.cancelLink)
	mux.HandleFunc("POST /razorpay/v1/payments/{payment}/refund", s.giveBack)
	mux.HandleFunc("GET /razorpay/pay/{link}", s.payPage)
	mux.HandleFunc("GET /received", s.received)
	mux.HandleFunc("POST /razorpay/v1/payment_links", s.createLink)
	mux.HandleFunc("GET /razorpay/v1/payment_links", s.findLink)
	mux.HandleFunc("POST /razorpay/pay/{link}", s.pay)
	mux.HandleFunc("POST /fault", s.order)
	mux.HandleFunc("GET /{$}", s.page)
	s.portalRoutes(mux)
	s.stripeRoutes(mux)
	s.payURoutes(mux)
	return mux
}

// Order orders a mistake for the next calls.
func (s *Sandbox) Order(fault string, times int) bool {
	if !slices.Contains(Faults(), fault) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[fault] = times
	return true
}

func (s *Sandbox) order(w http.ResponseWriter, r *http.Request) {
	times, err := strconv.Atoi(cmp.Or(r.FormValue("times"), "1"))
	if err != nil || times < 0 || !s.Order(r.FormValue("name"), times) {
		http.Error(w, "known are: "+strings.Join(Faults(), " "), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// fault says whether a mistake is due, and counts it.
func (s *Sandbox) fault(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults[name] == 0 {
		return false
	}
	s.faults[name]--
	return true
}

func (s *Sandbox) take(e Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.At = s.o.Clock()
	s.seen = append(s.seen, e)
}

// Received gives what was received so far.
func (s *Sandbox) Received() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// announce sends a signed webhook until it is answered 2xx, as the services do.
func (s *Sandbox) announce(service string, body []byte, header func(http.Header)) {
	s.announceTo(s.o.HooksURL+"/"+service, body, header)
}

// announceTo does so at an address that the caller gave. It calls nobody but the hub that it was made for.
func (s *Sandbox) announceTo(address string, body []byte, header func(http.Header)) {
	if !strings.HasPrefix(address, s.o.HooksURL+"/") {
		return
	}
	s.work.Go(func() {
		for {
			r, err := http.NewRequestWithContext(s.life, http.MethodPost, address, bytes.NewReader(body)) //nolint:gosec // the hub's own address, see above
			if err != nil {
				return
			}
			r.Header.Set("Content-Type", "application/json")
			header(r.Header)
			resp, err := s.client.Do(r) //nolint:gosec // see above
			if err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode < 300 {
					s.o.Watch("announced")
				}
				if resp.StatusCode < 300 || resp.StatusCode == http.StatusUnauthorized {
					return
				}
			}
			pause := time.NewTimer(s.o.Retry)
			select {
			case <-s.life.Done():
				pause.Stop()
				return
			case <-pause.C:
			}
		}
	})
}

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// token gives a random id of a service.
func token(prefix string) string { return prefix + rand.Text()[:14] }

// escaped writes JSON as Meta does: everything beyond ASCII as \uXXXX.
func escaped(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	out := make([]byte, 0, len(raw))
	for _, r := range string(raw) {
		if r < 0x80 {
			out = append(out, byte(r))
			continue
		}
		quoted := []byte(`\u`)
		for _, unit := range utf16Of(r) {
			out = append(append(out, quoted...), hex.EncodeToString([]byte{byte(unit >> 8), byte(unit)})...)
		}
	}
	return out
}

func utf16Of(r rune) []uint16 {
	if r < 0x10000 {
		return []uint16{uint16(r)}
	}
	r -= 0x10000
	return []uint16{uint16(0xd800 + r>>10), uint16(0xdc00 + r&0x3ff)}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // whoever asked went away
}

var page = template.Must(template.New("page").Parse(`<!doctype html><meta charset="utf-8"><title>Pretend services</title>
<style>body{font:16px sans-serif;margin:2rem}td,th{padding:.3rem 1rem;text-align:left}</style>
<h1>Received by the pretend services</h1><table><tr><th>When<th>Service<th>Id<th>Ours<th>Status<th>To<th>What</tr>
{{range .}}<tr><td>{{.At.Format "15:04:05"}}<td>{{.Service}}<td>{{.ID}}<td>{{.Key}}<td>{{.Status}}<td>{{.To}}<td>{{.Text}} {{.Link}} {{.File}}</tr>{{end}}</table>`))

// received gives what was received as JSON, for a journey that plays the person.
func (s *Sandbox) received(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Received())
}

func (s *Sandbox) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, s.Received())
}

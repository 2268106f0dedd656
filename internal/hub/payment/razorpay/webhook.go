// Package razorpay speaks Razorpay's interface: webhooks, returns of the browser, payment links, QR codes, refunds and
// settlements. Amounts are paise, as there.
package razorpay

import (
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"

	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// The headers of a delivery: the signature, and the id that tells doubles.
const (
	SignatureHeader = "X-Razorpay-Signature"
	EventIDHeader   = "X-Razorpay-Event-Id"
)

// Verify checks the bytes under the webhook's secrets (not the key's): old ones stay valid while retries of before a
// rotation are still under way.
func Verify(d webhook.Delivery, secrets []string) error {
	given := d.Header.Get(SignatureHeader)
	if len(given) != 2*sha256.Size {
		return webhook.ErrUnsigned
	}
	if !webhook.HMAC(sha256.New, secrets, d.Body, given) {
		return webhook.ErrForged
	}
	return nil
}

// VerifyLinkReturn checks what the payer's browser brings back from a payment link, under the key's secret. It is a hint
// to look, never the proof of a payment.
func VerifyLinkReturn(keySecret, link, reference, status, payment, signature string) error {
	return verifyJoined(keySecret, signature, link, reference, status, payment)
}

// VerifyCheckout checks what the browser brings back from the checkout, under the key's secret.
func VerifyCheckout(keySecret, order, payment, signature string) error {
	return verifyJoined(keySecret, signature, order, payment)
}

func verifyJoined(secret, signature string, parts ...string) error {
	if len(signature) != 2*sha256.Size {
		return webhook.ErrUnsigned
	}
	if !webhook.HMAC(sha256.New, []string{secret}, []byte(strings.Join(parts, "|")), signature) {
		return webhook.ErrForged
	}
	return nil
}

// Event is one announcement: a snapshot, neither in order nor said only once.
type Event struct {
	Name       string      `json:"event"`
	Account    string      `json:"account,omitempty"`
	At         int64       `json:"at"`
	Payment    *Payment    `json:"payment,omitempty"`
	Order      *Order      `json:"order,omitempty"`
	Link       *Link       `json:"payment_link,omitempty"`
	QR         *QR         `json:"qr_code,omitempty"`
	Refund     *Refund     `json:"refund,omitempty"`
	Settlement *Settlement `json:"settlement,omitempty"`
	Other      []string    `json:"other,omitempty"` // kinds that nothing is done about
}

// Payment is one attempt that reached the bank. Failed is not the end: a late authorisation may follow.
type Payment struct {
	ID       string            `json:"id"`
	Amount   lab.Paise         `json:"amount"`
	Currency string            `json:"currency"`
	Status   string            `json:"status"`
	Method   string            `json:"method,omitempty"`
	OrderID  string            `json:"order_id,omitempty"`
	Captured bool              `json:"captured"`
	Fee      lab.Paise         `json:"fee,omitempty"` // with the tax on it
	Tax      lab.Paise         `json:"tax,omitempty"`
	Refunded lab.Paise         `json:"amount_refunded,omitempty"`
	RRN      string            `json:"rrn,omitempty"`
	Reason   string            `json:"error_reason,omitempty"`
	Notes    map[string]string `json:"notes,omitempty"`
}

// Order groups the attempts for one bill.
type Order struct {
	ID      string    `json:"id"` // always with its prefix, which link events leave out
	Amount  lab.Paise `json:"amount"`
	Paid    lab.Paise `json:"amount_paid"`
	Status  string    `json:"status"`
	Receipt string    `json:"receipt,omitempty"`
}

// Link is a payment link.
type Link struct {
	ID        string    `json:"id"`
	Reference string    `json:"reference_id,omitempty"` // ours
	Amount    lab.Paise `json:"amount"`
	Paid      lab.Paise `json:"amount_paid"`
	Currency  string    `json:"currency"`
	Status    string    `json:"status"`
	ShortURL  string    `json:"short_url,omitempty"`
}

// QR is a UPI code.
type QR struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Usage    string            `json:"usage,omitempty"`
	Received lab.Paise         `json:"payments_amount_received"`
	Notes    map[string]string `json:"notes,omitempty"`
}

// Refund is money on its way back.
type Refund struct {
	ID        string    `json:"id"`
	PaymentID string    `json:"payment_id"`
	Amount    lab.Paise `json:"amount"`
	Currency  string    `json:"currency"`
	Status    string    `json:"status"`
	ARN       string    `json:"arn,omitempty"`
}

// Settlement is a transfer to the laboratory's bank.
type Settlement struct {
	ID     string    `json:"id"`
	Amount lab.Paise `json:"amount"`
	Status string    `json:"status"`
	Fees   lab.Paise `json:"fees"`
	Tax    lab.Paise `json:"tax"`
	UTR    string    `json:"utr,omitempty"`
}

// Parse reads an announcement.
func Parse(body []byte) (Event, error) {
	v, err := tree.Parse(body, webhook.MaxBytes)
	if err != nil {
		return Event{}, err
	}
	if v.Kind() != tree.Object || !v.At("event").Has() && !v.At("payload").Has() {
		return Event{}, webhook.ErrForeign
	}
	r := &reader{}
	r.OneOf(v.At("entity"), "event")
	e := Event{Name: r.Text(v.At("event")), Account: r.MaybeText(v.At("account_id")), At: r.Int(v.At("created_at"))}
	if e.Name != "" && !eventName.MatchString(e.Name) {
		r.Wrong("event", "shape", "must look like payment.captured")
	}
	payload := r.Object(v.At("payload"))
	for _, kind := range r.List(v.At("contains")) {
		if name := r.Text(kind); name != "" && !payload.At(name).Has() {
			r.Wrong(payload.At(name).Path(), "missing", "is missing though the event says it holds it")
		}
	}
	for _, m := range payload.Members() {
		r.entity(&e, m.Name, r.Object(m.Value.At("entity")))
	}
	subject, _, _ := strings.Cut(e.Name, ".")
	if known := []string{"payment", "order", "payment_link", "qr_code", "refund", "settlement"}; slices.Contains(known, subject) && !payload.At(subject).Has() {
		r.Wrong(payload.At(subject).Path(), "missing", "is missing though the event is about it")
	}
	return e, r.Err("razorpay_webhook", "This webhook lacks what it must have.")
}

var (
	eventName = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)
	currency  = regexp.MustCompile(`^[A-Z]{3}$`)
)

func (r *reader) entity(e *Event, kind string, v *tree.Value) {
	if v.Kind() != tree.Object {
		return
	}
	switch kind {
	case "payment":
		p := r.payment(v)
		e.Payment = &p
	case "order":
		o := r.order(v)
		e.Order = &o
	case "payment_link":
		l := r.link(v)
		e.Link = &l
	case "qr_code":
		q := r.qr(v)
		e.QR = &q
	case "refund":
		f := r.refund(v)
		e.Refund = &f
	case "settlement":
		s := r.settlement(v)
		e.Settlement = &s
	default:
		e.Other = append(e.Other, kind)
	}
}

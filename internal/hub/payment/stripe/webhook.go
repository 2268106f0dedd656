// Package stripe speaks Stripe's interface: events and their signature. It is the way for patients from abroad.
package stripe

import (
	"crypto/sha256"
	"regexp"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab/tree"
)

// SignatureHeader carries "t=SECONDS,v1=HEX", with a v1 for each live secret.
const SignatureHeader = "Stripe-Signature"

// tolerance is how far from now a signature may be.
const tolerance = 5 * time.Minute

// Verify checks a delivery against the endpoint's secrets. Schemes other than v1 are test helpers and never count.
func Verify(d webhook.Delivery, secrets []string, now time.Time) error {
	var stamp string
	var signatures []string
	for part := range strings.SplitSeq(d.Header.Get(SignatureHeader), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(signatures) == 0 || len(signatures) > 16 {
		return webhook.ErrUnsigned
	}
	message := append([]byte(stamp+"."), d.Body...)
	fits := false
	for _, s := range signatures {
		if webhook.HMAC(sha256.New, secrets, message, s) {
			fits = true
		}
	}
	if !fits {
		return webhook.ErrForged
	}
	if now.Sub(time.Unix(at, 0)).Abs() > tolerance {
		return webhook.ErrOld
	}
	return nil
}

// Event is one announcement. Data is the object it is about, as far as booking needs it.
type Event struct {
	ID        string `json:"id"` // key against doubles
	Type      string `json:"type"`
	Created   int64  `json:"created"`
	Live      bool   `json:"livemode"`
	Object    string `json:"object"` // kind of the object
	ObjectID  string `json:"object_id,omitempty"`
	Intent    string `json:"payment_intent,omitempty"`
	Reference string `json:"reference,omitempty"` // client_reference_id: ours
	Amount    int64  `json:"amount,omitempty"`    // smallest unit
	Currency  string `json:"currency,omitempty"`
	Status    string `json:"status,omitempty"`
	Paid      bool   `json:"paid,omitempty"`
}

var (
	eventID  = regexp.MustCompile(`^evt_[A-Za-z0-9_]+$`)
	currency = regexp.MustCompile(`^[a-z]{3}$`)
)

// Parse reads an event.
func Parse(body []byte) (Event, error) {
	v, err := tree.Parse(body, webhook.MaxBytes)
	if err != nil {
		return Event{}, err
	}
	if v.Kind() != tree.Object || !v.At("type").Has() && !v.At("data").Has() {
		return Event{}, webhook.ErrForeign
	}
	var j tree.Judge
	j.OneOf(v.At("object"), "event")
	object := j.Object(v.Walk("data", "object"))
	e := Event{
		ID: j.Text(v.At("id")), Type: j.Text(v.At("type")), Created: j.Int(v.At("created")), Live: j.Bool(v.At("livemode")),
		Object: j.Text(object.At("object")), ObjectID: j.MaybeText(object.At("id")),
	}
	if e.ID != "" && !eventID.MatchString(e.ID) {
		j.Wrong("id", "shape", "must begin with evt_")
	}
	e.money(&j, object)
	return e, j.Err("stripe_event", "This event lacks what it must have.")
}

// money reads what the object says about a payment; other objects are left alone.
func (e *Event) money(j *tree.Judge, o *tree.Value) {
	amount := "amount"
	switch e.Object {
	case "checkout.session":
		amount = "amount_total"
		e.Intent, e.Reference = j.MaybeText(o.At("payment_intent")), j.MaybeText(o.At("client_reference_id"))
		e.Status = j.OneOf(o.At("payment_status"), "paid", "unpaid", "no_payment_required")
		e.Paid = e.Status == "paid"
	case "payment_intent":
		e.Intent, e.Reference = e.ObjectID, j.MaybeText(o.Walk("metadata", "reference"))
		e.Status = j.OneOf(o.At("status"), "requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture", "canceled", "succeeded")
		e.Paid = e.Status == "succeeded"
	case "charge":
		e.Intent, e.Status = j.MaybeText(o.At("payment_intent")), j.OneOf(o.At("status"), "succeeded", "pending", "failed")
	case "refund":
		e.Intent, e.Status = j.MaybeText(o.At("payment_intent")), j.OneOf(o.At("status"), "pending", "requires_action", "succeeded", "failed", "canceled")
	default:
		return
	}
	if e.Amount = j.Int(o.At(amount)); e.Amount < 0 {
		j.Wrong(o.At(amount).Path(), "negative", "is negative")
	}
	if e.Currency = j.Text(o.At("currency")); e.Currency != "" && !currency.MatchString(e.Currency) {
		j.Wrong(o.At("currency").Path(), "shape", "must be three small letters")
	}
}

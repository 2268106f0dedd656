// Package sendgrid speaks SendGrid's mail interface: the event webhook and its signature.
package sendgrid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strconv"
	"time"

	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab/tree"
)

// The headers of a signed delivery.
const (
	SignatureHeader = "X-Twilio-Email-Event-Webhook-Signature"
	TimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// tolerance is how far from now a signature may be.
const tolerance = 10 * time.Minute

// Verify checks the ECDSA signature over the time and the raw body. The keys are the service's public keys, base64 of
// PKIX; a key of another curve is no key. The body ends with CRLF, which belongs to it.
func Verify(d webhook.Delivery, keys []string, now time.Time) error {
	signature, err := base64.StdEncoding.DecodeString(d.Header.Get(SignatureHeader))
	stamp := d.Header.Get(TimestampHeader)
	if err != nil || len(signature) == 0 || stamp == "" {
		return webhook.ErrUnsigned
	}
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return webhook.ErrUnsigned
	}
	digest := sha256.Sum256(append([]byte(stamp), d.Body...))
	for _, k := range keys {
		der, err := base64.StdEncoding.DecodeString(k)
		if err != nil {
			continue
		}
		key, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			continue
		}
		public, ok := key.(*ecdsa.PublicKey)
		if !ok || public.Curve != elliptic.P256() || !ecdsa.VerifyASN1(public, digest[:], signature) {
			continue
		}
		if now.Sub(time.Unix(at, 0)).Abs() > tolerance {
			return webhook.ErrOld
		}
		return nil
	}
	return webhook.ErrForged
}

// Event is one thing that happened to a mail.
type Event struct {
	ID      string `json:"id"` // sg_event_id, the key against doubles
	Message string `json:"message"`
	Event   string `json:"event"`
	At      int64  `json:"at"`
	Email   string `json:"email"`
	Reason  string `json:"reason,omitempty"`
	Outbox  string `json:"outbox_id,omitempty"`
}

// Parse reads the list of events of one delivery.
func Parse(body []byte) ([]Event, error) {
	v, err := tree.Parse(body, webhook.MaxBytes)
	if err != nil {
		return nil, err
	}
	if v.Kind() != tree.List {
		return nil, webhook.ErrForeign
	}
	var j tree.Judge
	var out []Event
	if len(v.Items()) == 0 {
		j.Wrong("", "empty", "is empty")
	}
	for _, e := range v.Items() {
		if j.Object(e).Kind() != tree.Object {
			continue
		}
		out = append(out, Event{
			ID: j.Text(e.At("sg_event_id")), Message: j.MaybeText(e.At("sg_message_id")), Email: j.Text(e.At("email")), At: j.Int(e.At("timestamp")),
			Event: j.OneOf(e.At("event"), "processed", "deferred", "delivered", "open", "click", "bounce", "dropped", "spamreport",
				"unsubscribe", "group_unsubscribe", "group_resubscribe"),
			Reason: j.MaybeText(e.At("reason")), Outbox: j.MaybeText(e.At("outbox_id")),
		})
	}
	return out, j.Err("sendgrid_webhook", "This webhook lacks what it must have.")
}

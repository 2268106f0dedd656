package inspect

import (
	"errors"

	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/payment/payu"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/hub/webhook"
)

// Delivered is what was understood of a webhook or return.
type Delivered struct {
	Signature  string `json:"signature"`          // valid, or not checked where no secret was given
	EventID    string `json:"event_id,omitempty"` // tells doubles, where the service gives one
	Understood any    `json:"understood"`         // null: signed, but of no kind that we act on; kept as it is
}

func delivered(service string, raw []byte, o Options) (any, error) {
	d, err := delivery(service, raw, o)
	if err != nil {
		return nil, err
	}
	out := Delivered{Signature: "not checked"}
	if len(o.Secrets) > 0 {
		if err := verify(service, d, o); err != nil {
			return nil, err
		}
		out.Signature = "valid"
	}
	out.Understood, err = understand(service, d.Body)
	if err != nil {
		// The service signed it: whatever it is, it is kept and answered, as an event that may come to mean something.
		if out.Signature == "valid" && foreign(err) {
			return Delivered{Signature: out.Signature}, nil
		}
		return nil, err
	}
	out.EventID = eventID(d, out.Understood)
	return out, nil
}

// foreign says whether a body is of no known kind at all, and not a known one with a fault.
func foreign(err error) bool {
	return errors.Is(err, webhook.ErrForeign) || errors.Is(err, errNotJSON)
}

func verify(service string, d webhook.Delivery, o Options) error {
	switch service {
	case "whatsapp-webhook":
		return whatsapp.Verify(d, o.Secrets)
	case "razorpay-webhook":
		return razorpay.Verify(d, o.Secrets)
	case "stripe-webhook":
		return stripe.Verify(d, o.Secrets, o.Now)
	case "twilio-callback":
		return twilio.Verify(d, o.Secrets)
	case "sendgrid-webhook":
		return sendgrid.Verify(d, o.Secrets, o.Now)
	}
	r, err := payu.Parse(d.Body)
	if err != nil {
		return err
	}
	return r.Verify(o.Secrets)
}

func understand(service string, body []byte) (any, error) {
	switch service {
	case "whatsapp-webhook":
		return known(whatsapp.Parse(body))
	case "razorpay-webhook":
		return known(razorpay.Parse(body))
	case "stripe-webhook":
		return known(stripe.Parse(body))
	case "twilio-callback":
		return known(twilio.Parse(body))
	case "sendgrid-webhook":
		return known(sendgrid.Parse(body))
	}
	return known(payu.Parse(body))
}

// known keeps what was read only when nothing was wrong with it.
func known[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func eventID(d webhook.Delivery, understood any) string {
	switch e := understood.(type) {
	case stripe.Event:
		return e.ID
	case razorpay.Event:
		return d.Header.Get(razorpay.EventIDHeader)
	case twilio.Callback:
		return e.ID + ":" + e.Status
	}
	return ""
}

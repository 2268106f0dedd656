// Package inspect judges files of outside services exactly as the hub judges what arrives: it is behind "hub check". An
// operator holds a payload in a file, and asks what we would understand of it, or why we would refuse it.
package inspect

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// Options are what a judgement may need besides the file.
type Options struct {
	Secrets   []string // of the signature; several while one is rotated
	Signature string   // as the service's own header carries it
	Headers   []string // "Name: value"
	URL       string   // that the service called (Twilio signs it)
	Keys      gstn.Keys
	Sandbox   bool
	Now       time.Time
}

// signatureHeaders are where each service puts its signature; "" where it stands in the body.
var signatureHeaders = map[string]string{
	"whatsapp-webhook": whatsapp.SignatureHeader, "razorpay-webhook": razorpay.SignatureHeader, "stripe-webhook": stripe.SignatureHeader,
	"payu-return": "", "twilio-callback": twilio.SignatureHeader, "sendgrid-webhook": sendgrid.SignatureHeader,
}

// documents are the services whose files are documents and not deliveries.
var documents = map[string]func([]byte, Options) (any, error){
	"gstn-invoice": invoice, "gstn-irn": registration, "gstin": gstins, "fidelius": sealed, "fhir-bundle": record,
}

// Services lists the names in the order of the manual.
func Services() []string {
	return []string{
		"whatsapp-webhook", "razorpay-webhook", "stripe-webhook", "payu-return", "twilio-callback", "sendgrid-webhook",
		"gstn-invoice", "gstn-irn", "gstin", "fidelius", "fhir-bundle",
	}
}

// Known says whether there is such a service.
func Known(service string) bool { return slices.Contains(Services(), service) }

// Call says what is wrong with a call, whatever the file holds: nil when nothing is.
func Call(service string, o Options) error {
	header, delivery := signatureHeaders[service]
	_, document := documents[service]
	switch {
	case !delivery && !document:
		return lab.Invalid("service_unknown", "There is no such service. Known are: "+strings.Join(Services(), ", ")+".")
	case document && (o.Signature != "" || len(o.Headers) > 0):
		return lab.Invalid("signature_useless", "A file of "+service+" has no signature or headers of its own.")
	case o.Signature != "" && header == "" && !document:
		return lab.Invalid("signature_useless", "PayU's hash stands in the return itself; give the salt as secret.")
	case o.Signature != "" && len(o.Secrets) == 0:
		return lab.Invalid("secret_missing", "A signature can only be judged with its secret.")
	}
	for _, h := range o.Headers {
		if name, _, ok := strings.Cut(h, ":"); !ok || strings.TrimSpace(name) == "" {
			return lab.Invalid("header_shape", `A header looks like "Name: value".`)
		}
	}
	return nil
}

// File judges one file. What it gives is made to be written as one line of JSON.
func File(service string, raw []byte, o Options) (any, error) {
	if document := documents[service]; document != nil {
		return document(raw, o)
	}
	return delivered(service, raw, o)
}

// delivery makes a delivery of a file: the body alone, or a whole captured request that begins with POST.
func delivery(service string, raw []byte, o Options) (webhook.Delivery, error) {
	d := webhook.Delivery{URL: o.URL, Header: http.Header{}, Body: raw}
	if bytes.HasPrefix(raw, []byte("POST ")) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return d, lab.Invalid("request_malformed", "The file begins like a request and is none.")
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, webhook.MaxBytes)); err != nil {
			return d, lab.Invalid("request_malformed", "The body of the request is cut short or too large.")
		}
		d.Header, d.Body = r.Header, body.Bytes()
		if d.URL == "" {
			d.URL = (&url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}).String()
		}
	}
	if service == "twilio-callback" {
		if err := called(&d); err != nil {
			return d, err
		}
	}
	for _, h := range o.Headers {
		name, value, _ := strings.Cut(h, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://") {
			d.URL = value
		}
		d.Header.Set(name, value)
	}
	if o.Signature != "" {
		d.Header.Set(signatureHeaders[service], o.Signature)
	}
	if len(d.Body) > webhook.MaxBytes {
		return d, &lab.Error{Kind: lab.KindTooLarge, Code: "document_too_large", Message: "The body is larger than a webhook may be."}
	}
	return d, nil
}

// called finds the address that Twilio called in the ways that such a payload is kept: as the first line before the form,
// or as JSON with url and params.
func called(d *webhook.Delivery) error {
	text := strings.TrimSpace(string(d.Body))
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		d.URL, text, _ = strings.Cut(text, "\n")
		d.URL = strings.TrimSpace(d.URL)
	}
	if strings.HasPrefix(text, "{") && !strings.Contains(d.URL, "bodySHA256=") {
		v, err := tree.Parse([]byte(text), webhook.MaxBytes)
		if err != nil {
			return err
		}
		form, params := url.Values{}, v
		if v.At("params").Kind() == tree.Object {
			params = v.At("params")
		}
		for _, m := range params.Members() {
			if m.Name != "url" || params != v {
				form.Set(m.Name, m.Value.Scalar())
			}
		}
		if at := v.At("url"); at.Has() {
			d.URL = at.Scalar()
		}
		text = form.Encode()
	}
	if !strings.Contains(d.URL, "bodySHA256=") {
		d.Body = []byte(strings.TrimSpace(text))
	}
	return nil
}

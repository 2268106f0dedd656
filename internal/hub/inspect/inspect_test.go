package inspect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/abdm/fidelius"
	"jaanch/internal/hub/inspect"
	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/payment/payu"
	"jaanch/internal/lab"
)

var now = time.Unix(1_790_000_000, 0)

func mac(algorithm func() hash.Hash, secret, message string) []byte {
	m := hmac.New(algorithm, []byte(secret))
	m.Write([]byte(message))
	return m.Sum(nil)
}

func hexed(secret, message string) string {
	return hex.EncodeToString(mac(sha256.New, secret, message))
}

const (
	whatsappBody = `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"2"},"contacts":[{"wa_id":"919876543210"}],"messages":[{"from":"919876543210","id":"wamid.A","timestamp":"1790000000","type":"text","text":{"body":"\u0928\u092e\u0938\u094d\u0924\u0947"}}]}}]}]}`
	razorpayBody = `{"entity":"event","account_id":"acc_1","event":"payment.captured","contains":["payment"],"payload":{"payment":{"entity":{"id":"pay_1","entity":"payment","amount":49900,"currency":"INR","status":"captured","order_id":"order_1","method":"upi","captured":true,"amount_refunded":0,"notes":[],"fee":100,"tax":18,"acquirer_data":{"rrn":"012345678901"}}}},"created_at":1790000000}`
	stripeBody   = `{"id":"evt_1","object":"event","type":"checkout.session.completed","created":1790000000,"livemode":false,"data":{"object":{"id":"cs_1","object":"checkout.session","payment_status":"paid","amount_total":49900,"currency":"inr","client_reference_id":"BILL-1","payment_intent":"pi_1"}}}`
	sendgridBody = `[{"email":"asha@example.in","event":"delivered","sg_event_id":"e1","sg_message_id":"m1.x","timestamp":1790000000}]` + "\r\n"
	twilioBody   = "MessageSid=SM00000000000000000000000000000001&SmsSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&MessageStatus=delivered&To=%2B919876543210&From=CTYLAB"
	twilioURL    = "https://hub.example.in/hooks/twilio"
	secret       = "the-secret"
)

func payuBody() string {
	f := map[string]string{"key": "k", "txnid": "T1", "amount": "499.00", "productinfo": "Bill 1", "firstname": "Asha", "email": "asha@example.in", "status": "success", "mihpayid": "9", "mode": "UPI", "udf1": "x"}
	v := url.Values{"hash": {payu.ReturnHash(f, secret)}}
	for name, value := range f {
		v.Set(name, value)
	}
	return v.Encode()
}

// delivery is a delivery that is accepted as it stands.
type delivery struct {
	service, body string
	o             inspect.Options
}

func deliveries(t *testing.T) []delivery {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	digest := sha256.Sum256([]byte("1790000000" + sendgridBody))
	signed, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	twilioForm, _ := url.ParseQuery(twilioBody)
	var flat strings.Builder
	for _, name := range []string{"AccountSid", "From", "MessageSid", "MessageStatus", "SmsSid", "To"} {
		flat.WriteString(name + twilioForm.Get(name))
	}
	return []delivery{
		{"whatsapp-webhook", whatsappBody, inspect.Options{Secrets: []string{secret}, Signature: "sha256=" + hexed(secret, whatsappBody)}},
		{"razorpay-webhook", razorpayBody, inspect.Options{Secrets: []string{"old", secret}, Signature: hexed(secret, razorpayBody), Headers: []string{"x-razorpay-event-id: E1"}}},
		{"stripe-webhook", stripeBody, inspect.Options{Secrets: []string{secret}, Signature: "t=1790000000,v1=" + strings.Repeat("0", 64) + ",v1=" + hexed(secret, "1790000000."+stripeBody)}},
		{"sendgrid-webhook", sendgridBody, inspect.Options{Secrets: []string{base64.StdEncoding.EncodeToString(public)}, Signature: base64.StdEncoding.EncodeToString(signed), Headers: []string{sendgrid.TimestampHeader + ": 1790000000"}}},
		{"twilio-callback", twilioBody, inspect.Options{Secrets: []string{secret}, URL: twilioURL, Signature: base64.StdEncoding.EncodeToString(mac(sha1.New, secret, twilioURL+flat.String()))}},
		{"payu-return", payuBody(), inspect.Options{Secrets: []string{secret}}},
	}
}

func TestSignedDeliveriesAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, d := range deliveries(t) {
		d.o.Now = now
		if err := inspect.Call(d.service, d.o); err != nil {
			t.Errorf("%s: %v", d.service, err)
		}
		got, err := inspect.File(d.service, []byte(d.body), d.o)
		if err != nil {
			t.Errorf("%s: %v", d.service, err)
			continue
		}
		out := got.(inspect.Delivered)
		if out.Signature != "valid" || out.Understood == nil {
			t.Errorf("%s: %+v", d.service, out)
		}
	}
}

// Nothing that was changed on its way, or comes from somebody else, or late, is believed.
func TestForgedDeliveriesAreRefused(t *testing.T) {
	t.Parallel()
	for _, d := range deliveries(t) {
		d.o.Now = now
		try := func(name, body string, o inspect.Options, codes ...string) {
			t.Helper()
			_, err := inspect.File(d.service, []byte(body), o)
			for _, c := range codes {
				if lab.CodeOf(err) == c {
					return
				}
			}
			t.Errorf("%s, %s: %v", d.service, name, err)
		}
		i := strings.LastIndex(d.body, "1")
		try("a changed byte", d.body[:i]+"2"+d.body[i+1:], d.o, "signature_wrong")
		wrong := d.o
		wrong.Secrets = []string{"another", ""}
		try("a wrong secret", d.body, wrong, "signature_wrong")
		if d.service != "payu-return" {
			none := d.o
			none.Signature = ""
			try("no signature", d.body, none, "signature_missing")
			none.Signature = "sha256=zz"
			try("a malformed signature", d.body, none, "signature_missing", "signature_wrong")
		}
		if strings.HasPrefix(d.body, "{") || strings.HasPrefix(d.body, "[") {
			var v any
			if err := json.Unmarshal([]byte(d.body), &v); err != nil {
				t.Fatal(err)
			}
			indented, _ := json.MarshalIndent(v, "", "  ")
			try("indented", string(indented), d.o, "signature_wrong")
		}
		if d.service == "stripe-webhook" || d.service == "sendgrid-webhook" {
			for _, off := range []time.Duration{11 * time.Minute, -11 * time.Minute} {
				late := d.o
				late.Now = now.Add(off)
				try("another time", d.body, late, "signature_old")
			}
		}
		if d.service == "twilio-callback" {
			other := d.o
			other.URL = "https://hub.example.in/hooks/other"
			try("another address", d.body, other, "signature_wrong")
			port := d.o
			port.URL = "https://hub.example.in:443/hooks/twilio"
			if _, err := inspect.File(d.service, []byte(d.body), port); err != nil {
				t.Errorf("the default port: %v", err)
			}
		}
	}
}

// What we act on must be there and have its form; the refusal names the path and never the value.
func TestUnsignedDeliveriesAreJudged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ service, body, old, replacement, field string }{
		{"whatsapp-webhook", whatsappBody, `"id":"wamid.A",`, ``, "entry[0].changes[0].value.messages[0].id: missing"},
		{"whatsapp-webhook", whatsappBody, `"timestamp":"1790000000"`, `"timestamp":1790000000`, "entry[0].changes[0].value.messages[0].timestamp: kind"},
		{"whatsapp-webhook", whatsappBody, `{"phone_number_id":"2"}`, `{}`, "entry[0].changes[0].value.metadata.phone_number_id: missing"},
		{"whatsapp-webhook", whatsappBody, `"whatsapp_business_account"`, `"page"`, "object: value"},
		{"whatsapp-webhook", whatsappBody, `{"body":`, `{"bodi":`, "entry[0].changes[0].value.messages[0].text.body: missing"},
		{"razorpay-webhook", razorpayBody, `"amount":49900`, `"amount":"49900"`, "payload.payment.entity.amount: kind"},
		{"razorpay-webhook", razorpayBody, `"amount":49900`, `"amount":499.5`, "payload.payment.entity.amount: whole_number"},
		{"razorpay-webhook", razorpayBody, `"amount":49900`, `"amount":-1`, "payload.payment.entity.amount: negative"},
		{"razorpay-webhook", razorpayBody, `"currency":"INR"`, `"currency":"inr"`, "payload.payment.entity.currency: shape"},
		{"razorpay-webhook", razorpayBody, `"id":"pay_1"`, `"id":"order_1"`, "payload.payment.entity.id: shape"},
		{"razorpay-webhook", razorpayBody, `"contains":["payment"]`, `"contains":["payment","order"]`, "payload.order: missing"},
		{"razorpay-webhook", razorpayBody, `"status":"captured"`, `"status":"done"`, "payload.payment.entity.status: value"},
		{"razorpay-webhook", razorpayBody, `"amount_refunded":0`, `"amount_refunded":50000`, "payload.payment.entity.amount_refunded: amount"},
		{"stripe-webhook", stripeBody, `"evt_1"`, `"ev_1"`, "id: shape"},
		{"stripe-webhook", stripeBody, `"amount_total":49900`, `"amount_total":null`, "data.object.amount_total: missing"},
		{"stripe-webhook", stripeBody, `"payment_status":"paid"`, `"payment_status":"yes"`, "data.object.payment_status: value"},
		{"sendgrid-webhook", sendgridBody, `"delivered"`, `"arrived"`, "[0].event: value"},
		{"sendgrid-webhook", sendgridBody, `"sg_event_id":"e1",`, ``, "[0].sg_event_id: missing"},
		{"twilio-callback", twilioBody, "MessageStatus=delivered", "MessageStatus=gone", "MessageStatus: value"},
		{"twilio-callback", twilioBody, "MessageSid=SM0", "MessageSid=XX0", "MessageSid: shape"},
		{"payu-return", payuBody(), "amount=499.00", "amount=499.005", "amount: amount"},
		{"payu-return", payuBody(), "status=success", "status=paid", "status: value"},
		{"payu-return", payuBody(), "txnid=T1", "txnid=T1&txnid=T2", "txnid: twice"},
	} {
		body := strings.Replace(c.body, c.old, c.replacement, 1)
		if body == c.body {
			t.Fatalf("%s: %s changes nothing", c.service, c.old)
		}
		_, err := inspect.File(c.service, []byte(body), inspect.Options{Now: now})
		if err == nil || !strings.Contains(err.Error(), "; "+c.field) {
			t.Errorf("%s, %s: %v", c.service, c.field, err)
		}
		if err != nil && strings.Contains(err.Error(), "919876543210") {
			t.Errorf("the refusal holds a number: %v", err)
		}
	}
}

func TestSignedButUnknownIsKept(t *testing.T) {
	t.Parallel()
	for service, body := range map[string]string{"whatsapp-webhook": "test", "razorpay-webhook": `{"a":1,"b":2}`} {
		signature := hexed(secret, body)
		if service == "whatsapp-webhook" {
			signature = "sha256=" + signature
		}
		got, err := inspect.File(service, []byte(body), inspect.Options{Secrets: []string{secret}, Signature: signature, Now: now})
		if err != nil || got.(inspect.Delivered).Understood != nil {
			t.Errorf("%s: %+v, %v", service, got, err)
		}
		if _, err := inspect.File(service, []byte(body), inspect.Options{Now: now}); err == nil {
			t.Errorf("%s: unsigned and unknown, and accepted", service)
		}
	}
}

func TestWholeRequestIsRead(t *testing.T) {
	t.Parallel()
	raw := "POST /hooks/razorpay HTTP/1.1\r\nHost: hub.example.in\r\nX-Razorpay-Signature: " + hexed(secret, razorpayBody) +
		"\r\nX-Razorpay-Event-Id: E7\r\nContent-Length: " + strconv.Itoa(len(razorpayBody)) + "\r\n\r\n" + razorpayBody
	got, err := inspect.File("razorpay-webhook", []byte(raw), inspect.Options{Secrets: []string{secret}, Now: now})
	if err != nil || got.(inspect.Delivered).EventID != "E7" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWrongCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		service string
		o       inspect.Options
	}{
		{"nonsense", inspect.Options{}},
		{"gstin", inspect.Options{Signature: "x"}},
		{"razorpay-webhook", inspect.Options{Signature: "x"}},
		{"payu-return", inspect.Options{Signature: "x", Secrets: []string{"s"}}},
		{"whatsapp-webhook", inspect.Options{Headers: []string{"no colon"}}},
	} {
		if inspect.Call(c.service, c.o) == nil {
			t.Errorf("%+v passed", c)
		}
	}
}

// The ways in which a callback of Twilio is kept in a file.
func TestTwilioPayloadsOfEveryShape(t *testing.T) {
	t.Parallel()
	var d delivery
	for _, c := range deliveries(t) {
		if c.service == "twilio-callback" {
			d = c
		}
	}
	form, _ := url.ParseQuery(twilioBody)
	params := map[string]string{}
	for name := range form {
		params[name] = form.Get(name)
	}
	asJSON, _ := json.Marshal(map[string]any{"url": twilioURL, "params": params})
	for name, c := range map[string]struct {
		body   string
		header string
	}{
		"first line": {twilioURL + "\n" + twilioBody + "\n", ""},
		"json":       {string(asJSON), ""},
		"header":     {twilioBody, "X-Original-URL: " + twilioURL},
		"line end":   {twilioBody + "\r\n", "URL: " + twilioURL},
	} {
		o := inspect.Options{Secrets: d.o.Secrets, Signature: d.o.Signature, Now: now}
		if c.header != "" {
			o.Headers = []string{c.header}
		}
		if _, err := inspect.File(d.service, []byte(c.body), o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := inspect.File(d.service, []byte(strings.Replace(c.body, "delivered", "failed", 1)), o); lab.CodeOf(err) != "signature_wrong" {
			t.Errorf("%s, changed: %v", name, err)
		}
	}
}

// The flat form of the reference tool opens like the nested one, and every change is seen.
func TestFlatFideliusVector(t *testing.T) {
	t.Parallel()
	var keys [2]*fidelius.Private
	var nonces [2]string
	for i := range keys {
		var err error
		if keys[i], err = fidelius.Generate(rand.Reader); err != nil {
			t.Fatal(err)
		}
		if nonces[i], err = fidelius.NewNonce(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	transfer, err := fidelius.NewTransfer(keys[0], keys[1].Public(), nonces[0], nonces[1])
	if err != nil {
		t.Fatal(err)
	}
	vector := map[string]string{
		"senderPublicKey": keys[0].Public(), "senderNonce": nonces[0], "requesterNonce": nonces[1], "requesterPrivateKey": keys[1].Text(),
		"encryptedData": transfer.Seal([]byte("a record")), "plaintext": "a record",
	}
	raw, _ := json.Marshal(vector)
	if _, err := inspect.File("fidelius", raw, inspect.Options{}); err != nil {
		t.Error(err)
	}
	for name, field := range map[string]string{
		"senderPublicKey": "senderPublicKey: fidelius_key", "senderNonce": "encryptedData: fidelius_sealed", "requesterNonce": "encryptedData: fidelius_sealed",
		"encryptedData": "encryptedData: fidelius_sealed", "plaintext": "plaintext: differs", "requesterPrivateKey": "requesterPrivateKey: fidelius_secret",
	} {
		changed := maps.Clone(vector)
		bytes, err := base64.StdEncoding.DecodeString(changed[name])
		if err != nil {
			bytes = []byte("another record")
		}
		bytes[len(bytes)/2] ^= 1
		changed[name] = base64.StdEncoding.EncodeToString(bytes)
		if name == "requesterPrivateKey" {
			changed[name] = base64.StdEncoding.EncodeToString(make([]byte, 32))
		}
		raw, _ := json.Marshal(changed)
		if _, err := inspect.File("fidelius", raw, inspect.Options{}); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

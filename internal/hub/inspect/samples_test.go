package inspect_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/inspect"
	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/lab"
)

func samples(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("JAANCH_SAMPLES")
	if dir == "" {
		t.Skip("JAANCH_SAMPLES is not set: the services' own examples were not judged")
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// Every webhook of the vendors' documentation is understood. They are printed indented, so no signature can fit.
func TestVendorsWebhooks(t *testing.T) {
	t.Parallel()
	for service, dir := range map[string]string{"whatsapp-webhook": "whatsapp", "razorpay-webhook": "razorpay"} {
		files, _ := filepath.Glob(filepath.Join(samples(t, dir), "webhooks", "*.json"))
		if len(files) < 15 {
			t.Fatalf("%d files", len(files))
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := inspect.File(service, raw, inspect.Options{}); err != nil {
				t.Errorf("%s: %v", filepath.Base(f), err)
			}
			if _, err := inspect.File(service, raw, inspect.Options{Secrets: []string{"s"}, Signature: "sha256=" + strings.Repeat("0", 64)}); err == nil {
				t.Errorf("%s: believed without a signature", filepath.Base(f))
			}
		}
	}
}

func TestVendorsSignatures(t *testing.T) {
	t.Parallel()
	var meta []map[string]any
	load(t, samples(t, "whatsapp", "signature_vectors.json"), &meta)
	for _, v := range meta {
		judgeVector(t, "whatsapp-webhook", []byte(v["raw_body"].(string)), v["app_secret"].(string), v["X-Hub-Signature-256"].(string), time.Time{}, true)
	}
	var rzp []struct {
		Name, Type, Secret, Signature, Message string
		Raw                                    string `json:"raw_body"`
		File                                   string `json:"raw_body_file"`
	}
	load(t, samples(t, "razorpay", "signature_vectors.json"), &rzp)
	for _, v := range rzp {
		m := strings.Split(v.Message, "|")
		switch v.Type {
		case "webhook":
			judgeVector(t, "razorpay-webhook", body(t, "razorpay", v.Raw, v.File), v.Secret, v.Signature, time.Time{}, true)
		case "payment_link_callback":
			if err := razorpay.VerifyLinkReturn(v.Secret, m[0], m[1], m[2], m[3], v.Signature); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
			if razorpay.VerifyLinkReturn(v.Secret, m[0], m[1], "created", m[3], v.Signature) == nil {
				t.Errorf("%s: another status is believed", v.Name)
			}
		case "checkout_payment":
			if err := razorpay.VerifyCheckout(v.Secret, m[0], m[1], v.Signature); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
		}
	}
	var stripe []map[string]any
	load(t, samples(t, "stripe", "signature_vectors.json"), &stripe)
	for _, v := range stripe {
		valid, _ := v["valid_within_tolerance_of_timestamp"].(bool)
		at := time.Unix(1533204620, 0)
		secret, _ := v["secret"].(string)
		judgeVector(t, "stripe-webhook", body(t, "stripe", "", "vector_event.body"), secret, v["Stripe-Signature"].(string), at, valid)
		if valid {
			judgeVector(t, "stripe-webhook", body(t, "stripe", "", "vector_event.body"), secret, v["Stripe-Signature"].(string), at.Add(301*time.Second), false)
		}
	}
}

func body(t *testing.T, dir, raw, file string) []byte {
	t.Helper()
	if file == "" {
		return []byte(raw)
	}
	out, err := os.ReadFile(samples(t, dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// judgeVector tries a vector as it is, with another secret, and with a changed byte.
func judgeVector(t *testing.T, service string, raw []byte, secret, signature string, at time.Time, valid bool) {
	t.Helper()
	o := inspect.Options{Secrets: []string{secret}, Signature: signature, Now: at}
	if _, err := inspect.File(service, raw, o); (err == nil) != valid {
		t.Errorf("%s with %.20s: %v", service, signature, err)
	}
	changed := append([]byte{}, raw...)
	changed[len(changed)/2] ^= 4
	if _, err := inspect.File(service, changed, o); err == nil {
		t.Errorf("%s: a changed byte is believed", service)
	}
	o.Secrets = []string{secret + "x"}
	if _, err := inspect.File(service, raw, o); err == nil {
		t.Errorf("%s: another secret is believed", service)
	}
}

func TestPayUExamples(t *testing.T) {
	t.Parallel()
	var hashes []struct {
		Name, SHA512 string
		Params       map[string]string
	}
	load(t, samples(t, "payu", "hash_vectors.json"), &hashes)
	for _, h := range hashes {
		if h.Params["status"] == "" {
			continue
		}
		form := url.Values{"hash": {h.SHA512}, "mihpayid": {"1"}}
		for k, v := range h.Params {
			if k != "salt" {
				form.Set(k, v)
			}
		}
		o := inspect.Options{Secrets: []string{h.Params["salt"]}}
		if _, err := inspect.File("payu-return", []byte(form.Encode()), o); err != nil {
			t.Errorf("%s: %v", h.Name, err)
		}
		form.Set("amount", "1000.00") // the same money, other bytes
		if _, err := inspect.File("payu-return", []byte(form.Encode()), o); lab.CodeOf(err) != "signature_wrong" {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
	for _, name := range []string{"partner_webhook_success.json", "refund_status_callback_success.json"} {
		raw := body(t, "payu", "", name)
		if _, err := inspect.File("payu-return", raw, inspect.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := inspect.File("payu-return", raw, inspect.Options{Secrets: []string{"salt"}}); lab.CodeOf(err) != "signature_missing" {
			t.Errorf("%s: its hash is a placeholder: %v", name, err)
		}
	}
}

// The vectors that Twilio and SendGrid print with their libraries.
func TestTwilioAndSendGridVectors(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"Digits": {"1234"}, "CallSid": {"CA1234567890ABCDE"}, "To": {"+18005551212"}, "Caller": {"+14158675309"}, "From": {"+14158675309"},
		"ReasonConferenceEnded": {"test"}, "Reason": {"Participant"},
	}
	for address, signature := range map[string]string{
		"https://mycompany.com/myapp.php?foo=1&bar=2": "vOEb5UThFn24KEfnOFLQY2AE5FY=", "http://mycompany.com/myapp.php?foo=1&bar=2": "n2xBNyzSW7rfYStDtOFiFMv7qNo=",
	} {
		o := inspect.Options{Secrets: []string{"12345"}, Signature: signature, URL: address}
		if _, err := inspect.File("twilio-callback", []byte(form.Encode()), o); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		o.URL += "0"
		if _, err := inspect.File("twilio-callback", []byte(form.Encode()), o); lab.CodeOf(err) != "signature_wrong" {
			t.Errorf("%s: %v", address, err)
		}
	}
	const events = `[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]` + "\r\n"
	o := inspect.Options{
		Secrets:   []string{"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="},
		Signature: "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
		Headers:   []string{sendgrid.TimestampHeader + ": 1600112502"}, Now: time.Unix(1600112502, 0),
	}
	if _, err := inspect.File("sendgrid-webhook", []byte(events), o); err != nil {
		t.Error(err)
	}
	if _, err := inspect.File("sendgrid-webhook", []byte(strings.TrimSpace(events)), o); lab.CodeOf(err) != "signature_wrong" {
		t.Errorf("without its last line end: %v", err)
	}
	o.Now = o.Now.Add(time.Hour)
	if _, err := inspect.File("sendgrid-webhook", []byte(events), o); lab.CodeOf(err) != "signature_old" {
		t.Errorf("an hour later: %v", err)
	}
}

// What the portal of the test system really gave: each file as its source says. The halves "request" were templated
// after recording (their number is no number), the signed halves are what the portal took.
func TestPortalExamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ service, file, refused string }{
		{"gstn-irn", "gsp-b2b-goods-with-ewb.json", ""},
		{"gstn-irn", "gsp-b2b-service.json", ""},
		{"gstn-irn", "gsp-credit-note.json", ""},
		{"gstn-irn", "gsp-cancel-irn.json", ""},
		{"gstn-irn", "gsp-duplicate-irn.json", "message: 2150"},
		{"gstn-irn", "gsp-get-irn.json", "response.result.Irn: differs"}, // the answer around the signed text was templated
		{"gstn-irn", "irn-vectors.json", ""},
		{"gstn-irn", "decoded-signed-documents.json", ""},
		{"gstn-invoice", "decoded-signed-documents.json", ""},
		{"gstn-invoice", "gsp-get-irn.json", ""},
		{"gstn-invoice", "gsp-b2b-goods-with-ewb.json", "request.DocDtls.No: shape"},
		{"gstn-invoice", "gsp-b2b-service.json", "request.DocDtls.No: shape"},
		{"gstn-invoice", "gsp-credit-note.json", "request.DocDtls.No: shape"},
		{"gstn-invoice", "gsp-duplicate-irn.json", "request.DocDtls.No: shape"},
		{"gstin", "gstin-check-digit.json", "failsCheckDigit[0].gstin: gstin_check_digit"},
		{"fidelius", "../abdm/fidelius-vectors.json", ""},
		{"fhir-bundle", "../fhir/nrces-6.5.0/Bundle-DiagnosticReport-Lab-example-03.json", ""},
	} {
		raw, err := os.ReadFile(samples(t, "gstn", c.file))
		if err != nil {
			t.Fatal(err)
		}
		_, err = inspect.File(c.service, raw, inspect.Options{Now: time.Now()})
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s %s: %v", c.service, c.file, err)
		}
		// With a number in place of the placeholder the arithmetic of the request is right.
		if strings.HasSuffix(c.refused, "No: shape") {
			fixed := strings.ReplaceAll(string(raw), "test_invoice_no", "TEST-1")
			if _, err := inspect.File(c.service, []byte(fixed), inspect.Options{Now: time.Now()}); err != nil {
				t.Errorf("%s %s with a number: %v", c.service, c.file, err)
			}
		}
	}
	raw, _ := os.ReadFile(samples(t, "gstn", "gstin-check-digit.json"))
	if _, err := inspect.File("gstin", raw, inspect.Options{Sandbox: true}); err != nil {
		t.Errorf("the test system's GSTINs: %v", err)
	}
}

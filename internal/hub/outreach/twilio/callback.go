// Package twilio speaks Twilio's SMS interface: status callbacks and messages in.
package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with HMAC-SHA1, and there is no other scheme
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab/tree"
)

// SignatureHeader carries the base64 of HMAC-SHA1 under the account's auth token.
const SignatureHeader = "X-Twilio-Signature"

// Verify checks that Twilio called this address with these parameters. Twilio may or may not write the default port, so
// both forms are tried. A body that is no form is covered by its hash, which stands in the address.
func Verify(d webhook.Delivery, tokens []string) error {
	given, err := base64.StdEncoding.DecodeString(d.Header.Get(SignatureHeader))
	if err != nil || len(given) != sha1.Size {
		return webhook.ErrUnsigned
	}
	called, err := url.Parse(d.URL)
	if err != nil || called.Host == "" {
		return webhook.ErrForged
	}
	suffix := ""
	if hash := called.Query().Get("bodySHA256"); hash != "" {
		sum := sha256.Sum256(d.Body)
		want, err := hex.DecodeString(hash)
		if err != nil || subtle.ConstantTimeCompare(sum[:], want) != 1 {
			return webhook.ErrForged
		}
	} else {
		form, err := url.ParseQuery(string(d.Body))
		if err != nil {
			return webhook.ErrForged
		}
		suffix = flat(form)
	}
	fits := 0
	for _, token := range tokens {
		if token == "" {
			continue
		}
		for _, address := range addresses(d.URL, called) {
			mac := hmac.New(sha1.New, []byte(token))
			mac.Write([]byte(address + suffix))
			fits |= subtle.ConstantTimeCompare(mac.Sum(nil), given)
		}
	}
	if fits != 1 {
		return webhook.ErrForged
	}
	return nil
}

// flat writes the parameters by name in byte order, name and value without anything between.
func flat(form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			b.WriteString(name + v)
		}
	}
	return b.String()
}

// addresses gives the address as it is, and with the default port added or taken away.
func addresses(raw string, called *url.URL) []string {
	port := map[string]string{"https": "443", "http": "80"}[called.Scheme]
	other := *called
	switch {
	case port == "":
		return []string{raw}
	case called.Port() == "":
		return []string{raw, strings.Replace(raw, called.Host, called.Host+":"+port, 1)}
	case called.Port() == port:
		other.Host = called.Hostname()
		return []string{raw, strings.Replace(raw, called.Host, other.Host, 1)}
	}
	return []string{raw}
}

// Callback is what became of a message of ours, or a message that came in.
type Callback struct {
	ID        string `json:"id"` // MessageSid
	Account   string `json:"account"`
	Status    string `json:"status,omitempty"`
	ErrorCode int64  `json:"error_code,omitempty"`
	To        string `json:"to,omitempty"`
	From      string `json:"from,omitempty"`
	Inbound   bool   `json:"inbound,omitempty"`
	Text      string `json:"text,omitempty"`
}

var (
	messageID = regexp.MustCompile(`^(SM|MM)[0-9a-f]{32}$`)
	accountID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	digits    = regexp.MustCompile(`^[0-9]{1,6}$`)
)

// statuses are the words of Twilio for what becomes of a message.
var statuses = []string{
	"accepted", "scheduled", "queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled",
	"receiving", "received", "read", "partially_delivered",
}

// Parse reads a callback. More parameters than these may come.
func Parse(body []byte) (Callback, error) {
	if len(body) > webhook.MaxBytes {
		return Callback{}, webhook.ErrForeign
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return Callback{}, webhook.ErrForeign
	}
	if !form.Has("MessageSid") && !form.Has("SmsSid") && !form.Has("MessageStatus") && !form.Has("SmsStatus") {
		return Callback{}, webhook.ErrForeign
	}
	var j tree.Judge
	c := Callback{
		ID: form.Get("MessageSid"), Account: form.Get("AccountSid"), Status: form.Get("MessageStatus"),
		To: form.Get("To"), From: form.Get("From"), Text: form.Get("Body"),
	}
	c.Inbound = c.Status == "" && form.Has("Body")
	c.judge(&j, form)
	return c, j.Err("twilio_callback", "This callback lacks what it must have.")
}

// judge notes what is wrong with a callback.
func (c *Callback) judge(j *tree.Judge, form url.Values) {
	if !messageID.MatchString(c.ID) {
		j.Wrong("MessageSid", "shape", "must be SM or MM and 32 hexadecimal digits")
	}
	if sms := form.Get("SmsSid"); sms != "" && sms != c.ID {
		j.Wrong("SmsSid", "other", "is another message than MessageSid")
	}
	if !accountID.MatchString(c.Account) {
		j.Wrong("AccountSid", "shape", "must be AC and 32 hexadecimal digits")
	}
	if !c.Inbound && !slices.Contains(statuses, c.Status) {
		j.Wrong("MessageStatus", "value", "is not one of the known values")
	}
	if c.To == "" {
		j.Wrong("To", "missing", "is missing")
	}
	if code := form.Get("ErrorCode"); code != "" {
		if !digits.MatchString(code) {
			j.Wrong("ErrorCode", "whole_number", "must be a whole number")
		}
		for _, d := range code {
			c.ErrorCode = c.ErrorCode*10 + int64(d-'0')
		}
	}
}

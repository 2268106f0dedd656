package sandbox

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio signs with HMAC-SHA1
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"jaanch/internal/lab/tree"
)

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

func twilioError(w http.ResponseWriter, status, code int, message string) {
	answer(w, status, map[string]any{"code": code, "message": message, "more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), "status": status})
}

// account says whether a call is of the account.
func (s *Sandbox) account(w http.ResponseWriter, r *http.Request) bool {
	id, token, ok := r.BasicAuth()
	if !ok || id != r.PathValue("account") || subtle.ConstantTimeCompare([]byte(id+":"+token), []byte(s.o.Account+":"+s.o.AuthToken)) != 1 {
		twilioError(w, http.StatusUnauthorized, 20003, "Authenticate")
		return false
	}
	return true
}

// sms takes an SMS as Twilio does.
func (s *Sandbox) sms(w http.ResponseWriter, r *http.Request) {
	if !s.account(w, r) {
		return
	}
	to, body := r.PostFormValue("To"), r.PostFormValue("Body")
	switch {
	case s.fault("twilio:rate"):
		twilioError(w, http.StatusTooManyRequests, 20429, "Too many requests")
		return
	case s.fault("twilio:no_mobile"):
		twilioError(w, http.StatusBadRequest, 21614, "'To' number is not a valid mobile number")
		return
	case s.fault("twilio:opted_out"):
		twilioError(w, http.StatusBadRequest, 21610, "Attempt to send to unsubscribed recipient")
		return
	case !e164.MatchString(to):
		twilioError(w, http.StatusBadRequest, 21211, "Invalid 'To' phone number")
		return
	case body == "" || len([]rune(body)) > 1600:
		twilioError(w, http.StatusBadRequest, 21617, "The message body is missing or too long")
		return
	case (r.PostFormValue("From") == "") == (r.PostFormValue("MessagingServiceSid") == ""):
		twilioError(w, http.StatusBadRequest, 21603, "One of 'From' and 'MessagingServiceSid' is required")
		return
	}
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	id := "SM" + hex.EncodeToString(raw)
	s.take(Seen{Service: "twilio", ID: id, To: to, Text: body, Status: "queued"})
	s.o.Watch("stored")
	if back := r.PostFormValue("StatusCallback"); back != "" {
		s.callbacks(back, id, to)
	}
	if s.fault("twilio:timeout_after_store") {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusCreated, s.smsOf(id, to, body, "queued"))
}

func (s *Sandbox) smsOf(id, to, body, status string) map[string]any {
	return map[string]any{
		"sid": id, "status": status, "to": to, "body": body, "num_segments": "1", "price": nil, "error_code": nil, "account_sid": s.o.Account, "date_created": created(s.o.Clock()),
	}
}

// findSMS lists what went to a number.
func (s *Sandbox) findSMS(w http.ResponseWriter, r *http.Request) {
	if !s.account(w, r) {
		return
	}
	found := []any{}
	for _, m := range s.Received() {
		if m.Service == "twilio" && m.To == r.URL.Query().Get("To") {
			v := s.smsOf(m.ID, m.To, m.Text, "sent")
			v["date_created"] = created(m.At)
			found = append(found, v)
		}
	}
	answer(w, http.StatusOK, map[string]any{"messages": found})
}

// callbacks announces what becomes of an SMS, each signed over the address that was given.
func (s *Sandbox) callbacks(back, id, to string) {
	words := []string{"sent", "delivered"}
	if s.fault("twilio:undelivered") {
		words = []string{"undelivered"}
	}
	secret := s.o.AuthToken
	if s.fault("twilio:forged") {
		secret += "x"
	}
	for _, word := range words {
		form := url.Values{"MessageSid": {id}, "SmsSid": {id}, "MessageStatus": {word}, "SmsStatus": {word}, "To": {to}, "AccountSid": {s.o.Account}, "ApiVersion": {"2010-04-01"}}
		if word == "undelivered" {
			form.Set("ErrorCode", "30007")
		}
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(back))
		for _, name := range slices.Sorted(maps.Keys(form)) {
			mac.Write([]byte(name + form.Get(name)))
		}
		signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		s.announceTo(back, []byte(form.Encode()), func(h http.Header) {
			h.Set("Content-Type", "application/x-www-form-urlencoded")
			h.Set("X-Twilio-Signature", signature)
		})
	}
}

// MailVerifyKey is the public key of the events of mails, as SendGrid shows it.
func (s *Sandbox) MailVerifyKey() string {
	der, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(der)
}

func mailError(w http.ResponseWriter, status int, message, field string) {
	answer(w, status, map[string]any{"errors": []any{map[string]any{"message": message, "field": field, "help": nil}}})
}

// mail takes a mail as SendGrid does.
func (s *Sandbox) mail(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.o.MailKey)) != 1 {
		mailError(w, http.StatusUnauthorized, "The provided authorization grant is invalid, expired, or revoked", "")
		return
	}
	switch {
	case s.fault("sendgrid:rate"):
		mailError(w, http.StatusTooManyRequests, "too many requests", "")
		return
	case s.fault("sendgrid:server_error"):
		mailError(w, http.StatusInternalServerError, "as ordered", "")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 30<<20))
	v, parse := tree.Parse(raw, 30<<20)
	if err != nil || parse != nil {
		mailError(w, http.StatusBadRequest, "Bad Request", "")
		return
	}
	sent, field := readMail(v)
	if field != "" {
		mailError(w, http.StatusBadRequest, "is not valid", field)
		return
	}
	id := token("")
	sent.Service, sent.ID, sent.Status = "sendgrid", id, "accepted"
	s.take(sent)
	s.o.Watch("stored")
	s.mailEvents(id, sent.Key, sent.To)
	if s.fault("sendgrid:timeout_after_store") {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("X-Message-Id", id)
	w.WriteHeader(http.StatusAccepted)
}

// readMail reads a request, or names the field that is wrong.
func readMail(v *tree.Value) (sent Seen, field string) {
	var j tree.Judge
	from := j.Text(v.Walk("from", "email"))
	subject := j.Text(v.At("subject"))
	for _, p := range j.List(v.At("personalizations")) {
		sent.Key = p.Walk("custom_args", "outbox_id").Scalar()
		for _, t := range j.List(p.At("to")) {
			sent.To = j.Text(t.At("email"))
		}
	}
	var text strings.Builder
	for i, c := range j.List(v.At("content")) {
		if kind := j.OneOf(c.At("type"), "text/plain", "text/html"); i == 0 && kind != "text/plain" {
			j.Wrong("content.0.type", "order", "must be text/plain")
		}
		text.WriteString(j.Text(c.At("value")))
	}
	if on := v.Walk("tracking_settings", "open_tracking", "enable"); on.Scalar() != "false" {
		j.Wrong("tracking_settings.open_tracking.enable", "value", "must be off for mail about health")
	}
	sent.Text = subject + "\n" + text.String()
	if found := j.Found(); len(found) > 0 {
		return sent, found[0].Field
	}
	if from == "" || !strings.Contains(sent.To, "@") {
		return sent, "personalizations.0.to"
	}
	return sent, ""
}

// mailEvents announces what becomes of a mail, in one batch, signed with the time before the body.
func (s *Sandbox) mailEvents(id, outbox, to string) {
	words := []string{"processed", "delivered"}
	if s.fault("sendgrid:bounce") {
		words = []string{"processed", "bounce"}
	}
	var events []map[string]any
	now := s.o.Clock().Unix()
	for _, word := range words {
		events = append(events, map[string]any{"email": to, "timestamp": now, "event": word, "sg_event_id": id + word, "sg_message_id": id + ".0", "outbox_id": outbox})
	}
	raw, err := json.Marshal(events)
	if err != nil {
		return
	}
	raw = append(raw, '\r', '\n')
	stamp := strconv.FormatInt(now, 10)
	digest := sha256.Sum256(append([]byte(stamp), raw...))
	signature, err := ecdsa.SignASN1(rand.Reader, s.key, digest[:])
	if err != nil {
		return
	}
	s.announce("sendgrid", raw, func(h http.Header) {
		h.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
		h.Set("X-Twilio-Email-Event-Webhook-Timestamp", stamp)
	})
}

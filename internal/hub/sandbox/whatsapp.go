package sandbox

import (
	"crypto/subtle"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"jaanch/internal/lab/tree"
)

// templates are those that Meta approved, with the variables of each body.
var templates = map[string]int{"test_result_ready": 4, "critical_value_alert": 4, "appointment_reminder": 6, "payment_confirmation": 6, "login_code": 1}

var (
	number  = regexp.MustCompile(`^\+?[1-9][0-9]{7,14}$`)
	badText = regexp.MustCompile(`[\n\t]| {5,}`)
)

// metaError answers in Meta's form; the status is 400 even for a rate limit.
func metaError(w http.ResponseWriter, status, code int, details string) {
	answer(w, status, map[string]any{"error": map[string]any{
		"message": "(#" + strconv.Itoa(code) + ") " + details, "type": "OAuthException", "code": code,
		"error_data": map[string]any{"messaging_product": "whatsapp", "details": details}, "fbtrace_id": token("A"),
	}})
}

// ordered are the mistakes that are an answer and nothing else.
var ordered = map[string][2]int{
	"whatsapp:rate": {400, 130429}, "whatsapp:pair_rate": {400, 131056}, "whatsapp:server_error": {500, 131000}, "whatsapp:token": {401, 190}, "whatsapp:not_on_whatsapp": {400, 131026},
}

func (s *Sandbox) whatsApp(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.o.Token)) != 1 {
		metaError(w, http.StatusUnauthorized, 190, "The access token is invalid")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(ordered)) {
		if s.fault(name) {
			metaError(w, ordered[name][0], ordered[name][1], "as ordered")
			return
		}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		metaError(w, http.StatusBadRequest, 100, "The body is too large")
		return
	}
	v, err := tree.Parse(raw, 1<<20)
	if err != nil {
		metaError(w, http.StatusBadRequest, 100, "The body is not JSON")
		return
	}
	if code, details := refused(v); code != 0 {
		metaError(w, http.StatusBadRequest, code, details)
		return
	}
	id, key := token("wamid."), v.At("biz_opaque_callback_data").Scalar()
	seen := Seen{Service: "whatsapp", ID: id, Key: key, Status: "accepted", To: v.At("to").Scalar(), From: r.PathValue("number")}
	if !s.describe(v, &seen) {
		metaError(w, http.StatusBadRequest, 131053, "there is no such medium")
		return
	}
	s.take(seen)
	s.o.Watch("stored")
	s.statuses(r.PathValue("number"), id, key, v.At("to").Scalar())
	if s.fault("whatsapp:timeout_after_store") {
		panic(http.ErrAbortHandler) // it has the message, and nobody hears of it
	}
	to := v.At("to").Scalar()
	answer(w, http.StatusOK, map[string]any{
		"messaging_product": "whatsapp", "contacts": []any{map[string]any{"input": to, "wa_id": strings.TrimPrefix(to, "+")}},
		"messages": []any{map[string]any{"id": id, "message_status": "accepted"}},
	})
}

// refused says what Meta would refuse, by its code.
func refused(v *tree.Value) (int, string) {
	var j tree.Judge
	j.OneOf(v.At("messaging_product"), "whatsapp")
	j.OneOf(v.At("recipient_type"), "individual")
	if j.OneOf(v.At("type"), "template", "text") == "text" {
		j.Text(v.Walk("text", "body"))
		j.Text(v.At("to"))
		if found := j.Found(); len(found) > 0 {
			return 100, found[0].Field + " " + found[0].Message
		}
		return 0, ""
	}
	to := j.Text(v.At("to"))
	name := j.Text(v.Walk("template", "name"))
	language := j.Text(v.Walk("template", "language", "code"))
	if found := j.Found(); len(found) > 0 {
		return 100, found[0].Field + " " + found[0].Message
	}
	variables, known := templates[name]
	switch {
	case !number.MatchString(to):
		return 131009, "to is no number"
	case len(v.At("biz_opaque_callback_data").Scalar()) > 512:
		return 100, "biz_opaque_callback_data is too long"
	case !known || language != "en" && language != "hi":
		return 132001, "there is no such template in this language"
	}
	got := 0
	for _, c := range v.Walk("template", "components").Items() {
		for _, p := range c.At("parameters").Items() {
			if c.At("type").Scalar() == "body" {
				got++
			}
			if badText.MatchString(p.At("text").Scalar()) {
				return 132012, "a parameter holds a line end, a tab or many blanks"
			}
		}
		if c.At("type").Scalar() == "button" && c.At("index").Kind() != tree.Text {
			return 131009, "the index of a button is text"
		}
	}
	if got != variables {
		return 132000, "the number of parameters does not match"
	}
	return 0, ""
}

// statuses announces what becomes of a message: sent, delivered.
func (s *Sandbox) statuses(from, id, key, to string) {
	words := []string{"sent", "delivered"}
	if s.fault("whatsapp:undeliverable") {
		words = []string{"failed"}
	}
	if s.fault("whatsapp:status_reversed") {
		slices.Reverse(words)
	}
	if s.fault("whatsapp:status_twice") {
		words = append(words, words...)
	}
	secret := s.o.AppSecret
	if s.fault("whatsapp:forged") {
		secret += "x"
	}
	for _, word := range words {
		s.status(from, id, key, to, word, secret)
	}
}

// status announces one status.
func (s *Sandbox) status(from, id, key, to, word, secret string) {
	status := map[string]any{
		"id": id, "status": word, "timestamp": strconv.FormatInt(s.o.Clock().Unix(), 10), "recipient_id": strings.TrimPrefix(to, "+"), "biz_opaque_callback_data": key,
	}
	if word == "failed" {
		status["errors"] = []any{map[string]any{"code": 131026, "title": "Message undeliverable", "error_data": map[string]any{"details": "as ordered"}}}
	}
	s.deliver(secret, map[string]any{"messaging_product": "whatsapp", "metadata": metadata(from), "statuses": []any{status}})
}

func metadata(number string) map[string]any {
	return map[string]any{"display_phone_number": "15550000000", "phone_number_id": number}
}

// deliver announces one change.
func (s *Sandbox) deliver(secret string, value map[string]any) {
	body := escaped(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{
		"id": "1", "changes": []any{map[string]any{"field": "messages", "value": value}},
	}}})
	s.announce("whatsapp", body, func(h http.Header) { h.Set("X-Hub-Signature-256", "sha256="+sign(secret, body)) })
}

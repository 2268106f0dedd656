// Package whatsapp speaks the WhatsApp Business Cloud API of Meta: what comes in by webhook, and what goes out. The
// version of the API and the address are configuration.
package whatsapp

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab/tree"
)

// SignatureHeader carries "sha256=" and the HMAC-SHA256 of the raw body under the app secret.
const SignatureHeader = "X-Hub-Signature-256"

// Verify checks that Meta sent these bytes. Meta escapes every character beyond ASCII, so a body that was decoded and
// written again never fits.
func Verify(d webhook.Delivery, appSecrets []string) error {
	hexed, ok := strings.CutPrefix(d.Header.Get(SignatureHeader), "sha256=")
	if !ok || len(hexed) != 2*sha256.Size {
		return webhook.ErrUnsigned
	}
	if !webhook.HMAC(sha256.New, appSecrets, d.Body, hexed) {
		return webhook.ErrForged
	}
	return nil
}

// Notice is what one delivery announced.
type Notice struct {
	Messages  []Message  `json:"messages,omitempty"`
	Statuses  []Status   `json:"statuses,omitempty"`
	Templates []Template `json:"templates,omitempty"`
	Faults    []Fault    `json:"errors,omitempty"`
	Other     []string   `json:"other,omitempty"` // fields of changes that nothing is done about
}

// Message is what a person sent. Any identity may be missing: a person with a user name shows no number.
type Message struct {
	Number   string  `json:"phone_number_id"` // ours, that it came to
	ID       string  `json:"id"`              // also the key against doubles
	From     string  `json:"from,omitempty"`
	UserID   string  `json:"user_id,omitempty"`
	At       int64   `json:"at"` // unix seconds
	Type     string  `json:"type"`
	Text     string  `json:"text,omitempty"`
	Payload  string  `json:"payload,omitempty"` // of a button or a list row
	ReplyTo  string  `json:"reply_to,omitempty"`
	Media    string  `json:"media,omitempty"`
	SHA256   string  `json:"sha256,omitempty"`
	MovedTo  string  `json:"moved_to,omitempty"` // the new number of a person who changed it
	Failures []Fault `json:"errors,omitempty"`
}

// Status is what became of a message of ours.
type Status struct {
	Number    string  `json:"phone_number_id"`
	ID        string  `json:"id"`
	Status    string  `json:"status"`
	At        int64   `json:"at"`
	Recipient string  `json:"recipient,omitempty"`
	UserID    string  `json:"user_id,omitempty"`
	Opaque    string  `json:"opaque,omitempty"` // what we gave along: the id of the outbox row
	Category  string  `json:"category,omitempty"`
	Billable  bool    `json:"billable,omitempty"`
	Failures  []Fault `json:"errors,omitempty"`
}

// Template is a decision of Meta about a template.
type Template struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Event    string `json:"event"`
	Reason   string `json:"reason,omitempty"`
	Category string `json:"category,omitempty"`
}

// Fault is an error of the service. Decisions rest on the code, never on the words.
type Fault struct {
	Code    int64  `json:"code"`
	Title   string `json:"title,omitempty"`
	Details string `json:"details,omitempty"`
}

// Parse reads a delivery. Unknown kinds of message are kept, unknown fields ignored; what we act on must be there.
func Parse(body []byte) (Notice, error) {
	v, err := tree.Parse(body, webhook.MaxBytes)
	if err != nil {
		return Notice{}, err
	}
	if v.Kind() != tree.Object || !v.At("object").Has() && !v.At("entry").Has() {
		return Notice{}, webhook.ErrForeign
	}
	var j tree.Judge
	var n Notice
	j.OneOf(v.At("object"), "whatsapp_business_account")
	entries := j.List(v.At("entry"))
	if v.At("entry").Kind() == tree.List && len(entries) == 0 {
		j.Wrong("entry", "empty", "is empty")
	}
	for _, e := range entries {
		j.Text(e.At("id"))
		for _, c := range j.List(e.At("changes")) {
			n.change(&j, c)
		}
	}
	return n, j.Err("whatsapp_webhook", "This webhook lacks what it must have.")
}

func (n *Notice) change(j *tree.Judge, c *tree.Value) {
	value := j.Object(c.At("value"))
	switch field := j.Text(c.At("field")); field {
	case "messages":
		j.OneOf(value.At("messaging_product"), "whatsapp")
		number := j.Text(value.Walk("metadata", "phone_number_id"))
		failures := faults(j, value.At("errors"))
		n.Faults = append(n.Faults, failures...)
		for _, m := range j.MaybeList(value.At("messages")) {
			n.Messages = append(n.Messages, message(j, m, value, number, len(failures) > 0))
		}
		for _, s := range j.MaybeList(value.At("statuses")) {
			n.Statuses = append(n.Statuses, status(j, s, number))
		}
		if !value.At("messages").Has() && !value.At("statuses").Has() && len(failures) == 0 {
			j.Wrong(value.Path(), "empty", "holds neither messages nor statuses")
		}
	case "message_template_status_update":
		n.Templates = append(n.Templates, Template{
			Name: j.Text(value.At("message_template_name")), Language: j.Text(value.At("message_template_language")),
			Event: j.Text(value.At("event")), Reason: j.MaybeText(value.At("reason")), Category: j.MaybeText(value.At("message_template_category")),
		})
	case "template_category_update":
		n.Templates = append(n.Templates, Template{
			Name: j.Text(value.At("message_template_name")), Language: j.Text(value.At("message_template_language")),
			Event: "CATEGORY", Category: j.Text(value.At("new_category")),
		})
	default:
		n.Other = append(n.Other, field)
	}
}

// seconds reads a time that Meta writes as text.
func seconds(j *tree.Judge, v *tree.Value) int64 {
	s := j.Text(v)
	at, err := strconv.ParseInt(s, 10, 64)
	if s != "" && (err != nil || at <= 0) {
		j.Wrong(v.Path(), "time", "must be unix seconds as text")
	}
	return at
}

func message(j *tree.Judge, v, value *tree.Value, number string, faulty bool) Message {
	m := Message{
		Number: number, ID: j.Text(v.At("id")), From: j.MaybeText(v.At("from")), At: seconds(j, v.At("timestamp")), Type: j.Text(v.At("type")),
		ReplyTo: j.MaybeText(v.Walk("context", "id")), Failures: faults(j, v.At("errors")),
	}
	for _, c := range j.MaybeList(value.At("contacts")) {
		wa := j.MaybeText(c.At("wa_id"))
		if user := j.MaybeText(c.At("user_id")); user != "" && (wa == m.From || wa == "") {
			m.UserID = user
		}
	}
	if m.From == "" && m.UserID == "" && j.MaybeText(v.At("from_user_id")) == "" {
		j.Wrong(v.At("from").Path(), "missing", "is missing, and no other identity stands for it")
	}
	m.content(j, v.At(m.Type), faulty)
	return m
}

// content reads what belongs to the type. An unknown type is kept as it is.
func (m *Message) content(j *tree.Judge, content *tree.Value, faulty bool) {
	switch m.Type {
	case "text":
		m.Text = j.Text(content.At("body"))
	case "image", "video", "audio", "document", "sticker":
		m.Media, m.SHA256 = j.Text(content.At("id")), j.MaybeText(content.At("sha256"))
		m.Text = j.MaybeText(content.At("caption"))
	case "button":
		m.Payload, m.Text = j.Text(content.At("payload")), j.MaybeText(content.At("text"))
	case "interactive":
		if content.Has() || !faulty {
			kind := j.Text(content.At("type"))
			if kind == "button_reply" || kind == "list_reply" {
				m.Payload, m.Text = j.Text(content.At(kind).At("id")), j.MaybeText(content.At(kind).At("title"))
			}
		}
	case "reaction":
		m.ReplyTo, m.Text = j.Text(content.At("message_id")), j.MaybeText(content.At("emoji"))
	case "system":
		m.MovedTo = j.MaybeText(content.At("wa_id"))
	}
}

func status(j *tree.Judge, v *tree.Value, number string) Status {
	s := Status{
		Number: number, ID: j.Text(v.At("id")), Status: j.Text(v.At("status")), At: seconds(j, v.At("timestamp")),
		Recipient: j.MaybeText(v.At("recipient_id")), UserID: j.MaybeText(v.At("recipient_user_id")), Opaque: j.MaybeText(v.At("biz_opaque_callback_data")),
		Category: j.MaybeText(v.Walk("pricing", "category")), Billable: j.Bool(v.Walk("pricing", "billable")), Failures: faults(j, v.At("errors")),
	}
	if s.Status == "failed" && len(s.Failures) == 0 {
		j.Wrong(v.At("errors").Path(), "missing", "is missing where the message failed")
	}
	return s
}

func faults(j *tree.Judge, v *tree.Value) []Fault {
	var out []Fault
	for _, e := range j.MaybeList(v) {
		out = append(out, Fault{Code: j.Int(e.At("code")), Title: j.MaybeText(e.At("title")), Details: j.MaybeText(e.Walk("error_data", "details"))})
	}
	return out
}

// Rank orders what can become of a message: a later announcement of a lower rank never takes a higher one back. Failed
// is the end unless the person has the message after all.
func Rank(status string) int {
	switch status {
	case "accepted":
		return 1
	case "sent":
		return 2
	case "failed":
		return 3
	case "delivered":
		return 4
	case "read", "played":
		return 5
	}
	return 0
}

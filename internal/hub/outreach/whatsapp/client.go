package whatsapp

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// Account is one sending number of an organisation.
type Account struct {
	BaseURL   string // https://graph.facebook.com
	Version   string // v23.0
	NumberID  string // phone number id
	Token     telemetry.Secret
	AppSecret telemetry.Secret
}

// Client calls the Cloud API for one number.
type Client struct {
	Account Account
	HTTP    *outbound.Client
}

// TemplateMessage is a message that Meta approved, with what is filled in. A header document is named by its media id: a report
// is uploaded, never linked.
type TemplateMessage struct {
	To         string   `json:"to"` // E.164 without the plus
	Name       string   `json:"name"`
	Language   string   `json:"language"`
	Document   string   `json:"document,omitempty"` // hash of a document that is uploaded before, hexadecimal
	MediaID    string   `json:"media_id,omitempty"` // of the header document
	FileName   string   `json:"file_name,omitempty"`
	Body       []string `json:"body,omitempty"`
	URLSuffix  string   `json:"url_suffix,omitempty"` // of the first button, when it opens an address
	Payloads   []string `json:"payloads,omitempty"`   // of quick replies, after that button
	CallbackID string   `json:"-"`                    // comes back with every status: the id of the outbox row
}

var (
	phone     = regexp.MustCompile(`^[1-9][0-9]{7,14}$`)
	nameShape = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	runs      = regexp.MustCompile(`\s{2,}|[\n\r\t]`)
)

// Request makes the request, or says what Meta would refuse.
func (m TemplateMessage) Request() ([]byte, error) {
	switch {
	case !phone.MatchString(m.To):
		return nil, lab.Invalid("whatsapp_number", "The number is not one of the international form.")
	case !nameShape.MatchString(m.Name) || m.Language == "":
		return nil, lab.Invalid("whatsapp_template", "The template has no name or language.")
	case len(m.CallbackID) > 512:
		return nil, lab.Invalid("whatsapp_callback", "The id that comes back is too long.")
	}
	return tree.Of(
		tree.M("messaging_product", tree.T("whatsapp")), tree.M("recipient_type", tree.T("individual")), tree.M("to", tree.T(m.To)),
		tree.M("type", tree.T("template")),
		tree.M("template", tree.Of(
			tree.M("name", tree.T(m.Name)), tree.M("language", tree.Of(tree.M("code", tree.T(m.Language)))), tree.M("components", tree.L(m.components()...)))),
		tree.M("biz_opaque_callback_data", tree.T(m.CallbackID))).JSON(), nil
}

func (m TemplateMessage) components() []*tree.Value {
	var out []*tree.Value
	if m.MediaID != "" {
		document := tree.Of(tree.M("id", tree.T(m.MediaID)), tree.M("filename", tree.T(m.FileName)))
		out = append(out, component("header", tree.Of(tree.M("type", tree.T("document")), tree.M("document", document))))
	}
	if len(m.Body) > 0 {
		texts := make([]*tree.Value, 0, len(m.Body))
		for _, s := range m.Body {
			texts = append(texts, text(clean(s)))
		}
		out = append(out, component("body", texts...))
	}
	index := 0
	if m.URLSuffix != "" {
		out = append(out, button("url", index, text(m.URLSuffix)))
		index++
	}
	for _, p := range m.Payloads {
		out = append(out, button("quick_reply", index, tree.Of(tree.M("type", tree.T("payload")), tree.M("payload", tree.T(p)))))
		index++
	}
	return out
}

func text(s string) *tree.Value {
	return tree.Of(tree.M("type", tree.T("text")), tree.M("text", tree.T(s)))
}

func component(kind string, parameters ...*tree.Value) *tree.Value {
	return tree.Of(tree.M("type", tree.T(kind)), tree.M("parameters", tree.L(parameters...)))
}

func button(kind string, index int, parameter *tree.Value) *tree.Value {
	return tree.Of(tree.M("type", tree.T("button")), tree.M("sub_type", tree.T(kind)), tree.M("index", tree.T(strconv.Itoa(index))), tree.M("parameters", tree.L(parameter)))
}

// clean takes out what Meta refuses in a parameter: line ends, tabs, runs of blanks. An empty one becomes a dash.
func clean(s string) string {
	if s = strings.TrimSpace(runs.ReplaceAllString(s, " ")); s == "" {
		return "-"
	}
	return s
}

// Send posts one message and says what became of it. 200 is accepted, never delivered.
func (c *Client) Send(ctx context.Context, body []byte) outbox.Outcome {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Account.endpoint("messages"), bytes.NewReader(body))
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "whatsapp_address"}
	}
	r.Header.Set("Authorization", "Bearer "+c.Account.Token.Reveal())
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return outbox.Unanswered(err)
	}
	return Understand(answer.Status, answer.Body)
}

func (a Account) endpoint(what string) string {
	return fmt.Sprintf("%s/%s/%s/%s", strings.TrimRight(a.BaseURL, "/"), a.Version, url.PathEscape(a.NumberID), what)
}

// Understand reads an answer. Decisions rest on the error's code: the HTTP status is 400 even for a rate limit.
func Understand(status int, body []byte) outbox.Outcome {
	v, err := tree.Parse(body, outbound.MaxBytes)
	if status == http.StatusOK && err == nil {
		if ids := v.At("messages").Items(); len(ids) == 1 && ids[0].At("id").Scalar() != "" {
			return outbox.Outcome{Class: outbox.Done, ProviderID: ids[0].At("id").Scalar()}
		}
	}
	if code := v.Walk("error", "code"); err == nil && code.Kind() == tree.Number {
		return ByCode(code.Scalar())
	}
	if status >= 500 || status == http.StatusOK { // 200 without an id: it may have been taken
		return outbox.Outcome{Class: outbox.Unknown, Code: "http_" + strconv.Itoa(status)}
	}
	return outbox.Outcome{Class: outbox.Refused, Code: "http_" + strconv.Itoa(status)}
}

// classes are Meta's codes by what to do (Cloud API error codes); what is not here is refused and shown to a person.
var classes = map[string]outbox.Outcome{
	"0": {Class: outbox.Halted}, "190": {Class: outbox.Halted}, "3": {Class: outbox.Halted}, "10": {Class: outbox.Halted}, "131005": {Class: outbox.Halted},
	"131031": {Class: outbox.Halted}, "368": {Class: outbox.Halted}, "131042": {Class: outbox.Halted}, "131045": {Class: outbox.Halted}, "131037": {Class: outbox.Halted},
	"4": {Class: outbox.Later, After: 2 * time.Minute}, "80007": {Class: outbox.Later, After: 2 * time.Minute},
	"130429": {Class: outbox.Later, After: time.Second}, "131056": {Class: outbox.Later, After: 6 * time.Second},
	"131048": {Class: outbox.Halted}, "131064": {Class: outbox.Halted}, "131057": {Class: outbox.Later, After: 10 * time.Minute},
	"131000": {Class: outbox.Later}, "131016": {Class: outbox.Later}, "1": {Class: outbox.Later}, "2": {Class: outbox.Later},
}

// ByCode says what a code of Meta means for the message.
func ByCode(code string) outbox.Outcome {
	out, known := classes[code]
	if n, err := strconv.Atoi(code); !known && err == nil && n >= 200 && n <= 299 {
		out, known = outbox.Outcome{Class: outbox.Halted}, true
	}
	if !known {
		out = outbox.Outcome{Class: outbox.Refused}
	}
	out.Code = code
	return out
}

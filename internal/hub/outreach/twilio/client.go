package twilio

import (
	"context"
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

// BaseURL is where Twilio is, unless the credentials say otherwise.
const BaseURL = "https://api.twilio.com"

// Message is one SMS. Entity, Template and Header are what Indian operators compare it with (DLT); Twilio keeps them with
// the sender, so they stand here for the record and for other gateways.
type Message struct {
	To       string `json:"to"` // E.164 with its plus
	Body     string `json:"body"`
	Entity   string `json:"dlt_entity,omitempty"`
	Template string `json:"dlt_template,omitempty"`
	Header   string `json:"dlt_header,omitempty"`
}

// maxBody is the longest text that Twilio takes.
const maxBody = 1600

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

// Client calls Twilio for one account.
type Client struct {
	BaseURL  string
	Account  string // AC…
	Token    telemetry.Secret
	Sender   string // a number, a sender id, or a messaging service MG…
	Callback string // where status callbacks go; empty for none
	HTTP     *outbound.Client
}

func (c *Client) endpoint() string {
	return strings.TrimRight(c.BaseURL, "/") + "/2010-04-01/Accounts/" + url.PathEscape(c.Account) + "/Messages.json"
}

// Send posts one message. 201 is accepted, never delivered.
func (c *Client) Send(ctx context.Context, m Message) outbox.Outcome {
	if !e164.MatchString(m.To) || m.Body == "" || len([]rune(m.Body)) > maxBody {
		return outbox.Outcome{Class: outbox.Refused, Code: "sms_shape"}
	}
	form := url.Values{"To": {m.To}, "Body": {m.Body}}
	switch {
	case strings.HasPrefix(c.Sender, "MG"):
		form.Set("MessagingServiceSid", c.Sender)
	case m.Header != "" && c.Sender == "":
		form.Set("From", m.Header)
	default:
		form.Set("From", c.Sender)
	}
	if c.Callback != "" {
		form.Set("StatusCallback", c.Callback)
	}
	answer, out := c.call(ctx, http.MethodPost, c.endpoint(), form.Encode())
	if out.Class != outbox.Done {
		return out
	}
	if out.ProviderID = answer.At("sid").Scalar(); !messageID.MatchString(out.ProviderID) {
		return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}
	}
	return out
}

// Find looks for a message whose answer was lost: same number, same text, made since the call began.
func (c *Client) Find(ctx context.Context, m Message, since time.Time) outbox.Outcome {
	q := url.Values{"To": {m.To}, "DateSent>": {since.UTC().Format("2006-01-02")}, "PageSize": {"50"}}
	answer, out := c.call(ctx, http.MethodGet, c.endpoint()+"?"+q.Encode(), "")
	if out.Class != outbox.Done {
		if out.Class == outbox.Unknown {
			out.Class = outbox.Later // a question has no outcome of its own
		}
		return out
	}
	for _, v := range answer.At("messages").Items() {
		made, err := time.Parse(time.RFC1123Z, v.At("date_created").Scalar())
		if v.At("to").Scalar() == m.To && v.At("body").Scalar() == m.Body && err == nil && !made.Before(since.Add(-2*time.Second).Truncate(time.Second)) {
			return outbox.Outcome{Class: outbox.Done, ProviderID: v.At("sid").Scalar()}
		}
	}
	return outbox.Outcome{Class: outbox.Absent}
}

func (c *Client) call(ctx context.Context, method, address, body string) (*tree.Value, outbox.Outcome) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, outbox.Outcome{Class: outbox.Halted, Code: "twilio_address"}
	}
	r.SetBasicAuth(c.Account, c.Token.Reveal())
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return nil, outbox.Unanswered(err)
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if answer.Status < 300 && err == nil {
		return v, outbox.Outcome{Class: outbox.Done}
	}
	code := ""
	if err == nil {
		code = v.At("code").Scalar()
	}
	return v, understand(answer.Status, code)
}

// understand says what an error means (Twilio's error dictionary). What is not here is refused and shown to a person.
func understand(status int, code string) outbox.Outcome {
	out := outbox.Outcome{Class: outbox.Refused, Code: code}
	if code == "" {
		out.Code = "http_" + strconv.Itoa(status)
	}
	switch {
	case code == "20003" || code == "21606" || code == "21657" || status == http.StatusUnauthorized || status == http.StatusForbidden && code == "":
		out.Class = outbox.Halted
	case code == "20429" || status == http.StatusTooManyRequests:
		out.Class, out.After = outbox.Later, time.Second
	case code == "30001" || code == "30003":
		out.Class, out.After = outbox.Later, 5*time.Minute
	case status < 300 || status >= 500:
		out.Class = outbox.Unknown
	}
	return out
}

// OptedOut is the code by which Twilio says that the person wrote STOP to it.
const OptedOut = "21610"

// Rank orders what becomes of a message, so that a status never goes back; a status of a message that came in has none.
func Rank(status string) (word string, rank int) {
	switch status {
	case "accepted", "scheduled", "queued", "sending":
		return "accepted", 1
	case "sent":
		return "sent", 2
	case "failed", "undelivered", "canceled":
		return "failed", 3
	case "delivered", "partially_delivered":
		return "delivered", 4
	case "read":
		return "read", 5
	}
	return "", 0
}

// Number gives the digits of an E.164 number.
func Number(s string) (string, error) {
	if !e164.MatchString(s) {
		return "", lab.Invalid("sms_number", "The number is not one of the international form.")
	}
	return s[1:], nil
}

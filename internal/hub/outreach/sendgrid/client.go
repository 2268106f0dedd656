package sendgrid

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach/mail"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// BaseURL is where SendGrid is, unless the credentials say otherwise.
const BaseURL = "https://api.sendgrid.com"

// Client calls SendGrid for one account.
type Client struct {
	BaseURL  string
	Key      telemetry.Secret
	From     string
	FromName string
	HTTP     *outbound.Client
}

// Request makes the request of a mail. Tracking is off: a pixel in a mail about health tells somebody who read it.
func (c *Client) Request(id lab.ID, m mail.Message) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	off := tree.Of(tree.M("enable", tree.B(false)))
	return tree.Of(
		tree.M("personalizations", tree.L(tree.Of(
			tree.M("to", tree.L(tree.Of(tree.M("email", tree.T(m.To)), tree.M("name", tree.T(m.Name))))),
			tree.M("custom_args", tree.Of(tree.M("outbox_id", tree.T(id.String()))))))),
		tree.M("from", tree.Of(tree.M("email", tree.T(c.From)), tree.M("name", tree.T(c.FromName)))),
		tree.M("subject", tree.T(m.Subject)),
		tree.M("content", tree.L(tree.Of(tree.M("type", tree.T("text/plain")), tree.M("value", tree.T(m.Text))))),
		tree.M("tracking_settings", tree.Of(tree.M("click_tracking", off), tree.M("open_tracking", off)))).JSON(), nil
}

// Send posts a mail. 202 is accepted, never delivered; there is no key against doubles, and no way to ask.
func (c *Client) Send(ctx context.Context, id lab.ID, m mail.Message) outbox.Outcome {
	body, err := c.Request(id, m)
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.BaseURL, "/")+"/v3/mail/send", bytes.NewReader(body))
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: "sendgrid_address"}
	}
	r.Header.Set("Authorization", "Bearer "+c.Key.Reveal())
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return outbox.Unanswered(err)
	}
	out := outbox.Outcome{Class: outbox.Refused, Code: "http_" + strconv.Itoa(answer.Status)}
	switch {
	case answer.Status == http.StatusAccepted:
		return outbox.Outcome{Class: outbox.Done, ProviderID: answer.Header.Get("X-Message-Id")}
	case answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden:
		out.Class = outbox.Halted
	case answer.Status == http.StatusTooManyRequests:
		out.Class, out.After = outbox.Later, 30*time.Second
	case answer.Status < 300 || answer.Status >= 500:
		out.Class = outbox.Unknown
	}
	return out
}

// Rank orders what becomes of a mail, so that a status never goes back. Opens are not counted: a program that fetches
// pictures is no reader.
func Rank(event string) (word string, rank int) {
	switch event {
	case "processed":
		return "accepted", 1
	case "deferred":
		return "sent", 2
	case "bounce", "dropped":
		return "failed", 3
	case "delivered", "open", "click":
		return "delivered", 4
	}
	return "", 0
}

package stripe

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// The addresses and bounds of the service.
const (
	BaseURL = "https://api.stripe.com/v1"
	// Version pins the form of the answers; the account's own setting may be any other.
	Version = "2026-03-25.dahlia"
	// least is the smallest amount in rupees' paise that is asked for; Stripe refuses less than about half a dollar later.
	least = 100
	// lives is how long a page for a payment may live: Stripe takes half an hour to a day.
	livesLeast, livesMost = 30 * time.Minute, 24 * time.Hour
)

// Client calls Stripe for one account.
type Client struct {
	BaseURL string
	Key     telemetry.Secret // sk_…
	HTTP    *outbound.Client
}

// NewSession is a payment page to be made. The reference is ours, and with Expires it is also the key against doubles.
type NewSession struct {
	Reference   string    `json:"reference"` // at most 200 characters
	Amount      lab.Paise `json:"amount"`
	Description string    `json:"description"` // names no patient and no test
	SuccessURL  string    `json:"success_url"`
	CancelURL   string    `json:"cancel_url"`
	Expires     time.Time `json:"expires"`
}

// form makes the body, or says what Stripe would refuse.
func (n NewSession) form(now time.Time) (url.Values, error) {
	lives := n.Expires.Sub(now)
	switch {
	case n.Reference == "" || len(n.Reference) > 200:
		return nil, lab.Invalid("stripe_reference", "The reference must have 1 to 200 characters.")
	case n.Amount < least:
		return nil, lab.Invalid("stripe_amount", "A payment is of one rupee at least.")
	case n.Description == "" || !strings.HasPrefix(n.SuccessURL, "http"):
		return nil, lab.Invalid("stripe_page", "A payment page has a description and an address to come back to.")
	case lives < livesLeast || lives > livesMost:
		return nil, lab.Invalid("stripe_expires", "A payment page lives from half an hour to a day.")
	}
	f := url.Values{
		"mode": {"payment"}, "client_reference_id": {n.Reference}, "metadata[reference]": {n.Reference}, "payment_intent_data[metadata][reference]": {n.Reference},
		"line_items[0][quantity]": {"1"}, "line_items[0][price_data][currency]": {"inr"}, "line_items[0][price_data][unit_amount]": {strconv.FormatInt(int64(n.Amount), 10)},
		"line_items[0][price_data][product_data][name]": {n.Description}, "success_url": {n.SuccessURL}, "expires_at": {strconv.FormatInt(n.Expires.Unix(), 10)},
	}
	if n.CancelURL != "" {
		f.Set("cancel_url", n.CancelURL)
	}
	return f, nil
}

// Session is a payment page as Stripe has it.
type Session struct {
	ID, URL, Reference, Intent string
	Status                     string // open, complete, expired
	Paid                       bool
	Amount                     lab.Paise
	Currency                   string // small letters
}

// CreateSession makes a payment page. The same call again, for at least a day, gives the same page: a call without an
// answer is simply made again with the same content.
func (c *Client) CreateSession(ctx context.Context, n NewSession, now time.Time) (outbox.Outcome, Session) {
	f, err := n.form(now)
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}, Session{}
	}
	v, out := c.call(ctx, http.MethodPost, "/checkout/sessions", f, "session:"+n.Reference+":"+strconv.FormatInt(n.Expires.Unix(), 10))
	if out.Class != outbox.Done {
		return out, Session{}
	}
	out, s := sessionOf(v)
	if out.Class == outbox.Done && (s.Reference != n.Reference || s.Amount != n.Amount || s.Currency != "inr") {
		return outbox.Outcome{Class: outbox.Refused, Code: "session_differs"}, Session{}
	}
	return out, s
}

// FetchSession asks for a payment page: the truth about a browser that came back.
func (c *Client) FetchSession(ctx context.Context, id string) (outbox.Outcome, Session) {
	v, out := c.call(ctx, http.MethodGet, "/checkout/sessions/"+url.PathEscape(id), nil, "")
	if out.Class != outbox.Done {
		return question(out), Session{}
	}
	return sessionOf(v)
}

// ExpireSession closes a page that nobody has paid.
func (c *Client) ExpireSession(ctx context.Context, id string) outbox.Outcome {
	v, out := c.call(ctx, http.MethodPost, "/checkout/sessions/"+url.PathEscape(id)+"/expire", url.Values{}, "expire:"+id)
	if out.Class != outbox.Done {
		return out
	}
	out, s := sessionOf(v)
	if out.Class == outbox.Done && s.Status != "expired" {
		return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}
	}
	return out
}

// Refund is money that goes back.
type Refund struct {
	ID, Intent string
	Amount     lab.Paise
	Status     string // pending, requires_action, succeeded, failed, canceled
}

// Refund gives back a payment or a part of it. The key makes the call safe to repeat: the same key gives the same refund,
// and Stripe refuses it for another amount.
func (c *Client) Refund(ctx context.Context, intent string, amount lab.Paise, key lab.ID) (outbox.Outcome, Refund) {
	if !strings.HasPrefix(intent, "pi_") || amount <= 0 {
		return outbox.Outcome{Class: outbox.Refused, Code: "stripe_refund"}, Refund{}
	}
	f := url.Values{
		"payment_intent": {intent}, "amount": {strconv.FormatInt(int64(amount), 10)}, "reason": {"requested_by_customer"}, "metadata[refund]": {key.String()},
	}
	v, out := c.call(ctx, http.MethodPost, "/refunds", f, "refund:"+key.String())
	if out.Class != outbox.Done {
		return out, Refund{}
	}
	return refundOf(v)
}

// FetchRefund asks for a refund, which may fail days after it was made.
func (c *Client) FetchRefund(ctx context.Context, id string) (outbox.Outcome, Refund) {
	v, out := c.call(ctx, http.MethodGet, "/refunds/"+url.PathEscape(id), nil, "")
	if out.Class != outbox.Done {
		return question(out), Refund{}
	}
	return refundOf(v)
}

// question sorts the outcome of asking, which has no outcome of its own.
func question(out outbox.Outcome) outbox.Outcome {
	switch {
	case out.Class == outbox.Unknown:
		out.Class = outbox.Later
	case out.Code == "resource_missing":
		out.Class = outbox.Absent
	}
	return out
}

func sessionOf(v *tree.Value) (outbox.Outcome, Session) {
	var j tree.Judge
	j.OneOf(v.At("object"), "checkout.session")
	s := Session{
		ID: j.Text(v.At("id")), URL: j.MaybeText(v.At("url")), Reference: j.MaybeText(v.At("client_reference_id")), Intent: j.MaybeText(v.At("payment_intent")),
		Paid: j.OneOf(v.At("payment_status"), "paid", "unpaid", "no_payment_required") == "paid", Currency: j.MaybeText(v.At("currency")),
		Status: j.OneOf(v.At("status"), "open", "complete", "expired"),
	}
	if v.At("amount_total").Has() {
		s.Amount = lab.Paise(j.Int(v.At("amount_total")))
	}
	if s.Amount < 0 || j.Err("", "") != nil {
		return malformed(), Session{}
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: s.ID}, s
}

func refundOf(v *tree.Value) (outbox.Outcome, Refund) {
	var j tree.Judge
	j.OneOf(v.At("object"), "refund")
	r := Refund{
		ID: j.Text(v.At("id")), Intent: j.MaybeText(v.At("payment_intent")), Amount: lab.Paise(j.Int(v.At("amount"))),
		Status: j.OneOf(v.At("status"), "pending", "requires_action", "succeeded", "failed", "canceled"),
	}
	switch {
	case j.Err("", "") != nil || r.Amount < 0:
		return malformed(), Refund{}
	case r.Status == "failed" || r.Status == "canceled":
		return outbox.Outcome{Class: outbox.Refused, ProviderID: r.ID, Code: "refund_" + r.Status}, r
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: r.ID}, r
}

func malformed() outbox.Outcome {
	return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}
}

// call makes a call. The key stands with every POST.
func (c *Client) call(ctx context.Context, method, path string, form url.Values, key string) (*tree.Value, outbox.Outcome) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.BaseURL, "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, outbox.Outcome{Class: outbox.Halted, Code: "stripe_address"}
	}
	r.Header.Set("Authorization", "Bearer "+c.Key.Reveal())
	r.Header.Set("Stripe-Version", Version)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return nil, outbox.Unanswered(err)
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err != nil && answer.Status < 300 {
		return nil, malformed()
	}
	return v, sorted(answer.Status, v, answer.Header.Get("Stripe-Should-Retry"))
}

// sorted says what an answer means. Stripe's own word about a retry counts before the status; after a fault of its own
// the call may have been made, and the key makes another try safe.
func sorted(status int, v *tree.Value, retry string) outbox.Outcome {
	failure := v.At("error")
	code := failure.At("code").Scalar()
	if code == "" {
		code = failure.At("type").Scalar()
	}
	switch {
	case status < 300:
		return outbox.Outcome{Class: outbox.Done}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return outbox.Outcome{Class: outbox.Halted, Code: "http_401"}
	case failure.At("type").Scalar() == "idempotency_error":
		return outbox.Outcome{Class: outbox.Refused, Code: "idempotency_error"}
	case status == http.StatusTooManyRequests:
		return outbox.Outcome{Class: outbox.Later, Code: "http_429"}
	case status == http.StatusConflict || status >= 500:
		return outbox.Outcome{Class: outbox.Unknown, Code: "http_" + strconv.Itoa(status)}
	case retry == "true":
		return outbox.Outcome{Class: outbox.Later, Code: code}
	}
	return outbox.Outcome{Class: outbox.Refused, Code: code}
}

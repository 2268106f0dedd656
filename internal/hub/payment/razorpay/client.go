package razorpay

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// Client calls Razorpay for one merchant.
type Client struct {
	BaseURL string // https://api.razorpay.com/v1
	KeyID   string
	Secret  telemetry.Secret
	HTTP    *outbound.Client
}

// NewLink is a payment link to be made. The reference is ours and is used once: that makes the call safe to repeat.
type NewLink struct {
	Reference   string    `json:"reference"` // at most 40 characters
	Amount      lab.Paise `json:"amount"`
	Description string    `json:"description"` // names no patient and no test
	CallbackURL string    `json:"callback_url,omitempty"`
}

// Request makes the body, or says what Razorpay would refuse.
func (n NewLink) Request() ([]byte, error) {
	switch {
	case n.Reference == "" || len(n.Reference) > 40:
		return nil, lab.Invalid("razorpay_reference", "The reference must have 1 to 40 characters.")
	case n.Amount < 100:
		return nil, lab.Invalid("razorpay_amount", "A payment link is for one rupee at least.")
	case len(n.Description) > 2048:
		return nil, lab.Invalid("razorpay_description", "The description is too long.")
	}
	var method *tree.Value
	if n.CallbackURL != "" {
		method = tree.T("get")
	}
	return tree.Of(
		tree.M("amount", tree.I(int64(n.Amount))), tree.M("currency", tree.T("INR")), tree.M("accept_partial", tree.B(false)),
		tree.M("reference_id", tree.T(n.Reference)), tree.M("description", tree.T(n.Description)),
		tree.M("notify", tree.Of(tree.M("sms", tree.B(false)), tree.M("email", tree.B(false)))), tree.M("reminder_enable", tree.B(false)),
		tree.M("notes", tree.Of(tree.M("bill", tree.T(n.Reference)))),
		tree.M("callback_url", tree.T(n.CallbackURL)), tree.M("callback_method", method)).JSON(), nil
}

// CreateLink makes a link. A reference that was used before is an unknown outcome: the earlier call may have been ours,
// and looking it up tells.
func (c *Client) CreateLink(ctx context.Context, n NewLink) (outbox.Outcome, Link) {
	body, err := n.Request()
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}, Link{}
	}
	answer, out := c.call(ctx, http.MethodPost, "/payment_links", body, nil)
	if out.Class != outbox.Done {
		return out, Link{}
	}
	return linkOf(answer)
}

// FindLink looks for the link of a reference.
func (c *Client) FindLink(ctx context.Context, reference string) (outbox.Outcome, Link) {
	answer, out := c.call(ctx, http.MethodGet, "/payment_links?reference_id="+url.QueryEscape(reference), nil, nil)
	if out.Class != outbox.Done {
		if out.Class == outbox.Unknown { // a question has no outcome of its own
			out.Class = outbox.Later
		}
		return out, Link{}
	}
	for _, v := range answer.At("payment_links").Items() {
		if v.At("reference_id").Scalar() == reference {
			return linkOf(v)
		}
	}
	return outbox.Outcome{Class: outbox.Absent}, Link{}
}

// CancelLink withdraws a link that nobody has paid.
func (c *Client) CancelLink(ctx context.Context, id string) outbox.Outcome {
	_, out := c.call(ctx, http.MethodPost, "/payment_links/"+url.PathEscape(id)+"/cancel", nil, nil)
	if out.Class == outbox.Unknown {
		out.Class = outbox.Later // it is looked at again before the next try
	}
	return out
}

// Refund gives back a part of a payment or all of it. The key makes the call safe to repeat: the same key gives the same
// refund, and Razorpay refuses it for another amount.
func (c *Client) Refund(ctx context.Context, payment string, amount lab.Paise, key lab.ID) (outbox.Outcome, Refund) {
	body := tree.Of(tree.M("amount", tree.I(int64(amount))), tree.M("speed", tree.T("normal")), tree.M("receipt", tree.T(key.String()))).JSON()
	answer, out := c.call(ctx, http.MethodPost, "/payments/"+url.PathEscape(payment)+"/refund", body, http.Header{"X-Refund-Idempotency": {key.String()}})
	if out.Class != outbox.Done {
		return out, Refund{}
	}
	r := &reader{}
	got := r.refund(answer)
	if r.Err("", "") != nil {
		return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}, Refund{}
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: got.ID}, got
}

func linkOf(v *tree.Value) (outbox.Outcome, Link) {
	r := &reader{}
	l := r.link(v)
	if r.Err("", "") != nil {
		return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}, Link{}
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: l.ID}, l
}

// call makes a call and sorts its outcome: what is not a success is never Done.
func (c *Client) call(ctx context.Context, method, path string, body []byte, header http.Header) (*tree.Value, outbox.Outcome) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.BaseURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, outbox.Outcome{Class: outbox.Halted, Code: "razorpay_address"}
	}
	maps.Copy(r.Header, header)
	r.SetBasicAuth(c.KeyID, c.Secret.Reveal())
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return nil, outbox.Unanswered(err)
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err != nil && answer.Status < 300 {
		return nil, outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}
	}
	return v, sorted(answer.Status, v)
}

// sorted says what an answer means (Razorpay's error guide).
func sorted(status int, v *tree.Value) outbox.Outcome {
	failure := v.At("error")
	code := strings.ToLower(failure.At("code").Scalar())
	switch {
	case status < 300:
		return outbox.Outcome{Class: outbox.Done}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return outbox.Outcome{Class: outbox.Halted, Code: "http_401"}
	case status == http.StatusConflict: // an earlier call with this key is still under way
		return outbox.Outcome{Class: outbox.Unknown, Code: "http_409"}
	case status == http.StatusTooManyRequests:
		return outbox.Outcome{Class: outbox.Later, Code: "http_429"}
	case status >= 500:
		return outbox.Outcome{Class: outbox.Unknown, Code: code}
	case strings.Contains(failure.At("description").Scalar(), "reference ID already attempted"):
		return outbox.Outcome{Class: outbox.Unknown, Code: "reference_used"}
	}
	return outbox.Outcome{Class: outbox.Refused, Code: code}
}

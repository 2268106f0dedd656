package payu

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// The addresses of the service: the page that a payer is sent to, and the commands.
const (
	PageURL    = "https://secure.payu.in/_payment"
	CommandURL = "https://info.payu.in/merchant/postservice.php?form=2"
)

// Client calls PayU for one merchant.
type Client struct {
	CommandURL string
	PageURL    string
	Key        string
	Salt       telemetry.Secret
	HTTP       *outbound.Client
}

// Payment is a payment that a payer is sent to make.
type Payment struct {
	Reference  string // ours, unique for ever; at most 25 characters
	Amount     lab.Paise
	Product    string // names no patient and no test
	Name       string // of the payer
	Email      string
	Phone      string
	SuccessURL string
	FailureURL string
}

var referenceShape = regexp.MustCompile(`^[A-Za-z0-9_/-]{1,25}$`)

// Decimal writes rupees with two decimals, without ever making a float of them.
func Decimal(p lab.Paise) string {
	return strconv.FormatInt(int64(p/100), 10) + "." + strconv.FormatInt(100+int64(p%100), 10)[1:]
}

// Form makes the fields that a browser posts to the page, with their hash. A bar in a field would move the fields that
// the hash covers, so it is refused.
func (c *Client) Form(p Payment) (map[string]string, error) {
	f := map[string]string{
		"key": c.Key, "txnid": p.Reference, "amount": Decimal(p.Amount), "productinfo": p.Product, "firstname": p.Name, "email": p.Email, "phone": p.Phone,
		"surl": p.SuccessURL, "furl": p.FailureURL,
	}
	var j tree.Judge
	for name, most := range map[string]int{"productinfo": 100, "firstname": 60, "email": 50} {
		if v := f[name]; v == "" || len(v) > most || strings.Contains(v, "|") {
			j.Wrong(name, "shape", "must have 1 to "+strconv.Itoa(most)+" characters and no bar")
		}
	}
	if !referenceShape.MatchString(p.Reference) {
		j.Wrong("txnid", "shape", "must have 1 to 25 letters, digits, - _ or /")
	}
	if p.Amount < 100 {
		j.Wrong("amount", "least", "must be one rupee at least")
	}
	if err := j.Err("payu_payment", "PayU would refuse this payment."); err != nil {
		return nil, err
	}
	f["hash"] = RequestHash(f, c.Salt.Reveal())
	return f, nil
}

// Transaction is what PayU knows of a payment.
type Transaction struct {
	Reference string
	PaymentID string // mihpayid
	Status    string // success, failure, pending
	Unmapped  string
	Amount    lab.Paise
	Mode      string
	BankRef   string
	ErrorCode string
}

// Captured says whether the money is there.
func (t Transaction) Captured() bool { return t.Status == "success" && t.Unmapped == "captured" }

// Verify asks what became of a payment: the truth behind every return and webhook. Absent is a reference that PayU does
// not know.
func (c *Client) Verify(ctx context.Context, reference string) (outbox.Outcome, Transaction) {
	v, out := c.command(ctx, "verify_payment", reference)
	if out.Class != outbox.Done {
		return question(out), Transaction{}
	}
	d := v.Walk("transaction_details", reference)
	if d.Kind() != tree.Object || v.At("status").Scalar() == "0" || strings.EqualFold(d.At("status").Scalar(), "not found") {
		return outbox.Outcome{Class: outbox.Absent}, Transaction{}
	}
	t := Transaction{
		Reference: d.At("txnid").Scalar(), PaymentID: d.At("mihpayid").Scalar(), Status: strings.ToLower(d.At("status").Scalar()), Unmapped: d.At("unmappedstatus").Scalar(),
		Mode: d.At("mode").Scalar(), BankRef: d.At("bank_ref_num").Scalar(), ErrorCode: d.At("error_code").Scalar(),
	}
	amount := d.At("transaction_amount").Scalar()
	if amount == "" {
		amount = d.At("amt").Scalar()
	}
	var ok bool
	if t.Amount, ok = Rupees(amount); !ok || t.PaymentID == "" || t.Status == "" || t.Reference != reference {
		return outbox.Outcome{Class: outbox.Later, Code: "answer_malformed"}, Transaction{}
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: t.PaymentID}, t
}

// tokenOf is the key of a refund against doubles: PayU takes letters and digits.
func tokenOf(key lab.ID) string { return strings.ReplaceAll(key.String(), "-", "") }

// Refund gives back a payment or a part of it. The key goes along as PayU's token, which takes one refund; still, after a
// call without an answer FindRefund is asked before another try.
func (c *Client) Refund(ctx context.Context, payment string, amount lab.Paise, key lab.ID) outbox.Outcome {
	if payment == "" || amount <= 0 {
		return outbox.Outcome{Class: outbox.Refused, Code: "payu_refund"}
	}
	v, out := c.command(ctx, "cancel_refund_transaction", payment, tokenOf(key), Decimal(amount))
	if out.Class != outbox.Done {
		return out
	}
	switch id := v.At("request_id").Scalar(); {
	case v.At("status").Scalar() == "1" && id != "":
		return outbox.Outcome{Class: outbox.Done, ProviderID: id}
	case v.At("status").Scalar() == "0" && strings.Contains(strings.ToLower(v.At("msg").Scalar()), "token"):
		return outbox.Outcome{Class: outbox.Unknown, Code: "token_used"} // the earlier call may have been ours
	case v.At("status").Scalar() == "0":
		return outbox.Outcome{Class: outbox.Refused, Code: "payu_" + v.At("error_code").Scalar()}
	}
	return malformed()
}

// FindRefund looks among what was done to a payment for the refund of a key.
func (c *Client) FindRefund(ctx context.Context, payment string, amount lab.Paise, key lab.ID) outbox.Outcome {
	v, out := c.command(ctx, "check_action_status", payment, "payuid")
	if out.Class != outbox.Done {
		return question(out)
	}
	for _, m := range v.Walk("transaction_details", payment).Members() {
		a := m.Value
		if a.At("action").Scalar() != "refund" || a.At("token").Scalar() != tokenOf(key) {
			continue
		}
		switch got, ok := Rupees(a.At("amt").Scalar()); {
		case !ok || got != amount:
			return outbox.Outcome{Class: outbox.Refused, Code: "refund_differs"}
		case strings.EqualFold(a.At("status").Scalar(), "failure"):
			return outbox.Outcome{Class: outbox.Refused, Code: "refund_failed"}
		}
		return outbox.Outcome{Class: outbox.Done, ProviderID: a.At("request_id").Scalar()}
	}
	return outbox.Outcome{Class: outbox.Absent}
}

// question sorts the outcome of asking, which has no outcome of its own.
func question(out outbox.Outcome) outbox.Outcome {
	if out.Class == outbox.Unknown {
		out.Class = outbox.Later
	}
	return out
}

func malformed() outbox.Outcome {
	return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}
}

// CommandHash is the hash of a command.
func CommandHash(key, command, first, salt string) string {
	return sum(strings.Join([]string{key, command, first, salt}, "|"))
}

// command makes a call. PayU answers 200 to nearly everything; what it means stands inside.
func (c *Client) command(ctx context.Context, name string, values ...string) (*tree.Value, outbox.Outcome) {
	f := url.Values{"key": {c.Key}, "command": {name}, "hash": {CommandHash(c.Key, name, values[0], c.Salt.Reveal())}}
	for i, v := range values {
		f.Set("var"+strconv.Itoa(i+1), v)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.CommandURL, strings.NewReader(f.Encode()))
	if err != nil {
		return nil, outbox.Outcome{Class: outbox.Halted, Code: "payu_address"}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.HTTP.Do(r)
	switch {
	case err != nil:
		return nil, outbox.Unanswered(err)
	case answer.Status == http.StatusTooManyRequests:
		return nil, outbox.Outcome{Class: outbox.Later, Code: "http_429"}
	case answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden:
		return nil, outbox.Outcome{Class: outbox.Halted, Code: "http_401"}
	case answer.Status >= 300:
		return nil, outbox.Outcome{Class: outbox.Unknown, Code: "http_" + strconv.Itoa(answer.Status)}
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err != nil || v.Kind() != tree.Object || !v.At("status").Has() {
		return nil, malformed()
	}
	if text := strings.ToLower(v.At("msg").Scalar()); v.At("status").Scalar() == "0" && (strings.Contains(text, "hash") || strings.Contains(text, "key")) {
		return nil, outbox.Outcome{Class: outbox.Halted, Code: "payu_hash"}
	}
	return v, outbox.Outcome{Class: outbox.Done}
}

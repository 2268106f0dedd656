// Package payu speaks PayU India's interface: the form that sends a payer there, what comes back, and the hashes of both.
package payu

import (
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// RequestHash is the hash of the form that sends a payer to PayU. The amount must be byte for byte that of the form.
func RequestHash(f map[string]string, salt string) string {
	return sum(strings.Join([]string{
		f["key"], f["txnid"], f["amount"], f["productinfo"], f["firstname"], f["email"],
		f["udf1"], f["udf2"], f["udf3"], f["udf4"], f["udf5"], "", "", "", "", "", salt,
	}, "|"))
}

// ReturnHash is the hash of what comes back, of the values as they came.
func ReturnHash(f map[string]string, salt string) string {
	s := strings.Join([]string{
		salt, f["status"], "", "", "", "", "", f["udf5"], f["udf4"], f["udf3"], f["udf2"], f["udf1"],
		f["email"], f["firstname"], f["productinfo"], f["amount"], f["txnid"], f["key"],
	}, "|")
	if charges := f["additionalCharges"]; charges != "" {
		s = charges + "|" + s
	}
	return sum(s)
}

func sum(s string) string {
	h := sha512.Sum512([]byte(s))
	return hex.EncodeToString(h[:])
}

// Return is what came back of a payment, or of a refund. What the hash does not cover (the payment's id, its mode) and
// the whole of a refund, which has no hash, must be confirmed by asking PayU.
type Return struct {
	Reference string    `json:"txnid"` // ours
	PaymentID string    `json:"mihpayid"`
	Status    string    `json:"status"`
	Unmapped  string    `json:"unmappedstatus,omitempty"`
	Amount    lab.Paise `json:"amount_paise"`
	Mode      string    `json:"mode,omitempty"`
	ErrorCode string    `json:"error,omitempty"`
	Refund    string    `json:"refund_request,omitempty"`
	Confirm   string    `json:"confirm"` // the command that confirms it

	fields map[string]string
}

var amountShape = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,2})?$`)

// Rupees reads PayU's decimal rupees without ever making a float of them.
func Rupees(s string) (lab.Paise, bool) {
	if !amountShape.MatchString(s) {
		return 0, false
	}
	whole, part, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return lab.Paise(n), err == nil
}

// Parse reads a return: a form as the browser or the server posts it, or the JSON of the partner webhook and of refunds.
func Parse(body []byte) (Return, error) {
	fields, err := read(body)
	if err != nil {
		return Return{}, err
	}
	if fields["action"] == "refund" {
		return refund(fields)
	}
	if fields["txnid"] == "" && fields["mihpayid"] == "" && fields["hash"] == "" {
		return Return{}, webhook.ErrForeign
	}
	var j tree.Judge
	r := Return{
		Reference: fields["txnid"], PaymentID: fields["mihpayid"], Status: fields["status"], Unmapped: fields["unmappedstatus"],
		Mode: fields["mode"], ErrorCode: fields["error"], Confirm: "verify_payment", fields: fields,
	}
	for _, name := range []string{"key", "txnid", "status", "hash"} {
		if fields[name] == "" {
			j.Wrong(name, "missing", "is missing")
		}
	}
	if r.Status != "" && r.Status != "success" && r.Status != "failure" && r.Status != "pending" {
		j.Wrong("status", "value", "is not one of the known values")
	}
	setAmount(&j, &r, fields["amount"], "amount")
	return r, j.Err("payu_return", "This return lacks what it must have.")
}

func refund(fields map[string]string) (Return, error) {
	var j tree.Judge
	r := Return{
		Reference: fields["merchantTxnId"], PaymentID: fields["mihpayid"], Status: fields["status"], Refund: fields["request_id"],
		Confirm: "check_action_status", fields: fields,
	}
	for _, name := range []string{"mihpayid", "status", "request_id"} {
		if fields[name] == "" {
			j.Wrong(name, "missing", "is missing")
		}
	}
	setAmount(&j, &r, fields["amt"], "amt")
	return r, j.Err("payu_refund", "This refund lacks what it must have.")
}

func setAmount(j *tree.Judge, r *Return, s, path string) {
	amount, ok := Rupees(s)
	if !ok {
		j.Wrong(path, "amount", "must be rupees with at most two decimals")
	}
	r.Amount = amount
}

// read gives the fields of a form, or of a flat JSON object. A name that stands twice is refused: which one the hash
// covers would be a guess.
func read(body []byte) (map[string]string, error) {
	if len(body) > webhook.MaxBytes {
		return nil, webhook.ErrForeign
	}
	out := map[string]string{}
	if text := strings.TrimSpace(string(body)); strings.HasPrefix(text, "{") {
		v, err := tree.Parse(body, webhook.MaxBytes)
		if err != nil {
			return nil, err
		}
		for _, m := range v.Members() {
			out[m.Name] = m.Value.Scalar()
		}
		return out, nil
	}
	form, err := url.ParseQuery(strings.TrimRight(string(body), "\r\n"))
	if err != nil || len(form) == 0 {
		return nil, webhook.ErrForeign
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, lab.Invalid("payu_return", "A field stands twice.", lab.FieldError{Field: name, Code: "twice", Message: "stands twice"})
		}
		out[name] = values[0]
	}
	return out, nil
}

// Verify checks the hash of a return under the merchant's salts. A refund has no hash and is never verified by this.
func (r Return) Verify(salts []string) error {
	given, err := hex.DecodeString(r.fields["hash"])
	if err != nil || len(given) != sha512.Size || r.Refund != "" {
		return webhook.ErrUnsigned
	}
	fits := 0
	for _, salt := range salts {
		if salt == "" {
			continue
		}
		want, err := hex.DecodeString(ReturnHash(r.fields, salt))
		if err == nil {
			fits |= subtle.ConstantTimeCompare(want, given)
		}
	}
	if fits != 1 {
		return webhook.ErrForged
	}
	return nil
}

package razorpay

import (
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// reader reads Razorpay's entities, whose loose places are known: notes that are an object, an empty list, null or text;
// an order id without its prefix; numbers as text.
type reader struct{ tree.Judge }

// id reads an id that must begin with its kind.
func (r *reader) id(v *tree.Value, prefix string) string {
	s := r.Text(v)
	if rest, ok := strings.CutPrefix(s, prefix); s != "" && (!ok || rest == "") {
		r.Wrong(v.Path(), "shape", "must begin with "+prefix)
	}
	return s
}

// paise reads an amount that must be there: a whole number of paise, never negative.
func (r *reader) paise(v *tree.Value) lab.Paise {
	n := r.Int(v)
	if n < 0 {
		r.Wrong(v.Path(), "negative", "is negative")
	}
	return lab.Paise(n)
}

func (r *reader) maybePaise(v *tree.Value) lab.Paise {
	if !v.Has() {
		return 0
	}
	return r.paise(v)
}

func (r *reader) currency(v *tree.Value) string {
	s := r.Text(v)
	if s != "" && !currency.MatchString(s) {
		r.Wrong(v.Path(), "shape", "must be three capital letters")
	}
	return s
}

// notes reads what we gave along.
func (r *reader) notes(v *tree.Value) map[string]string {
	if v.Kind() != tree.Object {
		return nil
	}
	out := map[string]string{}
	for _, m := range v.Members() {
		out[m.Name] = m.Value.Scalar()
	}
	return out
}

func (r *reader) payment(v *tree.Value) Payment {
	p := Payment{
		ID: r.id(v.At("id"), "pay_"), Amount: r.paise(v.At("amount")), Currency: r.currency(v.At("currency")),
		Status: r.OneOf(v.At("status"), "created", "authorized", "captured", "refunded", "failed"),
		Method: r.MaybeText(v.At("method")), OrderID: orderID(r.MaybeText(v.At("order_id"))), Captured: r.Bool(v.At("captured")),
		Fee: r.maybePaise(v.At("fee")), Tax: r.maybePaise(v.At("tax")), Refunded: r.maybePaise(v.At("amount_refunded")),
		RRN: r.MaybeText(v.Walk("acquirer_data", "rrn")), Reason: r.MaybeText(v.At("error_reason")), Notes: r.notes(v.At("notes")),
	}
	if p.Refunded > p.Amount {
		r.Wrong(v.At("amount_refunded").Path(), "amount", "is more than was paid")
	}
	return p
}

// orderID gives an order's id with its prefix: link events leave it out.
func orderID(s string) string {
	if s == "" || strings.HasPrefix(s, "order_") {
		return s
	}
	return "order_" + s
}

func (r *reader) order(v *tree.Value) Order {
	return Order{
		ID: orderID(r.Text(v.At("id"))), Amount: r.paise(v.At("amount")), Paid: r.maybePaise(v.At("amount_paid")),
		Status: r.OneOf(v.At("status"), "created", "attempted", "paid"), Receipt: r.MaybeText(v.At("receipt")),
	}
}

func (r *reader) link(v *tree.Value) Link {
	l := Link{
		ID: r.id(v.At("id"), "plink_"), Reference: r.MaybeText(v.At("reference_id")), Amount: r.paise(v.At("amount")),
		Paid: r.maybePaise(v.At("amount_paid")), Currency: r.currency(v.At("currency")),
		Status: r.OneOf(v.At("status"), "created", "partially_paid", "paid", "expired", "cancelled"), ShortURL: r.MaybeText(v.At("short_url")),
	}
	if l.Status == "paid" && l.Paid < l.Amount {
		r.Wrong(v.At("amount_paid").Path(), "amount", "is less than the amount of a link that is paid")
	}
	return l
}

func (r *reader) qr(v *tree.Value) QR {
	return QR{
		ID: r.id(v.At("id"), "qr_"), Status: r.OneOf(v.At("status"), "active", "closed"), Usage: r.MaybeText(v.At("usage")),
		Received: r.maybePaise(v.At("payments_amount_received")), Notes: r.notes(v.At("notes")),
	}
}

func (r *reader) refund(v *tree.Value) Refund {
	return Refund{
		ID: r.id(v.At("id"), "rfnd_"), PaymentID: r.id(v.At("payment_id"), "pay_"), Amount: r.paise(v.At("amount")), Currency: r.currency(v.At("currency")),
		Status: r.OneOf(v.At("status"), "pending", "processed", "failed"), ARN: r.MaybeText(v.Walk("acquirer_data", "arn")),
	}
}

func (r *reader) settlement(v *tree.Value) Settlement {
	return Settlement{
		ID: r.id(v.At("id"), "setl_"), Amount: r.paise(v.At("amount")), Status: r.OneOf(v.At("status"), "created", "processed", "failed"),
		Fees: r.maybePaise(v.At("fees")), Tax: r.maybePaise(v.At("tax")), UTR: r.MaybeText(v.At("utr")),
	}
}

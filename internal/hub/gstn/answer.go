package gstn

import (
	"regexp"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// Registration is what the portal answered for a document, understood and checked against itself.
type Registration struct {
	IRN      string   `json:"irn"`
	AckNo    string   `json:"ack_no,omitempty"`
	AckAt    string   `json:"ack_date,omitempty"`
	Status   string   `json:"status,omitempty"`
	Seller   string   `json:"seller_gstin,omitempty"`
	Buyer    string   `json:"buyer_gstin,omitempty"`
	Kind     string   `json:"document,omitempty"`
	Number   string   `json:"number,omitempty"`
	Date     string   `json:"date,omitempty"`
	Total    string   `json:"total,omitempty"` // rupees as signed
	KeyID    string   `json:"key_id,omitempty"`
	Issuer   string   `json:"issuer,omitempty"`
	Verified bool     `json:"verified"`
	Warnings []string `json:"warnings,omitempty"`
	// The two signed texts, byte for byte: they are kept for ever, and the QR on the paper holds the second one.
	SignedInvoice string `json:"-"`
	SignedQR      string `json:"-"`
}

// At gives the moment of the registration, from which the day for a cancellation counts; other where the portal wrote none.
func (r *Registration) At(other time.Time) time.Time {
	at, err := time.ParseInLocation(time.DateTime, r.AckAt, ist)
	if err != nil {
		return other
	}
	return at
}

var irnShape = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ReadAnswer reads what the portal gave for a document: AckNo, Irn, SignedInvoice and SignedQRCode. The two signed texts
// must say the same as each other and as the answer around them, and the IRN must be that of the document.
func ReadAnswer(v *tree.Value, keys Keys) (Registration, error) {
	var j tree.Judge
	r := Registration{IRN: j.Text(v.At("Irn")), AckNo: v.At("AckNo").Scalar(), AckAt: j.MaybeText(v.At("AckDt")), Status: j.MaybeText(v.At("Status"))}
	if r.IRN != "" && !irnShape.MatchString(r.IRN) {
		j.Wrong(v.At("Irn").Path(), "shape", "must be 64 hexadecimal digits in small letters")
	}
	invoice, err := ReadSigned(j.Text(v.At("SignedInvoice")), keys)
	if err != nil {
		return r, at(err, v.At("SignedInvoice").Path())
	}
	qr, err := ReadSigned(j.Text(v.At("SignedQRCode")), keys)
	if err != nil {
		return r, at(err, v.At("SignedQRCode").Path())
	}
	r.SignedInvoice, r.SignedQR = v.At("SignedInvoice").Scalar(), v.At("SignedQRCode").Scalar()
	r.KeyID, r.Issuer, r.Verified = invoice.KeyID, invoice.Issuer, invoice.Verified && qr.Verified
	doc, code := invoice.Data, qr.Data
	own := v.At("SignedInvoice").Path() + "."
	r.fromDocument(&j, doc, own)
	for _, same := range []struct {
		path string
		a, b *tree.Value
	}{
		{v.At("Irn").Path(), v.At("Irn"), doc.At("Irn")},
		{v.At("AckNo").Path(), v.At("AckNo"), doc.At("AckNo")},
		{"SignedQRCode.Irn", code.At("Irn"), doc.At("Irn")},
		{"SignedQRCode.SellerGstin", code.At("SellerGstin"), doc.Walk("SellerDtls", "Gstin")},
		{"SignedQRCode.BuyerGstin", code.At("BuyerGstin"), doc.Walk("BuyerDtls", "Gstin")},
		{"SignedQRCode.DocNo", code.At("DocNo"), doc.Walk("DocDtls", "No")},
		{"SignedQRCode.DocTyp", code.At("DocTyp"), doc.Walk("DocDtls", "Typ")},
		{"SignedQRCode.DocDt", code.At("DocDt"), doc.Walk("DocDtls", "Dt")},
	} {
		if same.a.Scalar() != same.b.Scalar() {
			j.Wrong(same.path, "differs", "is not what the signed invoice says")
		}
	}
	if amount(code.At("TotInvVal")).Cmp(amount(doc.Walk("ValDtls", "TotInvVal"))) != 0 {
		j.Wrong("SignedQRCode.TotInvVal", "differs", "is not what the signed invoice says")
	}
	return r, j.Err("irn_invalid", "The portal's answer does not fit itself.")
}

// fromDocument reads the portal's copy and judges it like any document.
func (r *Registration) fromDocument(j *tree.Judge, doc *tree.Value, path string) {
	inv, err := JudgeTree(doc, Options{})
	for _, f := range fields(err) {
		j.Wrong(path+f.Field, f.Code, f.Message)
	}
	r.Seller, r.Buyer, r.Kind, r.Number, r.Date = inv.Seller, inv.Buyer, inv.Kind, inv.Number, inv.Date
	r.Total = doc.Walk("ValDtls", "TotInvVal").Scalar()
	r.Warnings = inv.Warnings
	if doc.At("Irn").Scalar() == "" {
		j.Wrong(path+"Irn", "missing", "is missing")
	}
}

// Unwrap finds the portal's answer in what a transport brought: bare, or below "result" (a GSP), "Data" or "response".
func Unwrap(v *tree.Value) *tree.Value {
	for range 4 {
		next := v
		for _, name := range []string{"response", "result", "Data", "data"} {
			if inner := v.At(name); !v.At("Irn").Has() && inner.Kind() == tree.Object {
				next = inner
				break
			}
		}
		if next == v {
			break
		}
		v = next
	}
	return v
}

func fields(err error) []lab.FieldError {
	if e, ok := err.(*lab.Error); ok { //nolint:errorlint // Judge returns it bare
		return e.Fields
	}
	return nil
}

// at gives an error the place where it happened.
func at(err error, path string) error {
	e, ok := err.(*lab.Error) //nolint:errorlint // the reader of signed texts returns it bare
	if !ok || strings.TrimSpace(path) == "" {
		return err
	}
	out := *e
	out.Fields = append([]lab.FieldError{{Field: path, Code: e.Code, Message: e.Message}}, e.Fields...)
	return &out
}

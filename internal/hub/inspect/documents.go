package inspect

import (
	"crypto/md5" //nolint:gosec // ABDM's checksum of a record is MD5
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/abdm/fidelius"
	"jaanch/internal/hub/gstn"
	"jaanch/internal/lab"
	"jaanch/internal/lab/fhir"
	"jaanch/internal/lab/tree"
)

var errNotJSON = lab.Invalid("document_not_json", "")

// invoice judges an INV-01 document; a recorded exchange holds it as its request.
func invoice(raw []byte, o Options) (any, error) {
	v, err := tree.Parse(raw, gstn.MaxBytes)
	if err != nil {
		return nil, err
	}
	if v.Kind() != tree.List {
		return invoiceOf(v, o)
	}
	var out []any
	for _, it := range v.Items() {
		one, err := invoiceOf(it, o)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// invoiceOf finds the document: bare, the request of an exchange, or inside what the portal signed.
func invoiceOf(v *tree.Value, o Options) (any, error) {
	if !v.At("Version").Has() {
		if request := v.At("request"); request.At("DocDtls").Has() {
			v = request
		} else if decoded := v.At("signedInvoiceData"); decoded.Has() {
			v = decoded
		} else if answer := gstn.Unwrap(v); answer.At("SignedInvoice").Has() {
			s, err := gstn.ReadSigned(answer.At("SignedInvoice").Scalar(), o.Keys)
			if err != nil {
				return nil, err
			}
			v = s.Data
		}
	}
	return known(gstn.JudgeTree(v, gstn.Options{Sandbox: o.Sandbox, Now: o.Now}))
}

// irns is what was understood of a file of reference numbers.
type irns struct {
	Documents     []irn               `json:"documents,omitempty"`
	Registrations []gstn.Registration `json:"registrations,omitempty"`
	Cancelled     []cancelled         `json:"cancelled,omitempty"`
}

type cancelled struct {
	IRN string `json:"irn"`
	At  string `json:"cancel_date"`
}

type irn struct {
	IRN    string `json:"irn"`
	Seller string `json:"seller_gstin"`
	Kind   string `json:"document"`
	Number string `json:"number"`
	Date   string `json:"date"`
}

// registration judges what the portal gave for a document, in any of the forms that it is kept in: an answer with signed
// texts, one signed text, the signed copy of an invoice, or the four things that an IRN is made of.
func registration(raw []byte, o Options) (any, error) {
	text := strings.TrimSpace(string(raw))
	if strings.Count(text, ".") == 2 && !strings.ContainsAny(text, "{ \n") {
		return signedText(text, o.Keys)
	}
	v, err := tree.Parse(raw, gstn.MaxBytes)
	if err != nil {
		return nil, err
	}
	var out irns
	items := []*tree.Value{v}
	switch {
	case v.Kind() == tree.List:
		items = v.Items()
	case v.At("vectors").Kind() == tree.List:
		items = v.At("vectors").Items()
	}
	for _, it := range items {
		if err := out.add(it, o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (out *irns) add(v *tree.Value, o Options) error {
	if answer := gstn.Unwrap(v); answer.At("SignedInvoice").Has() {
		r, err := gstn.ReadAnswer(answer, o.Keys)
		out.Registrations = append(out.Registrations, r)
		return err
	}
	if answer := gstn.Unwrap(v); answer.At("CancelDate").Has() {
		return out.cancel(answer, v.Walk("request", "Irn"))
	}
	if err := gstn.Refusal(v); err != nil {
		return err
	}
	if inner := v.At("signedInvoiceData"); inner.Has() {
		v = inner
	}
	if v.At("DocDtls").Has() {
		return out.document(v.Walk("SellerDtls", "Gstin"), v.Walk("DocDtls", "Typ"), v.Walk("DocDtls", "No"), v.Walk("DocDtls", "Dt"), v.At("Irn"))
	}
	if v.At("SellerGstin").Has() {
		return out.document(v.At("SellerGstin"), v.At("DocTyp"), v.At("DocNo"), v.At("DocDt"), v.At("Irn"))
	}
	return out.document(v.At("sellerGstin"), v.At("docType"), v.At("docNo"), v.At("docDate"), v.At("irn"))
}

// cancel judges the answer to a cancellation.
func (out *irns) cancel(answer, asked *tree.Value) error {
	var j tree.Judge
	c := cancelled{IRN: j.Text(answer.At("Irn")), At: j.Text(answer.At("CancelDate"))}
	if _, err := time.Parse(time.DateTime, c.At); err != nil && c.At != "" {
		j.Wrong(answer.At("CancelDate").Path(), "time", "must be yyyy-MM-dd HH:mm:ss")
	}
	if !gstn.IsIRN(c.IRN) || asked.Has() && asked.Scalar() != c.IRN {
		j.Wrong(answer.At("Irn").Path(), "irn", "is not the IRN that was to be cancelled")
	}
	out.Cancelled = append(out.Cancelled, c)
	return j.Err("irn_invalid", "The reference number does not fit.")
}

// document works out the IRN and compares it with the one that stands there.
func (out *irns) document(seller, kind, number, date, given *tree.Value) error {
	var j tree.Judge
	d := irn{Seller: j.Text(seller), Kind: j.OneOf(kind, "INV", "CRN", "DBN"), Number: j.Text(number), Date: j.Text(date)}
	if err := gstn.ParseGSTIN(d.Seller); d.Seller != "" && err != nil && lab.CodeOf(err) != "gstin_check_digit" {
		j.Wrong(seller.Path(), lab.CodeOf(err), "has not the form of a GSTIN")
	}
	got, err := gstn.DocumentIRN(d.Seller, d.Kind, d.Number, d.Date)
	if err != nil && d.Date != "" {
		j.Wrong(date.Path(), "date", "must be a day as dd/MM/yyyy")
	}
	d.IRN = got
	if given.Has() && given.Scalar() != got {
		j.Wrong(given.Path(), "irn", "is not the IRN of this document")
	}
	out.Documents = append(out.Documents, d)
	return j.Err("irn_invalid", "The reference number does not fit.")
}

func signedText(text string, keys gstn.Keys) (any, error) {
	s, err := gstn.ReadSigned(text, keys)
	if err != nil {
		return nil, err
	}
	var out irns
	if err := out.add(s.Data, Options{}); err != nil {
		return nil, err
	}
	return struct {
		irns

		KeyID    string `json:"key_id"`
		Issuer   string `json:"issuer"`
		Verified bool   `json:"verified"`
	}{out, s.KeyID, s.Issuer, s.Verified}, nil
}

type taxpayer struct {
	GSTIN   string `json:"gstin"`
	State   string `json:"state"`
	PAN     string `json:"pan"`
	Warning string `json:"warning,omitempty"`
}

// gstins judges every GSTIN of a file: one a line, or any JSON that holds them as texts or below the name gstin.
func gstins(raw []byte, o Options) (any, error) {
	var j tree.Judge
	var out []taxpayer
	one := func(path, s string) {
		switch err := gstn.ParseGSTIN(s); {
		case err == nil:
			out = append(out, taxpayer{GSTIN: s, State: gstn.StateName(s[:2]), PAN: s[2:12]})
		case lab.CodeOf(err) == "gstin_check_digit" && o.Sandbox:
			out = append(out, taxpayer{GSTIN: s, State: gstn.StateName(s[:2]), PAN: s[2:12], Warning: "check digit must be " + string(gstn.CheckDigit(s[:14]))})
		default:
			message := "has not the form of a GSTIN"
			if lab.CodeOf(err) == "gstin_check_digit" {
				message = "does not fit its check digit"
			}
			j.Wrong(path, lab.CodeOf(err), message)
		}
	}
	if text := strings.TrimSpace(string(raw)); text != "" && !strings.ContainsRune(`{["`, rune(text[0])) {
		for i, line := range strings.Split(text, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				one("line "+strconv.Itoa(i+1), line)
			}
		}
	} else {
		v, err := tree.Parse(raw, 1<<20)
		if err != nil {
			return nil, err
		}
		each(v, "gstin", one)
	}
	if len(out) == 0 && len(j.Found()) == 0 {
		j.Wrong("", "missing", "holds no GSTIN")
	}
	return known(out, j.Err("gstin_invalid", "A GSTIN is wrong."))
}

// each visits texts below a name, and texts of lists.
func each(v *tree.Value, name string, do func(path, s string)) {
	switch v.Kind() {
	case tree.Text:
		do(v.Path(), v.Scalar())
	case tree.List:
		for _, it := range v.Items() {
			each(it, name, do)
		}
	case tree.Object:
		for _, m := range v.Members() {
			if strings.EqualFold(m.Name, name) || m.Value.Kind() == tree.List || m.Value.Kind() == tree.Object {
				each(m.Value, name, do)
			}
		}
	case tree.Missing, tree.Null, tree.Bool, tree.Number:
	}
}

type opened struct {
	ID    string `json:"id,omitempty"`
	Bytes int    `json:"plaintext_bytes"`
	MD5   string `json:"plaintext_md5"`
}

// sealed opens encrypted records: a list of vectors, or one.
func sealed(raw []byte, _ Options) (any, error) {
	v, err := tree.Parse(raw, fhir.MaxBytes)
	if err != nil {
		return nil, err
	}
	items := []*tree.Value{v}
	if v.Kind() == tree.List {
		items = v.Items()
	}
	var j tree.Judge
	var out []opened
	for _, it := range items {
		out = append(out, open(&j, it))
	}
	if len(items) == 0 {
		j.Wrong("", "empty", "is empty")
	}
	return known(out, j.Err("fidelius_invalid", "The record does not open."))
}

// open judges one vector: both key pairs where they are whole, the secret, both directions.
func open(j *tree.Judge, v *tree.Value) opened {
	v = nested(v)
	sender, requester := v.At("sender"), v.At("requester")
	out := opened{ID: v.At("id").Scalar()}
	own := pair(j, requester)
	other := pair(j, sender)
	switch {
	case len(j.Found()) > 0:
		return out
	case own == nil && other == nil:
		j.Wrong(requester.At("privateKey").Path(), "missing", "is missing: nothing opens without a private key")
		return out
	}
	mine, peer, at := own, sender, requester
	if own == nil {
		mine, peer, at = other, requester, sender
	}
	t, err := fidelius.NewTransfer(mine, publicKey(peer), at.At("nonce").Scalar(), peer.At("nonce").Scalar())
	if err != nil {
		path := peer.At("publicKey").Path()
		if lab.CodeOf(err) == "fidelius_nonce" {
			path = nonceAt(at, peer)
		}
		j.Wrong(path, lab.CodeOf(err), "is not what the scheme needs")
		return out
	}
	plain, err := t.Open(j.Text(v.At("encryptedData")))
	if err != nil {
		j.Wrong(v.At("encryptedData").Path(), lab.CodeOf(err), "does not open with these keys and nonces")
		return out
	}
	judgePlain(j, v, mine, publicKey(peer), plain)
	sum := md5.Sum(plain) //nolint:gosec // see above
	out.Bytes, out.MD5 = len(plain), hex.EncodeToString(sum[:])
	return out
}

// nested reads the flat form of the reference tool (senderPublicKey, requesterNonce, ...) like the other; each value keeps
// the path where it stands.
func nested(v *tree.Value) *tree.Value {
	if v.At("sender").Has() || !v.At("senderNonce").Has() {
		return v
	}
	side := func(name string) *tree.Value {
		return tree.Of(tree.M("privateKey", v.At(name+"PrivateKey")), tree.M("publicKey", v.At(name+"PublicKey")), tree.M("nonce", v.At(name+"Nonce")))
	}
	return tree.Of(tree.M("id", v.At("id")), tree.M("sender", side("sender")), tree.M("requester", side("requester")),
		tree.M("encryptedData", v.At("encryptedData")), tree.M("plaintext", v.At("plaintext")))
}

// judgePlain compares with what else stands there: the plaintext, its checksum, the shared secret.
func judgePlain(j *tree.Judge, v *tree.Value, mine *fidelius.Private, peer string, plain []byte) {
	if want := v.At("plaintext"); want.Has() && want.Scalar() != string(plain) {
		j.Wrong(want.Path(), "differs", "is not what the encrypted text holds")
	}
	sum := md5.Sum(plain) //nolint:gosec // see above
	if want := v.At("plaintextMd5Hex"); want.Has() && !strings.EqualFold(want.Scalar(), hex.EncodeToString(sum[:])) {
		j.Wrong(want.Path(), "checksum", "is not the checksum of what the encrypted text holds")
	}
	secret, err := mine.Shared(peer)
	if want := v.Walk("intermediate", "sharedSecretHex"); err == nil && want.Has() && want.Scalar() != hex.EncodeToString(secret) {
		j.Wrong(want.Path(), "differs", "is not the secret of these keys")
	}
}

func publicKey(side *tree.Value) string {
	if k := side.At("publicKey"); k.Has() {
		return k.Scalar()
	}
	return side.At("x509PublicKey").Scalar()
}

func nonceAt(own, peer *tree.Value) string {
	if len(own.At("nonce").Scalar()) != 44 {
		return own.At("nonce").Path()
	}
	return peer.At("nonce").Path()
}

// pair judges the keys of one side: each public key must be a point, and that of the private key.
func pair(j *tree.Judge, side *tree.Value) *fidelius.Private {
	if j.Object(side).Kind() != tree.Object {
		return nil
	}
	var own *fidelius.Private
	if v := side.At("privateKey"); v.Has() {
		var err error
		if own, err = fidelius.ParsePrivate(j.Text(v)); err != nil {
			j.Wrong(v.Path(), lab.CodeOf(err), "is no private key")
			return nil
		}
	}
	for _, name := range []string{"publicKey", "x509PublicKey"} {
		v := side.At(name)
		if !v.Has() {
			continue
		}
		raw, err := fidelius.ParsePublic(j.Text(v))
		switch {
		case err != nil:
			j.Wrong(v.Path(), lab.CodeOf(err), "is no point of the curve")
		case own != nil && !own.Is(raw):
			j.Wrong(v.Path(), "other_key", "does not belong to the private key")
		}
	}
	if publicKey(side) == "" && own == nil {
		j.Wrong(side.At("publicKey").Path(), "missing", "is missing")
	}
	return own
}

// judged is what was understood of a health record.
type judged struct {
	Resource  string         `json:"resource"`
	Profile   string         `json:"profile,omitempty"`
	Entries   int            `json:"entries"`
	Resources map[string]int `json:"resources,omitempty"`
	Unchecked []string       `json:"unchecked_profiles,omitempty"` // judged by base R4 alone
}

func record(raw []byte, _ Options) (any, error) {
	r, err := fhir.Judge(raw)
	return known(judged(r), err)
}

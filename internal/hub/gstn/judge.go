package gstn

import (
	"math/big"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// MaxBytes is the largest document that the portal takes.
const MaxBytes = 2 << 20

// Invoice is what was understood of a document.
type Invoice struct {
	Kind     string    `json:"document"` // INV, CRN, DBN
	Number   string    `json:"number"`
	Date     string    `json:"date"` // as there, dd/MM/yyyy
	Supply   string    `json:"supply"`
	Seller   string    `json:"seller_gstin"`
	Buyer    string    `json:"buyer_gstin"`
	Items    int       `json:"items"`
	MainHSN  string    `json:"main_hsn"` // of the line with the highest taxable value
	Taxable  lab.Paise `json:"taxable_paise"`
	Tax      lab.Paise `json:"tax_paise"`
	Total    lab.Paise `json:"total_paise"`
	IRN      string    `json:"irn"` // as the portal will make it
	Signed   bool      `json:"signed_copy,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

// Options say how strict a judgement is.
type Options struct {
	Sandbox bool      // a wrong check digit of a GSTIN is a warning
	Now     time.Time // no document is of the future
}

// Judge reads an INV-01 document, or the portal's signed copy of one, and says whether the portal would take it: schema,
// check digits, and arithmetic to the paisa, though the portal itself forgives a rupee.
func Judge(raw []byte, o Options) (Invoice, error) {
	v, err := tree.Parse(raw, MaxBytes)
	if err != nil {
		return Invoice{}, err
	}
	return JudgeTree(v, o)
}

// JudgeTree is Judge for a document that has been read or made.
func JudgeTree(v *tree.Value, o Options) (Invoice, error) {
	j := &judge{sandbox: o.Sandbox, signed: v.At("AckNo").Has() && v.At("Irn").Has()}
	j.object(v, "")
	inv := Invoice{
		Kind: v.Walk("DocDtls", "Typ").Scalar(), Number: v.Walk("DocDtls", "No").Scalar(), Date: v.Walk("DocDtls", "Dt").Scalar(),
		Supply: v.Walk("TranDtls", "SupTyp").Scalar(), Seller: v.Walk("SellerDtls", "Gstin").Scalar(), Buyer: v.Walk("BuyerDtls", "Gstin").Scalar(),
		Items: len(v.At("ItemList").Items()), Signed: j.signed,
	}
	day, ok := portalDay(inv.Date)
	if ok {
		inv.IRN = IRN(inv.Seller, inv.Kind, inv.Number, day)
		if !o.Now.IsZero() && day.After(o.Now.UTC().Add(330*time.Minute)) {
			j.Wrong("DocDtls.Dt", "2163", "is in the future")
		}
	}
	if j.signed && v.At("Irn").Scalar() != inv.IRN {
		j.Wrong("Irn", "irn", "is not the IRN of this document")
	}
	if len(j.Found()) == 0 { // arithmetic on a broken document would only repeat what is wrong
		j.parties(v)
		j.supply(v)
		j.items(v, &inv)
		j.totals(v, &inv)
	}
	inv.Warnings = j.warnings
	return inv, j.Err("einvoice_invalid", "The portal would refuse this document.")
}

// parties judges who sells to whom.
func (j *judge) parties(v *tree.Value) {
	seller, buyer := v.At("SellerDtls"), v.At("BuyerDtls")
	supply := v.Walk("TranDtls", "SupTyp").Scalar()
	export := supply == "EXPWP" || supply == "EXPWOP"
	if seller.At("Gstin").Scalar()[:2] != pad(seller.At("Stcd").Scalar()) {
		j.Wrong(seller.At("Stcd").Path(), "2258", "is another state than that of the GSTIN")
	}
	buyerGSTIN := buyer.At("Gstin").Scalar()
	switch {
	case export:
		for path, want := range map[string]string{"Gstin": "URP", "Pos": "96", "Stcd": "96"} {
			if pad(buyer.At(path).Scalar()) != want {
				j.Wrong(buyer.At(path).Path(), "export", "must be "+want+" in an export")
			}
		}
		return
	case buyerGSTIN == "URP":
		j.Wrong(buyer.At("Gstin").Path(), "2212", "must be a GSTIN: only an export goes to an unregistered buyer")
		return
	case buyerGSTIN == seller.At("Gstin").Scalar():
		j.Wrong(buyer.At("Gstin").Path(), "2211", "is the seller's own")
	}
	if buyerGSTIN[:2] != pad(buyer.At("Stcd").Scalar()) {
		j.Wrong(buyer.At("Stcd").Path(), "2265", "is another state than that of the GSTIN")
	}
	if !buyer.At("Pin").Has() {
		j.Wrong(buyer.At("Pin").Path(), "missing", "is missing")
	}
}

func (j *judge) supply(v *tree.Value) {
	if v.Walk("TranDtls", "IgstOnIntra").Scalar() == "Y" && v.Walk("TranDtls", "RegRev").Scalar() != "Y" {
		j.Wrong("TranDtls.IgstOnIntra", "2294", "needs reverse charge")
	}
}

// inState says whether the tax is that of one state: central and state tax, not integrated.
func inState(v *tree.Value) bool {
	supply := v.Walk("TranDtls", "SupTyp").Scalar()
	return (supply == "B2B" || supply == "DEXP") && v.Walk("TranDtls", "IgstOnIntra").Scalar() != "Y" &&
		pad(v.Walk("SellerDtls", "Stcd").Scalar()) == pad(v.Walk("BuyerDtls", "Pos").Scalar())
}

// amount gives thousandths of a rupee, zero where nothing stands.
func amount(v *tree.Value) *big.Int {
	n, _ := milli(v.Scalar())
	return n
}

func plus(values ...*big.Int) *big.Int {
	out := new(big.Int)
	for _, v := range values {
		out.Add(out, v)
	}
	return out
}

// share gives amount × rate ÷ divisor, half a paisa up, in thousandths; rate is in thousandths of a percent.
func share(amount, rate *big.Int, divisor int64) *big.Int {
	return roundPaise(new(big.Int).Mul(amount, rate), divisor*1000)
}

// roundPaise divides and rounds to whole paise (tens of thousandths), half up. No value is negative.
func roundPaise(n *big.Int, divisor int64) *big.Int {
	d := big.NewInt(divisor * 10)
	half := new(big.Int).Rsh(d, 1)
	q := new(big.Int).Quo(new(big.Int).Add(n, half), d)
	return q.Mul(q, big.NewInt(10))
}

func (j *judge) equal(v *tree.Value, got, want *big.Int, code, message string) {
	if got.Cmp(want) != 0 {
		j.Wrong(v.Path(), code, message)
	}
}

func (j *judge) items(v *tree.Value, inv *Invoice) {
	seen := map[string]bool{}
	best := big.NewInt(-1)
	for _, it := range v.At("ItemList").Items() {
		if no := it.At("SlNo").Scalar(); seen[no] {
			j.Wrong(it.At("SlNo").Path(), "2233", "stands twice")
		} else {
			seen[no] = true
		}
		service, hsn := it.At("IsServc").Scalar() == "Y", it.At("HsnCd").Scalar()
		if service != (hsn[:2] == "99") {
			j.Wrong(it.At("HsnCd").Path(), "2176", "does not fit: services begin with 99, goods do not")
		}
		if !service && it.At("Qty").Has() && !it.At("Unit").Has() {
			j.Wrong(it.At("Unit").Path(), "missing", "is missing: goods with a quantity have a unit")
		}
		j.line(v, it)
		if taxable := amount(it.At("AssAmt")); taxable.Cmp(best) > 0 {
			best, inv.MainHSN = taxable, hsn
		}
	}
}

// line judges the arithmetic of one line.
func (j *judge) line(v, it *tree.Value) {
	kind := v.Walk("DocDtls", "Typ").Scalar()
	qty, price, total := amount(it.At("Qty")), amount(it.At("UnitPrice")), amount(it.At("TotAmt"))
	if qty.Sign() == 0 {
		qty = big.NewInt(1000)
	}
	j.equal(it.At("TotAmt"), total, roundPaise(new(big.Int).Mul(qty, price), 1000), "line_total", "is not quantity times unit price")
	taxable := new(big.Int).Sub(total, amount(it.At("Discount")))
	if taxable.Sign() < 0 {
		j.Wrong(it.At("Discount").Path(), "discount", "is more than the line")
	}
	j.equal(it.At("AssAmt"), amount(it.At("AssAmt")), taxable, "2193", "is not the total less the discount")
	j.tax(v, it, kind)
	net := plus(amount(it.At("AssAmt")), amount(it.At("CesAmt")), amount(it.At("CesNonAdvlAmt")), amount(it.At("StateCesAmt")), amount(it.At("StateCesNonAdvlAmt")), amount(it.At("OthChrg")))
	want := plus(net, amount(it.At("IgstAmt")), amount(it.At("CgstAmt")), amount(it.At("SgstAmt")))
	got := amount(it.At("TotItemVal"))
	if v.Walk("TranDtls", "RegRev").Scalar() == "Y" && got.Cmp(net) == 0 {
		return // the receiver pays the tax
	}
	j.equal(it.At("TotItemVal"), got, want, "2194", "is not the sum of the line")
}

// tax judges the tax of one line. A credit or debit note is not compared with the rate, as the portal does not.
func (j *judge) tax(v, it *tree.Value, kind string) {
	taxable, rate := amount(it.At("AssAmt")), amount(it.At("GstRt"))
	igst, cgst, sgst := amount(it.At("IgstAmt")), amount(it.At("CgstAmt")), amount(it.At("SgstAmt"))
	supply := v.Walk("TranDtls", "SupTyp").Scalar()
	if inState(v) {
		if igst.Sign() != 0 {
			j.Wrong(it.At("IgstAmt").Path(), "2172", "stands on a supply within one state")
		}
		if cgst.Cmp(sgst) != 0 {
			j.Wrong(it.At("SgstAmt").Path(), "2227", "differs from the central tax")
		}
		if kind == "INV" {
			j.equal(it.At("CgstAmt"), cgst, share(taxable, rate, 200), "tax", "is not half the rate of the taxable value")
		}
		return
	}
	for _, name := range []string{"CgstAmt", "SgstAmt"} {
		if amount(it.At(name)).Sign() != 0 {
			j.Wrong(it.At(name).Path(), "2174", "stands on a supply between states")
		}
	}
	if (supply == "SEZWOP" || supply == "EXPWOP") && igst.Sign() == 0 {
		return
	}
	if kind == "INV" {
		j.equal(it.At("IgstAmt"), igst, share(taxable, rate, 100), "tax", "is not the rate of the taxable value")
	}
}

// totals judges the sums.
func (j *judge) totals(v *tree.Value, inv *Invoice) {
	val := v.At("ValDtls")
	sum := func(names ...string) *big.Int {
		out := new(big.Int)
		for _, it := range v.At("ItemList").Items() {
			for _, n := range names {
				out.Add(out, amount(it.At(n)))
			}
		}
		return out
	}
	for _, s := range []struct{ total, code, item string }{
		{"AssVal", "2182", "AssAmt"}, {"IgstVal", "2183", "IgstAmt"}, {"CgstVal", "2184", "CgstAmt"}, {"SgstVal", "2185", "SgstAmt"},
	} {
		j.equal(val.At(s.total), amount(val.At(s.total)), sum(s.item), s.code, "is not the sum of the lines")
	}
	j.either(val.At("CesVal"), "2186", sum("CesAmt"), sum("CesAmt", "CesNonAdvlAmt"))
	j.either(val.At("StCesVal"), "2187", sum("StateCesAmt"), sum("StateCesAmt", "StateCesNonAdvlAmt"))
	total := plus(sum("TotItemVal"), amount(val.At("OthChrg")), amount(val.At("RndOffAmt")))
	total.Sub(total, amount(val.At("Discount")))
	j.equal(val.At("TotInvVal"), amount(val.At("TotInvVal")), total, "2189", "is not the sum of the lines less discount, with charges and round-off")
	inv.Taxable, inv.Total = paise(amount(val.At("AssVal"))), paise(amount(val.At("TotInvVal")))
	inv.Tax = paise(sum("IgstAmt", "CgstAmt", "SgstAmt"))
}

func (j *judge) either(v *tree.Value, code string, one, other *big.Int) {
	if got := amount(v); got.Cmp(one) != 0 && got.Cmp(other) != 0 {
		j.Wrong(v.Path(), code, "is not the sum of the lines")
	}
}

func paise(milli *big.Int) lab.Paise {
	return lab.Paise(new(big.Int).Quo(milli, big.NewInt(10)).Int64())
}

package gstn

import (
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/lab/tree"
)

// Party is seller or buyer.
type Party struct {
	GSTIN, Legal, Trade      string
	Address1, Address2, City string
	Pin                      int
	Phone, Email             string
}

// State gives the state of the party's registration.
func (p Party) State() string {
	if len(p.GSTIN) < 2 {
		return ""
	}
	return p.GSTIN[:2]
}

// Document is what is sent to the portal for one invoice or note. Names of patients, results and ABHA have no place in it.
type Document struct {
	Invoice       billing.Invoice
	Number        string // at most 16 characters, never reused
	Day           time.Time
	Seller, Buyer Party
	Place         string // of supply: a state; normally the buyer's
	Supply        string // B2B, SEZWP, SEZWOP, DEXP
	OfNumber      string // of a credit or debit note: the invoice it corrects
	OfDay         time.Time
}

// Build makes the INV-01 document of the lines that bear tax; exempt lines beside them stand as other charges, since the
// portal takes no exempt line of a laboratory. What it gives has passed the judge.
func Build(d Document, o Options) (*tree.Value, error) {
	if d.Invoice.Kind == billing.BillOfSupply {
		return nil, lab.Invalid("einvoice_none", "A bill of supply is not registered at the portal.")
	}
	var items []*tree.Value
	for _, l := range d.Invoice.Lines {
		if !l.Exempt && l.Taxable+l.Gross > 0 {
			items = append(items, item(len(items)+1, l))
		}
	}
	i := d.Invoice
	v := tree.Of(
		tree.M("Version", tree.T("1.1")),
		tree.M("TranDtls", tree.Of(tree.M("TaxSch", tree.T("GST")), tree.M("SupTyp", tree.T(d.Supply)), tree.M("RegRev", tree.T("N")))),
		tree.M("DocDtls", tree.Of(tree.M("Typ", tree.T(string(i.Kind))), tree.M("No", tree.T(strings.ToUpper(d.Number))), tree.M("Dt", tree.T(d.Day.Format("02/01/2006"))))),
		tree.M("SellerDtls", party(d.Seller, "")),
		tree.M("BuyerDtls", party(d.Buyer, d.Place)),
		tree.M("ItemList", tree.L(items...)),
		tree.M("ValDtls", tree.Of(
			tree.M("AssVal", rupees(i.Taxable)), tree.M("CgstVal", rupees(i.CGST)), tree.M("SgstVal", rupees(i.SGST)), tree.M("IgstVal", rupees(i.IGST)),
			tree.M("OthChrg", rupees(i.Exempt)), tree.M("RndOffAmt", rupees(i.RoundOff)), tree.M("TotInvVal", rupees(i.Total)))),
		tree.M("RefDtls", preceding(d)),
	).Placed()
	if _, err := JudgeTree(v, o); err != nil {
		return nil, err
	}
	return v, nil
}

// preceding names the invoice that a note corrects.
func preceding(d Document) *tree.Value {
	if d.OfNumber == "" {
		return nil
	}
	return tree.Of(tree.M("PrecDocDtls", tree.L(tree.Of(
		tree.M("InvNo", tree.T(d.OfNumber)), tree.M("InvDt", tree.T(d.OfDay.Format("02/01/2006")))))))
}

// rupees writes paise as a JSON number of rupees, without ever making a float of them.
func rupees(p lab.Paise) *tree.Value {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	s := sign + strconv.FormatInt(int64(p/100), 10)
	if rest := int64(p % 100); rest > 0 {
		s += "." + strconv.FormatInt(100+rest, 10)[1:]
	}
	return tree.N(s)
}

func item(no int, l billing.TaxLine) *tree.Value {
	service, unit := "Y", "OTH"
	if l.Goods {
		service, unit = "N", l.Unit
	}
	rate := strconv.Itoa(l.Rate / 100)
	if rest := l.Rate % 100; rest > 0 {
		rate += "." + strconv.Itoa(100 + rest)[1:]
	}
	return tree.Of(
		tree.M("SlNo", tree.T(strconv.Itoa(no))), tree.M("PrdDesc", tree.T(described(l.Name))), tree.M("IsServc", tree.T(service)), tree.M("HsnCd", tree.T(l.HSN)),
		tree.M("Qty", tree.I(l.Quantity)), tree.M("Unit", tree.T(unit)), tree.M("UnitPrice", rupees(l.Price)), tree.M("TotAmt", rupees(l.Gross)),
		tree.M("Discount", rupees(l.Discount)), tree.M("AssAmt", rupees(l.Taxable)), tree.M("GstRt", tree.N(rate)),
		tree.M("IgstAmt", rupees(l.IGST)), tree.M("CgstAmt", rupees(l.CGST)), tree.M("SgstAmt", rupees(l.SGST)), tree.M("TotItemVal", rupees(l.Total)))
}

// described takes away what the portal refuses in a text.
func described(s string) string {
	return strings.NewReplacer(`\`, "/", `"`, "'").Replace(s)
}

func party(p Party, place string) *tree.Value {
	state := p.State()
	return tree.Of(
		tree.M("Gstin", tree.T(p.GSTIN)), tree.M("LglNm", tree.T(described(p.Legal))), tree.M("TrdNm", tree.T(described(p.Trade))), tree.M("Pos", tree.T(place)),
		tree.M("Addr1", tree.T(described(p.Address1))), tree.M("Addr2", tree.T(described(p.Address2))), tree.M("Loc", tree.T(described(p.City))),
		tree.M("Pin", tree.I(int64(p.Pin))), tree.M("Stcd", tree.T(state)), tree.M("Ph", tree.T(p.Phone)), tree.M("Em", tree.T(p.Email)))
}

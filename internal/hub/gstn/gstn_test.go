package gstn_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/lab/tree"
)

var day = time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)

// gstin makes a GSTIN with its check digit of the first fourteen characters.
func gstin(first14 string) string { return first14 + string(gstn.CheckDigit(first14)) }

func document(t *testing.T, place string) gstn.Document {
	t.Helper()
	inv, err := billing.NewInvoice([]billing.Item{
		{Name: `Water "potability" panel`, HSN: "998346", Quantity: 3, Price: 33333, Discount: 101, Rate: 1800},
		{Name: "Collection centre service", HSN: "998599", Quantity: 1, Price: 1050, Rate: 500},
		{Name: "Diagnostic tests of March", HSN: "999316", Quantity: 1, Price: 250000, Exempt: true},
	}, billing.Supply{Seller: "27", Place: place})
	if err != nil {
		t.Fatal(err)
	}
	return gstn.Document{
		Invoice: inv, Number: "k7/25-26/000123", Day: day, Place: place, Supply: "B2B",
		Seller: gstn.Party{GSTIN: gstin("27AAAAA0000A1Z"), Legal: "City Lab", Address1: "1 Lab Road", City: "Nashik", Pin: 422001},
		Buyer:  gstn.Party{GSTIN: gstin(place + "BBBBB0000B1Z"), Legal: "Some Hospital", Address1: "2 Road", City: "Town", Pin: 560001},
	}
}

func TestBuiltDocumentIsTaken(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"27", "29"} {
		d := document(t, place)
		v, err := gstn.Build(d, gstn.Options{Now: day})
		if err != nil {
			t.Fatal(err)
		}
		inv, err := gstn.Judge(v.JSON(), gstn.Options{Now: day})
		if err != nil || inv.Total != d.Invoice.Total || inv.Tax != d.Invoice.Tax() || inv.MainHSN != "998346" || inv.Items != 2 || inv.Number != "K7/25-26/000123" {
			t.Errorf("%+v, %v", inv, err)
		}
		if _, err := gstn.Build(d, gstn.Options{Now: day.Add(-24 * time.Hour)}); err == nil {
			t.Error("a document of the future was taken")
		}
	}
	note := document(t, "29")
	crn, err := note.Invoice.Credit(map[int]lab.Paise{0: 5000}, nil)
	if err != nil {
		t.Fatal(err)
	}
	note.Invoice, note.OfNumber, note.OfDay, note.Number = crn, note.Number, day, "K7C/25-26/0001"
	if _, err := gstn.Build(note, gstn.Options{Now: day}); err != nil {
		t.Error(err)
	}
	note.Invoice.Kind = billing.BillOfSupply
	if _, err := gstn.Build(note, gstn.Options{}); lab.CodeOf(err) != "einvoice_none" {
		t.Error(err)
	}
}

// Each change makes the portal refuse; the judge says where, to the paisa.
func TestWrongDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	built := map[string][]byte{}
	for _, place := range []string{"27", "29"} {
		v, err := gstn.Build(document(t, place), gstn.Options{Now: day})
		if err != nil {
			t.Fatal(err)
		}
		built[place] = v.JSON()
	}
	for _, c := range []struct{ place, old, replacement, field string }{
		{"29", `"TotInvVal":3690`, `"TotInvVal":3690.01`, "ValDtls.TotInvVal: 2189"},
		{"29", `"AssVal":1009.48`, `"AssVal":1009.47`, "ValDtls.AssVal: 2182"},
		{"29", `"IgstVal":180.35`, `"IgstVal":180.34`, "ValDtls.IgstVal: 2183"},
		{"29", `"IgstAmt":179.82`, `"IgstAmt":179.81`, "ItemList[0].IgstAmt: tax"},
		{"29", `"TotAmt":999.99`, `"TotAmt":999.98`, "ItemList[0].TotAmt: line_total"},
		{"29", `"AssAmt":998.98`, `"AssAmt":998.99`, "ItemList[0].AssAmt: 2193"},
		{"29", `"TotItemVal":1178.80`, `"TotItemVal":1178.79`, "ItemList[0].TotItemVal: 2194"},
		{"29", `"CgstAmt":0`, `"CgstAmt":1`, "ItemList[0].CgstAmt: 2174"},
		{"27", `"IgstAmt":0`, `"IgstAmt":1`, "ItemList[0].IgstAmt: 2172"},
		{"27", `"SgstAmt":89.91`, `"SgstAmt":89.9`, "ItemList[0].SgstAmt: 2227"},
		{"29", `"SlNo":"2"`, `"SlNo":"1"`, "ItemList[1].SlNo: 2233"},
		{"29", `"HsnCd":"998346"`, `"HsnCd":"848346"`, "ItemList[0].HsnCd: 2176"},
		{"29", `"HsnCd":"998346"`, `"HsnCd":"99834"`, "ItemList[0].HsnCd: shape"},
		{"29", `"Stcd":"27"`, `"Stcd":"28"`, "SellerDtls.Stcd: 2258"},
		{"29", `"No":"K7`, `"No":"07`, "DocDtls.No: shape"},
		{"29", `"Dt":"04/03/2026"`, `"Dt":"31/02/2026"`, "DocDtls.Dt: date"},
		{"29", `"Dt":"04/03/2026"`, `"Dt":"05/03/2026"`, "DocDtls.Dt: 2163"},
		{"29", `"Pin":422001`, `"Pin":"422001"`, "SellerDtls.Pin: kind"},
		{"29", `"Version":"1.1"`, `"Version":"1.0"`, "Version: value"},
		{"29", `"Version":"1.1"`, `"Version":"1.1","Irn":"x"`, "Irn: unknown"},
		{"29", `"SupTyp":"B2B"`, `"SupTyp":"B2C"`, "TranDtls.SupTyp: value"},
		{"29", `"RegRev":"N"`, `"RegRev":"N","IgstOnIntra":"Y"`, "TranDtls.IgstOnIntra: 2294"},
		{"29", `"Loc":"Nashik"`, `"Loc":""`, "SellerDtls.Loc: empty"},
		{"29", `"Loc":"Nashik"`, `"Loc":null`, "SellerDtls.Loc: missing"},
		{"29", `"RndOffAmt":`, `"RndOffAmt":1e2,"x":`, "ValDtls.RndOffAmt: decimals"},
		{"29", `"Discount":1.01`, `"Discount":-1.01`, "ItemList[0].Discount: negative"},
		{"29", `"Discount":1.01`, `"Discount":1.011`, "ItemList[0].Discount: decimals"},
		{"29", `"LglNm":"City Lab"`, `"LglNm":"City \"Lab\""`, "SellerDtls.LglNm: quotes"},
	} {
		doc := strings.Replace(string(built[c.place]), c.old, c.replacement, 1)
		if doc == string(built[c.place]) {
			t.Errorf("%s changes nothing in %s", c.old, built[c.place])
			continue
		}
		_, err := gstn.Judge([]byte(doc), gstn.Options{Now: day})
		if err == nil || !strings.Contains(err.Error(), "; "+c.field) {
			t.Errorf("want %s, got %v", c.field, err)
		}
	}
	digit := strings.Replace(string(built["29"]), gstin("29BBBBB0000B1Z"), "29BBBBB0000B1Z"+string(gstin("29BBBBB0000B1Z")[14]^1), 1)
	if _, err := gstn.Judge([]byte(digit), gstn.Options{Now: day}); err == nil || !strings.Contains(err.Error(), "BuyerDtls.Gstin: gstin_check_digit") {
		t.Error(err)
	}
	if inv, err := gstn.Judge([]byte(digit), gstn.Options{Now: day, Sandbox: true}); err != nil || len(inv.Warnings) != 1 {
		t.Errorf("%+v %v", inv, err)
	}
}

func TestGSTIN(t *testing.T) {
	t.Parallel()
	good := gstin("27AAPFU0939F1Z")
	if good[14] != 'V' {
		t.Fatalf("the published example ends with V, not %c", good[14])
	}
	if err := gstn.ParseGSTIN(good); err != nil {
		t.Error(err)
	}
	// A digit sum catches every mistyped character.
	for i := range good {
		for _, r := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			if wrong := good[:i] + string(r) + good[i+1:]; wrong != good && gstn.ParseGSTIN(wrong) == nil {
				t.Errorf("%s passes", wrong)
			}
		}
	}
	for _, s := range []string{"", "27aapfu0939f1zv", good + "0", "ZZAAPFU0939F1ZV"} {
		if lab.CodeOf(gstn.ParseGSTIN(s)) != "gstin_shape" {
			t.Errorf("%q: %v", s, gstn.ParseGSTIN(s))
		}
	}
}

func TestIRNFollowsTheYearAndTheCapitals(t *testing.T) {
	t.Parallel()
	seller := gstin("27AAAAA0000A1Z")
	before, after := time.Date(2025, 5, 31, 0, 0, 0, 0, time.UTC), time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	if gstn.IRN(seller, "INV", "ab1", before) == gstn.IRN(seller, "INV", "AB1", before) {
		t.Error("before June 2025 the number was hashed as it stood")
	}
	if gstn.IRN(seller, "INV", "ab1", after) != gstn.IRN(seller, "INV", "AB1", after) {
		t.Error("from June 2025 the number is hashed in capitals")
	}
	if gstn.IRN(seller, "INV", "A", time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)) == gstn.IRN(seller, "INV", "A", time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("a financial year begins in April")
	}
}

// jws signs as the portal does.
func jws(t *testing.T, key *rsa.PrivateKey, head, data string) string {
	t.Helper()
	payload, _ := json.Marshal(map[string]string{"data": data, "iss": "NIC"})
	text := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(text))
	s, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(s)
}

func TestSignedTexts(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	keys, err := gstn.ReadKeys(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"alg":"RS256","kid":"AA","typ":"JWT"}`
	good := jws(t, key, head, `{"DocNo":"A"}`)
	if s, err := gstn.ReadSigned(good, keys); err != nil || !s.Verified || s.Data.At("DocNo").Scalar() != "A" {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := gstn.ReadSigned(jws(t, other, head, `{}`), keys); lab.CodeOf(err) != "irp_signature" {
		t.Errorf("another key: %v", err)
	}
	parts := strings.Split(good, ".")
	changed := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"data":"{\"DocNo\":\"B\"}","iss":"NIC"}`)) + "." + parts[2]
	if _, err := gstn.ReadSigned(changed, keys); lab.CodeOf(err) != "irp_signature" {
		t.Errorf("another content: %v", err)
	}
	for _, alg := range []string{"none", "HS256", "RS512", ""} {
		if _, err := gstn.ReadSigned(jws(t, key, `{"alg":"`+alg+`","kid":"AA"}`, `{}`), keys); lab.CodeOf(err) != "irp_jws" {
			t.Errorf("%s: %v", alg, err)
		}
	}
	mac := hmac.New(sha256.New, der)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if _, err := gstn.ReadSigned(parts[0]+"."+parts[1]+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), keys); err == nil {
		t.Error("a symmetric signature is believed")
	}
	if _, err := gstn.ReadSigned(good, gstn.Keys{"BB": &key.PublicKey}); lab.CodeOf(err) != "irp_key_unknown" {
		t.Errorf("a certificate that is not installed: %v", err)
	}
}

func TestRefusalsInEveryDress(t *testing.T) {
	t.Parallel()
	list := `[{"ErrorCode":"2150","ErrorMessage":"Duplicate IRN"},{"ErrorCode":"7777","ErrorMessage":"new"}]`
	quoted, _ := json.Marshal(list)
	for name, raw := range map[string]string{
		"list":   `{"Status":0,"ErrorDetails":` + list + `}`,
		"text":   `{"Status":"0","ErrorDetails":` + string(quoted) + `}`,
		"base64": `{"Status":"0","ErrorDetails":"` + base64.StdEncoding.EncodeToString([]byte(list)) + `"}`,
		"gsp":    `{"success":"false","message":"2150 : Duplicate IRN, 7777 : new"}`,
	} {
		v, err := tree.Parse([]byte(raw), 10000)
		if err != nil {
			t.Fatal(err)
		}
		got := gstn.Refusals(v)
		if len(got) != 2 || got[0].Code != "2150" || got[1].Code != "7777" || got[1].Message != "new" || !strings.Contains(gstn.Sentence(got[0]), "registered already") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	ok, _ := tree.Parse([]byte(`{"Status":"1","Data":"x"}`), 100)
	if gstn.Refusals(ok) != nil {
		t.Error("a success was refused")
	}
}

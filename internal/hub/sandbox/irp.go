package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/lab/tree"
)

// irp is the invoice portal: one state behind NIC's dress and a provider's.
type irp struct {
	mu       sync.Mutex
	sealing  *rsa.PrivateKey // log-ins are sealed for it
	signing  *rsa.PrivateKey
	cert     []byte // of the signing key, DER
	sek      []byte
	token    string // of NIC's dress
	ends     time.Time
	bearer   string // of the provider's
	requests map[string]bool
	made     map[string]*registered // by IRN
	ack      int64
}

// registered is a document that the portal took.
type registered struct {
	answer    map[string]any
	kind, no  string
	day       string
	buyer     string
	at        time.Time
	cancelled bool
}

// reason is one reason of the portal.
type reason struct {
	Code    string `json:"ErrorCode"`
	Message string `json:"ErrorMessage"`
}

// portal gives the invoice portal; its keys are made when it is first used.
func (s *Sandbox) portal() *irp {
	s.irpOnce.Do(func() {
		p := &irp{requests: map[string]bool{}, made: map[string]*registered{}, ack: 112610000000000}
		var err, failed error
		p.sealing, err = rsa.GenerateKey(rand.Reader, 2048)
		p.signing, failed = rsa.GenerateKey(rand.Reader, 2048)
		if err != nil || failed != nil {
			panic("sandbox: the system's random source failed")
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: s.o.Clock().Add(-time.Hour), NotAfter: s.o.Clock().AddDate(1, 0, 0)}
		if p.cert, err = x509.CreateCertificate(rand.Reader, template, template, &p.signing.PublicKey, p.signing); err != nil {
			panic(err) // never: the template is fixed
		}
		s.irp = p
	})
	return s.irp
}

// PortalKey is the key under which log-ins at the invoice portal are sealed, as PEM.
func (s *Sandbox) PortalKey() []byte {
	der, err := x509.MarshalPKIXPublicKey(&s.portal().sealing.PublicKey)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// SigningCertificate is the certificate with which the invoice portal signs, as PEM.
func (s *Sandbox) SigningCertificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.portal().cert})
}

// portalRoutes are the calls of the invoice portal, in both dresses.
func (s *Sandbox) portalRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /gstn/login.pem", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(s.PortalKey()) })
	mux.HandleFunc("GET /gstn/signing.pem", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(s.SigningCertificate()) })
	mux.HandleFunc("POST /eivital/v1.04/auth", s.nicLogin)
	mux.HandleFunc("POST /gsp/authenticate", s.gspLogin)
	for route, do := range map[string]portalCall{
		"POST /eicore/v1.03/Invoice": s.generate, "POST /eicore/v1.03/Invoice/Cancel": s.cancelIRN, "GET /eicore/v1.03/Invoice/irn/{irn}": s.byIRN,
		"GET /eicore/v1.03/Invoice/irnbydocdetails": s.byDocument, "GET /eivital/v1.04/Master/gstin/{gstin}": s.taxpayer, "GET /eivital/v1.04/Master/syncgstin/{gstin}": s.taxpayer,
	} {
		mux.HandleFunc(route, s.nicCall(do))
	}
	const base = "/enriched/ei/api"
	for route, do := range map[string]portalCall{
		"POST " + base + "/invoice": s.generate, "POST " + base + "/invoice/cancel": s.cancelIRN, "GET " + base + "/invoice/irn": s.byIRN,
		"GET " + base + "/invoice/irnbydocdetails": s.byDocument, "GET " + base + "/master/gstin": s.taxpayer, "GET " + base + "/master/syncgstin": s.taxpayer,
	} {
		mux.HandleFunc(route, s.gspCall(do))
	}
}

// ist is the time of the portal.
var ist = time.FixedZone("IST", 330*60)

// generate registers a document: all rules, and never a number twice.
func (s *Sandbox) generate(_ *http.Request, v *tree.Value) (any, []reason, any) {
	if s.fault("gstn:busy") {
		return nil, []reason{{"2146", "Try after some time"}}, nil
	}
	inv, err := gstn.JudgeTree(v, gstn.Options{Sandbox: true, Now: s.o.Clock()})
	switch {
	case err != nil:
		return nil, judged(err), nil
	case v.At("Irn").Has():
		return nil, []reason{{"5002", "Irn is not part of the schema"}}, nil
	case inv.Seller != s.o.GSTIN:
		return nil, []reason{{"2143", "Invoice does not belongs to the user GSTIN"}}, nil
	case s.fault("gstn:buyer_inactive"):
		return nil, []reason{{"3029", "GSTIN is not active"}}, nil
	}
	p := s.portal()
	p.mu.Lock()
	defer p.mu.Unlock()
	irn := ownIRN(inv)
	if old := p.made[irn]; old != nil {
		if old.cancelled {
			return nil, []reason{{"2278", "IRN is already generated and is cancelled"}}, nil
		}
		return nil, []reason{{"2150", "Duplicate IRN"}}, []any{map[string]any{"InfCd": "DUPIRN", "Desc": map[string]any{"AckNo": old.answer["AckNo"], "AckDt": old.answer["AckDt"], "Irn": irn}}}
	}
	made := p.register(s, inv, irn, v)
	s.take(Seen{Service: "gstn", ID: irn, Key: inv.Kind + " " + inv.Number, Status: "ACT", To: inv.Buyer, Text: strconv.FormatInt(int64(inv.Total), 10)})
	if s.fault("gstn:timeout_after_store") {
		panic(http.ErrAbortHandler)
	}
	return made.answer, nil, nil
}

// register signs a document and keeps it. The caller holds the portal.
func (p *irp) register(s *Sandbox, inv gstn.Invoice, irn string, v *tree.Value) *registered {
	p.ack++
	now := s.o.Clock().In(ist)
	stamp := now.Format(time.DateTime)
	head := []tree.Member{tree.M("AckNo", tree.I(p.ack)), tree.M("AckDt", tree.T(stamp)), tree.M("Irn", tree.T(irn))}
	invoice := tree.Of(append(head, v.Members()...)...).JSON()
	code := tree.Of(
		tree.M("SellerGstin", tree.T(inv.Seller)), tree.M("BuyerGstin", tree.T(inv.Buyer)), tree.M("DocNo", tree.T(inv.Number)), tree.M("DocTyp", tree.T(inv.Kind)),
		tree.M("DocDt", tree.T(inv.Date)), tree.M("TotInvVal", v.Walk("ValDtls", "TotInvVal")), tree.M("ItemCnt", tree.I(int64(inv.Items))),
		tree.M("MainHsnCode", tree.T(inv.MainHSN)), tree.M("Irn", tree.T(irn)), tree.M("IrnDt", tree.T(stamp))).JSON()
	key, cert := p.signing, p.cert
	if s.fault("gstn:forged") {
		key = p.sealing
	}
	if s.fault("gstn:new_certificate") {
		cert = append(slices.Clone(cert), 0)
	}
	made := &registered{
		kind: inv.Kind, no: inv.Number, day: inv.Date, buyer: inv.Buyer, at: now,
		answer: map[string]any{
			"AckNo": p.ack, "AckDt": stamp, "Irn": irn, "SignedInvoice": jws(key, cert, invoice), "SignedQRCode": jws(key, cert, code), "Status": "ACT",
			"EwbNo": nil, "EwbDt": nil, "EwbValidTill": nil, "Remarks": nil,
		},
	}
	if key == p.sealing || len(cert) != len(p.cert) { // the wrong signature is the answer's alone: a fetch gives the right one
		given := maps.Clone(made.answer)
		made.answer["SignedInvoice"], made.answer["SignedQRCode"] = jws(p.signing, p.cert, invoice), jws(p.signing, p.cert, code)
		p.made[irn] = made
		return &registered{answer: given}
	}
	p.made[irn] = made
	return made
}

// ownIRN hashes by the rule of the portal, written apart from the client's.
func ownIRN(inv gstn.Invoice) string {
	day, err := time.Parse("02/01/2006", inv.Date)
	if err != nil {
		return ""
	}
	year := day.Year()
	if day.Month() < time.April {
		year--
	}
	no := inv.Number
	if !day.Before(time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)) {
		no = strings.ToUpper(no)
	}
	sum := sha256.Sum256([]byte(inv.Seller + strconv.Itoa(year) + "-" + strconv.Itoa(year + 1)[2:] + inv.Kind + no))
	return hex.EncodeToString(sum[:])
}

// judged gives the faults of a document by the portal's codes; a fault of the schema has none of its own.
func judged(err error) []reason {
	var out []reason
	for _, f := range fieldsOf(err) {
		code := f.Code
		if _, number := strconv.Atoi(code); number != nil {
			code = "5002"
		}
		out = append(out, reason{code, f.Field + " " + f.Message})
	}
	if len(out) == 0 {
		out = []reason{{"5002", "the document cannot be read"}}
	}
	return out
}

func (s *Sandbox) cancelIRN(_ *http.Request, v *tree.Value) (any, []reason, any) {
	why, remark := v.At("CnlRsn").Scalar()+v.At("Cnlrsn").Scalar(), v.At("CnlRem").Scalar()+v.At("Cnlrem").Scalar()
	if !slices.Contains([]string{"1", "2", "3", "4"}, why) || remark == "" || len(remark) > 100 {
		return nil, []reason{{"5002", "CnlRsn or CnlRem is not valid"}}, nil
	}
	p := s.portal()
	p.mu.Lock()
	defer p.mu.Unlock()
	irn := v.At("Irn").Scalar()
	m := p.made[irn]
	switch {
	case m == nil:
		return nil, []reason{{"2148", "Requested IRN data is not available"}}, nil
	case m.cancelled:
		return nil, []reason{{"9999", "Invoice is not active"}}, nil
	case s.o.Clock().Sub(m.at) > 24*time.Hour:
		return nil, []reason{{"2270", "The allowed cancellation time limit is crossed, you cannot cancel the IRN"}}, nil
	}
	m.cancelled = true
	m.answer["Status"] = "CNL"
	s.take(Seen{Service: "gstn", ID: irn, Key: m.kind + " " + m.no, Status: "CNL", To: m.buyer})
	if s.fault("gstn:timeout_after_store") {
		panic(http.ErrAbortHandler)
	}
	return map[string]any{"Irn": irn, "CancelDate": s.o.Clock().In(ist).Format(time.DateTime)}, nil, nil
}

func (s *Sandbox) byIRN(r *http.Request, _ *tree.Value) (any, []reason, any) {
	irn := r.PathValue("irn") + r.URL.Query().Get("irn")
	return s.fetch(func(key string, _ *registered) bool { return key == irn })
}

func (s *Sandbox) byDocument(r *http.Request, _ *tree.Value) (any, []reason, any) {
	q := r.URL.Query()
	return s.fetch(func(_ string, m *registered) bool {
		return m.kind == q.Get("doctype") && strings.EqualFold(m.no, q.Get("docnum")) && m.day == q.Get("docdate")
	})
}

// fetch gives a document of the last two days.
func (s *Sandbox) fetch(fits func(irn string, m *registered) bool) (any, []reason, any) {
	p := s.portal()
	p.mu.Lock()
	defer p.mu.Unlock()
	for irn, m := range p.made {
		if !fits(irn, m) {
			continue
		}
		if s.o.Clock().Sub(m.at) > 48*time.Hour {
			return nil, []reason{{"2283", "IRN details cannot be provided as it is generated more than 2 days prior"}}, nil
		}
		return maps.Clone(m.answer), nil, nil
	}
	return nil, []reason{{"2148", "Requested IRN data is not available"}}, nil
}

func (s *Sandbox) taxpayer(r *http.Request, _ *tree.Value) (any, []reason, any) {
	gstin := r.PathValue("gstin") + r.URL.Query().Get("gstin")
	if gstn.ParseGSTIN(gstin) != nil && !gstn.OfSandbox(gstin) {
		return nil, []reason{{"3028", "GSTIN is not valid"}}, nil
	}
	return map[string]any{"Gstin": gstin, "TradeName": "Test Hospital", "LegalName": "Test Hospital", "StateCode": gstin[:2], "TxpType": "REG", "Status": "ACT", "BlkStatus": nil}, nil, nil
}

// same compares secrets.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// jsonOf writes a value that can always be written.
func jsonOf(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // never: the values are made here
	}
	return raw
}

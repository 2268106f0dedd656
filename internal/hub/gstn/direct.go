package gstn

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// Direct is the way to NIC's own interface (authentication v1.04, documents v1.03), with its encryption.
type Direct struct {
	BaseURL      string // handed over at the onboarding
	GSTIN        string
	User         string // of the interface, made on the portal
	Password     telemetry.Secret
	ClientID     string
	ClientSecret telemetry.Secret
	Key          *rsa.PublicKey // of the portal, for log-ins; not the one that signs
	HTTP         *outbound.Client
	Sessions     *Sessions
	Clock        func() time.Time
}

// LoginKey reads the public key under which log-ins are sealed: a certificate or a bare key in PEM.
func LoginKey(raw []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errKeys
	}
	var key any
	switch block.Type {
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errKeys
		}
		key = cert.PublicKey
	case "PUBLIC KEY":
		var err error
		if key, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
			return nil, errKeys
		}
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, errKeys
	}
	return public, nil
}

// Do implements Transport. A token that ran out on its way is renewed once.
func (d *Direct) Do(ctx context.Context, op Operation, a Ask) (Reply, outbox.Outcome) {
	s, out := d.session(ctx, "")
	if out.Class != outbox.Done {
		return Reply{}, out
	}
	reply, out := d.once(ctx, s, op, a)
	if out.Class == outbox.Done && has(reply.Refused, "1005") {
		if s, out = d.session(ctx, s.Token); out.Class != outbox.Done {
			return Reply{}, out
		}
		return d.once(ctx, s, op, a)
	}
	return reply, out
}

func (d *Direct) session(ctx context.Context, stale telemetry.Secret) (Session, outbox.Outcome) {
	key := who("nic", d.BaseURL, d.GSTIN, d.User, d.Password.Reveal(), d.ClientID, d.ClientSecret.Reveal())
	return d.Sessions.get(ctx, key, d.Clock(), stale, d.login)
}

// login logs in with an app key of its own.
func (d *Direct) login(ctx context.Context, force bool) (Session, outbox.Outcome) {
	if d.Key == nil {
		return Session{}, outbox.Outcome{Class: outbox.Halted, Code: "irp_login_key"}
	}
	appKey := AppKey()
	body, err := LoginRequest(d.Key, d.User, d.Password, appKey, force)
	if err != nil {
		return Session{}, outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	answer, out := exchange(ctx, d.HTTP, http.MethodPost, d.base()+"/eivital/v1.04/auth", d.header(), body)
	if out.Class != outbox.Done {
		return Session{}, out
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err != nil || !v.At("Status").Has() {
		return Session{}, malformed()
	}
	if reasons := Refusals(v); len(reasons) > 0 {
		out = sorted(reasons)
		if out.Class != outbox.Later { // a log-in has no business faults: whatever it is, nothing goes through
			out.Class = outbox.Halted
		}
		return Session{}, out
	}
	s, err := ReadLogin(answer.Body, appKey)
	if err != nil {
		return Session{}, malformed()
	}
	return s, outbox.Outcome{Class: outbox.Done}
}

func (d *Direct) base() string { return strings.TrimRight(d.BaseURL, "/") }

// header names the caller. The names are spelled as NIC's pages do; they are sent as they stand here.
func (d *Direct) header() http.Header {
	return http.Header{"client_id": {d.ClientID}, "client_secret": {d.ClientSecret.Reveal()}, "Gstin": {d.GSTIN}}
}

// once makes one call under a session.
func (d *Direct) once(ctx context.Context, s Session, op Operation, a Ask) (Reply, outbox.Outcome) {
	path, document := direct(op, a)
	var body []byte
	if document != nil {
		var err error
		if body, err = s.Request(document); err != nil {
			return Reply{}, outbox.Outcome{Class: outbox.Refused, Code: "nic_envelope"}
		}
	}
	header := d.header()
	header["user_name"], header["AuthToken"] = []string{d.User}, []string{s.Token.Reveal()}
	answer, out := exchange(ctx, d.HTTP, op.method(), d.base()+path, header, body)
	if out.Class != outbox.Done {
		return Reply{}, out
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err != nil || !v.At("Status").Has() {
		return Reply{}, malformed()
	}
	if reasons := Refusals(v); len(reasons) > 0 {
		return Reply{Refused: reasons, Duplicate: duplicateOf(v)}, out
	}
	data, err := s.Answer(answer.Body)
	if err != nil {
		return Reply{}, malformed()
	}
	return Reply{Data: data}, out
}

// direct gives the path of a call and what is sent.
func direct(op Operation, a Ask) (string, *tree.Value) {
	const invoices, master = "/eicore/v1.03/Invoice", "/eivital/v1.04/Master"
	switch op {
	case Generate:
		return invoices, a.Document
	case Cancel:
		return invoices + "/Cancel", tree.Of(tree.M("Irn", tree.T(a.IRN)), tree.M("CnlRsn", tree.T(a.Reason)), tree.M("CnlRem", tree.T(a.Remark)))
	case ByIRN:
		return invoices + "/irn/" + url.PathEscape(a.IRN), nil
	case ByDocument:
		return invoices + "/irnbydocdetails?" + details(a), nil
	case SyncTaxpayer:
		return master + "/syncgstin/" + url.PathEscape(a.GSTIN), nil
	case Taxpayer:
	}
	return master + "/gstin/" + url.PathEscape(a.GSTIN), nil
}

func details(a Ask) string {
	return url.Values{"doctype": {a.Kind}, "docnum": {a.Number}, "docdate": {a.Day}}.Encode()
}

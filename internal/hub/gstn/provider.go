package gstn

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// Provider is the way through a GSP in Adaequare's dress: plain JSON, since the provider does the portal's encryption.
type Provider struct {
	BaseURL   string // https://gsp.adaequare.com/enriched/ei/api
	AuthURL   string // empty for /gsp/authenticate at the host of BaseURL
	GSTIN     string
	User      string // of the taxpayer's interface
	Password  telemetry.Secret
	AppID     string
	AppSecret telemetry.Secret
	HTTP      *outbound.Client
	Sessions  *Sessions
	Clock     func() time.Time
}

// Do implements Transport. A token of the provider that ran out on its way is renewed once.
func (p *Provider) Do(ctx context.Context, op Operation, a Ask) (Reply, outbox.Outcome) {
	s, out := p.session(ctx, "")
	if out.Class != outbox.Done {
		return Reply{}, out
	}
	reply, out := p.once(ctx, s, op, a)
	if out.Class == outbox.Halted && out.Code == denied {
		if s, out = p.session(ctx, s.Token); out.Class != outbox.Done {
			return Reply{}, out
		}
		return p.once(ctx, s, op, a)
	}
	return reply, out
}

// denied is the code of a token that the provider does not take.
const denied = "gsp_denied"

func (p *Provider) session(ctx context.Context, stale telemetry.Secret) (Session, outbox.Outcome) {
	key := who("gsp", p.BaseURL, p.AppID, p.AppSecret.Reveal())
	return p.Sessions.get(ctx, key, p.Clock(), stale, p.login)
}

func (p *Provider) login(ctx context.Context, _ bool) (Session, outbox.Outcome) {
	address := p.AuthURL
	if address == "" {
		base, err := url.Parse(p.BaseURL)
		if err != nil {
			return Session{}, outbox.Outcome{Class: outbox.Halted, Code: "irp_address"}
		}
		address = base.Scheme + "://" + base.Host + "/gsp/authenticate"
	}
	header := http.Header{"gspappid": {p.AppID}, "gspappsecret": {p.AppSecret.Reveal()}}
	answer, out := exchange(ctx, p.HTTP, http.MethodPost, address+"?grant_type=token", header, nil)
	if out.Class != outbox.Done {
		return Session{}, out
	}
	if answer.Status >= http.StatusBadRequest {
		return Session{}, outbox.Outcome{Class: outbox.Halted, Code: "gsp_login"}
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	seconds, number := strconv.Atoi(v.At("expires_in").Scalar())
	s := Session{Token: telemetry.Secret(v.At("access_token").Scalar()), Expires: p.Clock().Add(time.Duration(seconds) * time.Second)}
	if err != nil || number != nil || !s.Token.IsSet() {
		return Session{}, malformed()
	}
	return s, outbox.Outcome{Class: outbox.Done}
}

// down are the words by which the provider says that the portal did not answer it.
func down(message string) bool {
	for _, sign := range []string{"GSPGSTDOWN", "GSPERR300", "Connection reset", "No route to host"} {
		if strings.Contains(message, sign) {
			return true
		}
	}
	return false
}

// once makes one call under a token.
func (p *Provider) once(ctx context.Context, s Session, op Operation, a Ask) (Reply, outbox.Outcome) {
	path, document := enriched(op, a)
	header := http.Header{
		"Authorization": {"Bearer " + s.Token.Reveal()}, "user_name": {p.User}, "password": {p.Password.Reveal()}, "gstin": {p.GSTIN}, "requestid": {rand.Text()},
	}
	var body []byte
	if document != nil {
		body = document.JSON()
	}
	answer, out := exchange(ctx, p.HTTP, op.method(), strings.TrimRight(p.BaseURL, "/")+path, header, body)
	if out.Class != outbox.Done {
		return Reply{}, out
	}
	if answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden {
		return Reply{}, outbox.Outcome{Class: outbox.Halted, Code: denied}
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err != nil || !v.At("success").Has() {
		return Reply{}, malformed()
	}
	if reasons := Refusals(v); len(reasons) > 0 {
		if down(v.At("message").Scalar()) { // it may have reached the portal before that
			return Reply{}, outbox.Outcome{Class: outbox.Unknown, Code: "portal_down"}
		}
		return Reply{Refused: reasons, Duplicate: duplicateOf(v)}, out
	}
	if v.At("result").Kind() != tree.Object {
		return Reply{}, malformed()
	}
	return Reply{Data: v.At("result")}, out
}

// enriched gives the path of a call and what is sent. The provider spells the fields of a cancellation differently.
func enriched(op Operation, a Ask) (string, *tree.Value) {
	switch op {
	case Generate:
		return "/invoice", a.Document
	case Cancel:
		return "/invoice/cancel", tree.Of(tree.M("Irn", tree.T(a.IRN)), tree.M("Cnlrsn", tree.T(a.Reason)), tree.M("Cnlrem", tree.T(a.Remark)))
	case ByIRN:
		return "/invoice/irn?irn=" + url.QueryEscape(a.IRN), nil
	case ByDocument:
		return "/invoice/irnbydocdetails?" + details(a), nil
	case SyncTaxpayer:
		return "/master/syncgstin?gstin=" + url.QueryEscape(a.GSTIN), nil
	case Taxpayer:
	}
	return "/master/gstin?gstin=" + url.QueryEscape(a.GSTIN), nil
}

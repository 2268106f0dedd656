package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/sync/wire"
)

// hubError is an answer of the hub that is not the one hoped for, or the lack of one.
type hubError struct {
	fault    *lab.Error
	status   int           // 0 when there was no answer
	wait     time.Duration // that the hub asked for
	expected int64         // the sequence that the hub waits for, 0 when it did not say
}

// Unwrap gives the error itself, so that its code and kind are found.
func (e *hubError) Unwrap() error { return e.fault }

// Error gives the fault's text.
func (e *hubError) Error() string { return e.fault.Error() }

// maxAnswer caps an answer that is read at all.
const maxAnswer = wire.MaxPacked

// post sends a body and gives the answer's.
func (a *Agent) post(ctx context.Context, address, path, token, contentType string, body []byte) ([]byte, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+path, bytes.NewReader(body))
	if err != nil {
		return nil, "", fmt.Errorf("sync: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	if contentType == wire.ContentType {
		req.Header.Set("Content-Encoding", wire.Encoding)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := a.o.HTTP.Do(req)
	if err != nil {
		return nil, "", unreachable(err)
	}
	defer resp.Body.Close() //nolint:errcheck // the body was read or is given up
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(answer) > maxAnswer {
		return nil, "", &hubError{fault: &lab.Error{Kind: lab.KindUnavailable, Code: "hub_answer_cut", Message: "The hub's answer was cut off.", Cause: err}}
	}
	if resp.StatusCode/100 != 2 {
		return nil, "", refused(resp, answer)
	}
	return answer, resp.Header.Get("Content-Type"), nil
}

// CodeCertificate tells that something answers at the hub's address whose certificate is expired, revoked or of nobody
// whom this machine trusts. Nothing is sent to it.
const CodeCertificate = "hub_certificate"

func unreachable(err error) *hubError {
	fault := &lab.Error{Kind: lab.KindUnavailable, Code: "hub_unreachable", Message: "The hub does not answer.", Cause: err}
	if cert := new(tls.CertificateVerificationError); errors.As(err, &cert) {
		fault.Code, fault.Message = CodeCertificate, "The hub's certificate is expired or not trusted here. Nothing is sent before that is mended."
	}
	return &hubError{fault: fault}
}

// refused reads a problem document. What is not one comes from something between us and the hub.
func refused(resp *http.Response, answer []byte) error {
	out := &hubError{status: resp.StatusCode}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 {
		out.wait = min(time.Duration(s)*time.Second, time.Hour)
	}
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Data   struct {
			Expected int64 `json:"expected_seq"`
		} `json:"data"`
	}
	kind := kindOf(resp.StatusCode)
	if json.Unmarshal(answer, &problem) != nil || problem.Code == "" {
		problem.Code, problem.Detail = codeStrange, "Something other than the hub answered."
		kind = lab.KindUnavailable
	}
	out.expected = problem.Data.Expected
	out.fault = &lab.Error{Kind: kind, Code: problem.Code, Message: problem.Detail}
	return out
}

func kindOf(status int) lab.Kind {
	switch status {
	case http.StatusUnauthorized:
		return lab.KindUnauthenticated
	case http.StatusForbidden:
		return lab.KindForbidden
	case http.StatusNotFound:
		return lab.KindNotFound
	case http.StatusConflict:
		return lab.KindConflict
	case http.StatusTooManyRequests:
		return lab.KindLimited
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return lab.KindInvalid
	}
	return lab.KindUnavailable
}

// json exchanges one of the small messages.
func (a *Agent) json(ctx context.Context, address, path, token string, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	answer, contentType, err := a.post(ctx, address, path, token, "application/json", body)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(contentType, "application/json") || json.Unmarshal(answer, reply) != nil {
		return strange()
	}
	return nil
}

// packed exchanges a batch or a page.
func (a *Agent) packed(ctx context.Context, address, path, token string, body []byte, reply any) (received int, err error) {
	answer, contentType, err := a.post(ctx, address, path, token, wire.ContentType, body)
	if err != nil {
		return 0, err
	}
	if contentType != wire.ContentType {
		return 0, strange()
	}
	return len(answer), a.codec.Unmarshal(answer, reply)
}

// codeStrange is the code of an answer that is not the hub's.
const codeStrange = "hub_strange_answer"

// strange is what a captive portal or a proxy's own page looks like.
func strange() error {
	return &hubError{fault: &lab.Error{Kind: lab.KindUnavailable, Code: codeStrange, Message: "Something other than the hub answered."}}
}

// session gives a token, the kept one or a new one.
func (a *Agent) session(ctx context.Context, m membership) (string, error) {
	a.mu.Lock()
	token, until := a.link.token, a.link.tokenUntil
	a.mu.Unlock()
	if token != "" && a.o.Clock().Before(until) {
		return token, nil
	}
	device := a.o.DB.Device()
	var nonce wire.NonceReply
	if err := a.json(ctx, m.hub, "/api/v1/sync/nonce", "", wire.NonceRequest{Org: m.org, Device: device}, &nonce); err != nil {
		return "", err
	}
	began := a.o.Clock()
	var reply wire.SessionReply
	err := a.json(ctx, m.hub, "/api/v1/sync/session", "", wire.SessionRequest{
		Org: m.org, Device: device, Nonce: nonce.Nonce, Signature: ed25519.Sign(a.o.Key, wire.SessionStatement(m.org, device, nonce.Nonce)),
	}, &reply)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link.token, a.link.tokenUntil = reply.Token, began.Add(tokenUse)
	return reply.Token, nil
}

// tokenUse is how long a token is used: less than its 15 minutes, by our own clock alone, which may differ from the hub's.
const tokenUse = 12 * time.Minute

// forgetToken makes the next request open a session.
func (a *Agent) forgetToken() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link.token = ""
}

// asHub gives the hub's answer behind an error.
func asHub(err error) (*hubError, bool) {
	var h *hubError
	ok := errors.As(err, &h)
	return h, ok
}

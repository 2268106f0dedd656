package sandbox

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a certificate is named by it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// portalCall is one call of the portal behind its dress: data, reasons, and notes beside them.
type portalCall = func(r *http.Request, v *tree.Value) (any, []reason, any)

// b64 is the base64 of all envelopes.
var b64 = base64.StdEncoding

// nicLogin opens a log-in with real cryptography and gives token and session key.
func (s *Sandbox) nicLogin(w http.ResponseWriter, r *http.Request) {
	p := s.portal()
	var in *tree.Value
	outer, err := body(r)
	if err == nil {
		in, err = p.unseal(outer.At("Data").Scalar())
	}
	appKey, wrong := b64.DecodeString(in.At("AppKey").Scalar())
	switch {
	case !s.ownClient(r):
		s.nicRefuse(w, reason{"1010", "Invalid Client-ID/Client-Secret"})
		return
	case err != nil:
		s.nicRefuse(w, reason{"1007", "Authentication failed. Pls. inform the helpdesk"})
		return
	case wrong != nil || len(appKey) != 32:
		s.nicRefuse(w, reason{"1016", "Decryption of app key failed"})
		return
	case !same(in.At("UserName").Scalar()+"\x00"+in.At("Password").Scalar(), s.o.GSTINUser+"\x00"+s.o.GSTINPassword):
		s.nicRefuse(w, reason{"1008", "Invalid login credentials"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := s.o.Clock()
	left := p.ends.Sub(now)
	if p.token == "" || left <= 0 || left < 10*time.Minute && in.At("ForceRefreshAccessToken").Scalar() == "true" {
		p.sek = make([]byte, 32)
		_, _ = rand.Read(p.sek)
		p.token, p.ends = rand.Text(), now.Add(6*time.Hour)
	}
	s.take(Seen{Service: "gstn", ID: "login", Status: "1", At: now})
	answer(w, http.StatusOK, map[string]any{"Status": 1, "Data": map[string]any{
		"ClientId": s.o.GSTINClient, "UserName": s.o.GSTINUser, "AuthToken": p.token, "Sek": ecbSeal(appKey, p.sek), "TokenExpiry": p.ends.In(ist).Format(time.DateTime),
	}, "ErrorDetails": nil, "InfoDtls": nil})
}

// unseal opens a log-in: base64, RSA, base64, JSON.
func (p *irp) unseal(data string) (*tree.Value, error) {
	sealed, err := b64.DecodeString(data)
	if err != nil {
		return nil, err
	}
	inner, err := rsa.DecryptPKCS1v15(nil, p.sealing, sealed) //nolint:staticcheck // the portal's scheme
	if err != nil {
		return nil, err
	}
	plain, err := b64.DecodeString(string(inner))
	if err != nil {
		return nil, err
	}
	return tree.Parse(plain, 1024)
}

func (s *Sandbox) ownClient(r *http.Request) bool {
	return same(r.Header.Get("Client_id")+"\x00"+r.Header.Get("Client_secret"), s.o.GSTINClient+"\x00"+s.o.GSTINSecret) && r.Header.Get("Gstin") == s.o.GSTIN
}

// nicRefuse writes reasons in one of the three forms that occur, with the status as number or as text.
func (s *Sandbox) nicRefuse(w http.ResponseWriter, reasons ...reason) {
	s.nicRefuseWith(w, nil, reasons...)
}

func (s *Sandbox) nicRefuseWith(w http.ResponseWriter, notes any, reasons ...reason) {
	var status, details any = 0, reasons
	switch {
	case s.fault("gstn:errors_as_text"):
		status, details = "0", string(jsonOf(reasons))
	case s.fault("gstn:errors_as_base64"):
		status, details = "0", b64.EncodeToString(jsonOf(reasons))
	}
	answer(w, http.StatusOK, map[string]any{"Status": status, "Data": nil, "ErrorDetails": details, "InfoDtls": notes})
}

// gatewayFault makes the mistakes of the way to the portal.
func (s *Sandbox) gatewayFault(w http.ResponseWriter) bool {
	switch {
	case s.fault("gstn:unavailable"):
		w.WriteHeader(http.StatusGatewayTimeout)
	case s.fault("gstn:rate"):
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		return false
	}
	return true
}

// nicCall puts a call into NIC's envelopes.
func (s *Sandbox) nicCall(do portalCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := s.portal()
		p.mu.Lock()
		if s.fault("gstn:token") {
			p.token = rand.Text()
		}
		token, sek, live := p.token, p.sek, s.o.Clock().Before(p.ends)
		p.mu.Unlock()
		switch {
		case s.gatewayFault(w):
			return
		case !s.ownClient(r):
			s.nicRefuse(w, reason{"1010", "Invalid Client-ID/Client-Secret"})
			return
		case r.Header.Get("User_name") != s.o.GSTINUser:
			s.nicRefuse(w, reason{"1006", "User name is required"})
			return
		case token == "" || !live || !same(r.Header.Get("Authtoken"), token):
			s.nicRefuse(w, reason{"1005", "Invalid Token"})
			return
		}
		var in *tree.Value
		if r.Method == http.MethodPost {
			outer, err := body(r)
			if err == nil {
				in, err = ecbOpen(sek, outer.At("Data").Scalar())
			}
			if err != nil {
				s.nicRefuse(w, reason{"2141", "Decryption of payload failed"})
				return
			}
		}
		data, reasons, notes := do(r, in)
		if len(reasons) > 0 {
			s.nicRefuseWith(w, notes, reasons...)
			return
		}
		answer(w, http.StatusOK, map[string]any{"Status": "1", "Data": ecbSeal(sek, jsonOf(data)), "ErrorDetails": nil, "InfoDtls": notes})
	}
}

func (s *Sandbox) gspLogin(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("grant_type") != "token" || !same(r.Header.Get("Gspappid")+"\x00"+r.Header.Get("Gspappsecret"), s.o.GSTINClient+"\x00"+s.o.GSTINSecret) {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "access_denied", "error_description": "Invalid app id or secret"})
		return
	}
	p := s.portal()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bearer = rand.Text()
	s.take(Seen{Service: "gstn", ID: "login", Status: "1"})
	answer(w, http.StatusOK, map[string]any{"access_token": p.bearer, "token_type": "bearer", "expires_in": 86400})
}

// gspCall puts a call into the provider's dress.
func (s *Sandbox) gspCall(do portalCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := s.portal()
		p.mu.Lock()
		if s.fault("gstn:token") {
			p.bearer = rand.Text()
		}
		bearer, id := p.bearer, r.Header.Get("Requestid")
		used := id == "" || p.requests[id]
		p.requests[id] = true
		p.mu.Unlock()
		var in *tree.Value
		var err error
		if r.Method == http.MethodPost {
			in, err = body(r)
		}
		switch {
		case s.gatewayFault(w):
		case bearer == "" || !same(r.Header.Get("Authorization"), "Bearer "+bearer):
			answer(w, http.StatusUnauthorized, map[string]any{"error": "access_denied"})
		case s.fault("gstn:portal_down"):
			answer(w, http.StatusOK, map[string]any{"success": false, "message": "GSPGSTDOWN : the portal does not answer"})
		case used || err != nil || r.Header.Get("Gstin") != s.o.GSTIN:
			answer(w, http.StatusOK, map[string]any{"success": "false", "message": "5002 : requestid, gstin or body"})
		case !same(r.Header.Get("User_name")+"\x00"+r.Header.Get("Password"), s.o.GSTINUser+"\x00"+s.o.GSTINPassword):
			answer(w, http.StatusOK, map[string]any{"success": false, "message": "1008 : Invalid login credentials"})
		default:
			data, reasons, notes := do(r, in)
			if len(reasons) == 0 {
				answer(w, http.StatusOK, map[string]any{"success": true, "message": "done", "result": data, "info": notes})
				return
			}
			words := make([]string, 0, len(reasons))
			for _, f := range reasons {
				words = append(words, f.Code+" : "+strings.ReplaceAll(f.Message, ",", ";"))
			}
			answer(w, http.StatusOK, map[string]any{"success": false, "message": strings.Join(words, ", "), "result": notes})
		}
	}
}

// body reads a call's JSON; the type must be said.
func body(r *http.Request) (*tree.Value, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, errors.New("sandbox: the body is not said to be JSON")
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, gstn.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return tree.Parse(raw, gstn.MaxBytes)
}

// ecbSeal and ecbOpen are the portal's half of the encryption, written apart from the client's.
func ecbSeal(key, plain []byte) string {
	block, err := aes.NewCipher(key)
	if err != nil {
		return ""
	}
	n := 16 - len(plain)%16
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	out := make([]byte, len(padded))
	for i := 0; i < len(padded); i += 16 {
		block.Encrypt(out[i:], padded[i:])
	}
	return b64.EncodeToString(out)
}

func ecbOpen(key []byte, data string) (*tree.Value, error) {
	sealed, err := b64.DecodeString(data)
	block, bad := aes.NewCipher(key)
	if err != nil || bad != nil || len(sealed) == 0 || len(sealed)%16 != 0 {
		return nil, errors.New("sandbox: the payload cannot be decrypted")
	}
	for i := 0; i < len(sealed); i += 16 {
		block.Decrypt(sealed[i:], sealed[i:])
	}
	n := int(sealed[len(sealed)-1])
	if n < 1 || n > 16 {
		return nil, errors.New("sandbox: the payload's padding is wrong")
	}
	return tree.Parse(sealed[:len(sealed)-n], gstn.MaxBytes)
}

// jws signs a text as the portal does.
func jws(key *rsa.PrivateKey, cert, data []byte) string {
	thumb := sha1.Sum(cert) //nolint:gosec // see above
	raw := base64.RawURLEncoding
	head := jsonOf(map[string]string{"alg": "RS256", "kid": strings.ToUpper(hex.EncodeToString(thumb[:])), "typ": "JWT", "x5t": raw.EncodeToString(thumb[:])})
	text := raw.EncodeToString(head) + "." + raw.EncodeToString(jsonOf(map[string]string{"data": string(data), "iss": "NIC Sandbox"}))
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return ""
	}
	return text + "." + raw.EncodeToString(signature)
}

// fieldsOf gives the faults that a judge found.
func fieldsOf(err error) []lab.FieldError {
	if e, ok := errors.AsType[*lab.Error](err); ok {
		return e.Fields
	}
	return nil
}

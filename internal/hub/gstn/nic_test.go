package gstn_test

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// ecb is the portal's half, written apart from ours.
func ecb(t *testing.T, key, plain []byte) string {
	t.Helper()
	b, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	n := 16 - len(plain)%16
	plain = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	var out []byte
	for i := 0; i < len(plain); i += 16 {
		var c [16]byte
		b.Encrypt(c[:], plain[i:i+16])
		out = append(out, c[:]...)
	}
	return base64.StdEncoding.EncodeToString(out)
}

func TestNICEnvelopes(t *testing.T) {
	t.Parallel()
	portal, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	appKey := gstn.AppKey()
	body, err := gstn.LoginRequest(&portal.PublicKey, "API_user", "pass word", appKey, false)
	if err != nil {
		t.Fatal(err)
	}
	var outer struct{ Data string }
	if err := json.Unmarshal(body, &outer); err != nil {
		t.Fatal(err)
	}
	sealed, _ := base64.StdEncoding.DecodeString(outer.Data)
	inner, err := rsa.DecryptPKCS1v15(nil, portal, sealed) //nolint:staticcheck // the portal's scheme
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := base64.StdEncoding.DecodeString(string(inner))
	if want := `{"UserName":"API_user","Password":"pass word","AppKey":"` + base64.StdEncoding.EncodeToString(appKey) + `","ForceRefreshAccessToken":false}`; string(plain) != want {
		t.Errorf("%s", plain)
	}
	if _, err := gstn.LoginRequest(&portal.PublicKey, strings.Repeat("u", 200), "p", appKey, false); lab.CodeOf(err) != "nic_login" {
		t.Errorf("too long: %v", err)
	}
	sek := bytes.Repeat([]byte{5}, 32)
	answer := `{"Status":1,"Data":{"ClientId":"c","UserName":"API_user","AuthToken":"tok","Sek":"` + ecb(t, appKey, sek) + `","TokenExpiry":"2026-11-21 23:16:00"},"ErrorDetails":null,"InfoDtls":null}`
	s, err := gstn.ReadLogin([]byte(answer), appKey)
	if err != nil || s.Token.Reveal() != "tok" || !s.Expires.Equal(time.Date(2026, 11, 21, 17, 46, 0, 0, time.UTC)) {
		t.Fatalf("%v %v", s.Expires, err)
	}
	request, err := s.Request(tree.Of(tree.M("Version", tree.T("1.1"))))
	if err != nil || string(request) != `{"Data":"`+ecb(t, sek, []byte(`{"Version":"1.1"}`))+`"}` {
		t.Errorf("%s %v", request, err)
	}
	v, err := s.Answer([]byte(`{"Status":"1","Data":"` + ecb(t, sek, []byte(`{"AckNo":112010036563310,"Status":"ACT"}`)) + `"}`))
	if err != nil || v.At("AckNo").Scalar() != "112010036563310" {
		t.Errorf("%v", err)
	}
	for name, try := range map[string]func() error{
		"nic_envelope": func() error { _, err := gstn.ReadLogin([]byte(answer), gstn.AppKey()); return err },
		"portal_refused": func() error {
			_, err := s.Answer([]byte(`{"Status":0,"ErrorDetails":[{"ErrorCode":"1005","ErrorMessage":"Invalid Token"}]}`))
			return err
		},
	} {
		if err := try(); lab.CodeOf(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Answer([]byte(`{"Status":"1","Data":"` + ecb(t, gstn.AppKey(), []byte(`{}`)) + `"}`)); err == nil {
		t.Error("an answer under another key was read")
	}
	if _, err := s.Answer([]byte(`{"Status":"1","Data":"AAAA"}`)); lab.CodeOf(err) != "nic_envelope" {
		t.Errorf("a cut answer: %v", err)
	}
}

package gstn

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
	"jaanch/internal/telemetry"
)

// keyBytes is the length of the app key and of the session key.
const keyBytes = 32

// The errors of NIC's envelopes. None holds a key or a log-in.
var (
	ErrEnvelope = lab.Invalid("nic_envelope", "The portal's answer cannot be decrypted or read.")
	ErrLogin    = lab.Invalid("nic_login", "The log-in does not fit into the portal's key: user name or password is too long.")
)

// AppKey makes the key under which the portal hands over its session key. It is for one log-in.
func AppKey() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return key
}

// LoginRequest makes the body of a log-in (authentication v1.04): the JSON in base64, that under the portal's RSA key
// with PKCS #1 v1.5, that in base64. The JSON has no blanks, since the key takes 245 bytes at most. Force asks for a new
// token in the last ten minutes of the old one; before that the portal gives the same one again.
func LoginRequest(portal *rsa.PublicKey, user string, password telemetry.Secret, appKey []byte, force bool) ([]byte, error) {
	inner := tree.Of(
		tree.M("UserName", tree.T(user)), tree.M("Password", tree.T(password.Reveal())),
		tree.M("AppKey", tree.T(base64.StdEncoding.EncodeToString(appKey))), tree.M("ForceRefreshAccessToken", tree.B(force))).JSON()
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, portal, []byte(base64.StdEncoding.EncodeToString(inner))) //nolint:staticcheck // the portal's scheme
	if err != nil {
		return nil, ErrLogin
	}
	return tree.Of(tree.M("Data", tree.T(base64.StdEncoding.EncodeToString(sealed)))).JSON(), nil
}

// Session is a log-in at the portal: cached per GSTIN and user, renewed by one caller at a time.
type Session struct {
	Token   telemetry.Secret
	Expires time.Time
	sek     []byte
}

// ist is the portal's time.
var ist = time.FixedZone("IST", 330*60)

// ReadLogin reads the answer to a log-in. A refusal comes back as the portal's reasons.
func ReadLogin(body, appKey []byte) (Session, error) {
	v, err := tree.Parse(body, MaxBytes)
	if err != nil {
		return Session{}, err
	}
	if err := Refusal(v); err != nil {
		return Session{}, err
	}
	data := v.At("Data")
	sealed, err := base64.StdEncoding.DecodeString(data.At("Sek").Scalar())
	if err != nil {
		return Session{}, ErrEnvelope
	}
	s := Session{Token: telemetry.Secret(data.At("AuthToken").Scalar())}
	if s.sek, err = openECB(appKey, sealed); err != nil || len(s.sek) != keyBytes || !s.Token.IsSet() {
		return Session{}, ErrEnvelope
	}
	if s.Expires, err = time.ParseInLocation(time.DateTime, data.At("TokenExpiry").Scalar(), ist); err != nil {
		return Session{}, ErrEnvelope
	}
	return s, nil
}

// Request makes the body of a call: the document under the session key.
func (s Session) Request(document *tree.Value) ([]byte, error) {
	sealed, err := sealECB(s.sek, document.JSON())
	if err != nil {
		return nil, err
	}
	return tree.Of(tree.M("Data", tree.T(base64.StdEncoding.EncodeToString(sealed)))).JSON(), nil
}

// Answer reads the answer to a call. A refusal comes back as the portal's reasons.
func (s Session) Answer(body []byte) (*tree.Value, error) {
	v, err := tree.Parse(body, MaxBytes)
	if err != nil {
		return nil, err
	}
	if err := Refusal(v); err != nil {
		return nil, err
	}
	sealed, err := base64.StdEncoding.DecodeString(v.At("Data").Scalar())
	if err != nil {
		return nil, ErrEnvelope
	}
	plain, err := openECB(s.sek, sealed)
	if err != nil {
		return nil, err
	}
	return tree.Parse(plain, MaxBytes)
}

// sealECB is AES-256 in ECB with PKCS #7, which the portal asks for; TLS around it is what protects.
func sealECB(key, plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("nic: %w", err)
	}
	size := block.BlockSize()
	pad := size - len(plain)%size
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	for i := 0; i < len(out); i += size {
		block.Encrypt(out[i:i+size], out[i:i+size])
	}
	return out, nil
}

func openECB(key, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(sealed) == 0 || len(sealed)%block.BlockSize() != 0 {
		return nil, ErrEnvelope
	}
	size := block.BlockSize()
	out := make([]byte, len(sealed))
	for i := 0; i < len(out); i += size {
		block.Decrypt(out[i:i+size], sealed[i:i+size])
	}
	pad := int(out[len(out)-1])
	if pad < 1 || pad > size || !bytes.Equal(out[len(out)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, ErrEnvelope
	}
	return out[:len(out)-pad], nil
}

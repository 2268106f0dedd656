package gstn

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a thumbprint names a certificate by SHA-1; nothing is trusted by it
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// Keys are the portal's signing certificates that the accountant installed, by the thumbprint that a signature names.
type Keys map[string]*rsa.PublicKey

// bare is the name of a public key without certificate, which fits any name.
const bare = ""

// ReadKeys reads certificates, or bare public keys, as PEM.
func ReadKeys(raw []byte) (Keys, error) {
	out := Keys{}
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, errKeys
			}
			key, ok := cert.PublicKey.(*rsa.PublicKey)
			if !ok {
				return nil, errKeys
			}
			thumb := sha1.Sum(cert.Raw) //nolint:gosec // see above
			out[strings.ToUpper(hex.EncodeToString(thumb[:]))] = key
		case "PUBLIC KEY":
			key, err := x509.ParsePKIXPublicKey(block.Bytes)
			public, ok := key.(*rsa.PublicKey)
			if err != nil || !ok {
				return nil, errKeys
			}
			out[bare] = public
		}
	}
	if len(out) == 0 {
		return nil, errKeys
	}
	return out, nil
}

// The ways in which a signed text is not believed.
var (
	errKeys       = lab.Invalid("irp_keys", "This is no RSA certificate or public key in PEM.")
	ErrJWS        = lab.Invalid("irp_jws", "The signed text is no RS256 signature of the portal.")
	ErrUnknownKey = &lab.Error{Kind: lab.KindUnauthenticated, Code: "irp_key_unknown", Message: "The portal signed with a certificate that is not installed. Install its present one."}
	ErrForgedJWS  = &lab.Error{Kind: lab.KindUnauthenticated, Code: "irp_signature", Message: "The signature of the portal does not fit."}
)

// Signed is the content of a signed invoice or signed QR.
type Signed struct {
	KeyID    string
	Issuer   string
	Data     *tree.Value
	Verified bool
}

// ReadSigned opens a compact JWS. Only RS256 counts: "none" and the symmetric algorithms are refused whatever else the
// text says. Without keys the content is read and stays unverified.
func ReadSigned(jws string, keys Keys) (Signed, error) {
	parts := strings.Split(strings.TrimSpace(jws), ".")
	if len(parts) != 3 || len(jws) > MaxBytes {
		return Signed{}, ErrJWS
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(p); err != nil {
			return Signed{}, ErrJWS
		}
	}
	head, err := tree.Parse(raw[0], 4096)
	if err != nil || head.At("alg").Scalar() != "RS256" || head.At("crit").Has() || len(raw[2]) < 256 {
		return Signed{}, ErrJWS
	}
	s := Signed{KeyID: strings.ToUpper(head.At("kid").Scalar())}
	if x5t := head.At("x5t").Scalar(); s.KeyID == "" && x5t != "" {
		thumb, err := base64.RawURLEncoding.DecodeString(x5t)
		if err != nil {
			return Signed{}, ErrJWS
		}
		s.KeyID = strings.ToUpper(hex.EncodeToString(thumb))
	}
	if len(keys) > 0 {
		if err := keys.verify(s.KeyID, parts[0]+"."+parts[1], raw[2]); err != nil {
			return Signed{}, err
		}
		s.Verified = true
	}
	payload, err := tree.Parse(raw[1], MaxBytes)
	if err != nil || payload.At("data").Kind() != tree.Text {
		return Signed{}, ErrJWS
	}
	s.Issuer = payload.At("iss").Scalar()
	s.Data, err = tree.Parse([]byte(payload.At("data").Scalar()), MaxBytes)
	return s, err
}

// verify checks a signature by the key that it names.
func (k Keys) verify(id, text string, signature []byte) error {
	key := k[id]
	if key == nil {
		key = k[bare]
	}
	if key == nil {
		return ErrUnknownKey
	}
	digest := sha256.Sum256([]byte(text))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
		return ErrForgedJWS
	}
	return nil
}

// Package fidelius encrypts health records for their way through ABDM, by the scheme that the reference tool Fidelius
// made: ECDH on the short Weierstrass form of Curve25519 (neither X25519 nor Ed25519), HKDF-SHA-256, AES-256-GCM. The
// curve arithmetic is done on its twisted Edwards form in constant time; the maps between the forms stand in curve.go.
//
// All entries of one transfer share key and nonce, which is a weakness of the scheme: so a key pair is for one transfer
// and is never used again.
package fidelius

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"

	"filippo.io/edwards25519"

	"jaanch/internal/lab"
)

// NonceBytes is the length of the nonce that each side gives.
const NonceBytes = 32

// The lengths of a public key on the wire: the point itself, and X.509 with the curve written out, whose last 65 bytes
// are the point.
const (
	pointBytes = 65
	x509Bytes  = 309
)

// The errors of keys and texts. None tells anything of a secret.
var (
	ErrKey    = lab.Invalid("fidelius_key", "The public key is no point of the curve, or one of small order.")
	ErrSecret = lab.Invalid("fidelius_secret", "The private key is not between 1 and the order of the curve.")
	ErrNonce  = lab.Invalid("fidelius_nonce", "A nonce is not 32 bytes.")
	ErrSealed = lab.Invalid("fidelius_sealed", "The text does not open: another key or nonce, or it was changed.")
)

// Private is a private key with its public one. It is for one transfer.
type Private struct {
	scalar *edwards25519.Scalar
	public []byte
}

// Generate makes a key pair. random is crypto/rand.Reader outside tests.
func Generate(random io.Reader) (*Private, error) {
	if random == nil {
		random = rand.Reader
	}
	for {
		var wide [64]byte
		if _, err := io.ReadFull(random, wide[:]); err != nil {
			return nil, fmt.Errorf("fidelius key: %w", err)
		}
		s, err := edwards25519.NewScalar().SetUniformBytes(wide[:])
		if err != nil {
			return nil, fmt.Errorf("fidelius key: %w", err)
		}
		if s.Equal(edwards25519.NewScalar()) == 0 {
			return newPrivate(s)
		}
	}
}

// ParsePrivate reads the base64 of a big-endian whole number, as Java writes it: it may be shorter than 32 bytes or have
// a zero in front.
func ParsePrivate(text string) (*Private, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrSecret
	}
	raw = bytes.TrimLeft(raw, "\x00")
	if len(raw) == 0 || len(raw) > 32 {
		return nil, ErrSecret
	}
	var little [32]byte
	for i, b := range raw {
		little[len(raw)-1-i] = b
	}
	s, err := edwards25519.NewScalar().SetCanonicalBytes(little[:])
	if err != nil {
		return nil, ErrSecret
	}
	return newPrivate(s)
}

func newPrivate(s *edwards25519.Scalar) (*Private, error) {
	public, err := weierstrass(edwards25519.NewIdentityPoint().ScalarBaseMult(s))
	if err != nil {
		return nil, err
	}
	return &Private{scalar: s, public: public}, nil
}

// Text gives the private key as base64 of 32 bytes, to be sealed while a transfer is under way.
func (p *Private) Text() string {
	little := p.scalar.Bytes()
	big := make([]byte, len(little))
	for i, b := range little {
		big[len(big)-1-i] = b
	}
	return base64.StdEncoding.EncodeToString(big)
}

// Public gives the public key in the form that every peer reads: base64 of 04, X and Y.
func (p *Private) Public() string { return base64.StdEncoding.EncodeToString(p.public) }

// Is says whether the 65 bytes are this key's public half.
func (p *Private) Is(public []byte) bool { return bytes.Equal(p.public, public) }

// ParsePublic reads a peer's key in either form and gives its 65 bytes. A point that is not on the curve, infinity and
// points of small order are refused: they would let a peer learn about our key.
func ParsePublic(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrKey
	}
	switch len(raw) {
	case pointBytes:
	case x509Bytes:
		if !bytes.HasPrefix(raw, x509Head) {
			return nil, ErrKey
		}
		raw = raw[x509Bytes-pointBytes:]
	default:
		return nil, ErrKey
	}
	if _, err := edwards(raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// Shared gives the secret of two keys: the X of their product, 32 bytes with leading zeros kept.
func (p *Private) Shared(peer string) ([]byte, error) {
	raw, err := ParsePublic(peer)
	if err != nil {
		return nil, err
	}
	point, err := edwards(raw)
	if err != nil {
		return nil, err
	}
	product := edwards25519.NewIdentityPoint().ScalarMult(p.scalar, point)
	out, err := weierstrass(product)
	if err != nil {
		return nil, err
	}
	return out[1:33], nil
}

// Transfer is what both sides of one transfer derive: it seals and opens.
type Transfer struct {
	aead cipher.AEAD
	iv   []byte
}

// NewTransfer derives key and nonce from our private key, the peer's public key, and both nonces in base64. Which nonce
// is whose makes no difference.
func NewTransfer(own *Private, peer, ownNonce, peerNonce string) (*Transfer, error) {
	secret, err := own.Shared(peer)
	if err != nil {
		return nil, err
	}
	a, errA := base64.StdEncoding.DecodeString(ownNonce)
	b, errB := base64.StdEncoding.DecodeString(peerNonce)
	if errA != nil || errB != nil || len(a) != NonceBytes || len(b) != NonceBytes {
		return nil, ErrNonce
	}
	mixed := make([]byte, NonceBytes)
	subtle.XORBytes(mixed, a, b)
	key, err := hkdf.Key(sha256.New, secret, mixed[:20], "", 32)
	if err != nil {
		return nil, fmt.Errorf("fidelius key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("fidelius key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("fidelius key: %w", err)
	}
	return &Transfer{aead: aead, iv: mixed[20:]}, nil
}

// Seal gives base64 of the encrypted record and its tag.
func (t *Transfer) Seal(record []byte) string {
	return base64.StdEncoding.EncodeToString(t.aead.Seal(nil, t.iv, record, nil)) // the scheme fixes the nonce: a key is for one transfer
}

// Open gives the record back, or says that it was changed: the tag is always checked.
func (t *Transfer) Open(sealed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < t.aead.Overhead() {
		return nil, ErrSealed
	}
	record, err := t.aead.Open(nil, t.iv, raw, nil)
	if err != nil {
		return nil, ErrSealed
	}
	return record, nil
}

// NewNonce makes the nonce of one transfer.
func NewNonce(random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	var n [NonceBytes]byte
	if _, err := io.ReadFull(random, n[:]); err != nil {
		return "", fmt.Errorf("fidelius nonce: %w", err)
	}
	return base64.StdEncoding.EncodeToString(n[:]), nil
}

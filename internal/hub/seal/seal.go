// Package seal encrypts what the hub keeps for the outside world: credentials of organisations, payloads that name a
// person. Each text is bound to the place where it stands, so that one that was moved to another row does not open.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// format is the first byte of a sealed text: AES-256-GCM with a random nonce of twelve bytes.
const format = 1

// Box seals and opens. It is safe for use by many at once.
type Box struct {
	aead  cipher.AEAD
	index []byte
}

// The errors of sealing.
var (
	ErrKey  = lab.Invalid("seal_key", "The sealing key must be base64 of 32 bytes. Make one with: openssl rand -base64 32")
	ErrOpen = &lab.Error{Kind: lab.KindInternal, Code: "seal_open", Message: "A sealed text does not open: another key, or it was moved or changed."}
)

// New makes a box of the hub's key, base64 of 32 bytes.
func New(key telemetry.Secret) (*Box, error) {
	raw, err := base64.StdEncoding.DecodeString(key.Reveal())
	if err != nil || len(raw) != 32 {
		return nil, ErrKey
	}
	sealing, err := hkdf.Key(sha256.New, raw, nil, "jaanch hub seal", 32)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	index, err := hkdf.Key(sha256.New, raw, nil, "jaanch hub index", 32)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &Box{aead: aead, index: index}, nil
}

// Place names where a text stands: the table and the keys of its row.
func Place(table string, org lab.ID, key string) string {
	return table + "|" + org.String() + "|" + key
}

// Seal encrypts a text for its place.
func (b *Box) Seal(place string, text []byte) []byte {
	nonce := make([]byte, b.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	out := append([]byte{format}, nonce...)
	return b.aead.Seal(out, nonce, text, []byte(place))
}

// Open decrypts a text that stands at its place.
func (b *Box) Open(place string, sealed []byte) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < 1+n || sealed[0] != format {
		return nil, ErrOpen
	}
	text, err := b.aead.Open(nil, sealed[1:1+n], sealed[1+n:], []byte(place))
	if err != nil {
		return nil, ErrOpen
	}
	return text, nil
}

// Index gives a keyed hash of something that has to be found again without standing in clear: a phone number.
func (b *Box) Index(org lab.ID, text string) string {
	mac := hmac.New(sha256.New, b.index)
	mac.Write(org[:])
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

package report

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"jaanch/internal/lab"
)

// Proof is what the QR code of a report holds: which report and version, of which day, with which content, signed by the
// lab's node. There is nothing of the patient in it.
type Proof struct {
	Report    lab.ID
	Version   int
	Day       lab.Date
	Hash      [32]byte // SHA-256 of Report.Canonical
	Signature []byte   // Ed25519, 64 bytes, over SignedBytes
}

const (
	proofPrefix = "JR1:"
	proofLength = 16 + 2 + 4 + 32
)

// NewProof makes the unsigned proof of a report; day is the day of issue at the lab.
func NewProof(r Report, day lab.Date) (Proof, error) {
	if r.ID.IsZero() || r.Version < 1 || r.Version > 65535 || day.IsZero() {
		return Proof{}, lab.Invalid("proof_incomplete", "The report has no identity to prove.")
	}
	return Proof{Report: r.ID, Version: r.Version, Day: day, Hash: sha256.Sum256(r.Canonical())}, nil
}

// SignedBytes gives what is signed: a fixed name for the purpose, then the body. The signature of a report can therefore
// never be taken for the signature of anything else.
func (p Proof) SignedBytes() []byte { return append([]byte("jaanch report 1\x00"), p.body()...) }

// Text gives the compact form for the QR code: prefix, then body and signature in base 32, which codes choose their dense
// alphanumeric mode for.
func (p Proof) Text() (string, error) {
	if len(p.Signature) != ed25519.SignatureSize {
		return "", lab.Invalid("proof_unsigned", "The proof is not signed.")
	}
	return proofPrefix + encoding().EncodeToString(append(p.body(), p.Signature...)), nil
}

// ParseProof reads the compact form. It does not verify.
func ParseProof(s string) (Proof, error) {
	malformed := lab.Invalid("proof_malformed", "This is not the code of a report.")
	rest, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), proofPrefix)
	if !ok {
		return Proof{}, malformed
	}
	b, err := encoding().DecodeString(rest)
	if err != nil || len(b) != proofLength+ed25519.SignatureSize {
		return Proof{}, malformed
	}
	ymd := int(binary.BigEndian.Uint32(b[18:]))
	day, err := lab.ParseDate(digits(ymd/10000, 4) + "-" + digits(ymd/100%100, 2) + "-" + digits(ymd%100, 2))
	if err != nil {
		return Proof{}, malformed
	}
	p := Proof{Version: int(binary.BigEndian.Uint16(b[16:])), Day: day, Signature: b[proofLength:]}
	copy(p.Report[:], b)
	copy(p.Hash[:], b[22:])
	return p, nil
}

// Verify tells whether the key signed this proof.
func (p Proof) Verify(key ed25519.PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && len(p.Signature) == ed25519.SignatureSize &&
		ed25519.Verify(key, p.SignedBytes(), p.Signature)
}

// Proves tells whether the content is the one that the proof was made of.
func (p Proof) Proves(r Report) bool {
	return r.ID == p.Report && r.Version == p.Version && sha256.Sum256(r.Canonical()) == p.Hash
}

func (p Proof) body() []byte {
	b := make([]byte, 0, proofLength+ed25519.SignatureSize)
	b = append(b, p.Report[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(p.Version)) // NewProof keeps it within 16 bits
	b = binary.BigEndian.AppendUint32(b, uint32(p.Day.Year*10000+int(p.Day.Month)*100+p.Day.Day))
	return append(b, p.Hash[:]...)
}

func encoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

func digits(n, width int) string {
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		out[i] = byte('0' + n%10)
		n /= 10
	}
	return string(out)
}

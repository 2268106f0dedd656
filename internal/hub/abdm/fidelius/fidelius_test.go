package fidelius_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"jaanch/internal/hub/abdm/fidelius"
)

type side struct{ PrivateKey, PublicKey, X509PublicKey, Nonce string }

type vector struct {
	ID            string
	Sender        side
	Requester     side
	PeerKey       string `json:"peerKeyFormatUsed"`
	Plaintext     string
	Intermediate  struct{ SharedSecretHex string }
	EncryptedData string
}

func vectors(t *testing.T) []vector {
	t.Helper()
	dir := os.Getenv("JAANCH_SAMPLES")
	if dir == "" {
		t.Skip("JAANCH_SAMPLES is not set: the vectors of the reference tool were not tried")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "abdm", "fidelius-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(raw, &out); err != nil || len(out) == 0 {
		t.Fatalf("%d vectors: %v", len(out), err)
	}
	return out
}

// The vectors come from the reference tool (Java, BouncyCastle).
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			for name, s := range map[string]side{"sender": v.Sender, "requester": v.Requester} {
				p, err := fidelius.ParsePrivate(s.PrivateKey)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if p.Public() != s.PublicKey {
					t.Errorf("%s: another public key", name)
				}
				if s.X509PublicKey != "" {
					long, err := fidelius.ParsePublic(s.X509PublicKey)
					if err != nil || base64.StdEncoding.EncodeToString(long) != s.PublicKey {
						t.Errorf("%s: the X.509 form: %v", name, err)
					}
				}
			}
			sender, _ := fidelius.ParsePrivate(v.Sender.PrivateKey)
			requester, _ := fidelius.ParsePrivate(v.Requester.PrivateKey)
			secret, err := sender.Shared(v.Requester.PublicKey)
			if err != nil || hex.EncodeToString(secret) != v.Intermediate.SharedSecretHex {
				t.Errorf("secret: %v", err)
			}
			out, err := fidelius.NewTransfer(sender, v.Requester.PublicKey, v.Sender.Nonce, v.Requester.Nonce)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Seal([]byte(v.Plaintext)); got != v.EncryptedData {
				t.Error("sealed differently")
			}
			in, err := fidelius.NewTransfer(requester, v.Sender.PublicKey, v.Requester.Nonce, v.Sender.Nonce)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := in.Open(v.EncryptedData); err != nil || string(got) != v.Plaintext {
				t.Errorf("opened as %d bytes: %v", len(got), err)
			}
			raw, _ := base64.StdEncoding.DecodeString(v.EncryptedData)
			for _, i := range []int{0, len(raw) - 1} {
				changed := bytes.Clone(raw)
				changed[i] ^= 1
				if _, err := in.Open(base64.StdEncoding.EncodeToString(changed)); err == nil {
					t.Errorf("byte %d was changed and nobody saw it", i)
				}
			}
		})
	}
}

// weierstrass is the textbook curve in plain big numbers: another way to the same secret, so that a mistake in the maps
// cannot hide.
type weierstrass struct{ p, a *big.Int }

func newWeierstrass() weierstrass {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	a, _ := new(big.Int).SetString("2AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA984914A144", 16)
	return weierstrass{p, a}
}

func (w weierstrass) add(x1, y1, x2, y2 *big.Int) (*big.Int, *big.Int) {
	if x1 == nil {
		return x2, y2
	}
	if x2 == nil {
		return x1, y1
	}
	var l *big.Int
	switch {
	case x1.Cmp(x2) != 0:
		l = new(big.Int).Mul(new(big.Int).Sub(y2, y1), new(big.Int).ModInverse(new(big.Int).Mod(new(big.Int).Sub(x2, x1), w.p), w.p))
	case y1.Cmp(y2) != 0 || y1.Sign() == 0:
		return nil, nil
	default:
		n := new(big.Int).Add(new(big.Int).Mul(big.NewInt(3), new(big.Int).Mul(x1, x1)), w.a)
		l = n.Mul(n, new(big.Int).ModInverse(new(big.Int).Lsh(y1, 1), w.p))
	}
	x := new(big.Int).Mul(l, l)
	x.Sub(x, x1).Sub(x, x2).Mod(x, w.p)
	y := new(big.Int).Sub(x1, x)
	y.Mul(y, l).Sub(y, y1).Mod(y, w.p)
	return x, y
}

func (w weierstrass) mult(d, x, y *big.Int) (*big.Int, *big.Int) {
	var rx, ry *big.Int
	for i := d.BitLen() - 1; i >= 0; i-- {
		rx, ry = w.add(rx, ry, rx, ry)
		if d.Bit(i) == 1 {
			rx, ry = w.add(rx, ry, x, y)
		}
	}
	return rx, ry
}

func TestAgainstPlainArithmetic(t *testing.T) {
	t.Parallel()
	w := newWeierstrass()
	for range 40 {
		one, err := fidelius.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		two, err := fidelius.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		d, _ := base64.StdEncoding.DecodeString(one.Text())
		q, _ := base64.StdEncoding.DecodeString(two.Public())
		x, _ := w.mult(new(big.Int).SetBytes(d), new(big.Int).SetBytes(q[1:33]), new(big.Int).SetBytes(q[33:]))
		secret, err := one.Shared(two.Public())
		if err != nil || x.Cmp(new(big.Int).SetBytes(secret)) != 0 || len(secret) != 32 {
			t.Fatalf("another secret: %v", err)
		}
		again, err := fidelius.ParsePrivate(one.Text())
		if err != nil || again.Public() != one.Public() {
			t.Fatal("the key does not come back")
		}
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	good, err := fidelius.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.StdEncoding.DecodeString(good.Public())
	off := bytes.Clone(raw)
	off[64] ^= 1
	form := bytes.Clone(raw)
	form[0] = 2
	over := bytes.Repeat([]byte{0xff}, 65)
	over[0] = 4
	// The point of order two: u = 0, v = 0.
	third, _ := hex.DecodeString("2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad2451")
	small := append(append([]byte{4}, third...), make([]byte, 32)...)
	for name, key := range map[string][]byte{
		"off the curve": off, "wrong form": form, "not reduced": over, "order two": small, "x25519": raw[1:33], "empty": {}, "infinity": {0},
		"wrong X.509": append(make([]byte, 309-65), raw...),
	} {
		if _, err := fidelius.ParsePublic(base64.StdEncoding.EncodeToString(key)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	order, _ := new(big.Int).SetString("1000000000000000000000000000000014DEF9DEA2F79CD65812631A5CF5D3ED", 16)
	for name, d := range map[string][]byte{"zero": {0}, "order": order.Bytes(), "too long": bytes.Repeat([]byte{1}, 34)} {
		if _, err := fidelius.ParsePrivate(base64.StdEncoding.EncodeToString(d)); err == nil {
			t.Errorf("private key %s: accepted", name)
		}
	}
	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	nonce, _ := fidelius.NewNonce(nil)
	if _, err := fidelius.NewTransfer(good, good.Public(), short, nonce); err == nil {
		t.Error("a short nonce was accepted")
	}
}

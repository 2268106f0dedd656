package fidelius

import (
	"encoding/hex"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// The constants of the maps, big-endian. The Montgomery form is B·v² = u³ + A·u² + u with A = 486662; Weierstrass x is
// u + A/3; Edwards y is (u-1)/(u+1) and x is sqrt(-486664)·u/v.
var (
	third     = element("2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad2451") // A/3
	root      = element("70d9120b9f5ff9442d84f723fc03b0813a5e2c2eb482e57d3391fb5500ba81e7") // of -486664, the one that sends base to base
	weierA    = element("2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa984914a144")
	weierB    = element("7b425ed097b425ed097b425ed097b425ed097b425ed097b4260b5e9c7710c864")
	identity  = edwards25519.NewIdentityPoint()
	prefixLen = x509Bytes - pointBytes
	x509Head  = unhex("308201313081ea06072a8648ce3d02013081de020101302b06072a8648ce3d010102207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed" +
		"304404202aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa984914a14404207b425ed097b425ed097b425ed097b425ed097b425ed097b4260b5e9c7710c864" +
		"0441042aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad245a20ae19a1b8a086b4e01edd2c7748d14c923d4d7e6d7c61b229e9c5a27eced3d9" +
		"02201000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed02010803420004")[:prefixLen]
)

// unhex reads a constant of this file.
func unhex(s string) []byte {
	raw, err := hex.DecodeString(s)
	if err != nil {
		panic("fidelius: malformed constant " + s)
	}
	return raw
}

// element reads a constant of this file.
func element(s string) *field.Element {
	e, ok := fromBig(unhex(s))
	if !ok {
		panic("fidelius: malformed constant " + s)
	}
	return e
}

// fromBig reads 32 big-endian bytes; values of p and above are no element.
func fromBig(big []byte) (*field.Element, bool) {
	e, err := new(field.Element).SetBytes(reversed(big))
	if err != nil {
		return nil, false
	}
	return e, string(reversed(e.Bytes())) == string(big)
}

func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, v := range b {
		out[len(b)-1-i] = v
	}
	return out
}

// edwards takes a public key of 65 bytes to the Edwards form. The sign of x is lost, which does not matter: only the X of
// a product is ever used.
func edwards(raw []byte) (*edwards25519.Point, error) {
	if len(raw) != pointBytes || raw[0] != 4 {
		return nil, ErrKey
	}
	x, okX := fromBig(raw[1:33])
	y, okY := fromBig(raw[33:])
	if !okX || !okY || !onCurve(x, y) {
		return nil, ErrKey
	}
	one := new(field.Element).One()
	u := new(field.Element).Subtract(x, third)
	below := new(field.Element).Add(u, one)
	if below.Equal(new(field.Element).Zero()) == 1 {
		return nil, ErrKey
	}
	ey := new(field.Element).Multiply(new(field.Element).Subtract(u, one), new(field.Element).Invert(below))
	p, err := edwards25519.NewIdentityPoint().SetBytes(ey.Bytes())
	if err != nil {
		return nil, ErrKey
	}
	if edwards25519.NewIdentityPoint().MultByCofactor(p).Equal(identity) == 1 {
		return nil, ErrKey
	}
	return p, nil
}

// onCurve says whether y² = x³ + a·x + b.
func onCurve(x, y *field.Element) bool {
	right := new(field.Element).Square(x)
	right.Add(right, weierA)
	right.Multiply(right, x)
	right.Add(right, weierB)
	return new(field.Element).Square(y).Equal(right) == 1
}

// weierstrass takes a point to the 65 bytes of its Weierstrass form. Infinity has none.
func weierstrass(p *edwards25519.Point) ([]byte, error) {
	if p.Equal(identity) == 1 {
		return nil, ErrKey
	}
	u, err := new(field.Element).SetBytes(p.BytesMontgomery())
	if err != nil {
		return nil, ErrKey
	}
	ex, _, z, _ := p.ExtendedCoordinates()
	affine := new(field.Element).Multiply(ex, new(field.Element).Invert(z))
	if affine.Equal(new(field.Element).Zero()) == 1 {
		return nil, ErrKey
	}
	x := new(field.Element).Add(u, third)
	y := new(field.Element).Multiply(new(field.Element).Multiply(root, u), new(field.Element).Invert(affine))
	out := append([]byte{4}, reversed(x.Bytes())...)
	return append(out, reversed(y.Bytes())...), nil
}

package journal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"jaanch/internal/lab"
)

// headDomain keeps a signature of a head from being taken for a signature of anything else.
const headDomain = "jaanch-journal-head-1"

// SignedHead says, under the node's key, that a chain had this hash at this sequence. It is kept outside the database: a
// chain that was cut or written anew no longer agrees with it.
type SignedHead struct {
	Device    lab.ID
	Epoch     int64
	Seq       int64
	WallMS    int64
	Hash      []byte
	Signature []byte
}

// ErrHead tells that a signed head is damaged or not signed by this key.
var ErrHead = errors.New("signed head is not valid")

func (h SignedHead) message() []byte {
	out := appendHead(make([]byte, 0, 128), majorArray, 6)
	out = appendText(out, headDomain)
	out = appendBytes(out, h.Device[:])
	out = appendInt(appendInt(appendInt(out, h.Epoch), h.Seq), h.WallMS)
	return appendBytes(out, h.Hash)
}

// Sign fills the signature.
func (h SignedHead) Sign(key ed25519.PrivateKey) SignedHead {
	h.Signature = ed25519.Sign(key, h.message())
	return h
}

// Check tells whether this key signed the head.
func (h SignedHead) Check(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize || len(h.Hash) != HashSize || !ed25519.Verify(key, h.message(), h.Signature) {
		return ErrHead
	}
	return nil
}

// headText is the file's form: readable, so that a person can compare it with the daily sheet.
type headText struct {
	Device    string `json:"device"`
	Epoch     int64  `json:"epoch"`
	Seq       int64  `json:"seq"`
	WallMS    int64  `json:"wall_ms"`
	Hash      string `json:"hash"`
	Signature string `json:"signature"`
}

// Encode gives the file's form.
func (h SignedHead) Encode() ([]byte, error) {
	out, err := json.Marshal(headText{
		Device: h.Device.String(), Epoch: h.Epoch, Seq: h.Seq, WallMS: h.WallMS,
		Hash: hex.EncodeToString(h.Hash), Signature: hex.EncodeToString(h.Signature),
	})
	if err != nil {
		return nil, fmt.Errorf("encode signed head: %w", err)
	}
	return append(out, '\n'), nil
}

// ParseHead reads what Encode wrote. It does not check the signature.
func ParseHead(text []byte) (SignedHead, error) {
	var raw headText
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&raw); err != nil {
		return SignedHead{}, fmt.Errorf("%w: %w", ErrHead, err)
	}
	device, err1 := lab.ParseID(raw.Device)
	hash, err2 := hex.DecodeString(raw.Hash)
	signature, err3 := hex.DecodeString(raw.Signature)
	if err := errors.Join(err1, err2, err3); err != nil {
		return SignedHead{}, fmt.Errorf("%w: %w", ErrHead, err)
	}
	return SignedHead{
		Device: device, Epoch: raw.Epoch, Seq: raw.Seq, WallMS: raw.WallMS, Hash: hash, Signature: signature,
	}, nil
}

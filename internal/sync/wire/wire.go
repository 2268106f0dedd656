// Package wire is how a node and the hub speak: batches of journal entries up, pages of records down. Bodies are
// deterministic CBOR with small numbers as keys, so that a reader passes over what it does not know, packed with zstd.
// Entries travel as columns, with differences and dictionaries; every column of the journal's header is there, so the
// hub computes each hash again with the node's own functions.
package wire

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"

	"jaanch/internal/lab"
)

// Limits of the protocol, version 1.
const (
	Version    = 1
	MaxChanges = 2000      // entries in a batch, unless one Update alone has more
	MaxBytes   = 512 << 10 // of a batch before packing, unless one Update alone has more
	MaxPacked  = 16 << 20  // of a body as it is sent; a greater one is refused unread
	MaxPlain   = 64 << 20  // of a body after unpacking
	MaxRows    = 2000      // records in a page
	window     = 1 << 20   // bytes of history that a reader must hold to unpack

	// ContentType and Encoding are the headers of every body here.
	ContentType = "application/cbor"
	Encoding    = "zstd"
)

// Codec packs and unpacks bodies. It is safe for use by many goroutines; make one per process.
type Codec struct {
	packer   *zstd.Encoder
	unpacker *zstd.Decoder
}

// modes are CBOR's rules here, made once and never changed.
var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic("wire: deterministic CBOR: " + err.Error())
	}
	dec, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxArrayElements: 1 << 20,
		MaxMapPairs:      1 << 20,
		MaxNestedLevels:  16,
	}.DecMode()
	if err != nil {
		panic("wire: strict CBOR: " + err.Error())
	}
	return enc, dec
}

// NewCodec makes a codec: zstd at level 3, a window of 1 MiB, and a reader that refuses to grow beyond MaxPlain.
func NewCodec() (*Codec, error) {
	packer, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(3)), zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(2))
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	unpacker, err := zstd.NewReader(nil,
		zstd.WithDecoderMaxMemory(MaxPlain), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderConcurrency(2))
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	return &Codec{packer: packer, unpacker: unpacker}, nil
}

// Close gives back the codec's buffers.
func (c *Codec) Close() {
	_ = c.packer.Close() // nothing is buffered: EncodeAll alone is used
	c.unpacker.Close()
}

// Marshal gives the packed body of a message.
func (c *Codec) Marshal(message any) ([]byte, error) {
	plain, err := encoding.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("wire: encode: %w", err)
	}
	return c.packer.EncodeAll(plain, make([]byte, 0, len(plain)/3+64)), nil
}

// Unmarshal reads a packed body into a message.
func (c *Codec) Unmarshal(body []byte, message any) error {
	if len(body) > MaxPacked {
		return &lab.Error{Kind: lab.KindTooLarge, Code: "sync_body_too_large", Message: "The message is too large."}
	}
	plain, err := c.unpacker.DecodeAll(body, nil)
	if err != nil {
		return malformed(err)
	}
	if err := decoding.Unmarshal(plain, message); err != nil {
		return malformed(err)
	}
	return nil
}

func malformed(cause error) error {
	return &lab.Error{Kind: lab.KindInvalid, Code: "sync_malformed", Message: "The message cannot be read.", Cause: cause}
}

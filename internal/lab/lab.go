// Package lab is the domain's vocabulary: identifiers, money, decimals, the actor behind a change, and the one error
// type. Together with the packages below it, it is pure: no I/O, no SQL, no clock, no randomness and no logging. Ids and
// times are passed in.
package lab

import (
	"crypto/sha256"
	"encoding/hex"
)

// ID identifies a record everywhere: at the node, at the hub and on the wire. It is a UUID, version 7 for records
// that we make, so that ids made later sort later. The zero ID means "none".
type ID [16]byte

// NameID gives the id of something that is known by its name everywhere, such as a test of the starter catalogue: whoever
// makes it makes the same id, without asking anybody. It is a UUID of version 8 (RFC 9562): the SHA-256 of the parts, each
// ended by a zero byte.
func NameID(parts ...string) ID {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	var id ID
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the 36-character form that String writes.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, Invalid("id_malformed", "The identifier is not valid.")
	}
	compact := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36]
	if _, err := hex.Decode(id[:], []byte(compact)); err != nil {
		return ID{}, Invalid("id_malformed", "The identifier is not valid.")
	}
	return id, nil
}

// IDFromBytes reads the 16-byte form that databases and the wire hold.
func IDFromBytes(b []byte) (ID, error) {
	var id ID
	if len(b) != len(id) {
		return ID{}, Invalid("id_malformed", "The identifier is not valid.")
	}
	copy(id[:], b)
	return id, nil
}

// String gives the canonical lower-case UUID form.
func (id ID) String() string {
	var out [36]byte
	hex.Encode(out[0:8], id[0:4])
	out[8] = '-'
	hex.Encode(out[9:13], id[4:6])
	out[13] = '-'
	hex.Encode(out[14:18], id[6:8])
	out[18] = '-'
	hex.Encode(out[19:23], id[8:10])
	out[23] = '-'
	hex.Encode(out[24:36], id[10:16])
	return string(out[:])
}

// IsZero tells whether the ID is "none".
func (id ID) IsZero() bool { return id == ID{} }

// Bytes gives a copy of the 16 bytes.
func (id ID) Bytes() []byte { return append([]byte(nil), id[:]...) }

package journal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"jaanch/internal/lab"
)

// HashSize is the length in bytes of every hash and digest here.
const HashSize = sha256.Size

// KeySize is the length in bytes of a subject's key.
const KeySize = 32

const saltSize = 16

// Genesis gives the previous hash of the first entry of a device: SHA-256(0x00 ‖ device id).
func Genesis(device lab.ID) []byte {
	h := sha256.New()
	h.Write([]byte{0x00})
	h.Write(device[:])
	return h.Sum(nil)
}

// Salt gives the 16 bytes that make a digest of personal fields useless to a guesser: they follow from the subject's
// random key, so that they are gone once the key is erased.
func Salt(key []byte, epoch, seq int64) []byte {
	var msg [16]byte
	binary.BigEndian.PutUint64(msg[:8], uint64(epoch))
	binary.BigEndian.PutUint64(msg[8:], uint64(seq))
	mac := hmac.New(sha256.New, key)
	mac.Write(msg[:])
	return mac.Sum(nil)[:saltSize]
}

// PHIDigest gives SHA-256(salt ‖ canonical(phi)).
func PHIDigest(salt, canonicalPHI []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(canonicalPHI)
	return h.Sum(nil)
}

// Digest gives SHA-256(canonical(fields) ‖ phiDigest); phiDigest is empty where there is no phi.
func Digest(canonicalFields, phiDigest []byte) []byte {
	h := sha256.New()
	h.Write(canonicalFields)
	h.Write(phiDigest)
	return h.Sum(nil)
}

// Hash gives SHA-256(0x01 ‖ previous hash ‖ canonical(header) ‖ digest).
func Hash(previous, canonicalHeader, digest []byte) []byte {
	h := sha256.New()
	h.Write([]byte{0x01})
	h.Write(previous)
	h.Write(canonicalHeader)
	h.Write(digest)
	return h.Sum(nil)
}

// AppendHeader appends the canonical header: the array of seq, epoch, txid, entity, record, subject, op, hlc, wall_ms,
// zone_min, actor, session, origin_pos, reason, schema, base, in this order, absent = null. Entity, record, subject,
// session, origin_pos, reason and base are absent when they are zero or empty; the others always stand.
func (e *Entry) AppendHeader(dst []byte) []byte {
	dst = appendHead(dst, majorArray, 16)
	dst = appendInt(appendInt(appendInt(dst, e.Seq), e.Epoch), e.TxID)
	if e.Entity == 0 {
		dst = appendNull(dst)
	} else {
		dst = appendInt(dst, int64(e.Entity))
	}
	dst = appendOptionalID(appendOptionalID(dst, e.Record), e.Subject)
	dst = appendText(dst, string(e.Op))
	dst = appendHead(dst, majorUint, uint64(e.HLC))
	dst = appendInt(appendInt(dst, e.WallMS), int64(e.ZoneMin))
	dst = appendText(dst, e.Actor)
	dst = appendOptionalText(dst, e.Session)
	if len(e.OriginPos) == 0 {
		dst = appendNull(dst)
	} else {
		dst = appendBytes(dst, e.OriginPos)
	}
	dst = appendOptionalText(dst, e.Reason)
	dst = appendInt(dst, int64(e.Schema))
	if len(e.Base) == 0 {
		return appendNull(dst)
	}
	return AppendBase(dst, e.Base)
}

func appendOptionalID(dst []byte, id lab.ID) []byte {
	if id.IsZero() {
		return appendNull(dst)
	}
	return appendBytes(dst, id[:])
}

func appendOptionalText(dst []byte, s string) []byte {
	if s == "" {
		return appendNull(dst)
	}
	return appendText(dst, s)
}

// Sealed is an entry's canonical parts, as they are stored.
type Sealed struct {
	Fields []byte
	PHI    []byte // nil without personal fields
	Prev   []byte // nil without old values
	Base   []byte // nil when the entry stands on nothing
}

// Seal fills PHIDigest, Digest and Hash from the header, the fields and the previous hash, and gives the canonical
// parts. Key is the subject's key; it is needed only where there are personal fields.
func (e *Entry) Seal(previous, key []byte) (Sealed, error) {
	var s Sealed
	var err error
	if s.Fields, err = AppendFields(make([]byte, 0, 256), e.Fields); err != nil {
		return Sealed{}, err
	}
	e.PHIDigest = nil
	if len(e.PHI) > 0 {
		if len(key) != KeySize || e.Subject.IsZero() {
			return Sealed{}, fmt.Errorf("seal entry %d: personal fields without a subject's key", e.Seq)
		}
		if s.PHI, err = AppendFields(make([]byte, 0, 256), e.PHI); err != nil {
			return Sealed{}, err
		}
		e.PHIDigest = PHIDigest(Salt(key, e.Epoch, e.Seq), s.PHI)
	}
	if len(e.Prev) > 0 {
		if s.Prev, err = AppendFields(make([]byte, 0, 256), e.Prev); err != nil {
			return Sealed{}, err
		}
	}
	if len(e.Base) > 0 {
		s.Base = AppendBase(make([]byte, 0, 32), e.Base)
	}
	e.Digest = Digest(s.Fields, e.PHIDigest)
	e.Hash = Hash(previous, e.AppendHeader(make([]byte, 0, 256)), e.Digest)
	return s, nil
}

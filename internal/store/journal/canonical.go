package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"jaanch/internal/lab"

	"github.com/fxamacker/cbor/v2"
)

// Canonical bytes are deterministic CBOR (RFC 8949 4.2.1). The few shapes that a journal holds are written by hand,
// because every entry is encoded three times and reflection costs more than the hash; a test holds each of them against
// the CBOR library's own deterministic mode, and decoding is the library's.

const (
	majorUint  = 0 << 5
	majorNeg   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	cborNull   = 0xf6
)

// deterministic and strict are the library's modes, made once and never changed.
var (
	deterministic = func() cbor.EncMode {
		mode, err := cbor.CoreDetEncOptions().EncMode()
		if err != nil {
			panic("journal: deterministic CBOR: " + err.Error())
		}
		return mode
	}()
	strict = func() cbor.DecMode {
		mode, err := cbor.DecOptions{
			DupMapKey:   cbor.DupMapKeyEnforcedAPF,
			IntDec:      cbor.IntDecConvertSignedOrFail,
			IndefLength: cbor.IndefLengthForbidden,
			TagsMd:      cbor.TagsForbidden,
		}.DecMode()
		if err != nil {
			panic("journal: strict CBOR: " + err.Error())
		}
		return mode
	}()
)

// ErrValue tells that a value is of a type, or a text of a form, that no journal entry carries.
var ErrValue = errors.New("value cannot be journalled")

// AppendFields appends the canonical form of field number → value. A nil map is an empty one. Values are nil, int64, int,
// string (valid UTF-8), []byte, float64 and lab.ID (its 16 bytes).
func AppendFields(dst []byte, fields map[int]any) ([]byte, error) {
	keys := make([]int, 0, 24)
	for k := range fields {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	dst = appendHead(dst, majorMap, uint64(len(keys)))
	var err error
	for _, k := range keys {
		dst = appendInt(dst, int64(k))
		if dst, err = appendValue(dst, fields[k]); err != nil {
			return nil, fmt.Errorf("encode field %d: %w", k, err)
		}
	}
	return dst, nil
}

// AppendBase appends the canonical form of field group → version.
func AppendBase(dst []byte, base map[int]int64) []byte {
	keys := make([]int, 0, 8)
	for k := range base {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	dst = appendHead(dst, majorMap, uint64(len(keys)))
	for _, k := range keys {
		dst = appendInt(appendInt(dst, int64(k)), base[k])
	}
	return dst
}

// compareKeys orders as the bytes of the encoded keys do: 0, 1, 2 … and then -1, -2 …
func compareKeys(a, b int) int {
	ra, rb := uint64(a), uint64(b)
	if a < 0 {
		ra = uint64(-1-a) | 1<<63
	}
	if b < 0 {
		rb = uint64(-1-b) | 1<<63
	}
	switch {
	case ra < rb:
		return -1
	case ra > rb:
		return 1
	}
	return 0
}

// DecodeFields reads what AppendFields wrote; nothing is an empty map. Whole numbers come back as int64.
func DecodeFields(b []byte) (map[int]any, error) {
	out := map[int]any{}
	if len(b) == 0 {
		return out, nil
	}
	if err := decode(b, &out); err != nil {
		return nil, err
	}
	return out, nil
}

// DecodeBase reads what AppendBase wrote; nothing is an empty map.
func DecodeBase(b []byte) (map[int]int64, error) {
	out := map[int]int64{}
	if len(b) == 0 {
		return out, nil
	}
	if err := decode(b, &out); err != nil {
		return nil, err
	}
	return out, nil
}

func decode(b []byte, into any) error {
	if err := strict.Unmarshal(b, into); err != nil {
		return fmt.Errorf("decode canonical bytes: %w", err)
	}
	return nil
}

func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

func appendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return appendHead(dst, majorNeg, uint64(-1-v))
	}
	return appendHead(dst, majorUint, uint64(v))
}

func appendBytes(dst, v []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(v))), v...)
}

func appendText(dst []byte, v string) []byte {
	return append(appendHead(dst, majorText, uint64(len(v))), v...)
}

func appendNull(dst []byte) []byte { return append(dst, cborNull) }

func appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return appendNull(dst), nil
	case int64:
		return appendInt(dst, v), nil
	case int:
		return appendInt(dst, int64(v)), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("%w: text is not UTF-8", ErrValue)
		}
		return appendText(dst, v), nil
	case []byte:
		if v == nil {
			return appendNull(dst), nil
		}
		return appendBytes(dst, v), nil
	case lab.ID:
		return appendBytes(dst, v[:]), nil
	case float64:
		return appendFloat(dst, v)
	}
	return nil, fmt.Errorf("%w: type %T", ErrValue, v)
}

// appendFloat leaves the shortest form that keeps the value to the library: only plotted numbers are floats at all.
func appendFloat(dst []byte, v float64) ([]byte, error) {
	b, err := deterministic.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode real: %w", err)
	}
	return append(dst, b...), nil
}

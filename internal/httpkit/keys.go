package httpkit

import (
	"strings"

	"jaanch/internal/lab"
)

// IdempotencyHeader carries the key that makes a create safe to send twice.
const IdempotencyHeader = "Idempotency-Key"

// IdempotencyKey checks the form of an Idempotency-Key: 16 to 64 letters, digits, "-" or "_", such as a UUID. An empty
// one is an error, since every create needs one.
func IdempotencyKey(header string) (string, error) {
	if header == "" {
		return "", lab.Invalid("idempotency_key_missing", "Send an Idempotency-Key with every create.",
			lab.FieldError{Field: IdempotencyHeader, Code: codeRequired})
	}
	malformed := len(header) < 16 || len(header) > 64 || strings.ContainsFunc(header, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
	if malformed {
		return "", lab.Invalid("idempotency_key_malformed", "The Idempotency-Key is 16 to 64 letters, digits, - or _.",
			lab.FieldError{Field: IdempotencyHeader, Code: codePattern})
	}
	return header, nil
}

// ETag gives a record's version, an opaque text, as the value of an ETag header.
func ETag(version string) string { return `"` + version + `"` }

// IfMatch reads the version that a person saw out of an If-Match header. A change without one is refused: it could
// overwrite what somebody else has just written.
func IfMatch(header string) (string, error) {
	if header == "" {
		return "", lab.Invalid("version_missing", "Send the version that you saw in If-Match.",
			lab.FieldError{Field: "If-Match", Code: codeRequired})
	}
	v := strings.TrimPrefix(header, "W/")
	if len(v) < 3 || len(v) > 512 || v[0] != '"' || v[len(v)-1] != '"' || strings.ContainsAny(v[1:len(v)-1], "\",") {
		return "", lab.Invalid("version_malformed", "If-Match holds one quoted version.",
			lab.FieldError{Field: "If-Match", Code: codePattern})
	}
	return v[1 : len(v)-1], nil
}

// Stale is the answer to a change that stands on an older version than the stored one. current and wanted are shown
// side by side by the screen; they reach only somebody who may read the record.
func Stale(entity string, id lab.ID, version string, current, wanted any) *lab.Error {
	return &lab.Error{
		Kind: lab.KindConflict, Code: "stale_record",
		Message: "Somebody else changed this in the meantime. Compare both and decide.",
		Detail: map[string]any{
			"entity": entity, "id": id.String(), "version": version, "current": current, "wanted": wanted,
		},
	}
}

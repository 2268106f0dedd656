// Package webhook holds what every announcement of an outside service has in common: the request as it came, and the ways
// in which its signature can be wrong. What a service says lives in the package of the service; here is nothing that
// would have to be trusted before the signature was.
package webhook

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"

	"jaanch/internal/lab"
)

// MaxBytes bounds a body: the largest announcements (batches of e-mail events) stay far below.
const MaxBytes = 1 << 20

// Delivery is one request of a service, as it came. Body is never decoded and written again before the signature was
// checked: the signature covers the bytes.
type Delivery struct {
	URL    string // that the service called, from our own configuration, never from a header
	Header http.Header
	Body   []byte
}

// The ways in which a delivery is not believed. None says which secret or which part did not fit.
var (
	ErrUnsigned = &lab.Error{Kind: lab.KindUnauthenticated, Code: "signature_missing", Message: "The signature is missing or has not its form.", Fields: []lab.FieldError{{Field: "signature", Code: "missing", Message: "is missing or malformed"}}}
	ErrForged   = &lab.Error{Kind: lab.KindUnauthenticated, Code: "signature_wrong", Message: "The signature does not fit the bytes and the secret.", Fields: []lab.FieldError{{Field: "signature", Code: "wrong", Message: "does not fit"}}}
	ErrOld      = &lab.Error{Kind: lab.KindUnauthenticated, Code: "signature_old", Message: "The signature is too old or of the future.", Fields: []lab.FieldError{{Field: "timestamp", Code: "old", Message: "is too far from now"}}}
	ErrForeign  = &lab.Error{Kind: lab.KindInvalid, Code: "webhook_foreign", Message: "This is no announcement of a kind that this service is known to make."}
)

// HMAC says whether the lowercase hexadecimal signature is that of the message under one of the secrets. It looks at
// every secret in constant time, so that neither their number nor their order shows. An empty secret never fits.
func HMAC(algorithm func() hash.Hash, secrets []string, message []byte, signature string) bool {
	given, err := hex.DecodeString(signature)
	if err != nil || strings.ToLower(signature) != signature {
		return false
	}
	fits := 0
	for _, s := range secrets {
		if s == "" {
			continue
		}
		mac := hmac.New(algorithm, []byte(s))
		mac.Write(message)
		fits |= subtle.ConstantTimeCompare(mac.Sum(nil), given)
	}
	return fits == 1
}

package sqlite

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Row holds values by column: nil, int64, string, []byte, and float64 in real columns. For convenience int, bool and
// lab.Paise count as int64 and lab.ID as its bytes (the zero ID as nil).
type Row map[string]any

// normal gives a value in the form in which database and journal hold it, or an error where it does not fit the column.
func normal(f journal.Field, v any) (any, error) {
	switch x := v.(type) {
	case int:
		v = int64(x)
	case bool:
		v = int64(0)
		if x {
			v = int64(1)
		}
	case lab.Paise:
		v = int64(x)
	case lab.ID:
		v = any(nil)
		if !x.IsZero() {
			v = x.Bytes()
		}
	case []byte:
		if x == nil {
			v = nil
		}
	}
	if v == nil {
		return nil, nil //nolint:nilnil // nil is the value NULL here, not the absence of an answer
	}
	if !fits(f.Type, v) {
		return nil, fmt.Errorf("column %s cannot hold a %T", f.Column, v)
	}
	if text, ok := v.(string); ok && (!utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0) {
		return nil, lab.Invalid("text_malformed", "The text contains characters that cannot be stored.",
			lab.FieldError{Field: f.Column, Code: "text_malformed"})
	}
	return v, nil
}

func fits(t journal.FieldType, v any) bool {
	switch v := v.(type) {
	case int64:
		return t == journal.TypeInt
	case string:
		return t == journal.TypeText || t == journal.TypeJSON
	case []byte:
		return t == journal.TypeBlob || t == journal.TypeID && len(v) == len(lab.ID{})
	case float64:
		return t == journal.TypeReal
	}
	return false
}

// equalValues compares two normal values.
func equalValues(a, b any) bool {
	x, xOK := a.([]byte)
	y, yOK := b.([]byte)
	if xOK || yOK {
		return xOK && yOK && bytes.Equal(x, y)
	}
	return a == b
}

// shown gives a value as a client may see it.
func shown(f journal.Field, v any) any {
	if b, ok := v.([]byte); ok && f.Type == journal.TypeID {
		if id, err := lab.IDFromBytes(b); err == nil {
			return id.String()
		}
	}
	return v
}

package journal

import (
	"encoding/base64"
	"fmt"

	"jaanch/internal/lab"
)

// Shown gives a value in the form in which JSON carries it: ids as UUID text, bytes as base64, the rest as it is.
func Shown(f Field, v any) any {
	b, ok := v.([]byte)
	if !ok {
		return v
	}
	if f.Type == TypeID {
		if id, err := lab.IDFromBytes(b); err == nil {
			return id.String()
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}

// FromShown reads a value that came as JSON back into the form of an entry. An empty text in a column of another type is
// nothing; what does not fit the column is an error of kind invalid that names it.
func FromShown(f Field, v any) (any, error) {
	unfit := lab.Invalid("field_type", "The value does not fit the field.", lab.FieldError{Field: f.Column, Code: "field_type"})
	if v == nil || v == "" && f.Type != TypeText {
		return nil, nil //nolint:nilnil // nil is the value NULL here
	}
	switch x := v.(type) {
	case float64:
		if f.Type == TypeInt && x == float64(int64(x)) {
			return int64(x), nil
		}
		if f.Type == TypeReal {
			return x, nil
		}
	case int64:
		if f.Type == TypeInt {
			return x, nil
		}
	case string:
		return fromText(f, x)
	}
	return nil, unfit
}

func fromText(f Field, text string) (any, error) {
	switch f.Type {
	case TypeText, TypeJSON:
		return text, nil
	case TypeID:
		id, err := lab.ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Column, err)
		}
		return id.Bytes(), nil
	case TypeBlob:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Column, err)
		}
		return b, nil
	case TypeInt, TypeReal:
	}
	return nil, lab.Invalid("field_type", "The value does not fit the field.", lab.FieldError{Field: f.Column, Code: "field_type"})
}

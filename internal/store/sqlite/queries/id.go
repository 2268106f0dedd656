// Package queries holds the node's reading statements and those that write what is not journalled, as .sql files with the
// code that sqlc makes of them. Whoever uses it does so inside a transaction of package sqlite.
package queries

import (
	"database/sql/driver"
	"errors"
)

// ID is lab.ID as a column: 16 bytes, NULL for none. It converts to and from lab.ID as it stands.
//
//nolint:recvcheck // Scan must change it, Value must work on a copy: database/sql asks for both
type ID [16]byte

// Scan reads 16 bytes, or NULL as the zero ID.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
	}
	return errors.New("scan id: not 16 bytes")
}

// Value writes 16 bytes, or NULL for the zero ID.
func (id ID) Value() (driver.Value, error) {
	if id == (ID{}) {
		return nil, nil
	}
	return id[:], nil
}

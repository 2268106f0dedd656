package sqlite

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migrations gives the numbered migrations of this binary. Tests add tables of their own to a copy.
func Migrations() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic("sqlite: embedded migrations: " + err.Error())
	}
	return sub
}

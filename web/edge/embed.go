// Package edgeui carries the built browser app of the node inside the binary, so that a lab installs one file and the UI
// never differs from the API it speaks to. Without a build dist holds only a placeholder and the server says so.
package edgeui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built app, rooted at its index.html.
func Files() (fs.FS, error) { return fs.Sub(dist, "dist") }

//go:build !windows

package sqlite

import (
	"errors"
	"fmt"
	"os"
)

// flushFolder makes a rename in the folder durable.
func flushFolder(path string) error {
	f, err := os.Open(path) //nolint:gosec // a path of the node's own, from its configuration
	if err != nil {
		return fmt.Errorf("flush folder: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

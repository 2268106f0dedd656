package folder

import (
	"errors"
	"fmt"
	"os"
)

// Private makes sure that the files can be read by the node's own account alone. A file that is not there is made empty,
// because the engine would make it readable by all; one that is there is never opened here. The engine gives the files
// that it keeps beside a database the same mode.
func Private(paths ...string) error {
	for _, path := range paths {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // a path of the node's own, from its configuration
		if err == nil {
			err = f.Close()
		} else if errors.Is(err, os.ErrExist) {
			err = os.Chmod(path, 0o600)
		}
		if err != nil {
			return fmt.Errorf("keep a file private: %w", err)
		}
	}
	return nil
}

//go:build unix

package folder

import (
	"fmt"
	"syscall"
)

// Free gives the bytes that a process without special rights may still write on the folder's disk.
func Free(path string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return 0, fmt.Errorf("look at the free space: %w", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // the types differ between systems
}

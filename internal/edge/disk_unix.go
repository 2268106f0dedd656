//go:build unix

package edge

import "syscall"

// diskFree gives the bytes that are free for the node; zero where the system does not say.
func diskFree(path string) int64 {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return 0
	}
	return int64(st.Bavail) * st.Bsize //nolint:unconvert // the types differ between systems
}

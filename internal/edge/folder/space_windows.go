package folder

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Free gives the bytes that a process without special rights may still write on the folder's disk.
func Free(path string) (int64, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, fmt.Errorf("look at the free space: %w", err)
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, fmt.Errorf("look at the free space: %w", err)
	}
	return int64(free), nil //nolint:gosec // sizes of disks fit
}

package folder

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockAt is far behind the end of the file, so that others can still read who holds it.
const lockAt = 0x7fff0000

// tryLock takes the file's lock without waiting. The system gives it up when the process ends.
func tryLock(f *os.File) (bool, error) {
	where := &windows.Overlapped{Offset: lockAt}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, where)
	if err == nil {
		return true, nil
	}
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return false, err
}

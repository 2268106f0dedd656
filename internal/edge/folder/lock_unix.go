//go:build unix

package folder

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the file's lock without waiting. flock belongs to the open file and not to the process, so no other open
// and close of the same file can lose it, and the system gives it up when the process ends.
func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

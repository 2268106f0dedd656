package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"jaanch/internal/lab"
)

// reason gives the core of an error in words: the system's own sentence, or our sentence for the person.
func reason(err error) string {
	if e, ok := errors.AsType[*lab.Error](err); ok && e.Message != "" {
		return e.Message
	}
	if errors.Is(err, fs.ErrPermission) {
		return "this account may not"
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}

// tooOpen tells whether others may read. Windows keeps rights elsewhere, and its modes say nothing.
func tooOpen(mode os.FileMode) bool { return runtime.GOOS != "windows" && mode&0o077 != 0 }

// size says a number of bytes.
func size(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// spell says a time span in its largest fitting unit.
func spell(d time.Duration) string {
	unit, name := time.Second, "second"
	switch d = d.Abs(); {
	case d >= 48*time.Hour:
		unit, name = 24*time.Hour, "day"
	case d >= 2*time.Hour:
		unit, name = time.Hour, "hour"
	case d >= 2*time.Minute:
		unit, name = time.Minute, "minute"
	}
	n := int64(d / unit)
	if n != 1 {
		name += "s"
	}
	return fmt.Sprintf("%d %s", n, name)
}

//go:build unix

package measure

import (
	"syscall"
	"time"
)

// CPU is the processor time that this process has used: what remains comparable when others keep the machine busy.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

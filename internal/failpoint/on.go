//go:build faults && unix

package failpoint

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The environment of a faults build: the file for the marks, and the planted defect.
const (
	EnvMarks    = "JAANCH_FAULT_MARKS"
	EnvAckEarly = "JAANCH_FAULT_ACK_EARLY"
)

// linger widens the region between COMMIT and ACK, which is otherwise a few microseconds, so that kills fall into it.
const linger = 300 * time.Microsecond

var counters = sync.OnceValue(func() *[regions]atomic.Int64 {
	size := int(unsafe.Sizeof([regions]atomic.Int64{}))
	file, err := os.OpenFile(os.Getenv(EnvMarks), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return new([regions]atomic.Int64)
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(int64(size)); err != nil {
		return new([regions]atomic.Int64)
	}
	page, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return new([regions]atomic.Int64)
	}
	return (*[regions]atomic.Int64)(unsafe.Pointer(&page[0]))
})

// Enter marks that one path is inside the region.
func Enter(r Region) {
	counters()[r].Add(1)
	if r == Unanswered {
		for end := time.Now().Add(linger); time.Now().Before(end); {
			runtime.Gosched()
		}
	}
}

// Leave marks that it left.
func Leave(r Region) { counters()[r].Add(-1) }

// AckEarly tells whether the planted defect is on: acknowledge before COMMIT.
func AckEarly() bool { return os.Getenv(EnvAckEarly) == "1" }

// Watch maps the marks of another process, for the test that kills it.
func Watch(path string) (func(Region) bool, error) {
	size := int(unsafe.Sizeof([regions]atomic.Int64{}))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(int64(size)); err != nil {
		return nil, err
	}
	page, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	marks := (*[regions]atomic.Int64)(unsafe.Pointer(&page[0]))
	return func(r Region) bool { return marks[r].Load() > 0 }, nil
}

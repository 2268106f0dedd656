//go:build linux

package main_test

import (
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// serialPair is a null-modem cable: two serial devices, what goes into one comes out of the other. Both ends stay open
// here, so that a process that dies at one end does not hang up the line.
func serialPair(t *testing.T) (near, far string) {
	t.Helper()
	a, nearTTY, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, farTTY, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, tty := range []*os.File{nearTTY, farTTY} {
		quiet(t, tty)
	}
	t.Cleanup(func() {
		for _, f := range []*os.File{a, b, nearTTY, farTTY} {
			_ = f.Close()
		}
	})
	go func() { _, _ = io.Copy(a, b) }()
	go func() { _, _ = io.Copy(b, a) }()
	return nearTTY.Name(), farTTY.Name()
}

// quiet turns off echo and line editing, as a serial line has none.
func quiet(t *testing.T, tty *os.File) {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	s.Iflag, s.Oflag, s.Lflag = 0, 0, 0
	s.Cflag |= unix.CS8 | unix.CREAD | unix.CLOCAL
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, s); err != nil {
		t.Fatal(err)
	}
}

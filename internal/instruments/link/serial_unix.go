//go:build !windows

package link

import (
	"io"
	"os"

	"github.com/tarm/serial"
)

func (s Serial) open() (io.ReadWriteCloser, error) {
	c := serial.Config{Name: s.Device, Baud: s.Baud, Size: byte(s.DataBits), ReadTimeout: step}
	switch s.Parity {
	case EvenParity:
		c.Parity = serial.ParityEven
	case OddParity:
		c.Parity = serial.ParityOdd
	case NoParity:
		c.Parity = serial.ParityNone
	}
	c.StopBits = serial.Stop1
	if s.StopBits == 2 {
		c.StopBits = serial.Stop2
	}
	return serial.OpenPort(&c)
}

// deviceWatch remembers which device stands behind the name now and tells later whether it still does.
func deviceWatch(device string) func() bool {
	before, err := os.Stat(device)
	return func() bool {
		now, later := os.Stat(device)
		return later != nil || err == nil && !os.SameFile(before, now)
	}
}

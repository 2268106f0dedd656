package link

import (
	"io"

	"go.bug.st/serial"
)

// open uses go.bug.st/serial: on Windows tarm/serial cannot raise RTS, and some analyzers send only while it is up.
func (s Serial) open() (io.ReadWriteCloser, error) {
	m := serial.Mode{
		BaudRate: s.Baud, DataBits: s.DataBits, Parity: serial.NoParity, StopBits: serial.OneStopBit,
		InitialStatusBits: &serial.ModemOutputBits{RTS: true, DTR: true},
	}
	switch s.Parity {
	case EvenParity:
		m.Parity = serial.EvenParity
	case OddParity:
		m.Parity = serial.OddParity
	case NoParity:
	}
	if s.StopBits == 2 {
		m.StopBits = serial.TwoStopBits
	}
	p, err := serial.Open(s.Device, &m)
	if err != nil {
		return nil, err
	}
	if err := p.SetReadTimeout(step); err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// deviceWatch has nothing to look at: Windows fails the read of a pulled port.
func deviceWatch(string) func() bool { return func() bool { return false } }

package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Parity is a serial line's parity bit.
type Parity string

// The parities.
const (
	NoParity   Parity = "none"
	EvenParity Parity = "even"
	OddParity  Parity = "odd"
)

// Serial opens a serial port. The zero values are the usual ones of analyzers: 9600 baud, 8 data bits, no parity, one
// stop bit. There is no flow control, and DTR and RTS stay asserted.
type Serial struct {
	Device   string // /dev/serial/by-id/…, COM3
	Baud     int
	DataBits int // 7 or 8
	Parity   Parity
	StopBits int // 1 or 2
}

// step is how long one read of the driver waits. Without it a waiting read never returns and Close hangs.
const step = 100 * time.Millisecond

func (s Serial) filled() (Serial, error) {
	if s.Baud == 0 {
		s.Baud = 9600
	}
	if s.DataBits == 0 {
		s.DataBits = 8
	}
	if s.Parity == "" {
		s.Parity = NoParity
	}
	if s.StopBits == 0 {
		s.StopBits = 1
	}
	switch {
	case s.Device == "":
		return s, errors.New("serial: no device is named")
	case s.DataBits != 7 && s.DataBits != 8:
		return s, fmt.Errorf("serial %s: %d data bits, want 7 or 8", s.Device, s.DataBits)
	case s.StopBits != 1 && s.StopBits != 2:
		return s, fmt.Errorf("serial %s: %d stop bits, want 1 or 2", s.Device, s.StopBits)
	case s.Parity != NoParity && s.Parity != EvenParity && s.Parity != OddParity:
		return s, fmt.Errorf("serial %s: parity %q, want none, even or odd", s.Device, s.Parity)
	}
	return s, nil
}

// Open opens the device.
func (s Serial) Open(context.Context) (Port, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	raw, err := s.open()
	if err != nil {
		return nil, fmt.Errorf("open serial %s: %w", s.Device, err)
	}
	return &serialPort{raw: raw, device: s.Device, gone: deviceWatch(s.Device)}, nil
}

// serialPort makes a Port of a driver whose reads time out as (0, nil) or (0, io.EOF).
type serialPort struct {
	raw    io.ReadWriteCloser
	device string
	gone   func() bool // the device was pulled or replaced
	closed atomic.Bool
	close  sync.Once
}

// hurried is how many reads in a row may come back empty at once before the line counts as hung up: a driver that waits
// as asked takes a whole step for each.
const hurried = 8

// Read waits for bytes. A time-out of the driver is no end: the device is looked at about once a second instead, since a
// pulled adapter may look like time-outs for ever.
func (p *serialPort) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	fast := 0
	for empty := 1; ; empty++ {
		start := time.Now()
		n, err := p.raw.Read(b)
		switch {
		case n > 0:
			return n, nil
		case p.closed.Load():
			return 0, io.ErrClosedPipe
		case err != nil && !errors.Is(err, io.EOF):
			return 0, fmt.Errorf("read serial %s: %w", p.device, err)
		}
		if time.Since(start) < step/4 {
			fast++
		} else {
			fast = 0
		}
		if fast >= hurried || empty%10 == 0 && p.gone() {
			return 0, fmt.Errorf("read serial %s: %w", p.device, ErrGone)
		}
	}
}

// Write sends all of b.
func (p *serialPort) Write(b []byte) (int, error) {
	sent := 0
	for sent < len(b) {
		n, err := p.raw.Write(b[sent:])
		sent += n
		if err != nil {
			return sent, fmt.Errorf("write serial %s: %w", p.device, err)
		}
		if n == 0 {
			return sent, fmt.Errorf("write serial %s: %w", p.device, io.ErrShortWrite)
		}
	}
	return sent, nil
}

// Close closes the device; a waiting Read returns within a step. Whoever closes it a second time waits for the first: until
// the last read is over, the port would take bytes that belong to whoever opens it next.
func (p *serialPort) Close() error {
	var err error
	p.close.Do(func() {
		p.closed.Store(true)
		err = p.raw.Close()
	})
	return err
}

// Address gives the device's name.
func (p *serialPort) Address() string { return p.device }

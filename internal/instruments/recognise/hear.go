package recognise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
)

// Manners say how much may be put on a line that is only looked at.
type Manners struct {
	// Answer lets a sender begin: its ENQ is answered by ACK, and the frame behind it, which names the analyzer, is left
	// without an answer. E1381 makes the sender end and keep its message: nothing is lost, and it calls again.
	Answer bool
	// Probe asks a silent line whether somebody is there: ENQ, and EOT once it was answered. A receiver in its neutral
	// state ignores everything else, so that a wrong speed harms nothing. Only E1381 knows such a question.
	Probe bool
	// Quiet is how long nothing may come before what came so far is judged (300 ms).
	Quiet time.Duration
	// Limit ends the listening on one setting (20 s).
	Limit time.Duration
}

func (m Manners) filled() Manners {
	if m.Quiet <= 0 {
		m.Quiet = 300 * time.Millisecond
	}
	if m.Limit <= 0 {
		m.Limit = 20 * time.Second
	}
	return m
}

// maxHeard bounds what is kept of a line that is looked at.
const maxHeard = 1 << 20

// listener reads a port without waiting for it.
type listener struct {
	port  link.Port
	bytes chan []byte
	err   error // valid once bytes is closed
}

func listen(ctx context.Context, port link.Port) *listener {
	l := &listener{port: port, bytes: make(chan []byte)}
	go func() {
		defer close(l.bytes)
		buf := make([]byte, 4096)
		for {
			n, err := port.Read(buf)
			if n > 0 {
				select {
				case l.bytes <- bytes.Clone(buf[:n]):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				l.err = err
				return
			}
		}
	}()
	return l
}

// Hear listens on an open port until it knows who speaks, until the port is quiet behind something that cannot be made
// out, or until the manners' limit. It closes the port. The bytes are what the other end sent.
func Hear(ctx context.Context, profiles *profile.Set, port link.Port, m Manners) ([]byte, Finding, error) {
	m = m.filled()
	ctx, cancel := context.WithTimeout(ctx, m.Limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = port.Close() })
	defer stop()
	defer func() { _ = port.Close() }()
	h := hearing{profiles: profiles, port: port, manners: m}
	err := h.run(ctx, listen(ctx, port))
	return h.heard, Bytes(profiles, h.heard), err
}

// hearing is one Hear under way.
type hearing struct {
	profiles *profile.Set
	port     link.Port
	manners  Manners
	heard    []byte
	called   bool // an ENQ was answered
	probed   bool
	probe    int       // length of heard when the probe went out
	judged   time.Time // when a line that is never quiet was last looked at
}

func (h *hearing) run(ctx context.Context, in *listener) error {
	quiet := time.NewTimer(h.manners.Quiet)
	defer quiet.Stop()
	for {
		select {
		case b, ok := <-in.bytes:
			if !ok {
				if errors.Is(in.err, io.EOF) || errors.Is(in.err, io.ErrClosedPipe) || ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("listen: %w", in.err)
			}
			h.heard = append(h.heard, b...)
			if len(h.heard) >= maxHeard {
				return nil
			}
			if err := h.react(); err != nil {
				return err
			}
			if time.Since(h.judged) > h.manners.Quiet && h.hopeless() {
				return nil
			}
			quiet.Reset(h.manners.Quiet)
		case <-quiet.C:
			done, err := h.judge()
			if done || err != nil {
				return err
			}
			quiet.Reset(h.manners.Quiet)
		case <-ctx.Done():
			return nil
		}
	}
}

// react answers what must be answered at once.
func (h *hearing) react() error {
	if h.probed && len(h.heard) > h.probe {
		h.probed = false
		if c := h.heard[h.probe]; c == ack || c == nak {
			return h.write(eot) // somebody is there, and we have nothing to say
		}
	}
	if h.manners.Answer && !h.called && h.heard[len(h.heard)-1] == enq {
		h.called = true
		return h.write(ack)
	}
	return nil
}

// hopeless tells whether a line that is never quiet brings nothing but bytes of another speed or parity.
func (h *hearing) hopeless() bool {
	h.judged = time.Now()
	f := Bytes(h.profiles, h.heard)
	return len(h.heard) >= leastNoise && (f.Family == Noise || f.Family == ASTMCalls && f.Parity != "")
}

// judge looks at what came when nothing more does. True: more listening would not tell more.
func (h *hearing) judge() (bool, error) {
	if len(h.heard) == 0 {
		if h.manners.Probe && !h.probed {
			h.probed, h.probe = true, 0
			return false, h.write(enq)
		}
		return false, nil
	}
	f := Bytes(h.profiles, h.heard)
	switch f.Family {
	case ASTMCalls:
		// The header comes behind our ACK, which must have the right parity.
		return !h.manners.Answer || f.Parity != "", nil
	case Silent, Unknown:
		return false, nil
	case Noise:
		return len(h.heard) >= leastNoise, nil
	case ASTMFrames, ASTMBlock, ASTMBare, HL7Blocks, HL7Bare, BeckmanAU, Vidas, Dimension, Printer:
	}
	return true, nil
}

// leastNoise is how many bytes at a wrong speed settle that it is wrong: a single stray byte comes with every plug.
const leastNoise = 3

func (h *hearing) write(c byte) error {
	if _, err := h.port.Write([]byte{c}); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

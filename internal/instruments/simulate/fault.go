package simulate

import (
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"jaanch/internal/instruments/link"
)

// Faults are the ways in which a line goes wrong on purpose. A number n means every n-th time, 0 never. Writes are
// counted per connection, lone control characters left out; lost answers are counted per read.
type Faults struct {
	BadChecksum int           // a byte of the frame or block is changed
	LoseAck     int           // the answer never arrives
	Duplicate   int           // the frame or block goes out twice
	Torn        int           // the frame or block is cut in the middle and the line drops
	Garbage     int           // noise in front of the frame or block
	Unplug      int           // the line drops behind the frame or block, before its answer
	Contend     int           // the host's ENQ is answered by one of ours: both want the line (ASTM)
	ByteDelay   time.Duration // between bytes: a very slow line
}

// enq asks for the line in E1381.
const enq = 0x05

// any tells whether anything goes wrong at all.
func (f Faults) any() bool { return f != Faults{} }

// faultyPort spoils what passes through a port.
type faultyPort struct {
	link.Port

	f      Faults
	rng    *rand.Rand // of the writing side alone
	writes int
	reads  int
	asked  int // ENQs of the host
}

// spoil puts faults on a port.
func spoil(p link.Port, f Faults, seed uint64) link.Port {
	if !f.any() {
		return p
	}
	return &faultyPort{Port: p, f: f, rng: rand.New(rand.NewPCG(seed, 0x5eed))} //nolint:gosec // faults are repeated from a seed, nothing here is secret
}

func every(n, count int) bool { return n > 0 && count%n == 0 }

// Write passes b on, or spoils it. What the machine wanted to send counts as sent either way.
func (p *faultyPort) Write(b []byte) (int, error) {
	if len(b) < 2 {
		return len(b), p.slowly(b)
	}
	p.writes++
	out := append([]byte(nil), b...)
	switch {
	case every(p.f.Torn, p.writes):
		_ = p.slowly(out[:len(out)/2])
		_ = p.Close()
		return 0, io.ErrClosedPipe
	case every(p.f.BadChecksum, p.writes):
		out[len(out)/2] ^= 0x01
	case every(p.f.Duplicate, p.writes):
		out = append(out, out...)
	case every(p.f.Garbage, p.writes):
		noise := make([]byte, 16)
		for i := range noise {
			noise[i] = 'a' + byte(p.rng.IntN(26))
		}
		out = slices.Concat(noise, out)
	}
	if err := p.slowly(out); err != nil {
		return 0, err
	}
	if every(p.f.Unplug, p.writes) {
		_ = p.Close()
		return len(b), nil
	}
	return len(b), nil
}

// slowly writes byte by byte where the line is slow.
func (p *faultyPort) slowly(b []byte) error {
	if p.f.ByteDelay <= 0 {
		_, err := p.Port.Write(b)
		return err
	}
	for i := range b {
		if _, err := p.Port.Write(b[i : i+1]); err != nil {
			return err
		}
		time.Sleep(p.f.ByteDelay)
	}
	return nil
}

// Read passes on what came, or loses it.
func (p *faultyPort) Read(b []byte) (int, error) {
	for {
		n, err := p.Port.Read(b)
		p.reads++
		if n == 1 && b[0] == enq && err == nil {
			if p.asked++; every(p.f.Contend, p.asked) {
				if _, err := p.Port.Write([]byte{enq}); err != nil {
					return 0, err
				}
				continue // the analyzer wins: its own machine never hears of the host's wish
			}
		}
		if err != nil || !every(p.f.LoseAck, p.reads) {
			return n, err
		}
	}
}

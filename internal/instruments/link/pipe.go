package link

import (
	"bytes"
	"io"
	"sync"
)

// Pipe gives the two ends of a connection in memory. Each direction holds any number of bytes, as a socket's buffers
// would; what was written before Close can still be read.
func Pipe(left, right string) (Port, Port) {
	a, b := newStream(), newStream()
	return &pipeEnd{address: right, in: a, out: b}, &pipeEnd{address: left, in: b, out: a}
}

// pipeEnd is one end of a Pipe; its address names the other end.
type pipeEnd struct {
	address string
	in, out *stream
}

func (p *pipeEnd) Read(b []byte) (int, error)  { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error) { return p.out.write(b) }
func (p *pipeEnd) Address() string             { return p.address }

// Close ends both directions.
func (p *pipeEnd) Close() error {
	p.in.close()
	p.out.close()
	return nil
}

// Drain gives what stands to be read on an end of a Pipe, without waiting; nil for any other port.
func Drain(p Port) []byte {
	e, ok := p.(*pipeEnd)
	if !ok {
		return nil
	}
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	b := append([]byte(nil), e.in.buf.Bytes()...)
	e.in.buf.Reset()
	return b
}

// stream is one direction.
type stream struct {
	mu     sync.Mutex
	more   *sync.Cond
	buf    bytes.Buffer
	closed bool
}

func newStream() *stream {
	s := &stream{}
	s.more = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.buf.Len() == 0 && !s.closed {
		s.more.Wait()
	}
	if s.buf.Len() == 0 {
		return 0, io.EOF
	}
	return s.buf.Read(b)
}

func (s *stream) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	s.more.Broadcast()
	return s.buf.Write(b)
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Broadcast()
}

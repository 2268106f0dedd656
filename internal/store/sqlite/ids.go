package sqlite

import (
	"encoding/binary"
	"io"
	"sync"
	"time"

	"jaanch/internal/lab"
)

// idSource makes UUIDv7 ids from the injected clock. The 12 bits behind the milliseconds count, so that ids of one
// millisecond, and ids after the clock was set back, still sort in the order in which they were made.
type idSource struct {
	mu   sync.Mutex
	rand io.Reader
	last uint64 // milliseconds << 12 | counter
}

func (s *idSource) start(rand io.Reader, ms int64) {
	s.rand = rand
	s.last = uint64(max(ms, 0)) << 12
}

func (s *idSource) next(now time.Time) lab.ID {
	var id lab.ID
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, uint64(max(now.UnixMilli(), 0))<<12)
	if _, err := io.ReadFull(s.rand, id[8:]); err != nil {
		panic("sqlite: no randomness for an id: " + err.Error()) // the system's source cannot fail; an injected one is a test's
	}
	binary.BigEndian.PutUint64(id[:8], s.last>>12<<16|0x7000|s.last&0x0fff)
	id[8] = id[8]&0x3f | 0x80
	return id
}

package journal

// counterBits is the width of the counter below the milliseconds.
const counterBits = 16

// MakeHLC builds a reading from wall milliseconds (UTC) and a counter.
func MakeHLC(ms int64, counter uint16) HLC { return HLC(uint64(ms)<<counterBits | uint64(counter)) }

// Millis gives the milliseconds UTC of the reading.
func (h HLC) Millis() int64 { return int64(h >> counterBits) }

// Counter gives the counter of the reading.
func (h HLC) Counter() uint16 { return uint16(h) }

// Next gives the reading for a local event: later than every reading before, and not behind the wall clock. A counter
// that is full carries into the milliseconds.
func (h HLC) Next(wallMS int64) HLC {
	if wallMS < 0 {
		wallMS = 0
	}
	if now := MakeHLC(wallMS, 0); now > h {
		return now
	}
	return h + 1
}

// Receive gives the reading after one from elsewhere was seen: the greater of the two, so that Next is later than both.
func (h HLC) Receive(remote HLC) HLC { return max(h, remote) }

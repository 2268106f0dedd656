package astm

import "bytes"

// The control characters of E1381.
const (
	soh = 0x01
	stx = 0x02
	etx = 0x03
	eot = 0x04
	enq = 0x05
	ack = 0x06
	lf  = 0x0A
	cr  = 0x0D
	nak = 0x15
	etb = 0x17
)

// Sizes in bytes. A receiver accepts long frames always; a sender keeps to E1381's length unless told otherwise.
const (
	DefaultFrameText  = 240     // text of a frame that we send
	DefaultFrameCap   = 65_536  // text of a frame that we accept; LIS01-A2 allows 64 000 with overhead
	DefaultMessageCap = 4 << 20 // one message
	frameOverhead     = 7       // STX, number, terminator, two checksum digits, CR, LF
	hexDigits         = "0123456789ABCDEF"
)

// Checksum is the sum of b modulo 256. Over a frame it runs from the frame number to ETB or ETX, both included.
func Checksum(b []byte) byte {
	var sum byte
	for _, c := range b {
		sum += c
	}
	return sum
}

// AppendFrame puts one frame behind dst: number is 0 to 7, and final chooses ETX over ETB.
func AppendFrame(dst []byte, number int, text []byte, final bool) []byte {
	dst = append(dst, stx)
	start := len(dst)
	dst = append(dst, byte('0'+number&7))
	dst = append(dst, text...)
	if final {
		dst = append(dst, etx)
	} else {
		dst = append(dst, etb)
	}
	sum := Checksum(dst[start:])
	return append(dst, hexDigits[sum>>4], hexDigits[sum&15], cr, lf)
}

// Packing is how the records of a message are laid into frames. Both are in use.
type Packing uint8

// The packings.
const (
	RecordPerFrame Packing = iota // each record ends a frame with ETX
	WholeMessage                  // the message runs on through ETB frames, the last one has ETX
)

// Frames cuts a message, records each ended by CR, into frames that start with number 1. Limit is the greatest length
// of a frame's text in bytes; a cut may fall anywhere, even inside an escape.
func Frames(message []byte, packing Packing, limit int) [][]byte {
	if limit <= 0 {
		limit = DefaultFrameText
	}
	var frames [][]byte
	number := 1
	add := func(group []byte) {
		for {
			n := min(limit, len(group))
			final := n == len(group)
			frames = append(frames, AppendFrame(make([]byte, 0, n+frameOverhead), number, group[:n], final))
			number = (number + 1) & 7
			if group = group[n:]; final {
				return
			}
		}
	}
	if packing == WholeMessage {
		add(message)
		return frames
	}
	for len(message) > 0 {
		n := bytes.IndexByte(message, cr) + 1
		if n == 0 {
			n = len(message)
		}
		add(message[:n])
		message = message[n:]
	}
	return frames
}

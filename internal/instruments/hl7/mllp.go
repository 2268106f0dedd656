package hl7

import "bytes"

// The control characters of MLLP.
const (
	vt = 0x0B
	fs = 0x1C
	cr = 0x0D
	lf = 0x0A
)

// DefaultBlockCap is the greatest payload of one block that is accepted, in bytes: analyzers send pictures as base64.
const DefaultBlockCap = 16 << 20

// AppendBlock puts payload behind dst as one MLLP block.
func AppendBlock(dst, payload []byte) []byte {
	dst = append(dst, vt)
	dst = append(dst, payload...)
	return append(dst, fs, cr)
}

// BlockKind sorts what a BlockReader finds.
type BlockKind uint8

// The kinds.
const (
	NoBlock  BlockKind = iota
	Whole              // a block from VT to FS
	CutOff             // a block that never ended: a VT stood inside it, or the line fell quiet
	TooLarge           // a block over the cap, at its end; Payload is its beginning
)

// Block is one thing found on the line. Payload is good until the next call.
type Block struct {
	Kind    BlockKind
	Payload []byte
}

// headKept is how much of a block over the cap is kept, so that it can be refused by name.
const headKept = 4096

// BlockReader finds MLLP blocks in a stream of bytes, however it is cut into reads. Bytes outside of blocks are noise:
// counted, never answered. The zero value accepts blocks up to DefaultBlockCap.
type BlockReader struct {
	Cap    int // greatest payload, in bytes
	state  blockState
	buf    []byte
	over   bool
	noise  int64
	reopen bool // a VT that cut a block opens the next one
}

type blockState uint8

const (
	blockOutside blockState = iota
	blockInside
	blockEnding // FS was seen
)

// Inside tells whether a block has begun and not ended.
func (r *BlockReader) Inside() bool { return r.state != blockOutside }

// Held is what the reader keeps of an unfinished block, in bytes.
func (r *BlockReader) Held() int { return len(r.buf) }

// Noise is how many bytes stood outside of blocks.
func (r *BlockReader) Noise() int64 { return r.noise }

// Scan reads from in up to the end of the next block. It gives how many bytes it used; with NoBlock that is all.
func (r *BlockReader) Scan(in []byte) (Block, int) {
	for i := 0; i < len(in); {
		switch r.state {
		case blockOutside:
			i += r.skip(in[i:])
		case blockInside:
			n := r.collect(in[i:])
			i += n
			if r.reopen {
				return r.cut(), i
			}
		case blockEnding:
			if b, n := r.ending(in[i]); b.Kind != NoBlock {
				return b, i + n
			}
			i++
		}
	}
	return Block{}, len(in)
}

// skip passes over noise up to and with the next VT.
func (r *BlockReader) skip(in []byte) int {
	n := bytes.IndexByte(in, vt)
	if n < 0 {
		r.count(in)
		return len(in)
	}
	r.count(in[:n])
	r.open()
	return n + 1
}

// count counts noise; line ends and idle bytes are none.
func (r *BlockReader) count(in []byte) {
	for _, c := range in {
		if c != cr && c != lf && c != 0 {
			r.noise++
		}
	}
}

func (r *BlockReader) open() {
	if r.over || cap(r.buf) > 1<<20 {
		r.buf = nil
	}
	r.state, r.buf, r.over, r.reopen = blockInside, r.buf[:0], false, false
}

// collect takes payload up to and with FS or VT.
func (r *BlockReader) collect(in []byte) int {
	n := bytes.IndexByte(in, fs)
	if n < 0 {
		n = len(in)
	}
	if m := bytes.IndexByte(in[:n], vt); m >= 0 {
		r.keep(in[:m])
		r.reopen = true
		return m + 1
	}
	r.keep(in[:n])
	if n < len(in) {
		r.state = blockEnding
		n++
	}
	return n
}

func (r *BlockReader) keep(b []byte) {
	limit := r.Cap
	if limit <= 0 {
		limit = DefaultBlockCap
	}
	if r.over || len(r.buf)+len(b) > limit {
		if !r.over {
			head := min(headKept, limit, len(r.buf)+len(b))
			r.buf = bytes.Clone(append(r.buf, b[:max(0, min(len(b), head-len(r.buf)))]...)[:head])
		}
		r.over = true
		return
	}
	r.buf = append(r.buf, b...)
}

// ending takes the byte behind FS. CR ends the block. So do VT, LF and NUL, which are not used up or are idle: some
// senders leave the CR out. Any other byte means that the FS was part of the payload.
func (r *BlockReader) ending(c byte) (Block, int) {
	switch c {
	case cr, lf, 0:
		return r.done(), 1
	case vt:
		return r.done(), 0
	case fs:
		r.keep([]byte{fs})
		return Block{}, 0
	}
	r.keep([]byte{fs, c})
	r.state = blockInside
	return Block{}, 0
}

func (r *BlockReader) done() Block {
	r.state = blockOutside
	if r.over {
		return Block{Kind: TooLarge, Payload: r.buf}
	}
	return Block{Kind: Whole, Payload: r.buf}
}

// cut ends the block that a VT cut, and opens the next one in its place.
func (r *BlockReader) cut() Block {
	b := Block{Kind: CutOff, Payload: bytes.Clone(r.buf)}
	r.open()
	return b
}

// Quiet is called when no byte came for a while. A block whose FS stands already ends: its CR is not coming. With whole,
// the silence is so long that any unfinished block is given up.
func (r *BlockReader) Quiet(whole bool) Block {
	switch {
	case r.state == blockEnding:
		return r.done()
	case r.state == blockInside && whole:
		r.state = blockOutside
		return Block{Kind: CutOff, Payload: r.buf}
	}
	return Block{}
}

// Ending tells whether FS was seen and only the CR is missing.
func (r *BlockReader) Ending() bool { return r.state == blockEnding }

// Recording is what a file of an instrument's bytes holds.
type Recording struct {
	Messages [][]byte
	Cut      int // blocks that never ended; the last one of the file is read all the same
}

// ReadRecording reads a recorded file with the reader of a live line, but forgiving: the end of the file ends a block,
// and messages without any block, one MSH after the other, are read as well.
func ReadRecording(b []byte) Recording {
	var out Recording
	r := BlockReader{Cap: len(b)}
	if bytes.IndexByte(b, vt) < 0 {
		out.Messages = bareMessages(b)
		return out
	}
	for len(b) > 0 {
		block, n := r.Scan(b)
		b = b[n:]
		out.add(block)
	}
	out.add(r.Quiet(false))
	if block := r.Quiet(true); block.Kind != NoBlock {
		out.Cut++
		out.Messages = append(out.Messages, bytes.Clone(block.Payload))
	}
	return out
}

func (r *Recording) add(b Block) {
	switch b.Kind {
	case Whole:
		r.Messages = append(r.Messages, bytes.Clone(b.Payload))
	case CutOff:
		r.Cut++
	case NoBlock, TooLarge:
	}
}

// bareMessages cuts text without blocks in front of every MSH segment.
func bareMessages(b []byte) [][]byte {
	var out [][]byte
	start := -1
	for i := range b {
		if bytes.HasPrefix(b[i:], []byte("MSH")) && (i == 0 || b[i-1] == cr || b[i-1] == lf) {
			if start >= 0 {
				out = append(out, bytes.Clone(b[start:i]))
			}
			start = i
		}
	}
	if start >= 0 {
		out = append(out, bytes.Clone(bytes.TrimRight(b[start:], "\x1c\x00")))
	}
	return out
}

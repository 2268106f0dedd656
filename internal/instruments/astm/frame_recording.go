package astm

import (
	"bytes"

	"jaanch/internal/instruments"
)

// Recording is what a file of an instrument's bytes holds.
type Recording struct {
	Messages []instruments.Text
	Frames   int
	Sessions [][]Part // the frames' texts as they were cut, for a replay; empty for records that never were in frames
	Faults   []string // of frames that were read in spite of a fault, or dropped because a good copy followed
}

// Part is the text of one frame.
type Part struct {
	Text  []byte
	Final bool // ETX, not ETB
}

// Replay gives the frames of a recorded session as a sender numbers them, whatever numbers they had.
func Replay(parts []Part) [][]byte {
	frames := make([][]byte, 0, len(parts))
	for i, p := range parts {
		frames = append(frames, AppendFrame(nil, i+1, p.Text, p.Final))
	}
	return frames
}

// ReadRecording reads a recorded file with the scanner and the grouping of a live line, but forgiving: there is nobody
// to ask for a frame again. Frame numbers are not enforced; ENQ, EOT, LF and the L record may be missing; a frame with a
// wrong checksum is used unless its good copy follows; bare records without any frame, CR or LF between them, are read
// as well.
func ReadRecording(b []byte) Recording {
	r := recorder{
		scan:  scanner{limit: len(b), blocks: len(b)},
		group: group{limit: 2*len(b) + 2},
		last:  -1,
		fresh: true,
	}
	if bytes.IndexByte(b, stx) < 0 && bytes.IndexByte(b, soh) < 0 {
		r.bare(b)
		return r.out
	}
	for len(b) > 0 {
		t, n := r.scan.scan(b)
		b = b[n:]
		r.token(t)
	}
	if r.scan.state == scanFrame || r.scan.state == scanSum1 || r.scan.state == scanSum2 {
		r.scan.fail(FaultTorn)
		if r.scan.state == scanFrame {
			r.scan.buf = append(r.scan.buf, etx)
		}
		r.token(r.scan.take())
	}
	r.flush(true)
	r.out.Messages = append(r.out.Messages, r.group.end(instruments.Closed)...)
	return r.out
}

// recorder reads one recording.
type recorder struct {
	scan  scanner
	group group
	out   Recording
	last  int    // number of the last frame used
	text  []byte // its text
	fresh bool   // the next frame begins a session
	doubt *token // a frame with a fault that waits to see whether a good copy follows
}

func (r *recorder) token(t token) {
	switch t.kind {
	case tokenFrame:
		r.frame(t)
	case tokenBlock:
		r.use(token{text: t.text, number: -1, final: true})
		r.end()
	case tokenControl:
		if t.control == enq || t.control == eot {
			r.end()
		}
	case tokenNone:
	}
}

func (r *recorder) frame(t token) {
	if t.text == nil {
		r.fault(t.fault)
		return
	}
	if t.fault != "" {
		r.fault(t.fault)
		r.flush(true)
		t.text = bytes.Clone(t.text)
		r.doubt = &t
		return
	}
	r.flush(r.doubt != nil && r.doubt.number != t.number)
	r.use(t)
}

// flush uses the frame in doubt, or forgets it.
func (r *recorder) flush(use bool) {
	t := r.doubt
	r.doubt = nil
	if t != nil && use {
		r.use(*t)
	}
}

// use appends a frame unless it repeats the one before: same number and same text.
func (r *recorder) use(t token) {
	if t.number >= 0 && t.number == r.last && bytes.Equal(t.text, r.text) {
		return
	}
	r.out.Frames++
	if r.fresh {
		r.fresh = false
		r.out.Sessions = append(r.out.Sessions, nil)
	}
	if s := &r.out.Sessions[len(r.out.Sessions)-1]; t.number >= 0 {
		*s = append(*s, Part{Text: bytes.Clone(t.text), Final: t.final})
	}
	r.last, r.text = t.number, append(r.text[:0], t.text...)
	done, _ := r.group.add(t.text, t.final)
	r.out.Messages = append(r.out.Messages, done...)
}

func (r *recorder) end() {
	r.flush(true)
	r.out.Messages = append(r.out.Messages, r.group.end(instruments.Closed)...)
	r.last, r.text, r.fresh = -1, nil, true
}

func (r *recorder) fault(code string) { r.out.Faults = append(r.out.Faults, code) }

// bare reads records that never were in a frame. Control characters around them are dropped.
func (r *recorder) bare(b []byte) {
	text := make([]byte, 0, len(b))
	for _, c := range b {
		if !restricted(c) && c != 0 {
			text = append(text, c)
		}
	}
	r.out.Messages, _ = r.group.add(text, true)
	r.out.Messages = append(r.out.Messages, r.group.end(instruments.Closed)...)
}

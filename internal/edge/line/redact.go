package line

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

// level says how much is taken out of a line's bytes.
type level uint8

const (
	whole    level = iota // nothing
	personal              // what records of the patient say: for screens that nobody unlocked
	outside               // everything that could name a person or a sample: for what leaves the lab
)

// How a field that is not kept is written over. The length stays, so that frames and blocks stay what they are.
type cover uint8

const (
	keep  cover = iota
	blank       // letters become X, digits 0
	alias       // an id becomes another one of the same shape; the same id the same one within a recording
)

// rule says for one kind of record which fields are kept; what is not named is covered.
type rule struct {
	keep  []int
	alias []int
	all   bool // keep everything but without
	but   []int
}

func (r rule) cover(field int) cover {
	switch {
	case slices.Contains(r.alias, field):
		return alias
	case r.all && !slices.Contains(r.but, field), slices.Contains(r.keep, field):
		return keep
	default:
		return blank
	}
}

// rules gives what is kept of each record at a level: a list of what may stay, so that a record which nobody thought of
// shows nothing. Field numbers are those of instruments.md: 1 is the record's own name in ASTM, the first field behind it
// in HL7 (MSH-1 is the delimiter).
func rules(isHL7 bool, l level, record string) rule {
	if l == personal {
		switch {
		case !isHL7 && record == "P":
			return rule{keep: []int{1, 2, 9}}
		case isHL7 && slices.Contains([]string{"PID", "PD1", "NK1", "PV1", "PV2", "GT1", "IN1", "IN2", "NPU", "MRG", "DSP"}, record):
			return rule{keep: []int{0, 1, 8}}
		}
		return rule{all: true}
	}
	if isHL7 {
		return rulesHL7(record)
	}
	switch record {
	case "H":
		return rule{all: true, but: []int{4, 6, 8}}
	case "P":
		return rule{keep: []int{1, 2, 9}}
	case "O":
		return rule{keep: []int{1, 2, 5, 6, 7, 8, 12, 15, 16, 23, 26}, alias: []int{3, 4}}
	case "R":
		return rule{all: true, but: []int{11}}
	case "C":
		return rule{keep: []int{1, 2, 3, 5}}
	case "Q":
		return rule{all: true, but: []int{9, 10, 11, 12}, alias: []int{3, 4}}
	case "L", "M", "S":
		return rule{all: true}
	}
	return rule{keep: []int{1}}
}

func rulesHL7(segment string) rule {
	switch segment {
	case "MSH":
		return rule{all: true, but: []int{8}}
	case "PID":
		return rule{keep: []int{0, 1, 8}}
	case "OBR":
		return rule{keep: []int{0, 1, 4, 5, 6, 7, 8, 11, 14, 15, 17, 18, 19, 20, 21, 22, 24, 25, 27}, alias: []int{2, 3}}
	case "ORC":
		return rule{keep: []int{0, 1, 5, 9}, alias: []int{2, 3}}
	case "OBX":
		return rule{keep: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 18, 19, 29}}
	case "NTE", "DSP":
		return rule{keep: []int{0, 1, 2}}
	case "SPM":
		return rule{keep: []int{0, 1, 4, 11, 17, 18, 27}, alias: []int{2, 3}}
	case "SAC":
		return rule{all: true, alias: []int{3}}
	case "QRD":
		return rule{all: true, but: []int{10}, alias: []int{8}}
	case "QPD":
		return rule{all: true, alias: []int{3}}
	case "MSA", "ERR", "QAK", "QRF", "TCD", "INV", "DSC", "RCP", "TQ1", "EQU", "ECD", "FSH", "BHS":
		return rule{all: true}
	}
	return rule{keep: []int{0}}
}

// redactor covers what a level hides in the pieces of one recording.
type redactor struct {
	level level
	key   []byte   // of aliases; new for each recording
	words [][]byte // that stood in covered fields of a patient, to be covered wherever else they stand
}

// spot is one byte of a message's text, and where it stands.
type spot struct{ piece, offset int }

// redact covers the pieces in place. Frames keep their lengths and get a new checksum where theirs was right.
func (r *redactor) redact(pieces []piece) {
	if r.level == whole {
		return
	}
	for i := range pieces {
		pieces[i].bytes = bytes.Clone(pieces[i].bytes)
	}
	for _, dir := range []instruments.Dir{instruments.In, instruments.Out} {
		for _, m := range messagesOf(pieces, dir) {
			r.message(pieces, m)
		}
	}
	for i := range pieces {
		p := &pieces[i]
		if p.kind == noise {
			r.coverText(p.bytes, blank)
		}
	}
	for i := range pieces {
		r.everywhere(pieces[i].bytes)
		resum(&pieces[i])
	}
	r.acrossFrames(pieces)
}

// messagesOf gives the text of every message of a direction as spots, in order.
func messagesOf(pieces []piece, dir instruments.Dir) [][]spot {
	var out [][]spot
	last := -2
	for i, p := range pieces {
		if p.dir != dir || p.kind != frame && p.kind != block {
			continue
		}
		if p.message != last {
			last = p.message
			out = append(out, nil)
		}
		for k := p.text[0]; k < p.text[1]; k++ {
			out[len(out)-1] = append(out[len(out)-1], spot{i, k})
		}
	}
	return out
}

// message covers one message, record by record. Its first record says what separates fields.
func (r *redactor) message(pieces []piece, at []spot) {
	text := make([]byte, len(at))
	for i, s := range at {
		text[i] = pieces[s.piece].bytes[s.offset]
	}
	isHL7 := pieces[first(at).piece].kind == block && bytes.Contains(text, []byte("MSH"))
	separator, inner := byte('|'), []byte(`^\&~`)
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != '\r' && text[end] != '\n' {
			end++
		}
		record := text[start:end]
		if name := headerName(record); name != "" && len(record) > len(name)+4 {
			separator, inner = record[len(name)], record[len(name)+1:len(name)+4]
		}
		r.record(record, separator, inner, isHL7)
		start = end + 1
	}
	for i, s := range at {
		pieces[s.piece].bytes[s.offset] = text[i]
	}
}

func first(at []spot) spot {
	if len(at) == 0 {
		return spot{}
	}
	return at[0]
}

// headerName gives the name of a header record.
func headerName(record []byte) string {
	switch {
	case bytes.HasPrefix(record, []byte("MSH")):
		return "MSH"
	case bytes.HasPrefix(record, []byte("H")) && len(record) > 1 && !isAlnum(record[1]):
		return "H"
	}
	return ""
}

// record covers the fields of one record in place.
func (r *redactor) record(record []byte, separator byte, inner []byte, isHL7 bool) {
	fields := bytes.Split(record, []byte{separator})
	name := string(bytes.ToUpper(bytes.TrimSpace(fields[0])))
	set := rules(isHL7, r.level, name)
	for i, f := range fields {
		number := i + 1
		if isHL7 {
			number = i
			if name == "MSH" {
				number = i + 1
			}
		}
		if i == 0 {
			continue // the record's name
		}
		c := set.cover(number)
		if o, ok := r.exception(isHL7, name, number, fields); ok {
			c = o
		}
		if c == keep {
			continue
		}
		r.remember(f, inner, patientField(isHL7, name, number))
		r.coverField(f, inner, c)
	}
}

// exception gives the cover of a field that depends on what stands in it or beside it.
func (r *redactor) exception(isHL7 bool, name string, number int, fields [][]byte) (cover, bool) {
	switch third := nth(fields, 2); {
	case name == "H" && number == 2, name == "MSH" && number == 2:
		return keep, true // the delimiters themselves
	case isHL7 && name == "OBX" && number == 5 && third == "ED" && r.level == outside:
		return blank, true // a picture may show a name
	case !isHL7 && name == "C" && number == 4 && third == "I":
		return keep, true // the instrument's own flag codes
	case sexField(isHL7, name, number):
		at := number - 1
		if isHL7 {
			at = number
		}
		if !isSex(fields[at]) {
			return blank, true // a sender that is off by one field must not show a date of birth
		}
	}
	return keep, false
}

// nth is a field of a record, empty where the record ends before it.
func nth(fields [][]byte, i int) string {
	if i < len(fields) {
		return string(fields[i])
	}
	return ""
}

// sexField tells whether a field is the one of a patient record that is kept, because intervals depend on it.
func sexField(isHL7 bool, name string, number int) bool {
	return isHL7 && name == "PID" && number == 8 || !isHL7 && name == "P" && number == 9
}

// isSex tells whether a text says nothing but a sex.
func isSex(f []byte) bool {
	switch string(bytes.ToLower(bytes.TrimSpace(f))) {
	case "", "m", "f", "u", "o", "a", "n", "male", "female", "other", "unknown":
		return true
	}
	return false
}

// patientField tells whether a field names a person: its words must not stand anywhere else either.
func patientField(isHL7 bool, name string, number int) bool {
	if isHL7 {
		return name == "PID" && slices.Contains([]int{2, 3, 4, 5, 6, 9, 13, 18, 19}, number) || name == "NK1" && number == 2
	}
	return name == "P" && slices.Contains([]int{3, 4, 5, 6, 7, 13}, number)
}

// leastWord is how long a word must be to be looked for everywhere: shorter ones stand in codes and units.
const leastWord = 4

func (r *redactor) remember(field, inner []byte, patient bool) {
	if !patient {
		return
	}
	for _, w := range bytes.FieldsFunc(field, func(c rune) bool { return c == ' ' || c < 0x80 && bytes.IndexByte(inner, byte(c)) >= 0 }) {
		if len(w) >= leastWord && !slices.ContainsFunc(r.words, func(have []byte) bool { return bytes.Equal(have, w) }) {
			r.words = append(r.words, bytes.Clone(w))
		}
	}
}

// coverField covers what stands between the inner delimiters.
func (r *redactor) coverField(f, inner []byte, c cover) {
	for start := 0; start <= len(f); {
		end := start
		for end < len(f) && bytes.IndexByte(inner, f[end]) < 0 {
			end++
		}
		r.coverText(f[start:end], c)
		start = end + 1
	}
}

// coverText writes over a text of the same length.
func (r *redactor) coverText(b []byte, c cover) {
	var stream []byte
	if c == alias {
		m := hmac.New(sha256.New, r.key)
		m.Write(bytes.TrimSpace(b))
		stream = m.Sum(nil)
	}
	n := 0
	for i, x := range b {
		salt := byte(0)
		if c == alias && isAlnum(x) {
			salt = stream[n%len(stream)]
			n++
		}
		switch {
		case x >= '0' && x <= '9':
			b[i] = '0' + salt%10
		case x >= 'a' && x <= 'z' && c == alias:
			b[i] = 'a' + salt%26
		case x >= 'A' && x <= 'Z' && c == alias:
			b[i] = 'A' + salt%26
		case x >= 'a' && x <= 'z', x >= 'A' && x <= 'Z', x >= 0x80:
			b[i] = 'X'
		}
	}
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// everywhere covers the words of a patient wherever they stand.
func (r *redactor) everywhere(b []byte) {
	low := bytes.ToLower(b)
	for _, w := range r.words {
		for at := 0; ; {
			i := bytes.Index(low[at:], bytes.ToLower(w))
			if i < 0 || len(low) != len(b) {
				break
			}
			at += i
			r.coverText(b[at:at+len(w)], blank)
			at += len(w)
		}
	}
}

// acrossFrames covers words of a patient that a frame's end cut in two.
func (r *redactor) acrossFrames(pieces []piece) {
	for _, dir := range []instruments.Dir{instruments.In, instruments.Out} {
		for _, m := range messagesOf(pieces, dir) {
			text := make([]byte, len(m))
			for i, s := range m {
				text[i] = pieces[s.piece].bytes[s.offset]
			}
			r.everywhere(text)
			for i, s := range m {
				pieces[s.piece].bytes[s.offset] = text[i]
			}
		}
	}
	for i := range pieces {
		resum(&pieces[i])
	}
}

// resum writes the checksum of a frame anew, unless it was wrong as it came: that fault is what support looks for.
func resum(p *piece) {
	if p.kind != frame || p.fault != "" || p.text[1]+3 > len(p.bytes) {
		return
	}
	copy(p.bytes[p.text[1]+1:], fmt.Sprintf("%02X", astm.Checksum(p.bytes[1:p.text[1]+1])))
}

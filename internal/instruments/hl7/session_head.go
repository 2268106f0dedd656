package hl7

import "bytes"

// head is the little of a message that the exchange itself needs: who answers whom, and which answers are asked for.
type head struct {
	valid     bool
	kind      string // MSH-9 component 1
	control   string // MSH-10
	accept    string // MSH-15: AL, NE, ER, SU, or empty
	apply     string // MSH-16
	response  bool   // there is an MSA segment: an answer, not to be answered. DSR has one and is a message all the same
	code      string // MSA-1
	answersTo string // MSA-2
}

// enhanced tells whether the sender asked for answers by MSH-15 and MSH-16.
func (h head) enhanced() bool { return h.accept != "" || h.apply != "" }

// readHead reads the head of a message.
func readHead(message []byte) head {
	var h head
	first, rest := nextSegment(message)
	if len(first) < 8 || string(first[:3]) != "MSH" {
		return h
	}
	sep, component := first[3], first[4]
	f := bytes.Split(first, []byte{sep})
	at := func(n int) []byte { // MSH-n; MSH-1 is the separator itself
		if n-1 < len(f) {
			return bytes.TrimSpace(f[n-1])
		}
		return nil
	}
	kind, _, _ := bytes.Cut(at(9), []byte{component})
	h.valid, h.kind, h.control = true, string(kind), string(at(10))
	h.accept, h.apply = condition(at(15)), condition(at(16))
	for len(rest) > 0 {
		var seg []byte
		seg, rest = nextSegment(rest)
		if len(seg) > 4 && string(seg[:3]) == "MSA" && seg[3] == sep {
			m := bytes.Split(seg, []byte{sep})
			h.response, h.code = h.kind != "DSR", string(bytes.TrimSpace(m[1]))
			if len(m) > 2 {
				h.answersTo = string(bytes.TrimSpace(m[2]))
			}
			break
		}
	}
	return h
}

// condition reads MSH-15 or MSH-16. Some analyzers put a kind of message there ("0", "2"): that asks for nothing.
func condition(b []byte) string {
	switch s := string(b); s {
	case "AL", "NE", "ER", "SU":
		return s
	}
	return ""
}

// nextSegment cuts the first segment off; CR, LF and both end it.
func nextSegment(b []byte) (segment, rest []byte) {
	for len(b) > 0 && (b[0] == cr || b[0] == lf) {
		b = b[1:]
	}
	if n := bytes.IndexAny(b, "\r\n"); n >= 0 {
		return b[:n], b[n+1:]
	}
	return b, nil
}

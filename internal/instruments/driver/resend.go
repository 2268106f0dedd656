package driver

import (
	"bytes"
	"slices"

	"jaanch/internal/instruments/profile"
)

// Begins tells whether whole begins with everything that part holds, header and records, message time and control id left
// aside as in a Digest (H-3, H-14, MSH-7, MSH-10): then part is what came over of an earlier try to send the same message.
// Both are records or segments ended by CR, as a line gives them. A part that is no more than a header begins nothing.
func Begins(p profile.Protocol, part, whole []byte) bool {
	partHead, partRest, _ := bytes.Cut(part, []byte{'\r'})
	wholeHead, wholeRest, _ := bytes.Cut(whole, []byte{'\r'})
	return len(partRest) > 0 && bytes.HasPrefix(wholeRest, partRest) && sameHead(p, partHead, wholeHead)
}

// sameHead compares two headers but for the fields that change with every sending.
func sameHead(p profile.Protocol, a, b []byte) bool {
	changing, at := []int{3, 14}, 1 // H-3 and H-14; the delimiter stands behind the H
	if p == profile.HL7 {
		changing, at = []int{7, 10}, 3
	}
	if len(a) <= at || len(b) <= at || a[at] != b[at] {
		return false
	}
	left, right := bytes.Split(a, a[at:at+1]), bytes.Split(b, b[at:at+1])
	for _, n := range changing {
		for _, fields := range [][][]byte{left, right} {
			if n <= len(fields) {
				fields[n-1] = nil
			}
		}
	}
	return slices.EqualFunc(left, right, bytes.Equal)
}

package journal

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// GroupVersion is the bookkeeping of one field group of one row. It is what tells a change that is still pending from
// one that the hub has seen, and what a person saw from what stands there now.
type GroupVersion struct {
	Group int
	Base  int64 // the hub's version that was last installed into this group; 0 = never
	HLC   HLC   // of the value that stands there
	Seq   int64 // sequence of the newest local change; 0 = never changed here
	At    int64 // sequence of the newest entry that changed the group, local or applied; what Versions shows
}

// ErrGroups tells that packed group versions are damaged.
var ErrGroups = errors.New("packed group versions are damaged")

// PackGroups writes the versions in the form of the column _gv, ordered by group.
func PackGroups(groups []GroupVersion) []byte {
	if len(groups) == 0 {
		return nil
	}
	sorted := slices.Clone(groups)
	slices.SortFunc(sorted, func(a, b GroupVersion) int { return a.Group - b.Group })
	out := make([]byte, 0, len(sorted)*20)
	for _, g := range sorted {
		out = binary.AppendUvarint(out, uint64(g.Group))
		out = binary.AppendUvarint(out, uint64(g.Base))
		out = binary.BigEndian.AppendUint64(out, uint64(g.HLC))
		out = binary.AppendUvarint(out, uint64(g.Seq))
		out = binary.AppendUvarint(out, uint64(g.At-g.Seq))
	}
	return out
}

// UnpackGroups reads what PackGroups wrote; nothing gives no groups.
func UnpackGroups(gv []byte) ([]GroupVersion, error) {
	var out []GroupVersion
	for len(gv) > 0 {
		var g GroupVersion
		var v [2]uint64
		var ok bool
		if gv, ok = takeUvarints(gv, v[:]); !ok || len(gv) < 8 {
			return nil, ErrGroups
		}
		g.Group, g.Base = int(v[0]), int64(v[1])
		g.HLC = HLC(binary.BigEndian.Uint64(gv))
		if gv, ok = takeUvarints(gv[8:], v[:]); !ok {
			return nil, ErrGroups
		}
		g.Seq = int64(v[0])
		g.At = g.Seq + int64(v[1])
		out = append(out, g)
	}
	return out, nil
}

func takeUvarints(b []byte, into []uint64) (rest []byte, ok bool) {
	for i := range into {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		into[i], b = v, b[n:]
	}
	return b, true
}

// Versions tells for each field group of a record which entry changed it last. A screen gets them with the values and
// hands them back with its change; a group that moved on in between makes the change stale.
type Versions map[int]int64

// GroupVersions reads the versions from a row's _gv.
func GroupVersions(gv []byte) (Versions, error) {
	groups, err := UnpackGroups(gv)
	if err != nil {
		return nil, err
	}
	out := make(Versions, len(groups))
	for _, g := range groups {
		out[g.Group] = g.At
	}
	return out, nil
}

// String gives the opaque form for clients: "1:42,2:57".
func (v Versions) String() string {
	keys := make([]int, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(k))
		b.WriteByte(':')
		b.WriteString(strconv.FormatInt(v[k], 10))
	}
	return b.String()
}

// ParseVersions reads what String wrote; the empty text gives no versions.
func ParseVersions(s string) (Versions, error) {
	out := Versions{}
	if s == "" {
		return out, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		group, at, found := strings.Cut(part, ":")
		g, err1 := strconv.Atoi(group)
		n, err2 := strconv.ParseInt(at, 10, 64)
		if !found || err1 != nil || err2 != nil || g < 0 || n < 0 {
			return nil, ErrGroups
		}
		out[g] = n
	}
	return out, nil
}

package engine

import (
	"bytes"

	"jaanch/internal/store/journal"
)

// Reissued tells that the entry says again what an earlier epoch of its device wrote and never sent.
func Reissued(e *journal.Entry) bool {
	return len(e.OriginPos) > 0 && e.Op != journal.OpApplied && e.Entity != 0
}

// SameWrite tells that two entries are the same act of the same person, issued again by two copies of one journal: each
// copy has what was written before they parted, and each may be the one that goes on. The place that both name is not
// enough, for behind the parting both may have written under one number.
func SameWrite(a, b *journal.Entry) bool {
	if a.Op != b.Op || a.Entity != b.Entity || a.Record != b.Record || a.WallMS != b.WallMS || a.Actor != b.Actor || !bytes.Equal(a.OriginPos, b.OriginPos) {
		return false
	}
	return sameFields(a.Fields, b.Fields) && (sameFields(a.PHI, b.PHI) || len(a.PHI) == 0 || len(b.PHI) == 0) // an erasure empties one of them
}

func sameFields(a, b map[int]any) bool {
	x, err1 := journal.AppendFields(nil, a)
	y, err2 := journal.AppendFields(nil, b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

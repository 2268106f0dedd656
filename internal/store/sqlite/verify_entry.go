package sqlite

import (
	"bytes"

	"jaanch/internal/store/journal"
)

// entry checks one entry against its digests and the one before, and moves on.
func (v *verifier) entry(r *rawEntry, last *head) {
	e, err := r.header()
	if err != nil {
		v.fault(r.seq, FaultUnreadable)
		return
	}
	var base []byte
	if len(e.Base) > 0 {
		base = journal.AppendBase(nil, e.Base)
	}
	switch {
	case !v.personal(&e, r):
		return
	case !bytes.Equal(journal.Digest(r.fields, r.phiDigest), r.digest):
		v.fault(r.seq, FaultFields)
	case !bytes.Equal(base, r.base), !bytes.Equal(journal.Hash(last.Hash, e.AppendHeader(nil), r.digest), r.hash):
		v.fault(r.seq, FaultHash)
	case !follows(&e, last):
		v.fault(r.seq, FaultOrder)
	case !v.agrees(&e):
		v.fault(r.seq, FaultRewritten)
	}
	*last = head{Seq: e.Seq, Epoch: e.Epoch, TxID: e.TxID, HLC: e.HLC, Hash: e.Hash}
}

// personal checks the personal fields against their digest. Fields that were emptied are looked at in the end.
func (v *verifier) personal(e *journal.Entry, r *rawEntry) bool {
	if r.phi == nil {
		return true
	}
	key := v.keys[e.Subject]
	if len(key) == 0 || !bytes.Equal(journal.PHIDigest(journal.Salt(key, e.Epoch, e.Seq), r.phi), r.phiDigest) {
		v.fault(r.seq, FaultPHI)
		return false
	}
	return true
}

// follows tells whether epoch, transaction and clock run forward. A new epoch begins with its own entry.
func follows(e *journal.Entry, last *head) bool {
	if e.TxID < last.TxID || e.HLC <= last.HLC {
		return false
	}
	return e.Epoch == last.Epoch && e.Op != journal.OpEpoch || e.Epoch > last.Epoch && e.Op == journal.OpEpoch
}

// agrees compares the entry with the signed heads of its sequence.
func (v *verifier) agrees(e *journal.Entry) bool {
	for _, h := range v.heads[e.Seq] {
		if h.Epoch != e.Epoch || !bytes.Equal(h.Hash, e.Hash) {
			return false
		}
	}
	return true
}

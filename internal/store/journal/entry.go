// Package journal is the node's one change log: the entry, its canonical bytes and hash chain, the hybrid logical clock,
// and the registry of synced entities. It holds no database code: store/sqlite writes it, sync sends it, the hub checks
// it with the same functions.
package journal

import "jaanch/internal/lab"

// Op is what an entry does.
type Op string

// The operations. Their text is part of the hash, so it never changes.
const (
	OpInsert    Op = "insert"
	OpUpdate    Op = "update"
	OpTombstone Op = "tombstone"
	OpAmend     Op = "amend"
	OpErase     Op = "erase"
	OpApplied   Op = "applied" // a change that a pull installed
	OpEpoch     Op = "epoch"   // the first entry after a restore, a fork or a rebuild
)

// Entry is one row of the journal: who changed which fields of which record, when, why, and on top of which version.
type Entry struct {
	Seq       int64 // 1, 2, 3 … without a gap, through all epochs
	Epoch     int64
	TxID      int64 // one Update, never one group commit
	Entity    int   // number in the registry
	Record    lab.ID
	Subject   lab.ID // whose personal fields stand in PHI; zero where there are none
	Op        Op
	HLC       HLC
	WallMS    int64 // the node's wall clock, milliseconds UTC: what people are shown
	ZoneMin   int   // minutes east of UTC at the node when it was written
	Actor     string
	Session   string
	OriginPos []byte        // of an applied entry: where it came from; canonical CBOR, see sync
	Reason    string        // a code, never a sentence
	Schema    int           // schema number of the writer
	Base      map[int]int64 // field group → version of the hub's that the change stands on
	Fields    map[int]any   // field number → new value, not personal
	PHI       map[int]any   // field number → new value, personal
	Prev      map[int]any   // old values of both; local, outside the digest
	PHIDigest []byte        // SHA-256(salt ‖ canonical(PHI)), empty without PHI
	Digest    []byte        // SHA-256(canonical(Fields) ‖ PHIDigest)
	Hash      []byte        // SHA-256(0x01 ‖ previous hash ‖ canonical(header) ‖ Digest)
}

// HLC is a hybrid logical clock reading: 48 bits of milliseconds, 16 bits of counter.
type HLC uint64

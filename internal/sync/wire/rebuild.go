package wire

import (
	"crypto/sha256"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// RebuildRequest makes a lost node again on an empty machine. The machine made its key itself; the code names the node
// that it is to be, and Signature proves that it holds the key. The same machine may ask again with the same code: the
// first answer may have been lost.
type RebuildRequest struct {
	Code      string `json:"code" minLength:"13" maxLength:"24" doc:"The rebuild code that the hub's administrator gave"`
	PublicKey []byte `json:"public_key" doc:"Ed25519, 32 bytes"`
	Name      string `json:"name" maxLength:"80" doc:"What people call the new PC"`
	Signature []byte `json:"signature" doc:"Ed25519 over the statement of a rebuild"`
}

// RebuildReply tells the machine which node it now is, and how much of the lost one the hub has.
type RebuildReply struct {
	Device   lab.ID     `json:"device" format:"uuid" doc:"The id of the lost node: its results stay its own"`
	Org      lab.ID     `json:"org" format:"uuid"`
	OrgName  string     `json:"org_name"`
	Lab      lab.ID     `json:"lab" format:"uuid"`
	LabName  string     `json:"lab_name"`
	HubEpoch int64      `json:"hub_epoch"`
	Epoch    int64      `json:"epoch" doc:"The last epoch of the lost node that the hub knows"`
	LastSeq  int64      `json:"last_seq" doc:"The last entry of that epoch that the hub has"`
	LastHash []byte     `json:"last_hash"`
	LastAt   *time.Time `json:"last_at,omitempty" doc:"When that entry was written, by the lost node's clock"`
	Received *time.Time `json:"received,omitempty" doc:"When the lost node last sent something"`
	Seen     *time.Time `json:"seen,omitempty" doc:"When the lost node was last heard"`
	Pending  int64      `json:"pending" doc:"How many changes it said were waiting when it was last heard"`
}

// RebuildStatement is what a machine signs to prove that it holds the key. The code itself stands in it as a hash.
func RebuildStatement(code string, public []byte) []byte {
	sum := sha256.Sum256([]byte(code))
	return statement("jaanch rebuild 1", public, sum[:])
}

// FormerRequest asks for the node's own journal of earlier epochs, behind a place in it.
type FormerRequest struct {
	Device []byte `cbor:"1,keyasint"`
	Epoch  int64  `cbor:"2,keyasint"`
	Seq    int64  `cbor:"3,keyasint"`
	Until  int64  `cbor:"4,keyasint"` // the last epoch that is asked for
	Most   int    `cbor:"5,keyasint"`
}

// FormerReply is a stretch of it, in the order of epochs and sequences; empty at the end.
type FormerReply struct {
	Entries []FormerEntry `cbor:"1,keyasint"`
}

// MaxFormer is how many entries of a former journal are given at once.
const MaxFormer = 2000

// FormerEntry is an entry as the hub keeps it, without its personal fields: their digest stands for them, so the chain is
// checked as it was written and an erasure has nothing to follow.
type FormerEntry struct {
	Epoch     int64  `cbor:"1,keyasint"`
	Seq       int64  `cbor:"2,keyasint"`
	TxID      int64  `cbor:"3,keyasint"`
	Entity    int    `cbor:"4,keyasint,omitempty"`
	Record    []byte `cbor:"5,keyasint,omitempty"`
	Subject   []byte `cbor:"6,keyasint,omitempty"`
	Op        string `cbor:"7,keyasint"`
	HLC       uint64 `cbor:"8,keyasint"`
	WallMS    int64  `cbor:"9,keyasint"`
	ZoneMin   int    `cbor:"10,keyasint,omitempty"`
	Actor     string `cbor:"11,keyasint"`
	Session   string `cbor:"12,keyasint,omitempty"`
	Origin    []byte `cbor:"13,keyasint,omitempty"`
	Reason    string `cbor:"14,keyasint,omitempty"`
	Schema    int    `cbor:"15,keyasint"`
	Base      []byte `cbor:"16,keyasint,omitempty"`
	Fields    []byte `cbor:"17,keyasint,omitempty"` // canonical; of an applied entry the hub has its digest alone
	PHIDigest []byte `cbor:"18,keyasint,omitempty"`
	Digest    []byte `cbor:"19,keyasint"`
	Hash      []byte `cbor:"20,keyasint"`
}

// Header gives the entry whose header the hash covers.
func (f *FormerEntry) Header() (journal.Entry, error) {
	e := journal.Entry{
		Seq: f.Seq, Epoch: f.Epoch, TxID: f.TxID, Entity: f.Entity, Op: journal.Op(f.Op), HLC: journal.HLC(f.HLC), WallMS: f.WallMS,
		ZoneMin: f.ZoneMin, Actor: f.Actor, Session: f.Session, OriginPos: f.Origin, Reason: f.Reason, Schema: f.Schema,
		PHIDigest: f.PHIDigest, Digest: f.Digest, Hash: f.Hash,
	}
	var err error
	for _, id := range []struct {
		from []byte
		into *lab.ID
	}{{f.Record, &e.Record}, {f.Subject, &e.Subject}} {
		if len(id.from) == 0 {
			continue
		}
		if *id.into, err = lab.IDFromBytes(id.from); err != nil {
			return e, malformed(err)
		}
	}
	if e.Base, err = journal.DecodeBase(f.Base); err != nil {
		return e, malformed(err)
	}
	return e, nil
}

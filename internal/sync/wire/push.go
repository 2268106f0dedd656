package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Push is one batch of a node's journal: entries without a gap, all of one epoch, cut only between two Updates.
type Push struct {
	Device   lab.ID
	Epoch    int64
	FirstSeq int64
	PrevHash []byte // hash of the entry before the first
	Schema   int    // of the node's program
	HLCNow   journal.HLC
	Items    []Item
	Keys     map[lab.ID][]byte // subject → key, for every subject with personal fields here
	LastHash []byte
	Sig      []byte // Ed25519 over Statement
	Pending  int64  // entries that wait at the node behind this batch
}

// Item is an entry with the canonical bytes that its hash covers. At the sender the raw parts may be nil: they are made
// from the entry's maps.
type Item struct {
	Entry     journal.Entry
	RawFields []byte
	RawPHI    []byte
	Erased    bool // its personal fields were erased at the node: PHIDigest stands for them
}

// LastSeq gives the sequence of the last entry.
func (p *Push) LastSeq() int64 { return p.FirstSeq + int64(len(p.Items)) - 1 }

// Statement is what the node signs. It names the batch by both ends of its hash chain, and so covers every entry; the
// hub keeps the signature, and it can be checked against the journal at any later time.
func Statement(device lab.ID, epoch, firstSeq, lastSeq int64, prevHash, lastHash []byte) []byte {
	b, err := encoding.Marshal([]any{"jaanch push 1", device[:], epoch, firstSeq, lastSeq, prevHash, lastHash})
	if err != nil {
		panic("wire: statement: " + err.Error()) // these types always encode
	}
	return b
}

// Sign fills LastHash and Sig. The items must be sealed.
func (p *Push) Sign(key ed25519.PrivateKey) {
	if len(p.Items) > 0 {
		p.LastHash = p.Items[len(p.Items)-1].Entry.Hash
	}
	p.Sig = ed25519.Sign(key, Statement(p.Device, p.Epoch, p.FirstSeq, p.LastSeq(), p.PrevHash, p.LastHash))
}

// ErrChain tells that the entries do not hash to what the batch claims.
var ErrChain = errors.New("the hash chain of the batch is broken")

// Verify computes every digest and hash from what was received, fills them in, and checks the last hash and the
// signature. A batch that fails is refused whole: its bytes are not what the node wrote.
func (p *Push) Verify(key ed25519.PublicKey) error {
	previous := p.PrevHash
	header := make([]byte, 0, 256)
	for i := range p.Items {
		it := &p.Items[i]
		e := &it.Entry
		if err := it.digest(p.Keys[e.Subject]); err != nil {
			return err
		}
		header = e.AppendHeader(header[:0])
		e.Hash = journal.Hash(previous, header, e.Digest)
		previous = e.Hash
	}
	if !bytes.Equal(previous, p.LastHash) {
		return &lab.Error{Kind: lab.KindInvalid, Code: "sync_chain", Message: "The batch does not match its own hash.", Cause: ErrChain}
	}
	if !ed25519.Verify(key, Statement(p.Device, p.Epoch, p.FirstSeq, p.LastSeq(), p.PrevHash, p.LastHash), p.Sig) {
		return &lab.Error{Kind: lab.KindForbidden, Code: "sync_signature", Message: "The batch is not signed by this node's key."}
	}
	return nil
}

// digest fills the digests of one entry, or leaves what the sender gave where the content itself stays at the node.
func (it *Item) digest(subjectKey []byte) error {
	e := &it.Entry
	if e.Op == journal.OpApplied {
		if len(e.Digest) != journal.HashSize {
			return malformed(fmt.Errorf("entry %d: an applied entry without its digest", e.Seq))
		}
		return nil
	}
	switch {
	case it.Erased:
		if len(e.PHIDigest) != journal.HashSize {
			return malformed(fmt.Errorf("entry %d: an erased entry without its digest", e.Seq))
		}
	case len(it.RawPHI) > 0:
		if len(subjectKey) != journal.KeySize || e.Subject.IsZero() {
			return malformed(fmt.Errorf("entry %d: personal fields without their key", e.Seq))
		}
		e.PHIDigest = journal.PHIDigest(journal.Salt(subjectKey, e.Epoch, e.Seq), it.RawPHI)
	default:
		e.PHIDigest = nil
	}
	e.Digest = journal.Digest(it.RawFields, e.PHIDigest)
	return nil
}

// Cut tells how many of the entries make up the next batch: as many whole Updates as fit, or one that alone is too big.
// The entries must not stop in the middle of an Update unless more of them are known to follow.
func Cut(entries []journal.Entry, maxChanges, maxBytes int) int {
	size, whole := 0, 0
	for i := range entries {
		if i > 0 && entries[i].Epoch != entries[0].Epoch {
			return i
		}
		if i > 0 && entries[i].TxID != entries[i-1].TxID {
			whole = i
		}
		size += weight(&entries[i])
		if (i >= maxChanges || size > maxBytes) && whole > 0 {
			return whole
		}
	}
	return len(entries)
}

// weight estimates an entry's bytes before packing.
func weight(e *journal.Entry) int {
	n := 64 + len(e.OriginPos)
	for _, m := range []map[int]any{e.Fields, e.PHI} {
		for _, v := range m {
			switch v := v.(type) {
			case string:
				n += len(v) + 4
			case []byte:
				n += len(v) + 4
			default:
				n += 10
			}
		}
	}
	return n
}

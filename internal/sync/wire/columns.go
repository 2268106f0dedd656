package wire

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// push is Push as it stands on the wire. Columns have one element an entry; what most entries lack stands in a map from
// the entry's place. Texts and ids that repeat are numbers into a list.
type push struct {
	Version  int                     `cbor:"0,keyasint"`
	Device   []byte                  `cbor:"1,keyasint"`
	Epoch    int64                   `cbor:"2,keyasint"`
	FirstSeq int64                   `cbor:"3,keyasint"`
	PrevHash []byte                  `cbor:"4,keyasint"`
	Schema   int                     `cbor:"5,keyasint"`
	HLCNow   uint64                  `cbor:"6,keyasint"`
	Texts    []string                `cbor:"7,keyasint"`
	IDs      []byte                  `cbor:"8,keyasint"`           // 16 bytes each
	Keys     map[int][]byte          `cbor:"9,keyasint,omitempty"` // place in IDs → key
	LastHash []byte                  `cbor:"10,keyasint"`
	Sig      []byte                  `cbor:"11,keyasint"`
	Tx       []int64                 `cbor:"12,keyasint"` // difference from the entry before
	Entity   []int                   `cbor:"13,keyasint"`
	Record   []int                   `cbor:"14,keyasint"` // place in IDs, 1 = the first, 0 = none
	Subject  map[int]int             `cbor:"15,keyasint,omitempty"`
	Op       []int                   `cbor:"16,keyasint"`
	Millis   []int64                 `cbor:"17,keyasint"` // of the HLC, difference from the entry before
	Counter  []int                   `cbor:"18,keyasint"`
	Wall     map[int]int64           `cbor:"19,keyasint,omitempty"` // wall_ms minus the HLC's milliseconds, where not 0
	Zone     []int                   `cbor:"20,keyasint"`           // difference from the entry before
	Actor    []int                   `cbor:"21,keyasint"`           // place in Texts
	Session  []int                   `cbor:"22,keyasint"`
	Reason   []int                   `cbor:"23,keyasint"`
	Origin   map[int][]byte          `cbor:"24,keyasint,omitempty"`
	SchemaOf []int                   `cbor:"25,keyasint"` // difference from the entry before
	Base     map[int]cbor.RawMessage `cbor:"26,keyasint,omitempty"`
	Fields   []cbor.RawMessage       `cbor:"27,keyasint"`
	PHI      map[int]cbor.RawMessage `cbor:"28,keyasint,omitempty"`
	Applied  map[int][]byte          `cbor:"29,keyasint,omitempty"` // place → digest of an applied entry
	Erased   map[int][]byte          `cbor:"30,keyasint,omitempty"` // place → phi_digest of an erased entry
	Pending  int64                   `cbor:"31,keyasint"`
}

// ops are the numbers of the operations on the wire; only ever appended.
var ops = [...]journal.Op{
	journal.OpInsert, journal.OpUpdate, journal.OpTombstone, journal.OpAmend, journal.OpErase, journal.OpApplied, journal.OpEpoch,
}

var emptyMap = cbor.RawMessage{0xa0}

// EncodePush gives the body of a batch.
func (c *Codec) EncodePush(p *Push) ([]byte, error) {
	d := newDictionary()
	w := push{
		Version: Version, Device: p.Device[:], Epoch: p.Epoch, FirstSeq: p.FirstSeq, PrevHash: p.PrevHash,
		Schema: p.Schema, HLCNow: uint64(p.HLCNow), LastHash: p.LastHash, Sig: p.Sig, Pending: p.Pending,
		Subject: map[int]int{}, Wall: map[int]int64{}, Origin: map[int][]byte{}, Base: map[int]cbor.RawMessage{},
		PHI: map[int]cbor.RawMessage{}, Applied: map[int][]byte{}, Erased: map[int][]byte{}, Keys: map[int][]byte{},
	}
	var before journal.Entry
	for i := range p.Items {
		if err := w.append(i, &p.Items[i], &before, d); err != nil {
			return nil, err
		}
		before = p.Items[i].Entry
	}
	for i := range p.Items {
		subject := p.Items[i].Entry.Subject
		if key, ok := p.Keys[subject]; ok && !subject.IsZero() {
			w.Keys[d.id(subject)] = key
		}
	}
	w.Texts, w.IDs = d.texts, d.ids
	return c.Marshal(&w)
}

func (w *push) append(i int, it *Item, before *journal.Entry, d *dictionary) error {
	e := &it.Entry
	op := -1
	for n, o := range ops {
		if o == e.Op {
			op = n
		}
	}
	if op < 0 {
		return fmt.Errorf("wire: entry %d: operation %q has no number", e.Seq, e.Op)
	}
	w.Tx = append(w.Tx, e.TxID-before.TxID)
	w.Entity = append(w.Entity, e.Entity)
	w.Record = append(w.Record, d.id(e.Record))
	w.Op = append(w.Op, op)
	w.Millis = append(w.Millis, e.HLC.Millis()-before.HLC.Millis())
	w.Counter = append(w.Counter, int(e.HLC.Counter()))
	w.Zone = append(w.Zone, e.ZoneMin-before.ZoneMin)
	w.Actor = append(w.Actor, d.text(e.Actor))
	w.Session = append(w.Session, d.text(e.Session))
	w.Reason = append(w.Reason, d.text(e.Reason))
	w.SchemaOf = append(w.SchemaOf, e.Schema-before.Schema)
	if !e.Subject.IsZero() {
		w.Subject[i] = d.id(e.Subject)
	}
	if diff := e.WallMS - e.HLC.Millis(); diff != 0 {
		w.Wall[i] = diff
	}
	if len(e.OriginPos) > 0 {
		w.Origin[i] = e.OriginPos
	}
	if len(e.Base) > 0 {
		w.Base[i] = journal.AppendBase(nil, e.Base)
	}
	return w.appendContent(i, it)
}

// appendContent adds fields and personal fields, or the digests that stand for them.
func (w *push) appendContent(i int, it *Item) error {
	e := &it.Entry
	if e.Op == journal.OpApplied {
		w.Applied[i] = e.Digest
		w.Fields = append(w.Fields, emptyMap)
		return nil
	}
	fields, phi := it.RawFields, it.RawPHI
	var err error
	if fields == nil {
		if fields, err = journal.AppendFields(nil, e.Fields); err != nil {
			return fmt.Errorf("wire: entry %d: %w", e.Seq, err)
		}
	}
	w.Fields = append(w.Fields, fields)
	if it.Erased {
		w.Erased[i] = e.PHIDigest
		return nil
	}
	if phi == nil && len(e.PHI) > 0 {
		if phi, err = journal.AppendFields(nil, e.PHI); err != nil {
			return fmt.Errorf("wire: entry %d: %w", e.Seq, err)
		}
	}
	if len(phi) > 0 {
		w.PHI[i] = phi
	}
	return nil
}

// DecodePush reads a batch. Its hashes are not checked yet: Verify does that once the device's key is known.
func (c *Codec) DecodePush(body []byte) (*Push, error) {
	var w push
	if err := c.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	if w.Version != Version {
		return nil, &lab.Error{Kind: lab.KindInvalid, Code: "sync_version", Message: "This version of the protocol is not known."}
	}
	device, err := lab.IDFromBytes(w.Device)
	if err != nil || !w.complete() {
		return nil, malformed(err)
	}
	p := &Push{
		Device: device, Epoch: w.Epoch, FirstSeq: w.FirstSeq, PrevHash: w.PrevHash, Schema: w.Schema,
		HLCNow: journal.HLC(w.HLCNow), LastHash: w.LastHash, Sig: w.Sig, Pending: w.Pending,
		Items: make([]Item, len(w.Tx)), Keys: make(map[lab.ID][]byte, len(w.Keys)),
	}
	d := dictionary{texts: w.Texts, ids: w.IDs}
	for place, key := range w.Keys {
		subject, ok := d.idAt(place)
		if !ok || subject.IsZero() || len(key) != journal.KeySize {
			return nil, malformed(nil)
		}
		p.Keys[subject] = key
	}
	var before journal.Entry
	for i := range p.Items {
		if err := w.item(i, &before, &d, &p.Items[i]); err != nil {
			return nil, err
		}
		p.Items[i].Entry.Seq, p.Items[i].Entry.Epoch = w.FirstSeq+int64(i), w.Epoch
		before = p.Items[i].Entry
	}
	return p, nil
}

// complete tells whether every column has an element for every entry and the hashes have their length.
func (w *push) complete() bool {
	n := len(w.Tx)
	for _, l := range []int{
		len(w.Entity), len(w.Record), len(w.Op), len(w.Millis), len(w.Counter), len(w.Zone), len(w.Actor), len(w.Session),
		len(w.Reason), len(w.SchemaOf), len(w.Fields),
	} {
		if l != n {
			return false
		}
	}
	return n > 0 && w.FirstSeq > 0 && w.Epoch > 0 && len(w.IDs)%16 == 0 &&
		len(w.PrevHash) == journal.HashSize && len(w.LastHash) == journal.HashSize
}

func (w *push) item(i int, before *journal.Entry, d *dictionary, it *Item) error {
	e := &it.Entry
	record, ok1 := d.idAt(w.Record[i])
	subject, ok2 := d.idAt(w.Subject[i])
	actor, ok3 := d.textAt(w.Actor[i])
	session, ok4 := d.textAt(w.Session[i])
	reason, ok5 := d.textAt(w.Reason[i])
	millis := before.HLC.Millis() + w.Millis[i]
	inRange := w.Op[i] >= 0 && w.Op[i] < len(ops) && w.Counter[i] >= 0 && w.Counter[i] < 1<<16 && millis >= 0 && millis < 1<<47
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !inRange {
		return malformed(fmt.Errorf("entry at place %d", i))
	}
	e.TxID, e.Entity, e.Record, e.Subject = before.TxID+w.Tx[i], w.Entity[i], record, subject
	e.Op, e.HLC = ops[w.Op[i]], journal.MakeHLC(millis, uint16(w.Counter[i]))
	e.WallMS, e.ZoneMin = millis+w.Wall[i], before.ZoneMin+w.Zone[i]
	e.Actor, e.Session, e.Reason = actor, session, reason
	e.OriginPos, e.Schema = w.Origin[i], before.Schema+w.SchemaOf[i]
	var err error
	if raw := w.Base[i]; len(raw) > 0 {
		if e.Base, err = journal.DecodeBase(raw); err != nil {
			return malformed(err)
		}
	}
	return w.content(i, it)
}

func (w *push) content(i int, it *Item) error {
	e := &it.Entry
	if digest, ok := w.Applied[i]; ok || e.Op == journal.OpApplied {
		e.Digest = digest
		return nil
	}
	var err error
	it.RawFields = w.Fields[i]
	if e.Fields, err = journal.DecodeFields(it.RawFields); err != nil {
		return malformed(err)
	}
	if digest, ok := w.Erased[i]; ok {
		it.Erased, e.PHIDigest = true, digest
		return nil
	}
	if raw := w.PHI[i]; len(raw) > 0 {
		it.RawPHI = raw
		if e.PHI, err = journal.DecodeFields(raw); err != nil {
			return malformed(err)
		}
	}
	return nil
}

// dictionary numbers texts and ids by their first use.
type dictionary struct {
	texts  []string
	ids    []byte
	textNo map[string]int
	idNo   map[lab.ID]int
}

func newDictionary() *dictionary {
	return &dictionary{textNo: map[string]int{}, idNo: map[lab.ID]int{}}
}

func (d *dictionary) text(s string) int {
	n, ok := d.textNo[s]
	if !ok {
		n = len(d.texts)
		d.textNo[s] = n
		d.texts = append(d.texts, s)
	}
	return n
}

func (d *dictionary) id(id lab.ID) int {
	if id.IsZero() {
		return 0
	}
	n, ok := d.idNo[id]
	if !ok {
		d.ids = append(d.ids, id[:]...)
		n = len(d.ids) / len(id)
		d.idNo[id] = n
	}
	return n
}

func (d *dictionary) textAt(n int) (string, bool) {
	if n < 0 || n >= len(d.texts) {
		return "", false
	}
	return d.texts[n], true
}

func (d *dictionary) idAt(n int) (lab.ID, bool) {
	var id lab.ID
	if n == 0 {
		return id, true
	}
	if n < 0 || n*len(id) > len(d.ids) {
		return id, false
	}
	copy(id[:], d.ids[(n-1)*len(id):])
	return id, true
}

package sqlite

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Report is what a verification found. A report without a fault says that every entry is as it was written, that none is
// missing, and that every synced row holds what its entries say.
type Report struct {
	Device  lab.ID
	Entries int64    // entries that were walked
	Rows    int64    // rows that were rebuilt from them and compared
	Last    Head     // the last entry
	Signed  int64    // greatest sequence that a signed head vouches for; 0 = none was given
	Erased  []Erased // entries that an erasure emptied
	Fault   *Fault   // the first; nil = none
}

// Erased is an entry that was emptied, and the erase entry that did it.
type Erased struct{ Seq, By int64 }

// Fault names the first bad entry.
type Fault struct {
	Seq    int64  // of the entry; for a bad row, of the entry that set the value last; 0 = no entry names the row
	Code   string // what is wrong, see the constants
	Entity string // of a bad row
	Record lab.ID // of a bad row
}

// What a fault can be.
const (
	FaultMissing     = "entry_missing"   // the sequence has a gap here
	FaultFields      = "fields_changed"  // fields do not have their digest
	FaultPHI         = "phi_changed"     // personal fields do not have their digest
	FaultEmptied     = "phi_emptied"     // personal fields are gone without an erase entry
	FaultHash        = "hash_wrong"      // header or order was changed
	FaultOrder       = "order_wrong"     // epoch, transaction or clock run backwards
	FaultPrev        = "prev_changed"    // the old values are not those of the entries before
	FaultTail        = "tail_cut"        // entries that a signed head vouches for are gone
	FaultRewritten   = "chain_rewritten" // the chain is another one than a signed head vouches for
	FaultSignature   = "head_forged"     // a signed head is not signed by this node
	FaultRow         = "row_changed"     // a row holds another value than its entries say
	FaultRowMissing  = "row_missing"     // a row is gone
	FaultRowUnknown  = "row_unjournalled"
	FaultRowVersions = "row_versions" // the group versions of a row are not those of its entries
	FaultUnreadable  = "entry_unreadable"
)

// String says it in one line, without a value.
func (f *Fault) String() string {
	if f.Entity == "" {
		return fmt.Sprintf("journal entry %d: %s", f.Seq, f.Code)
	}
	return fmt.Sprintf("%s %s (journal entry %d): %s", f.Entity, f.Record, f.Seq, f.Code)
}

// VerifyOptions say against what a database is verified.
type VerifyOptions struct {
	Registry journal.Registry
	Key      ed25519.PublicKey    // the node's; nil = heads are not checked
	Heads    []journal.SignedHead // from the side file, from the hub
}

// VerifyChain walks the whole journal in one snapshot and rebuilds every synced row from it. The node keeps working.
func (db *DB) VerifyChain(ctx context.Context, o VerifyOptions) (Report, error) {
	o.Registry = db.options.Registry
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Report{}, mapError(fmt.Errorf("verify: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // a read ends with nothing to keep
	return verify(ctx, tx, o)
}

// Verify does the same to a file that nobody serves, read-only. It takes the side file beside the database into account
// as well.
func Verify(ctx context.Context, path string, o VerifyOptions) (report Report, err error) {
	guardDriver()
	pool, err := openPool(path, readerQuery, 1)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	beside, ok, damaged := ReadHead(HeadPath(path))
	switch {
	case damaged != nil:
		return Report{Fault: &Fault{Code: FaultSignature}}, nil
	case ok:
		o.Heads = append(o.Heads, beside)
	}
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Report{}, mapError(fmt.Errorf("verify: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // a read ends with nothing to keep
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return Report{}, mapError(fmt.Errorf("verify: %w", err))
	}
	if tables == 0 && len(o.Heads) > 0 { // all of it stood in a log that is gone
		return Report{Fault: &Fault{Seq: 1, Code: FaultTail}}, nil
	}
	return verify(ctx, tx, o)
}

// reading is what a verification needs of a transaction.
type reading interface {
	querier
	querierRows
}

func verify(ctx context.Context, tx reading, o VerifyOptions) (Report, error) {
	var device []byte
	if err := tx.QueryRowContext(ctx, "SELECT v FROM sync_state WHERE k = 'device_id'").Scan(&device); err != nil {
		return Report{}, mapError(fmt.Errorf("verify: read the device: %w", err))
	}
	id, err := lab.IDFromBytes(device)
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	v := &verifier{ctx: ctx, tx: tx, options: o, report: Report{Device: id}}
	if err := v.chain(); err != nil {
		return v.report, mapError(fmt.Errorf("verify the chain: %w", err))
	}
	if v.report.Fault != nil {
		return v.report, nil
	}
	if err := v.rows(); err != nil {
		return v.report, mapError(fmt.Errorf("verify the rows: %w", err))
	}
	return v.report, nil
}

// verifier walks one snapshot.
type verifier struct {
	ctx     context.Context
	tx      reading
	options VerifyOptions
	report  Report
	keys    map[lab.ID][]byte
	erased  map[int64]int64 // entry → its erase entry, from journal_erasure
	heads   map[int64][]journal.SignedHead
	listed  map[int64]int64 // entry → the erase entry whose list names it
}

func (v *verifier) fault(seq int64, code string) {
	if v.report.Fault == nil {
		v.report.Fault = &Fault{Seq: seq, Code: code}
	}
}

// chain walks all entries.
func (v *verifier) chain() (err error) {
	if err := v.prepare(); err != nil {
		return err
	}
	rows, err := v.tx.QueryContext(v.ctx, "SELECT "+entryColumns+" FROM journal ORDER BY seq") //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return err
	}
	defer func() { err = closeRows(rows, err) }()
	last := head{Hash: journal.Genesis(v.report.Device), Epoch: 1}
	var emptied []Erased // entries without their phi; their erase entries come later
	for rows.Next() && v.report.Fault == nil {
		var r rawEntry
		if err := rows.Scan(r.targets()...); err != nil {
			return err
		}
		if r.seq != last.Seq+1 {
			v.fault(last.Seq+1, FaultMissing)
			break
		}
		if len(r.phiDigest) > 0 && r.phi == nil {
			emptied = append(emptied, Erased{Seq: r.seq, By: v.erased[r.seq]})
		}
		v.entry(&r, &last)
		v.report.Entries++
	}
	v.report.Last = Head{Seq: last.Seq, Epoch: last.Epoch, HLC: last.HLC, Hash: last.Hash}
	for _, e := range emptied {
		if e.By == 0 || v.listed[e.Seq] != e.By {
			v.emptiedFault(e.Seq)
			break
		}
		v.report.Erased = append(v.report.Erased, e)
	}
	v.tail(last.Seq)
	return nil
}

// emptiedFault is the first bad entry if it stands before the one that was found.
func (v *verifier) emptiedFault(seq int64) {
	if v.report.Fault == nil || seq < v.report.Fault.Seq {
		v.report.Fault = &Fault{Seq: seq, Code: FaultEmptied}
	}
}

// tail compares the end with what the signed heads vouch for.
func (v *verifier) tail(last int64) {
	for seq := range v.heads {
		if seq > last {
			v.fault(last+1, FaultTail)
		} else {
			v.report.Signed = max(v.report.Signed, seq)
		}
	}
}

// lists reads what each erase entry says that it emptied. The walk checks the lists like any fields.
func (v *verifier) lists() (err error) {
	rows, err := v.tx.QueryContext(v.ctx, //nolint:rowserrcheck // closeRows looks at it
		"SELECT seq, fields FROM journal WHERE seq IN (SELECT by FROM journal_erasure) AND op = 'erase' ORDER BY seq")
	if err != nil {
		return err
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var by int64
		var raw []byte
		if err := rows.Scan(&by, &raw); err != nil {
			return err
		}
		fields, err := journal.DecodeFields(raw)
		packed, _ := fields[journal.EraseEntries].([]byte)
		seqs, err2 := UnpackSequence(packed)
		if err != nil || err2 != nil {
			continue // its digest cannot be right either: the walk names it
		}
		for _, seq := range seqs {
			if _, twice := v.listed[seq]; !twice {
				v.listed[seq] = by
			}
		}
	}
	return nil
}

// prepare reads what the walk looks up: erasures, keys and heads.
func (v *verifier) prepare() (err error) {
	v.keys, v.erased, v.listed = map[lab.ID][]byte{}, map[int64]int64{}, map[int64]int64{}
	v.heads = map[int64][]journal.SignedHead{}
	for _, h := range v.options.Heads {
		if len(v.options.Key) > 0 && h.Check(v.options.Key) != nil || h.Device != v.report.Device {
			v.fault(h.Seq, FaultSignature)
		}
		v.heads[h.Seq] = append(v.heads[h.Seq], h)
	}
	rows, err := v.tx.QueryContext(v.ctx, "SELECT seq, by FROM journal_erasure")
	if err != nil {
		return err
	}
	for rows.Next() {
		var e Erased
		if err := rows.Scan(&e.Seq, &e.By); err != nil {
			return closeRows(rows, err)
		}
		v.erased[e.Seq] = e.By
	}
	if err := closeRows(rows, nil); err != nil {
		return err
	}
	if err := v.lists(); err != nil {
		return err
	}
	rows, err = v.tx.QueryContext(v.ctx, "SELECT subject, key FROM subject_key")
	if err != nil {
		return err
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var subject, key []byte
		if err := rows.Scan(&subject, &key); err != nil {
			return err
		}
		if id, err := lab.IDFromBytes(subject); err == nil {
			v.keys[id] = key
		}
	}
	return nil
}

package agent

import (
	"bytes"
	"context"
	"fmt"
	"reflect"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/wire"
)

// Former is what became of the lost node's journal: how many of its entries stand here again with an unbroken chain, and
// how far the pulled records agree with them.
type Former struct {
	Entries  int64
	Compared int // values whose entry of the lost node is here
	Differ   int // of them, those that are not what the node had written; 0 in a hub that keeps its word
}

// errFormer tells that the hub's copy of the lost node's journal is not one chain.
func errFormer(at string) error {
	return &lab.Error{
		Kind: lab.KindConflict, Code: "former_broken",
		Message: "The hub's copy of the lost node's journal does not verify at " + at + ". Do not go on: ask for support.",
	}
}

// Recall brings the lost node's own journal back, checks its chain from the first entry to the one that the hub named in
// the claim, and compares the records that were pulled with it. It goes on where it stopped.
func (a *Agent) Recall(ctx context.Context, claim wire.RebuildReply) (Former, error) {
	var out Former
	m, err := a.membership(ctx)
	if err != nil {
		return out, err
	}
	for {
		last, err := a.lastFormer(ctx)
		if err != nil {
			return out, err
		}
		entries, err := a.askFormer(ctx, m, last, claim.Epoch)
		if err != nil {
			return out, err
		}
		if len(entries) == 0 {
			if claim.LastSeq > 0 && (last.Epoch != claim.Epoch || last.Seq != claim.LastSeq || !bytes.Equal(last.Hash, claim.LastHash)) {
				return out, errFormer("its end")
			}
			break
		}
		if err := checkFormer(a.o.DB.Device(), last, entries); err != nil {
			return out, err
		}
		if err := a.keepFormer(ctx, entries); err != nil {
			return out, err
		}
	}
	err = a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		if out.Entries, err = tx.FormerCount(ctx); err != nil {
			return err
		}
		return a.matches(ctx, tx, &out)
	})
	return out, err
}

func (a *Agent) lastFormer(ctx context.Context) (last sqlite.FormerEntry, err error) {
	err = a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		last, err = tx.LastFormer(ctx)
		return err
	})
	return last, err
}

func (a *Agent) askFormer(ctx context.Context, m membership, last sqlite.FormerEntry, until int64) ([]wire.FormerEntry, error) {
	token, err := a.session(ctx, m)
	if err != nil {
		return nil, err
	}
	body, err := a.codec.Marshal(wire.FormerRequest{
		Device: a.o.DB.Device().Bytes(), Epoch: last.Epoch, Seq: last.Seq, Until: until, Most: wire.MaxFormer,
	})
	if err != nil {
		return nil, err
	}
	var reply wire.FormerReply
	_, err = a.packed(ctx, m.hub, "/api/v1/sync/former", token, body, &reply)
	return reply.Entries, err
}

// checkFormer computes every digest and hash again. Only the first entry of an epoch stands on a hash that the hub never
// saw: its own is taken as stated, as the hub took it, and what follows hangs on it.
func checkFormer(device lab.ID, last sqlite.FormerEntry, entries []wire.FormerEntry) error {
	epoch, seq, previous := last.Epoch, last.Seq, last.Hash
	if epoch == 0 {
		previous = journal.Genesis(device)
	}
	var header []byte
	for i := range entries {
		f := &entries[i]
		at := fmt.Sprintf("entry %d of epoch %d", f.Seq, f.Epoch)
		e, err := f.Header()
		if err != nil {
			return err
		}
		begins := f.Epoch != epoch && (f.Epoch > 1 || f.Seq > 1)
		if f.Epoch < epoch || f.Epoch == epoch && f.Seq != seq+1 || begins && e.Op != journal.OpEpoch {
			return errFormer(at)
		}
		if e.Op != journal.OpApplied && !bytes.Equal(f.Digest, journal.Digest(f.Fields, f.PHIDigest)) {
			return errFormer(at)
		}
		header = e.AppendHeader(header[:0])
		if !begins && !bytes.Equal(f.Hash, journal.Hash(previous, header, f.Digest)) {
			return errFormer(at)
		}
		epoch, seq, previous = f.Epoch, f.Seq, f.Hash
	}
	return nil
}

func (a *Agent) keepFormer(ctx context.Context, entries []wire.FormerEntry) error {
	return a.o.DB.Update(ctx, lab.System(), "rebuild", func(tx *sqlite.Tx) error {
		for i := range entries {
			f := &entries[i]
			e, err := f.Header()
			if err != nil {
				return err
			}
			if err := tx.KeepFormer(sqlite.FormerEntry{Entry: e, RawFields: f.Fields, RawBase: f.Base}); err != nil {
				return err
			}
		}
		return nil
	})
}

// comparedAtOnce is how many entries are compared at a time.
const comparedAtOnce = 2000

// matches holds what was installed against what the lost node wrote: the hub names for each value the entry that it came
// from, and that entry hangs in the chain that was just checked.
func (a *Agent) matches(ctx context.Context, tx *sqlite.ReadTx, out *Former) error {
	for from := int64(1); ; {
		entries, err := tx.Entries(ctx, from, comparedAtOnce)
		if err != nil || len(entries) == 0 {
			return err
		}
		from = entries[len(entries)-1].Seq + 1
		for i := range entries {
			e := &entries[i]
			device, epoch, seq, ok := wire.ReadOrigin(e.OriginPos)
			if e.Op != journal.OpApplied || !ok || device != a.o.DB.Device() {
				continue
			}
			was, found, err := tx.Former(ctx, epoch, seq)
			if err != nil {
				return err
			}
			if !found || was.Record != e.Record || was.Op == journal.OpApplied {
				out.Differ++
				continue
			}
			out.Compared++
			if !agree(e.Fields, was.Fields) {
				out.Differ++
			}
		}
	}
}

// agree tells that what stands in both is the same.
func agree(now, was map[int]any) bool {
	for id, v := range now {
		if old, both := was[id]; both && id > 0 && !reflect.DeepEqual(v, old) {
			return false
		}
	}
	return true
}

package sqlite

import "slices"

// kept is what updates read of the lab's set-up again and again (tests with their limits, analyzers, code maps), held in
// memory between them. It belongs to the writer: only the leader of a group looks at it, and all of it goes as soon as an
// update writes a record of a kind that anything in it was made of, so it is never older than the database.
type kept struct {
	values  map[any]any
	kinds   []string // entities that something in values was made of
	touched bool     // the running transaction wrote one of them: what was read since may be rolled back
}

// keptLimit bounds the number of things held; a lab's whole catalogue is a few hundred.
const keptLimit = 4096

// Keep gives what load makes, or what it made before if no record of those entities was written since. Load must read
// nothing else, and nobody may change what it gives. The key must be of a type of its own. Outside of an update nothing is
// kept: a reader has no part in the order of the writes.
func Keep[K comparable, V any](tx any, key K, load func() (V, error), entities ...string) (V, error) {
	t, ok := tx.(*Tx)
	if !ok || t.done {
		return load()
	}
	k := &t.w.kept
	if v, ok := k.values[key].(V); ok {
		return v, nil
	}
	v, err := load()
	if err != nil {
		return v, err
	}
	if k.values == nil || len(k.values) >= keptLimit {
		k.values = map[any]any{}
	}
	k.values[key] = v
	for _, e := range entities {
		if !slices.Contains(k.kinds, e) {
			k.kinds = append(k.kinds, e)
		}
	}
	return v, nil
}

// wrote hears of every write of a synced record.
func (k *kept) wrote(entity string) {
	if slices.Contains(k.kinds, entity) {
		k.values, k.touched = nil, true
	}
}

// settle ends an update: what was read after its own write goes again, because the update may be undone.
func (k *kept) settle() {
	if k.touched {
		k.values, k.touched = nil, false
	}
}

// drop forgets everything, when a transaction was lost.
func (k *kept) drop() { k.values, k.touched = nil, false }

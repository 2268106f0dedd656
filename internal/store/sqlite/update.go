package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"jaanch/internal/lab"

	sqlite3 "modernc.org/sqlite/lib"
)

// errGone tells that the engine rolled the whole transaction back although no statement of the closure said so.
var errGone = errors.New("the engine rolled the transaction back")

// Update is the one way to write. The closure's changes are stored all or not at all, and are durable when Update returns
// nil. It may run twice (when another update of the same commit failed or lost the transaction), so it must touch nothing
// but tx, and it must be short: every other writer waits. Actor and reason (a code) stand in each journal entry that it writes.
//
// The context's deadline counts in the queue and while the answer is awaited, never inside a statement. An error of kind
// Unknown means that the change may or may not be stored: whoever asked must look before repeating it.
func (db *DB) Update(ctx context.Context, actor lab.Actor, reason string, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return deadlineError(err)
	}
	c := &call{
		ctx: ctx, actor: actor, reason: reason, fn: fn,
		lead: make(chan struct{}, 1), done: make(chan error, 1),
	}
	lead, ok := db.queue.enter(c)
	if !ok {
		return deadError(db.DeadErr())
	}
	if lead {
		db.lead() //nolint:contextcheck // no deadline reaches the writer connection
		return <-c.done
	}
	select {
	case err := <-c.done:
		return err
	case <-c.lead:
		db.lead() //nolint:contextcheck // no deadline reaches the writer connection
		return <-c.done
	case <-ctx.Done():
		return db.giveUp(c) //nolint:contextcheck // no deadline reaches the writer connection
	}
}

// giveUp answers a caller whose deadline passed.
func (db *DB) giveUp(c *call) error {
	if c.state.CompareAndSwap(callWaiting, callGone) {
		if db.queue.wasGranted(c) {
			db.lead() // the others must not wait for a leader that left
		}
		return deadlineError(c.ctx.Err())
	}
	if c.state.Load() == callGone {
		return <-c.done
	}
	select {
	case err := <-c.done:
		return err
	default:
		return undecidedError(c.ctx.Err())
	}
}

// lead runs one group and passes the lead on. If a closure ends its goroutine (as a failing test does), the others are
// answered and the lead still goes on.
func (db *DB) lead() {
	group := db.queue.take()
	finished := false
	defer func() {
		if finished {
			return
		}
		if err := db.writer.rollback(); err != nil {
			db.die(fmt.Errorf("roll back after a closure ended its goroutine: %w", err))
		} else if err := db.writer.reload(db.device); err != nil {
			db.die(err)
		}
		for _, c := range group {
			select {
			case c.done <- deadlineError(errGone):
			default:
			}
		}
		db.queue.pass()
	}()
	db.runGroup(group)
	finished = true
	db.queue.pass()
}

// runGroup commits the group together; if its transaction is lost, each update runs again alone.
func (db *DB) runGroup(group []*call) {
	if len(group) == 0 {
		return
	}
	abandoned := db.attempt(group)
	if abandoned == nil {
		return
	}
	if len(group) == 1 {
		group[0].answer(mapError(abandoned))
		return
	}
	db.logger.Warn("group commit abandoned, its updates run alone", "count", len(group), "code", primaryCode(abandoned))
	for i, c := range group {
		if db.DeadErr() != nil {
			for _, rest := range group[i:] {
				rest.answer(deadError(db.deadBy))
			}
			return
		}
		if err := db.attempt(group[i : i+1]); err != nil {
			c.answer(mapError(err))
		}
	}
}

// ran is one update of a group that was executed.
type ran struct {
	call *call
	tx   *Tx
	err  error
}

// errExposed tells that an update failed after it had written, and had no savepoint of its own: the whole group is taken
// back and runs again, sheltered.
var errExposed = errors.New("an update without a savepoint failed after it had written")

// shelterGroups is for how many groups after such a failure every update gets a savepoint at once: failures come in rows.
const shelterGroups = 32

// attempt runs the updates, commits, and answers all of them. An error means that the whole transaction was lost and
// nobody was answered.
//
// A savepoint makes the engine keep the old form of every page that the update touches, and is needed only to take back
// one update among others. So a group runs without them first. An update that fails before it has written leaves nothing
// to take back; one that fails later costs the group a second run, with a savepoint for each.
func (db *DB) attempt(group []*call) error {
	w := db.writer
	if err := w.begin(); err != nil {
		return errors.Join(err, w.restore(db.device))
	}
	if len(group) == 1 {
		return db.attemptAlone(group[0])
	}
	sheltered := db.shelter > 0
	if sheltered {
		db.shelter--
	}
	done, err := db.runAll(group, sheltered)
	if errors.Is(err, errExposed) {
		if err := w.restore(db.device); err != nil {
			return err
		}
		db.shelter = shelterGroups
		return db.attempt(group)
	}
	if err != nil {
		return errors.Join(err, w.restore(db.device))
	}
	if err := w.commit(); err != nil {
		return db.commitFailed(done, err)
	}
	db.committed(done)
	return nil
}

// runAll runs the updates of a group one after the other. An error means that the transaction cannot be committed.
func (db *DB) runAll(group []*call, sheltered bool) ([]ran, error) {
	w := db.writer
	done := make([]ran, 0, len(group))
	for _, c := range group {
		if !c.start() {
			continue
		}
		tx := db.newTx(c)
		run := db.runExposed
		if sheltered {
			run = db.runOne
		}
		err := run(tx, c)
		if w.gone {
			if err == nil {
				err = errGone
			}
			return nil, err
		}
		if errors.Is(err, errExposed) {
			return nil, err
		}
		done = append(done, ran{call: c, tx: tx, err: err})
	}
	return done, nil
}

// runExposed runs one closure without a savepoint. When it gives an error other than errExposed, it has written nothing.
func (db *DB) runExposed(tx *Tx, c *call) error {
	w := db.writer
	mark := w.trip.mark()
	err := tx.execute(c.fn)
	if w.gone {
		return err
	}
	if err == nil {
		err = w.trip.check(mark, tx.written)
	}
	if err != nil && tx.wrote {
		return errExposed
	}
	return err
}

// attemptAlone runs the one update of a transaction without a savepoint: the transaction is its savepoint, and spares the
// engine from keeping the old form of every page.
func (db *DB) attemptAlone(c *call) error {
	w := db.writer
	if !c.start() {
		return w.rollback()
	}
	before := w.head
	tx := db.newTx(c)
	err := tx.execute(c.fn)
	if err == nil && !w.gone {
		err = w.trip.check(0, tx.written)
	}
	if w.gone {
		if err == nil {
			err = errGone
		}
		return errors.Join(err, w.restore(db.device))
	}
	if err != nil {
		if undo := w.rollback(); undo != nil {
			return errors.Join(err, undo, w.restore(db.device))
		}
		w.head = before
		db.committed([]ran{{call: c, tx: tx, err: err}})
		return nil
	}
	done := []ran{{call: c, tx: tx}}
	if err := w.commit(); err != nil {
		return db.commitFailed(done, err)
	}
	db.committed(done)
	return nil
}

// runOne runs one closure in its savepoint. When it gives an error, nothing of it is left.
func (db *DB) runOne(tx *Tx, c *call) error {
	w := db.writer
	before := w.head
	mark := w.trip.mark()
	if err := w.run("SAVEPOINT one"); err != nil {
		return errors.Join(err, w.abandon())
	}
	err := tx.execute(c.fn)
	if w.gone {
		return err
	}
	if err == nil {
		err = w.trip.check(mark, tx.written)
	}
	if err == nil {
		if err = w.run("RELEASE one"); err == nil {
			return nil
		}
	}
	w.head = before
	w.trip.cut(mark)
	if undo := errors.Join(w.run("ROLLBACK TO one"), w.run("RELEASE one")); undo != nil {
		return errors.Join(err, undo, w.abandon())
	}
	return err
}

// abandon gives the whole transaction up when a savepoint cannot be steered any more.
func (w *writer) abandon() error {
	err := w.rollback()
	w.gone = true
	return err
}

// restore ends what is left of the transaction and reads again where the chain stands.
func (w *writer) restore(device lab.ID) error {
	w.kept.drop()
	if err := w.rollback(); err != nil {
		return err
	}
	return w.reload(device)
}

// commitFailed sorts a failed COMMIT: without space or with a lock in the way nothing is in the log, and the group is
// abandoned; any other error leaves open what the log holds, so nothing more may run in this process.
func (db *DB) commitFailed(done []ran, cause error) error {
	switch primaryCode(cause) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CONSTRAINT:
		return errors.Join(cause, db.writer.restore(db.device))
	}
	db.die(fmt.Errorf("commit: %w", cause))
	for _, r := range done {
		r.call.answer(undecidedError(cause))
	}
	return nil
}

// committed tells everybody. The live feed and the callbacks come first, so that a caller who is answered finds his own
// change announced.
func (db *DB) committed(done []ran) {
	db.announce(done)
	db.signHead(false)
	for _, r := range done {
		if r.err == nil {
			for _, fn := range r.tx.after {
				db.callBack(fn)
			}
			if r.tx.checkpoint {
				r.err = db.truncateLog()
			}
		}
		r.call.answer(mapError(r.err))
	}
	entries := 0
	for _, r := range done {
		entries += len(r.tx.written)
	}
	db.carry(entries)
}

func (db *DB) callBack(fn func()) {
	defer func() {
		if p := recover(); p != nil {
			db.logger.Error("callback after commit panicked", "kind", fmt.Sprintf("%T", p))
		}
	}()
	fn()
}

// die stops the database: nothing more is taken, and who waits is told.
func (db *DB) die(cause error) {
	rest := db.queue.drain()
	select {
	case <-db.dead:
		return
	default:
	}
	db.deadBy = cause
	close(db.dead)
	db.logger.Error("database stopped: outcome of a commit is undecided", "err", cause)
	for _, c := range slices.Clone(rest) {
		if c.state.CompareAndSwap(callWaiting, callGone) {
			c.answer(deadError(cause))
		}
	}
}

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"jaanch/internal/lab"
)

// checkLimit is the size in bytes up to which the pages are checked before anything is served. A larger file is checked
// while the lab works already.
const checkLimit = 200 << 20

// stoppedUncleanly tells whether the last run left its log behind: a clean close folds it into the file and removes it.
func stoppedUncleanly(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// background runs the check of a large file and ends with the database.
type background struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (b *background) stop() {
	if b.cancel != nil {
		b.cancel()
	}
	b.wg.Wait()
}

// checkPages has the engine look at the pages after an unclean stop.
func (db *DB) checkPages(ctx context.Context) error {
	info, err := os.Stat(db.options.Path)
	if err != nil {
		return fmt.Errorf("check after an unclean stop: %w", err)
	}
	if info.Size() < db.options.checkLimit {
		if err := quickCheck(ctx, db.writer.conn); err != nil {
			return err
		}
		db.health.add(ProblemUnclean)
		return nil
	}
	ctx, db.checking.cancel = context.WithCancel(context.WithoutCancel(ctx))
	db.health.add(ProblemRunning)
	db.checking.wg.Go(func() {
		err := quickCheck(ctx, db.readers)
		switch {
		case err == nil:
			db.health.add(ProblemUnclean)
		case lab.CodeOf(err) == codeCorrupt:
			db.health.add(ProblemDamaged)
		default:
			db.health.add(ProblemCheck)
		}
		db.health.remove(ProblemRunning)
		if err != nil && ctx.Err() == nil {
			db.logger.Error("check after an unclean stop", "err", err)
		}
	})
	return nil
}

// quickCheck asks the engine; a damaged file gives database_corrupt.
func quickCheck(ctx context.Context, conn querier) error {
	var verdict string
	if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("quick check: %w", mapError(err))
	}
	if verdict != "ok" {
		return corrupt(errors.New("quick check: " + verdict))
	}
	return nil
}

func corrupt(cause error) error {
	return &lab.Error{
		Kind: lab.KindInternal, Code: codeCorrupt, Cause: cause,
		Message: "The database file is damaged. Stop and restore a backup.",
	}
}

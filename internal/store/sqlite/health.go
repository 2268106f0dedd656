package sqlite

import (
	"slices"
	"sync"
)

// Problems that Health tells. Each stands until the database is opened again.
const (
	ProblemHead    = "head_mismatch" // the journal is not the one that the side file vouches for: restore, or ask the hub
	ProblemDamaged = "pages_damaged" // the engine found damaged pages: restore
	ProblemCheck   = "check_undone"  // the check after an unclean stop could not be finished
	ProblemErasure = "erasure_open"  // bytes of an erased subject may still stand in the file
	ProblemUnclean = "unclean_stop"  // the last run did not close the database; checked and found whole
	ProblemLog     = "log_large"     // a reader holds an old snapshot, so the log cannot be carried into the file
	ProblemRunning = "check_running" // the check after an unclean stop goes on in the background
)

// health collects what is wrong with the database.
type health struct {
	mu       sync.Mutex
	problems []string
}

func (h *health) add(problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(h.problems, problem) {
		h.problems = append(h.problems, problem)
	}
}

func (h *health) remove(problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = slices.DeleteFunc(h.problems, func(p string) bool { return p == problem })
}

// Health gives the problems that were found, none when all is well.
func (db *DB) Health() []string {
	db.health.mu.Lock()
	defer db.health.mu.Unlock()
	return slices.Clone(db.health.problems)
}

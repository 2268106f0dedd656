package sqlite

import (
	"context"
	"errors"
	"strings"

	"jaanch/internal/lab"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Codes of the errors that this package makes; clients show a sentence for each.
const (
	CodeStale     = "stale_record"      // the record moved on since it was seen; Detail holds both values
	CodeUndecided = "outcome_unknown"   // the change may or may not be stored
	CodeDead      = "database_stopped"  // after an undecided commit nothing more is taken
	CodeDiskFull  = "disk_full"         // nothing was stored
	CodeDeadline  = "deadline_exceeded" // nothing was stored
	CodeNewer     = "database_newer"    // the file was written by a newer program
	codeCorrupt   = "database_corrupt"
	CodeNoRecord  = "record_not_found"
	CodeLocked    = "record_locked"
)

// mapError turns the engine's errors into ours; it is the only place that does. Errors that are ours already, and those
// of callers, pass.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*lab.Error](err); ok {
		return err
	}
	engine, ok := errors.AsType[*driver.Error](err)
	if !ok {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return deadlineError(err)
		}
		return err
	}
	out := &lab.Error{Kind: lab.KindInternal, Code: "database", Message: "The database refused the operation.", Cause: err}
	switch code := engine.Code(); code & 0xff {
	case sqlite3.SQLITE_FULL:
		out.Kind, out.Code, out.Message = lab.KindUnavailable, CodeDiskFull, "The disk is full; nothing was stored. Free some space and try again."
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		out.Kind, out.Code, out.Message = lab.KindUnavailable, "disk_readonly", "The disk cannot be written; nothing was stored."
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		out.Kind, out.Code, out.Message = lab.KindUnavailable, "database_busy", "The database is busy; nothing was stored. Try again."
	case sqlite3.SQLITE_IOERR:
		out.Kind, out.Code, out.Message = lab.KindUnavailable, "disk_error", "The disk reported an error; nothing was stored."
	case sqlite3.SQLITE_INTERRUPT:
		out.Kind, out.Code, out.Message = lab.KindUnavailable, CodeDeadline, "It took too long; nothing was stored. Try again."
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		out.Code, out.Message = codeCorrupt, "The database file is damaged. Stop and restore a backup."
	case sqlite3.SQLITE_CONSTRAINT:
		mapConstraint(out, code, engine.Error())
	}
	return out
}

func mapConstraint(out *lab.Error, code int, text string) {
	switch {
	case code == sqlite3.SQLITE_CONSTRAINT_TRIGGER && strings.Contains(text, "locked"):
		out.Kind, out.Code, out.Message = lab.KindLocked, CodeLocked, "This record is verified or issued; it can only be amended."
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		out.Kind, out.Code, out.Message = lab.KindConflict, "already_exists", "There is a record with this key already."
	case code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		out.Kind, out.Code, out.Message = lab.KindConflict, "reference_missing", "The record refers to one that does not exist."
	case code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		out.Kind, out.Code, out.Message = lab.KindConflict, "not_allowed", "The state of this record does not allow the change."
	default:
		out.Kind, out.Code, out.Message = lab.KindInvalid, "constraint", "A value is missing or out of bounds."
	}
}

func deadlineError(cause error) error {
	return &lab.Error{
		Kind: lab.KindUnavailable, Code: CodeDeadline, Message: "It took too long; nothing was stored. Try again.", Cause: cause,
	}
}

func undecidedError(cause error) error {
	return &lab.Error{
		Kind: lab.KindUnknown, Code: CodeUndecided, Cause: cause,
		Message: "It is not known whether this was stored. Look at the record before you repeat it.",
	}
}

func deadError(cause error) error {
	return &lab.Error{
		Kind: lab.KindUnavailable, Code: CodeDead, Cause: cause,
		Message: "The disk reported an error while storing. The program stops and must be started again.",
	}
}

// primaryCode gives the engine's primary result code, 0 for other errors.
func primaryCode(err error) int {
	if engine, ok := errors.AsType[*driver.Error](err); ok {
		return engine.Code() & 0xff
	}
	return 0
}

package sqlite

// Unjournalled gives the tables that are written with plain statements, each with why it is no part of the journal. They
// are covered by the backup, not by a rebuild from the hub. The test of this list finds a table that is in neither.
func Unjournalled() map[string]string {
	return map[string]string{
		"journal":          "is the journal",
		"journal_former":   "the journal of the machine that was lost, as the hub gave it back",
		"journal_erasure":  "names the entries that an erase entry emptied; its triggers let nothing else in",
		"subject_key":      "keys travel beside the entries, and deleting one is the erasure",
		"sync_state":       "what this node knows about itself",
		"sync_cursor":      "how far this node has pulled",
		"sync_outcome":     "answers of the hub to this node's entries",
		"sync_stage":       "pages on their way in; becomes applied entries",
		"sync_audit":       "the log of the line, chained by itself",
		"blob":             "files are named by their content",
		"access_log":       "chained by itself; its day heads are entered in the journal",
		"access_day":       "the day heads of the access log",
		"job":              "work to be done by this machine",
		"idempotency":      "answers kept for seven days",
		"counter":          "numbers are taken here and stand in the records that bear them",
		"name_index":       "follows from the patients' names",
		"credential":       "made at this node and never leaves it",
		"raw_session":      "the raw archive of the lines",
		"raw_chunk":        "the raw archive of the lines",
		"message":          "the raw archive: what an analyzer sent as one message",
		"observation":      "the raw archive: what an analyzer said; what a person decides on it is journalled",
		"transfer":         "orders on their way to an analyzer; that they were sent stands on the test, journalled",
		"transfer_test":    "the tests of a transfer",
		"plot":             "the raw archive: curves and pictures that an analyzer sent",
		"print_job":        "what this machine still has to print; the order to print is journalled",
		"file":             "contents by their hash; the records that bear the hash are journalled",
		"file_sent":        "which files the hub has",
		"comment_draft":    "what somebody types and has not signed",
		"desk_draft":       "a visit that the desk has begun and not saved",
		"draft":            "what somebody typed and has not filed",
		"goose_db_version": "numbers of the migrations",
		"sqlite_sequence":  "kept by the engine for the migrations' table",
	}
}

package journal

// Numbers in Fields and PHI that are no column. Real fields are numbered from 1.
const (
	FieldDeleted  = 0  // in Fields of an applied entry: 1 = the record was deleted, 0 = it came back
	FieldSaid     = -1 // in PHI: the sentence that a person typed as the reason
	FieldResolves = -2 // in Fields: id of the conflict that this change decides
)

// Fields of an erase entry.
const (
	EraseEntries = 1 // the sequences of the entries that it empties: the first, then the distances, as varints
	EraseNote    = 2 // the reference of the request, never a name
)

// Fields of an epoch entry.
const (
	EpochCommon   = 1 // the last sequence that node and hub have in common
	EpochHubHash  = 2 // the hub's last hash
	EpochLastSeq  = 3 // the node's own last sequence of the old epoch
	EpochPrevious = 4 // the number of the old epoch
	EpochWhy      = 5 // "restore", "fork" or "rebuild"
)

// Fields of the entry that carries a day head of the access log.
const (
	AccessDay   = 1 // the day, as YYYYMMDD
	AccessCount = 2 // how many rows the day holds
	AccessHash  = 3 // hash of its last row
)

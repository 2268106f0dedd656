package wire

import "jaanch/internal/store/journal"

// CompareRequest shows the hub what a node has at some places of its journal, so that both find the last entry that they
// have in common.
type CompareRequest struct {
	Entries []SeqHash `json:"entries" maxItems:"512"`
}

// SeqHash is an entry by its place and its hash.
type SeqHash struct {
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
}

// CompareReply tells for each entry of the request, in its order, whether the hub has the same.
type CompareReply struct {
	Equal []bool `json:"equal"`
}

// EpochRequest asks for leave to begin an epoch: the journal is not the one that the hub knows, because it came back
// from a backup or because two copies of it lived.
type EpochRequest struct {
	Epoch  int64  `json:"epoch" doc:"The node's own"`
	Head   int64  `json:"head" doc:"The node's last sequence"`
	Common int64  `json:"common" doc:"The last entry that node and hub both have"`
	Why    string `json:"why" enum:"restore,fork,rebuild"`
}

// EpochReply is the leave. Numbers that people see begin with the new code from now on, so that no series has a repeat.
type EpochReply struct {
	Epoch    int64       `json:"epoch"`
	NodeCode string      `json:"node_code"`
	Clock    journal.HLC `json:"clock" doc:"The hub's clock: the node's is raised above it"`
}

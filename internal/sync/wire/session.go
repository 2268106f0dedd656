package wire

import (
	"crypto/sha256"
	"time"

	"jaanch/internal/lab"
)

// The messages around batches and pages are JSON: they are rare, small, and read by people when something is wrong.

// EnrolRequest joins a node to a lab. The node made its key itself; Signature proves that it holds it.
type EnrolRequest struct {
	Code      string `json:"code" minLength:"13" maxLength:"24" doc:"The code that the hub's administrator gave"`
	Device    lab.ID `json:"device" format:"uuid" doc:"The node's own id, made with its database"`
	PublicKey []byte `json:"public_key" doc:"Ed25519, 32 bytes"`
	Name      string `json:"name" maxLength:"80" doc:"What people call the PC"`
	NodeCode  string `json:"node_code" maxLength:"2" doc:"The two characters that the node uses so far, empty for none"`
	Signature []byte `json:"signature" doc:"Ed25519 over the statement of enrolment"`
}

// EnrolReply tells the node where it belongs.
type EnrolReply struct {
	Org      lab.ID `json:"org" format:"uuid"`
	OrgName  string `json:"org_name"`
	Lab      lab.ID `json:"lab" format:"uuid"`
	LabName  string `json:"lab_name"`
	NodeCode string `json:"node_code" doc:"Two characters, unique in the organisation; begins the numbers of this node"`
	HubEpoch int64  `json:"hub_epoch"`
}

// NonceRequest asks for something to sign.
type NonceRequest struct {
	Org    lab.ID `json:"org" format:"uuid"`
	Device lab.ID `json:"device" format:"uuid"`
}

// NonceReply is what to sign, within a minute and once.
type NonceReply struct {
	Nonce []byte `json:"nonce"`
}

// SessionRequest exchanges a signed nonce for a token.
type SessionRequest struct {
	Org       lab.ID `json:"org" format:"uuid"`
	Device    lab.ID `json:"device" format:"uuid"`
	Nonce     []byte `json:"nonce"`
	Signature []byte `json:"signature"`
}

// SessionReply is a token for the Authorization header.
type SessionReply struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// HelloRequest is how a node begins, and every few minutes says that it lives.
type HelloRequest struct {
	Epoch         int64      `json:"epoch"`
	LastSeq       int64      `json:"last_seq"`
	AckedSeq      int64      `json:"acked_seq" doc:"The last entry that the hub confirmed, as the node remembers it"`
	Schema        int        `json:"schema"`
	Version       string     `json:"version" maxLength:"60"`
	Pending       int64      `json:"pending"`
	OldestPending *time.Time `json:"oldest_pending,omitempty"`
	Time          time.Time  `json:"time" doc:"The node's clock when it sent this"`
}

// HelloReply tells the node where the hub stands. The node looks its own journal up at LastSeq: the same hash means go
// on; a missing entry, that it was restored from a backup; another one, that two copies of it exist.
type HelloReply struct {
	Epoch    int64     `json:"epoch"`
	LastSeq  int64     `json:"last_seq"`
	LastHash []byte    `json:"last_hash"`
	HubEpoch int64     `json:"hub_epoch"`
	Received time.Time `json:"received" doc:"The hub's clock when the request came"`
	Sent     time.Time `json:"sent"`
	OrgName  string    `json:"org_name"`
	LabName  string    `json:"lab_name"`
	NodeCode string    `json:"node_code"`
	Heads    []Hint    `json:"heads"`
	Nodes    []Peer    `json:"nodes" doc:"The lab's nodes, this one among them"`
}

// Peer is a node of the same lab, for people who read where a change came from.
type Peer struct {
	Device lab.ID `json:"device" format:"uuid"`
	Code   string `json:"code"`
	Name   string `json:"name"`
}

// EnrolStatement is what a node signs to prove that it holds the key. The code itself stands in it as a hash.
func EnrolStatement(code string, device lab.ID, public []byte) []byte {
	sum := sha256.Sum256([]byte(code))
	return statement("jaanch enrol 1", device[:], public, sum[:])
}

// SessionStatement is what a node signs to open a session.
func SessionStatement(org, device lab.ID, nonce []byte) []byte {
	return statement("jaanch session 1", org[:], device[:], nonce)
}

func statement(parts ...any) []byte {
	b, err := encoding.Marshal(parts)
	if err != nil {
		panic("wire: statement: " + err.Error()) // texts and bytes always encode
	}
	return b
}

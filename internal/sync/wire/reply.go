package wire

import (
	"github.com/fxamacker/cbor/v2"

	"jaanch/internal/lab"
)

// Outcome tells what became of a pushed entry. All of them mean: durable at the hub, and visible. The numbers are part
// of the protocol.
type Outcome int

// The outcomes.
const (
	Applied      Outcome = 0 // the hub's value is now the entry's
	Merged       Outcome = 1 // the hub's value was made of both sides
	Superseded   Outcome = 2 // a strategy chose the other side; the entry's value stands in a conflict record
	ConflictOpen Outcome = 3 // a person must decide; the entry's value stands in a conflict record
	Quarantined  Outcome = 4 // the entry cannot be used as it is; it is kept whole
)

// String gives the outcome's name.
func (o Outcome) String() string {
	switch o {
	case Applied:
		return "applied"
	case Merged:
		return "merged"
	case Superseded:
		return "superseded"
	case ConflictOpen:
		return "conflict_open"
	case Quarantined:
		return "quarantined"
	}
	return "unknown"
}

// EntryOutcome is the outcome of one entry; only those other than Applied are sent.
type EntryOutcome struct {
	Seq      int64   `cbor:"1,keyasint"`
	Outcome  Outcome `cbor:"2,keyasint"`
	Conflict []byte  `cbor:"3,keyasint,omitempty"` // id of the conflict record
}

// Head is how far a scope has come. A node pulls when its cursor is behind.
type Head struct {
	Scope    []byte `cbor:"1,keyasint"`
	Pos      int64  `cbor:"2,keyasint"`
	HubEpoch int64  `cbor:"3,keyasint"`
}

// Limits is what the hub asks of the node for the next batches.
type Limits struct {
	MaxChanges  int `cbor:"1,keyasint"`
	MaxBytes    int `cbor:"2,keyasint"`
	MinInterval int `cbor:"3,keyasint"` // milliseconds between two batches
}

// PushReply is the answer to a Push.
type PushReply struct {
	LastSeq  int64          `cbor:"1,keyasint"`
	LastHash []byte         `cbor:"2,keyasint"`
	Outcomes []EntryOutcome `cbor:"3,keyasint,omitempty"`
	Heads    []Head         `cbor:"4,keyasint"`
	Limits   Limits         `cbor:"5,keyasint"`
	HubEpoch int64          `cbor:"6,keyasint"`
}

// Cursor is how far a node has pulled a scope; Pos 0 asks for everything. Since is where the pages began that the node is
// still in the middle of: a record that moves ahead between two of them has to come with every group that changed behind
// Since, not with those behind Pos alone, for its old place was passed over.
type Cursor struct {
	Scope    []byte `cbor:"1,keyasint"`
	HubEpoch int64  `cbor:"2,keyasint"`
	Pos      int64  `cbor:"3,keyasint"`
	Since    int64  `cbor:"4,keyasint,omitempty"`
}

// Behind gives the cursor once the page is installed.
func (c Cursor) Behind(p *Page) Cursor {
	next := Cursor{Scope: p.Scope, HubEpoch: p.HubEpoch, Pos: p.Pos, Since: c.Since}
	if c.HubEpoch != p.HubEpoch {
		next.Since = 0 // positions of another life of the hub mean nothing
	}
	if !p.More {
		next.Since = p.Pos
	}
	return next
}

// PullRequest asks for the records that moved behind the cursors.
type PullRequest struct {
	Device  []byte   `cbor:"1,keyasint"`
	Epoch   int64    `cbor:"2,keyasint"`
	Schema  int      `cbor:"3,keyasint"`
	Cursors []Cursor `cbor:"4,keyasint"`
	MaxRows int      `cbor:"5,keyasint"`
}

// Page is the records of one scope in the order of their positions, read in one snapshot with Epoch and LastSeq: what
// the hub had of this very node when it wrote the page.
type Page struct {
	Scope    []byte         `cbor:"1,keyasint"`
	HubEpoch int64          `cbor:"2,keyasint"`
	Pos      int64          `cbor:"3,keyasint"` // the cursor once the page is applied
	Epoch    int64          `cbor:"4,keyasint"`
	LastSeq  int64          `cbor:"5,keyasint"`
	Rows     []Row          `cbor:"6,keyasint"`
	Keys     map[int][]byte `cbor:"7,keyasint,omitempty"` // place of the row → its subject's key
	More     bool           `cbor:"8,keyasint"`
	Texts    []string       `cbor:"9,keyasint,omitempty"`
	Erased   [][]byte       `cbor:"10,keyasint,omitempty"` // people whose personal fields are erased everywhere
}

// Row is the groups of a record that moved.
type Row struct {
	_       struct{} `cbor:",toarray"`
	Entity  int
	ID      []byte
	Subject []byte
	Deleted bool
	Groups  []RowGroup
}

// RowGroup is one field group as the hub has it. Device and Epoch are its origin: an echo is skipped by them.
type RowGroup struct {
	_       struct{} `cbor:",toarray"`
	Group   int
	RV      int64
	Device  []byte
	Epoch   int64
	Seq     int64
	Actor   int // place in Texts
	WallMS  int64
	ZoneMin int
	HLC     uint64
	Fields  []byte // canonical
	PHI     []byte // canonical, empty without personal fields
}

// PullReply holds a page for each scope that was asked for and has news.
type PullReply struct {
	HubEpoch int64  `cbor:"1,keyasint"`
	Pages    []Page `cbor:"2,keyasint"`
}

// Ack tells the hub how far the node has applied what it pulled.
type Ack struct {
	Device  []byte   `cbor:"1,keyasint"`
	Epoch   int64    `cbor:"2,keyasint"`
	Cursors []Cursor `cbor:"3,keyasint"`
}

// Refusal is the body of an answer that is not 200. Expected tells the sequence that the hub waits for.
type Refusal struct {
	Code     string `cbor:"1,keyasint"`
	Message  string `cbor:"2,keyasint"`
	Expected int64  `cbor:"3,keyasint,omitempty"`
	LastHash []byte `cbor:"4,keyasint,omitempty"`
}

// Error turns a refusal into the error that the agent handles.
func (r Refusal) Error(kind lab.Kind) *lab.Error {
	return &lab.Error{Kind: kind, Code: r.Code, Message: r.Message, Detail: map[string]any{"expected_seq": r.Expected}}
}

// Hint is what the websocket sends: a scope has moved. Losing one changes nothing.
type Hint struct {
	Scope string `json:"scope"`
	Pos   int64  `json:"pos"`
}

// Origin gives the canonical form of where a value came from: device (nil for the hub itself), epoch, sequence. It is
// what an applied entry names as its origin.
func Origin(device []byte, epoch, seq int64) ([]byte, error) {
	return encoding.Marshal([]any{device, epoch, seq})
}

// OriginDevice reads from what Origin wrote the device that made the value; false for the hub's own and where there is none.
func OriginDevice(origin []byte) (lab.ID, bool) {
	var parts []any
	if len(origin) == 0 || cbor.Unmarshal(origin, &parts) != nil || len(parts) == 0 {
		return lab.ID{}, false
	}
	b, _ := parts[0].([]byte)
	id, err := lab.IDFromBytes(b)
	return id, err == nil && !id.IsZero()
}

// ReadOrigin reads from what Origin wrote the entry that made the value; false for the hub's own and where there is none.
func ReadOrigin(origin []byte) (device lab.ID, epoch, seq int64, ok bool) {
	if device, ok = OriginDevice(origin); !ok {
		return device, 0, 0, false
	}
	var parts struct {
		_      struct{} `cbor:",toarray"`
		Device []byte
		Epoch  int64
		Seq    int64
	}
	if decoding.Unmarshal(origin, &parts) != nil {
		return device, 0, 0, false
	}
	return device, parts.Epoch, parts.Seq, true
}

// Package instruments holds what the layers between a wire and the node say to each other: who is at the other end, the
// raw bytes of both directions, the messages that those bytes completed, and what the node answers. It knows nothing of
// the database, and it does not know what a message means: that is the driver's part.
package instruments

import (
	"context"
	"time"

	"jaanch/internal/lab"
)

// Protocol is how bytes on a line are framed.
type Protocol string

// The protocols. Auto is for a line that nobody has configured: the first bytes tell.
const (
	Auto Protocol = ""
	ASTM Protocol = "astm" // E1381 / LIS01 frames, SOH…EOT blocks, or bare records
	HL7  Protocol = "hl7"  // MLLP blocks
	Raw  Protocol = "raw"  // nothing that we can frame: the bytes are kept, nothing is answered
)

// Dir tells which way bytes went.
type Dir uint8

// The directions, as seen from the node.
const (
	In  Dir = iota + 1 // from the instrument
	Out                // to the instrument
)

// Peer is the other end of a connection. An address is not an instrument: Instrument is zero until the link's
// configuration or the host's Receipt names one.
type Peer struct {
	Conn       lab.ID   // this connection
	Instrument lab.ID   // the configured instrument, zero while unidentified
	Link       string   // the listener or the configured link: "astm", "hl7", "COM3"
	Address    string   // host:port of the other end, or the serial device
	Protocol   Protocol // as found so far
}

// Chunk is a run of raw bytes in one direction, in the order in which they passed. A session is one transfer phase of
// ASTM, one block and its answer in HL7, or one burst of bytes that we could not frame; its first chunk has Open, its
// last one End. Out bytes are archived with the next Store after they were written.
type Chunk struct {
	Session  lab.ID
	Protocol Protocol
	Seq      int // 0, 1, 2 … within the session
	At       time.Time
	Dir      Dir
	Bytes    []byte
	Open     bool
	End      bool
	Dropped  int64 // bytes of noise before these that were counted and not kept
}

// Ending tells how a message came to its end.
type Ending string

// The endings. Only a Terminated message is whole. Of the others nothing is filed: what a sender gave up it sends again as a
// whole. The records of a Closed or GivenUp message are each whole; of a Cut one the last group may be torn.
const (
	Terminated Ending = "terminated" // by its L record, or by the end of its block
	Closed     Ending = "closed"     // by EOT or by the next H record: the L record never came
	GivenUp    Ending = "given_up"   // by EOT behind a frame that we refused
	Cut        Ending = "cut"        // the line or the session failed before the end
)

// Message is what a session carried, with the framing taken off: E1394 records, each ended by CR, or the payload of one
// MLLP block. The host decodes it; Session and Index identify it for ever.
type Message struct {
	Session  lab.ID
	Index    int // 0, 1, 2 … within the session
	Protocol Protocol
	Text     []byte
	Ending   Ending
}

// Intake is what must be durable before the next acknowledgement goes out: raw bytes and the messages that they
// completed, to be stored in one transaction. Text and Bytes belong to the callee once Store is called.
type Intake struct {
	Peer     Peer
	Chunks   []Chunk
	Messages []Message
	// Bare asks for the raw bytes alone: a Store of the same intake with its messages panicked. The messages are left
	// out and stay in the archive for a person.
	Bare bool
}

// Receipt is the host's word that an intake is durable.
type Receipt struct {
	Instrument lab.ID // whom the message's sender turned out to be; zero when nobody that we know
}

// Reply is what the host wants to be sent because of a message.
type Reply struct {
	// Ack is the whole answer to an HL7 message (MSA and what stands with it); nil asks for a plain AA, CA, or nothing
	// at all, as the message's own MSH-15 and MSH-16 ask. ASTM has no such answer and ignores it.
	Ack []byte
	// Send are messages of our own that follow: the answer to a host query, as E1394 records or HL7 segments without
	// framing. They are sent in order, each acknowledged before the next.
	Send [][]byte
	Form Form // of what Send holds
	// Cancel drops what earlier replies on this line still have to send (Q-13 A).
	Cancel bool
}

// Outgoing is a message that the node wants an instrument to have: an order, or its cancellation.
type Outgoing struct {
	ID   lab.ID
	Text []byte // E1394 records or HL7 segments, without framing
	Form Form
}

// Form is how an instrument wants a message of ours in frames. The zero Form keeps to how the line was set up.
type Form struct {
	Known bool // false: nothing is known of the instrument
	Whole bool // the whole message in one chain of frames, in place of one record a frame
	Text  int  // most characters of text in one frame; 0 for the standard's 240
}

// Habits are what a line has to put up with from the instrument at its other end.
type Habits struct {
	AnyNumber bool // its frame numbers are not to be trusted
}

// Host is the node as a session sees it. Every function must be safe for use by several goroutines.
type Host struct {
	// NewID names connections and sessions; ids made later sort later.
	NewID func() lab.ID
	// Now is the node's clock, for the archive alone. Timers run on monotonic time.
	Now func() time.Time
	// Store makes an intake durable in one transaction. It is called before the acknowledgement that promises these
	// bytes; ctx ends after 10 s. An error means NAK in ASTM and AR or CR in HL7: never silence, never ACK. The call
	// may be repeated with the same chunks after an error, so (Session, Seq) and (Session, Index) are keys.
	Store func(ctx context.Context, in Intake) (Receipt, error)
	// Answer gives what is to be sent because of a message that is stored, from the node's own data.
	Answer func(ctx context.Context, peer Peer, m Message) (Reply, error)
	// Outgoing gives the oldest message that waits for an identified instrument; false when there is none.
	Outgoing func(ctx context.Context, peer Peer) (Outgoing, bool, error)
	// Sent reports what became of an Outgoing: nil when the instrument took it. After an error it will be asked for again.
	Sent func(ctx context.Context, peer Peer, id lab.ID, outcome error)
	// Habits tells what is known beforehand of whoever is at the other end, by its link or address; nil for nothing. It may
	// be wrong about an address that several instruments share, so it only makes a line more patient.
	Habits func(ctx context.Context, peer Peer) Habits
	// Event tells the screen and the log what a connection does. It carries no content of any message.
	Event func(Event)
}

// State is what a connection is doing.
type State string

// The states a screen shows.
const (
	Connected    State = "connected"
	Idle         State = "idle"
	Receiving    State = "receiving"
	Sending      State = "sending"
	Faulty       State = "error"
	Disconnected State = "disconnected"
)

// Event is a change of a connection's state. Code is stable and snake_case ("checksum", "store_refused"); neither it
// nor Detail ever holds bytes of a message.
type Event struct {
	Peer   Peer
	At     time.Time
	State  State
	Code   string
	Count  int64  // how many: bytes of noise, tries, …
	Detail string // an error of the operating system, where there is one
}

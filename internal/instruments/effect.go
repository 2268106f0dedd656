package instruments

import "time"

// Machine is the protocol of one end of a line as a pure state machine: what happened goes in, what is to be done comes
// out. It does no I/O and reads no clock; now is monotonic time since the connection was made, and never goes back.
//
// The caller drains Next after every call until it says false, carrying out each effect before it asks for the next one.
// A Commit is answered by Stored before anything else. Take gives the raw bytes that were used up so far, so that they
// can be archived at the very effect that they caused.
type Machine interface {
	Feed(now time.Duration, in []byte) // without bytes it only tells the time
	Stored(now time.Duration, ok bool, ack []byte)
	Send(now time.Duration, text []byte) bool // false while an earlier message is still on its way
	Cancel()                                  // drops a message that was given to Send and is not yet on the wire
	Close(now time.Duration)                  // the line is gone: what came so far is reported as cut
	Next() (Effect, bool)
	Take() []byte
	Deadline() (time.Duration, bool) // when Feed is wanted next, bytes or not
	Busy() bool                      // inside a session of either direction
	Held() int                       // bytes of unfinished messages in memory
}

// Effect is one thing that the machine wants done.
type Effect struct {
	Kind     EffectKind
	Bytes    []byte // Write: what to send. It belongs to the caller
	Messages []Text // Commit, Finish: what was completed
	Code     string // Note, and the reason of a failed Sent
	Answer   bool   // Commit: the acknowledgement waits for the host's answer to the message
}

// Text is a message as a machine finds it, before it has an identity.
type Text struct {
	Bytes  []byte
	Ending Ending
}

// EffectKind tells what an Effect asks for.
type EffectKind uint8

// The effects.
const (
	Write  EffectKind = iota + 1 // put Bytes on the line
	Begin                        // a session begins with the bytes just taken
	Commit                       // make everything so far durable, with Messages, then call Stored
	Finish                       // the session is over; Messages are what its end completed or cut
	Sent                         // the message given to Send is acknowledged; with a Code, it was not
	Note                         // something for the screen: Code says what
)

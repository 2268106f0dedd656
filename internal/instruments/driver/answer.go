package driver

import (
	"fmt"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
)

// Answer is what the lab says to a query: for every asked sample the tests that are ordered on it.
type Answer struct {
	Samples   []SampleAnswer
	At        time.Time // written into the message, in the instrument's local time
	ControlID string    // of the message that carries the answer; the messages after it append "-2", "-3"
}

// SampleAnswer is the work on one sample, in the instrument's own codes.
type SampleAnswer struct {
	SampleID string // as the instrument asked for it
	Found    bool   // false: the lab has nothing for this id
	Tests    []string
	Priority Priority
	Specimen string // the instrument's specimen word, such as SERUM; empty takes the profile's
	Patient  Patient
	OrderID  string // the lab's order number: OBR-2, ORC-2
	Ordered  time.Time
}

// Patient is the least that an analyzer needs to choose its reference range. Names are sent only where the lab wishes.
type Patient struct {
	ID    string
	Name  string
	Sex   string // M, F or U
	Birth string // YYYYMMDD
}

// Priority is how urgent an order is.
type Priority string

// The priorities.
const (
	Routine Priority = "R"
	Urgent  Priority = "A"
	Stat    Priority = "S"
)

// Outgoing is one message for the instrument: records or segments separated by CR, without frames.
type Outgoing struct {
	Payload   []byte
	ControlID string // MSH-10 that its acknowledgement names; empty for ASTM
}

// Reply is what goes back for a query. Response answers the query itself, on the same connection and in order; Follow
// are messages of our own that come after it and wait for their own acknowledgement each. ASTM has no Response: its
// answer is a message of our own, sent when the instrument has ended its transmission.
type Reply struct {
	Response []byte
	Follow   []Outgoing
	Cancel   bool // the instrument took its query back: what is still to be sent for it is dropped
}

// Download is one order that the host sends without being asked.
type Download struct {
	SampleAnswer

	Cancel bool // withdraw the tests instead of ordering them
}

// Line gives the reply as a session sends it.
func (r Reply) Line() instruments.Reply {
	out := instruments.Reply{Ack: r.Response, Cancel: r.Cancel}
	for _, m := range r.Follow {
		out.Send = append(out.Send, m.Payload)
	}
	return out
}

// Answerer is a driver that can answer a host query.
type Answerer interface {
	Answer(q Query, a Answer) (Reply, error)
}

// Downloader is a driver that can send orders, and cancel them, without being asked.
type Downloader interface {
	Orders(orders []Download, at time.Time, controlID string) ([]Outgoing, error)
}

// Driver is a protocol family with all that it can do.
type Driver interface {
	Decoder
	Answerer
	Downloader
}

// New gives the driver of a protocol family. fixed is the profile of a configured instrument; with nil it is found from
// each message.
func New(profiles *profile.Set, protocol profile.Protocol, fixed *profile.Profile) Driver {
	if protocol == profile.HL7 {
		return NewHL7(profiles, fixed)
	}
	return NewASTM(profiles, fixed)
}

// Safely decodes and turns a panic into an error, so that a fault of ours never costs a stored message. The caller
// commits the raw bytes alone and reports the error; Decode itself recovers nothing, so that tests see every fault.
func Safely(d Decoder, payload []byte) (out []Message, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			// The fault's text may quote the message, so only its type is kept.
			out, err = nil, fmt.Errorf("decode an instrument message: %w", &lab.Error{
				Kind: lab.KindInternal, Code: "decode_fault", Message: "This message could not be read; its bytes are kept.",
				Detail: map[string]any{"fault": fmt.Sprintf("%T", fault)},
			})
		}
	}()
	return d.Decode(payload), nil
}

// Decoder is what every driver does.
type Decoder interface {
	// Decode reads the records or segments of one transmission, without frames, and gives its messages in order. It
	// never fails: what cannot be read is named in the warnings.
	Decode(payload []byte) []Message
}

package driver

import (
	"strings"

	"jaanch/internal/instruments/profile"
)

// Kind says what a message is about, found from its content and never from the link that it came on.
type Kind string

// The kinds of message.
const (
	KindResult      Kind = "result"      // results of patients' samples
	KindQuery       Kind = "query"       // the instrument asks for orders
	KindOrder       Kind = "order"       // orders, as a host sends them
	KindQC          Kind = "qc"          // control runs alone
	KindCalibration Kind = "calibration" // calibration data
	KindOther       Kind = "other"       // acknowledgements and whatever holds none of the above
)

// Role says what may become of an observation. Only RoleResult is ever filed on a patient's order; everything else is
// decoded, kept and shown beside the raw message.
type Role string

// The roles of an observation.
const (
	RoleResult  Role = "result"  // would be filed on an order
	RoleAspect  Role = "aspect"  // a raw reading or another side of a result (RLU, cycle number, supplemental line)
	RoleSetting Role = "setting" // how the run was made: mode, reference group, entered temperature
	RoleFlag    Role = "flag"    // a morphology or suspect flag that the analyzer raises
	RoleImage   Role = "image"   // a picture, histogram or scattergram, or a line that belongs to one
	RoleControl Role = "control" // a control's result: for the QC charts alone
)

// Sender is what a message says about who sent it. It identifies an instrument together with the connection; it is
// never trusted by itself.
type Sender struct {
	Vendor  string // from the profile, or MSH-4
	Model   string // from the profile's places: H-5 component 1, MSH-3
	Version string // changes with an update, so no part of the identity
	Serial  string
	Raw     string // the sender field as sent: H-5, or MSH-3|MSH-4
}

// Identity names the instrument as far as its messages do: model and serial, which an update of its software does not
// change. It is empty for a sender that names neither; such a one is known by its connection alone.
func (s Sender) Identity() string {
	return strings.TrimRight(s.Model+"^"+s.Serial, "^")
}

// Message is one instrument message, normalised.
type Message struct {
	Index     int // position within the bytes that were decoded, from 0
	Protocol  profile.Protocol
	Profile   string // id of the profile that gave the meaning
	Kind      Kind
	Type      string // HL7: MSH-9 as sent; ASTM: H-11 as sent
	Version   string // MSH-12 or H-13
	Sender    Sender
	ControlID string // MSH-10 or H-3; restarts on many instruments, so never an identity
	SentAt    string // MSH-7 or H-14, the digits as sent

	Observations []Observation
	Queries      []Query
	Orders       []Order
	Refusals     []Refusal
	Plots        []Plot
	Warnings     []Warning

	// Ended tells that the message came whole: an L record, or an HL7 block. Observations of a message without its end
	// are incomplete and never filed.
	Ended bool
	// Digest is the SHA-256 of the records without message time and control id (H-3, H-14, MSH-7, MSH-10): two messages
	// with the same digest are the same message sent twice.
	Digest [32]byte
	// TimedAll tells that every observation carries a time of its own, so that an equal digest means a repeat for ever.
	TimedAll bool
}

// Complete gives the observations that are known to have come whole. Of a message without its end the last group is
// left out: its last row may be torn, and rows behind it may be missing.
func (m Message) Complete() []Observation {
	n := len(m.Observations)
	if m.Ended || n == 0 {
		return m.Observations
	}
	last := m.Observations[n-1].Group
	for n > 0 && m.Observations[n-1].Group == last {
		n--
	}
	return m.Observations[:n]
}

// Observation is one row that the instrument sent: one R record, or one OBX. Texts are split, unescaped and trimmed;
// nothing else is changed. Raw keeps the fields as they came.
type Observation struct {
	Message   int
	Group     int // index of the O record, or of the OBR, within the message; -1 where there is none
	Row       int // index of the record or segment within the message
	SampleID  string
	PatientID string
	TestCode  string // the instrument's own code
	MapCode   string // what the lab's code map is keyed by: TestCode, and the aspect behind "^" where it is not the main one
	TestName  string
	LOINC     string // only where the message itself or the profile says so
	Aspect    string
	Value     string // as reported, marks such as "< 0.50", "NA" or "....." included
	ValueNum  string // the number in plain notation, empty where the value is none
	// Comparator is "<", ">", "<=", ">=" or empty. It belongs to ValueNum.
	Comparator string
	NoValue    bool // the value is empty or one of the profile's marks for "no result"
	// Reported is what filing takes: Value, or the flag where Value only says that the result stands there.
	Reported   string
	Unit       string
	Range      string
	Low        string // lower limit in Range, plain notation; empty where it has none that can be read
	High       string
	SubID      string // OBX-4: run or replicate
	Flag       string
	Status     string
	Timestamp  string // digits as sent, in the instrument's local time
	Timed      bool   // Timestamp came from a field that tells when the result was made
	Operator   string
	Specimen   string
	Role       Role
	Raw        RawFields
	Comments   []Comment
	Attachment *Attachment
	Control    *Control
	Warnings   []Warning
}

// RawFields holds the fields of an observation exactly as they came, before escapes were decoded.
type RawFields struct {
	Record string // the whole record or segment, cut at 4 KiB
	Sample string
	Code   string
	Value  string
	Unit   string
	Flag   string
	Time   string
}

// Comment is a C record, an M record's label, or an NTE, that stands under an observation.
type Comment struct {
	Source string // I instrument, L host, P practice
	Code   string
	Text   string
	Type   string
}

// Attachment is what an ED value holds.
type Attachment struct {
	Type     string // for example "Application" or "Image"
	Subtype  string
	Encoding string // A, Hex, Base64
	Data     []byte // decoded
}

// Control is what a control run says about its material.
type Control struct {
	Material string
	Lot      string
	Expiry   string
	Level    string
	Mean     string
	SD       string
}

// Query is one request of the instrument for orders.
type Query struct {
	Message   int
	SampleIDs []string // as sent, trimmed; empty when All is set
	All       bool     // the instrument asks for everything that is waiting
	Asked     []string // the ids as sent, "ALL" among them
	Cancel    bool     // the query before is withdrawn: send nothing, drop a queued answer
	Tests     []string // empty for all tests
	Tag       string   // QPD-2 or QRD-4
	Name      string   // QPD-1, or the message type

	origin origin // what the answer has to repeat of the request
}

// Order is one order as a host sends it: one O record, or one OBR.
type Order struct {
	Message  int
	SampleID string
	Tests    []string
	Action   string // O-12 or ORC-1
	Priority string
	PlacerID string
}

// Refusal is an instrument's word that it will not do what was ordered.
type Refusal struct {
	ControlID string   // HL7: of the message of ours that is refused; empty in ASTM
	SampleID  string   // as sent, where the refusal names it
	Tests     []string // in the instrument's codes; empty for all of the order
	Reason    string   // the instrument's own words or code
}

// Warning names something in a message that was tolerated. It holds no value that came in the message, so that it may
// be logged.
type Warning struct {
	Code  string // stable, snake_case
	Where string // place such as "R-4" or "OBX-5"
	Row   int    // index of the record or segment within the message
}

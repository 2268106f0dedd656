// Package profile holds what is known about each analyzer's dialect, as data: how its messages are recognised, where a
// message keeps the sample id, the test code and the value, what is a control or a picture rather than a result, and
// how a query is to be answered. A new model is a new file in profiles/, not new code.
package profile

import "jaanch/internal/instruments"

// Protocol is the family of records that a profile describes.
type Protocol = instruments.Protocol

// The protocol families.
const (
	ASTM = instruments.ASTM // E1394 / LIS02 records
	HL7  = instruments.HL7  // HL7 v2 segments
)

// Ids of the profiles that are used when no other one recognises a message.
const (
	GenericASTM = "generic-astm"
	GenericHL7  = "generic-hl7"
)

// Profile is one dialect. What a profile file leaves out is taken from the generic profile of its protocol.
type Profile struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"` // as people call it: "Sysmex XN, XS, XP"
	Vendor   string   `yaml:"vendor"`
	Models   []string `yaml:"models"`
	Protocol Protocol `yaml:"protocol"`
	Note     string   `yaml:"note"` // what a technician should know when setting it up

	Identify   []Identity  `yaml:"identify"`
	Link       Link        `yaml:"link"`
	Delimiters string      `yaml:"delimiters"` // ASTM: the four characters that we send behind H
	Charset    string      `yaml:"charset"`    // of the instrument where it declares none
	Sender     Sender      `yaml:"sender"`
	Sample     []Source    `yaml:"sample"` // places of the sample id, first that holds something
	Patient    []Source    `yaml:"patient"`
	TestCode   []Code      `yaml:"test_code"`  // first rule that gives a code
	OrderCode  []Code      `yaml:"order_code"` // the same for O-5; default: TestCode with O-5
	TestName   []Source    `yaml:"test_name"`
	LOINC      []Source    `yaml:"loinc"`
	Value      Value       `yaml:"value"`
	Unit       []Source    `yaml:"unit"`
	Range      []Source    `yaml:"range"`
	Flag       []Source    `yaml:"flag"`
	Status     []Source    `yaml:"status"`
	Time       []Source    `yaml:"time"`
	Operator   []Source    `yaml:"operator"`
	Specimen   []Source    `yaml:"specimen"`
	Aspect     Aspect      `yaml:"aspect"`
	Control    []Rule      `yaml:"control"`     // any rule that holds makes the group a control run
	Roles      []RoleRule  `yaml:"roles"`       // first that holds; otherwise the row is a result
	Kinds      []KindRule  `yaml:"kinds"`       // overrides of the kind that the records show
	ControlRow *ControlRow `yaml:"control_row"` // a control result that stands in OBR with no OBX
	Query      Query       `yaml:"query"`
	Answer     Answer      `yaml:"answer"`
	Ack        Ack         `yaml:"ack"`
	Codes      []CodeEntry `yaml:"codes"`
}

// Identity is one way to recognise the dialect: all conditions hold somewhere in the message. The identity with the
// highest weight wins over all profiles.
type Identity struct {
	Weight int         `yaml:"weight"`
	All    []Condition `yaml:"all"`
}

// Sender says where a message names the instrument that sent it. Model and serial together are its identity; the
// version changes with an update and is no part of it.
type Sender struct {
	Model   []Source `yaml:"model"`
	Version []Source `yaml:"version"`
	Serial  []Source `yaml:"serial"`
}

// Rule is a list of conditions that must all hold for the row or group at hand.
type Rule struct {
	All []Condition `yaml:"all"`
}

// RoleRule gives a row a role other than "result".
type RoleRule struct {
	Role string      `yaml:"role"`
	All  []Condition `yaml:"all"`
}

// KindRule gives a message a kind other than what its records show.
type KindRule struct {
	Kind string      `yaml:"kind"`
	All  []Condition `yaml:"all"`
}

// Source is one place to look for a text.
type Source struct {
	At Place `yaml:"at"`
	// MinComponents makes the source count only where the field has at least so many components; then it is the answer
	// even when it is blank (a blank barcode beside a sequence number must not make the sequence number the id).
	MinComponents int     `yaml:"min_components"`
	Skip          *Regexp `yaml:"skip"` // texts that are no answer, such as a label in the id's place
	Cut           string  `yaml:"cut"`  // the text ends before the first of this
}

// Code is one way to make the test code.
type Code struct {
	Field      Place   `yaml:"field"`
	Components []int   `yaml:"components"` // joined with "^", empty ones at the end cut
	FirstOf    bool    `yaml:"first_filled"`
	Cut        string  `yaml:"cut"`
	Pattern    *Regexp `yaml:"pattern"` // its first group is the code; the rule gives none where it does not match
}

// Value says how the value is read.
type Value struct {
	At           Place    `yaml:"at"`
	Take         string   `yaml:"take"`          // whole, first, last
	DecimalComma bool     `yaml:"decimal_comma"` // "7,41" is 7.41
	Thousands    bool     `yaml:"thousands"`     // "12,345" is 12345
	None         []string `yaml:"none"`          // marks for "no result"
	FromFlag     []string `yaml:"from_flag"`     // values that say that the result stands in the flag
}

// Aspect says which side of a result a row is, for instruments that send several rows under one code.
type Aspect struct {
	At   []Source          `yaml:"at"`
	Main []string          `yaml:"main"` // aspects that stand for the test itself
	Role map[string]string `yaml:"role"` // aspects that are not filed
}

// Query says where the asked ids stand.
type Query struct {
	Sample []Source  `yaml:"sample"`
	Cancel Condition `yaml:"cancel"`
}

// Answer says how the answer to a query, and an order, is written.
type Answer struct {
	Code        string   `yaml:"code"`         // how a test stands in O-5: "^^^{code}", "^^^^{code}", "^^^{code}^1"
	CodeEnd     string   `yaml:"code_end"`     // behind the last test of O-5
	CodeParts   int      `yaml:"code_parts"`   // how many parts of a mapped code name what is ordered; 0 for all
	Sample      string   `yaml:"sample"`       // O-3: "id", "echo" (the asked Q-3 as sent) or "none"
	Specimen    string   `yaml:"specimen"`     // O-4: "", "id", or a list of Q-3 components such as "4,5,6,7,8,9"
	Action      string   `yaml:"action"`       // O-12 of an order found
	ReportType  string   `yaml:"report_type"`  // O-26 of an order found
	Material    string   `yaml:"material"`     // O-16 where the lab names none
	NotFound    string   `yaml:"not_found"`    // terminate (L|1|I), report_type (O-26), query (Q echoed, Q-13 X)
	NotFoundAs  string   `yaml:"not_found_as"` // O-26 when not_found is report_type: Y, Z
	Terminator  string   `yaml:"terminator"`   // L-3 when found
	SenderName  string   `yaml:"sender_name"`  // H-5 that the instrument expects of a host
	Receiver    []Source `yaml:"receiver"`     // H-10: from the query's header
	MessageKind string   `yaml:"message_kind"` // H-11 of an answer
	OrderKind   string   `yaml:"order_kind"`   // H-11 of a download
	OmitTime    bool     `yaml:"omit_time"`    // no H-14
	Version     string   `yaml:"version"`      // H-13
	// OrderMessage is the HL7 message of an order that nobody asked for: ORM^O01 or OML^O33.
	OrderMessage string `yaml:"order_message"`
	// Settings are rows that an answer must hold beside its tests (HL7 OBX): how the run is to be made. Of several with
	// the same code the first applies whose WhenAny names an ordered test, or that has none.
	Settings []Setting `yaml:"settings"`
	Service  string    `yaml:"service"` // OBR-4 of an answer that names its tests by settings
}

// Setting is one row of an answer that says how the run is to be made.
type Setting struct {
	Code    string   `yaml:"code"` // OBX-3, delimiters included
	Value   string   `yaml:"value"`
	WhenAny []string `yaml:"when_any"`
}

// Ack says how the instrument wants to be acknowledged where it differs from the standard.
type Ack struct {
	Text  string `yaml:"text"`  // MSA-3
	Extra string `yaml:"extra"` // what follows behind MSA-3, delimiters included
}

// CodeEntry is one test that the instrument reports: a suggestion for the lab's code map, never used to file a result
// by itself.
type CodeEntry struct {
	Code  string `yaml:"code"`
	Name  string `yaml:"name"`
	LOINC string `yaml:"loinc"`
	Unit  string `yaml:"unit"`
}

// ControlRow says where a control result stands in an OBR that no OBX follows.
type ControlRow struct {
	When     []Condition `yaml:"when"`
	TestCode Place       `yaml:"test_code"`
	TestName Place       `yaml:"test_name"`
	Value    Place       `yaml:"value"`
	Unit     Place       `yaml:"unit"`
	Time     Place       `yaml:"time"`
	Material Place       `yaml:"material"`
	Lot      Place       `yaml:"lot"`
	Expiry   Place       `yaml:"expiry"`
	Level    Place       `yaml:"level"`
	Mean     Place       `yaml:"mean"`
	SD       Place       `yaml:"sd"`
}

// Link is how the instrument is usually connected; the lab may set each of these otherwise.
type Link struct {
	Transport string `yaml:"transport"` // serial, tcp
	Baud      int    `yaml:"baud"`
	DataBits  int    `yaml:"data_bits"`
	Parity    string `yaml:"parity"` // none, even, odd
	StopBits  int    `yaml:"stop_bits"`
	Packing   string `yaml:"packing"`    // record: one record a frame; message: the whole message in one chain of frames
	FrameSize int    `yaml:"frame_size"` // characters of text in a frame that we send
	FrameNo   string `yaml:"frame_no"`   // strict, off
	SOHEOT    bool   `yaml:"soh_eot"`    // SOH records EOT, without frames
	EOTEnds   bool   `yaml:"eot_ends"`   // never sends an L record: EOT ends its messages, as it does not with others
	AckMS     int    `yaml:"ack_ms"`     // the instrument waits so many milliseconds for an answer to its query
}

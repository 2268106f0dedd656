package bench

import (
	"time"

	"jaanch/internal/lab"
)

// Instrument is one analyzer of the lab.
type Instrument struct {
	ID          lab.ID     `json:"id"`
	Name        string     `json:"name"`
	Department  string     `json:"department"`
	Profile     string     `json:"profile" doc:"Name of the profile that reads it."`
	Link        Link       `json:"link"`
	Identity    string     `json:"identity" doc:"How it calls itself in its messages."`
	Approved    bool       `json:"approved"`
	Enabled     bool       `json:"enabled"`
	Query       bool       `json:"host_query" doc:"Answer its questions for orders."`
	WindowDays  int        `json:"window_days" doc:"A sample id matches for so many days after receipt."`
	ShortIDs    bool       `json:"short_ids" doc:"It sends short ids or positions: a load list names the samples."`
	Download    string     `json:"download" enum:"never,demand,collect,receive" doc:"When it is sent its orders without asking."`
	Queued      int        `json:"queued_orders" doc:"Messages with orders that it has not taken yet."`
	Refused     int        `json:"refused_orders" doc:"Messages of the last 7 days that it refused."`
	State       string     `json:"state" enum:"talking,idle,silent,down,off,never" doc:"In words on the screen."`
	Since       *time.Time `json:"since,omitempty"`
	LastMessage *time.Time `json:"last_message,omitempty"`
	Today       int        `json:"today" doc:"Results today."`
	Waiting     int        `json:"waiting" doc:"Orders that it has not answered."`
	ByHour      []int      `json:"by_hour" doc:"Results of the last 12 hours, oldest first."`
	Problem     string     `json:"problem,omitempty"`
	Unmapped    int        `json:"unmapped_codes"`
	Versions    string     `json:"versions"`
}

// Link is how bytes come from an analyzer.
type Link struct {
	Kind    string `json:"kind" enum:"tcp_server,tcp_port,tcp_client,serial" doc:"tcp_port: the analyzer calls a port of the node that is its alone."`
	Address string `json:"address,omitempty" doc:"Host and port of a client link, :PORT of a tcp_port, or the peer's address."`
	Port    string `json:"port,omitempty" doc:"Serial port."`
	Baud    int    `json:"baud,omitempty"`
	Frame   string `json:"frame,omitempty" doc:"8N1 and so on."`
}

// Instruments are all analyzers, and senders that nobody has approved.
type Instruments struct {
	Instruments []Instrument `json:"instruments"`
	Senders     []Sender     `json:"senders"`
}

// Sender is somebody who sent messages and is not bound to an approved analyzer.
type Sender struct {
	ID       string    `json:"id" doc:"Opaque; names the sender in an approval."`
	Identity string    `json:"identity" doc:"As it calls itself."`
	Address  string    `json:"address"`
	Protocol string    `json:"protocol" enum:"astm,hl7,unknown"`
	Profile  string    `json:"profile" doc:"The profile that fits its messages."`
	First    time.Time `json:"first_seen"`
	Last     time.Time `json:"last_seen"`
	Results  int       `json:"results"`
	Nameless bool      `json:"nameless" doc:"It gives no name: it is known by its address alone, which must be its own."`
}

// InstrumentInput sets an analyzer up.
type InstrumentInput struct {
	Name       string `json:"name" minLength:"1" maxLength:"60"`
	Department string `json:"department,omitempty" maxLength:"60"`
	Profile    string `json:"profile" minLength:"1" maxLength:"60"`
	Link       Link   `json:"link"`
	Enabled    bool   `json:"enabled"`
	Query      bool   `json:"host_query"`
	WindowDays int    `json:"window_days" minimum:"1" maximum:"60"`
	ShortIDs   bool   `json:"short_ids"`
	Download   string `json:"download,omitempty" enum:"never,demand,collect,receive" doc:"When it is sent its orders without asking; never when left out."`
	Versions   string `json:"versions,omitempty" doc:"Needed for a change."`
}

// Approve binds a sender to an analyzer, a new one or one that exists.
type Approve struct {
	SenderID     string           `json:"sender_id" minLength:"1"`
	InstrumentID lab.ID           `json:"instrument_id,omitempty,omitzero"`
	New          *InstrumentInput `json:"new,omitempty"`
	FileWaiting  bool             `json:"file_waiting,omitempty" doc:"Look again at what waits in the inbox from this sender."`
}

// Codes is the map of an analyzer's codes to tests.
type Codes struct {
	Codes []Code `json:"codes"`
}

// Code is one entry of the map.
type Code struct {
	ID       lab.ID          `json:"id,omitempty,omitzero"`
	Code     string          `json:"code"`
	TestID   lab.ID          `json:"test_id,omitempty,omitzero" doc:"Empty while unmapped."`
	Test     string          `json:"test,omitempty"`
	Suggest  lab.ID          `json:"suggested_test_id,omitempty,omitzero"`
	Seen     int             `json:"seen" doc:"How often it came in the last 30 days."`
	Unit     string          `json:"unit,omitempty" doc:"As last sent."`
	TestUnit string          `json:"test_unit,omitempty" doc:"Of the test that it means."`
	Differs  bool            `json:"unit_differs" doc:"What was last sent is not the test's unit, and nothing is declared for it: values wait for a person."`
	Convert  *CodeConversion `json:"conversion,omitempty"`
	Versions string          `json:"versions,omitempty"`
}

// CodeInput maps one code for ever.
type CodeInput struct {
	Code     string          `json:"code" minLength:"1" maxLength:"80"`
	TestID   lab.ID          `json:"test_id"`
	Convert  *CodeConversion `json:"conversion,omitempty" doc:"Left out: nothing is converted."`
	Versions string          `json:"versions,omitempty" doc:"Needed for a change."`
}

// CodeConversion declares how a number in another unit becomes one in the test's unit: number × factor + offset.
type CodeConversion struct {
	From   string `json:"from_unit" minLength:"1" maxLength:"40" doc:"The unit as the analyzer sends it."`
	Factor string `json:"factor" minLength:"1" maxLength:"34" doc:"A decimal above zero."`
	Offset string `json:"offset,omitempty" maxLength:"34" doc:"A decimal that is added afterwards."`
}

// Messages are the newest messages of an analyzer.
type Messages struct {
	Messages []MessageLine `json:"messages"`
	Next     string        `json:"next,omitempty"`
}

// MessageLine is one message in a list.
type MessageLine struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind" enum:"result,query,order,qc,calibration,other,raw"`
	Samples  []string  `json:"samples" doc:"Sample ids as sent."`
	Results  int       `json:"results"`
	Filed    int       `json:"filed"`
	Waiting  int       `json:"in_inbox"`
	Warnings []string  `json:"warnings"`
	BytesIn  int       `json:"bytes_in"`
	BytesOut int       `json:"bytes_out"`
	Ended    bool      `json:"ended"`
}

// Message is one message in the four columns of the line monitor. Names of patients are masked unless somebody unlocked them.
type Message struct {
	Line         MessageLine   `json:"line"`
	InstrumentID lab.ID        `json:"instrument_id,omitempty,omitzero"`
	Sender       string        `json:"sender" doc:"As it calls itself."`
	Address      string        `json:"address"`
	Protocol     string        `json:"protocol"`
	Profile      string        `json:"profile" doc:"The profile that read it."`
	Unlocked     bool          `json:"unlocked" doc:"Nothing is masked; the opening stands in the access log."`
	Chunks       []Chunk       `json:"chunks" doc:"Bytes in the order of the line, both directions."`
	Records      []Record      `json:"records"`
	Observations []Observation `json:"observations"`
}

// Chunk is a run of bytes in one direction.
type Chunk struct {
	At     time.Time `json:"at"`
	Dir    string    `json:"dir" enum:"in,out"`
	Hex    string    `json:"hex"`
	Text   string    `json:"text" doc:"Printable form, names masked, control characters as dots."`
	Label  string    `json:"label,omitempty" doc:"ENQ, ACK, frame 3, EOT, block."`
	Fault  string    `json:"fault,omitempty" doc:"checksum, torn."`
	Record int       `json:"record" doc:"Index of the first record that it carries, -1 without one."`
}

// Record is one record of a message.
type Record struct {
	Type string `json:"type"`
	Text string `json:"text" doc:"Names masked."`
	Rows []int  `json:"rows" doc:"Indices of the observations that were read from it."`
}

// LoadList names the samples on an analyzer that sends short ids or positions.
type LoadList struct {
	InstrumentID lab.ID      `json:"instrument_id"`
	Day          string      `json:"day" format:"date"`
	Entries      []LoadEntry `json:"entries"`
}

// LoadEntry is one place of a load list.
type LoadEntry struct {
	ID        lab.ID `json:"id,omitempty,omitzero"`
	Position  string `json:"position" minLength:"1" maxLength:"20" doc:"The short id or the rack position that the analyzer sends."`
	SampleID  lab.ID `json:"sample_id,omitempty,omitzero"`
	Accession string `json:"accession,omitempty" maxLength:"60"`
	Sex       string `json:"sex,omitempty"`
	Age       string `json:"age,omitempty"`
	Panels    string `json:"panels,omitempty"`
	Versions  string `json:"versions,omitempty"`
}

// LoadListInput sets the whole list of one analyzer and day.
type LoadListInput struct {
	Entries []LoadPlace `json:"entries" maxItems:"400"`
}

// LoadPlace puts a sample on a place, by id or by its scanned number.
type LoadPlace struct {
	Position  string `json:"position" minLength:"1" maxLength:"20"`
	SampleID  lab.ID `json:"sample_id,omitempty,omitzero"`
	Accession string `json:"accession,omitempty" maxLength:"60"`
}

// Profiles are the dialects that the node knows.
type Profiles struct {
	Profiles []Profile `json:"profiles"`
}

// Profile is one dialect.
type Profile struct {
	Name     string `json:"name"`
	Vendor   string `json:"vendor"`
	Models   string `json:"models"`
	Protocol string `json:"protocol" enum:"astm,hl7"`
	Query    bool   `json:"host_query"`
}

package setup

import (
	"time"

	"jaanch/internal/lab"
)

// State says how far the node is set up. It is readable before anybody logs in and holds nothing personal.
type State struct {
	Ready     bool     `json:"ready" doc:"False until the first administrator exists."`
	Lab       string   `json:"lab"`
	Demo      bool     `json:"demo"`
	Version   string   `json:"version"`
	Languages []string `json:"languages"`
	Enrolled  bool     `json:"enrolled"`
}

// First makes the lab and its first administrator.
type First struct {
	Lab   LabInput  `json:"lab"`
	Admin UserInput `json:"admin"`
	Code  string    `json:"setup_code,omitempty" maxLength:"20" doc:"Shown on the node's own screen; needed from another PC."`
}

// Lab is who the lab is, as it stands on the report.
type Lab struct {
	LabInput
	NodeCode string `json:"node_code"`
	Versions string `json:"versions"`
}

// LabInput is the lab's identity and its rules.
type LabInput struct {
	Name         string   `json:"name" minLength:"1" maxLength:"120"`
	NameLocal    string   `json:"name_local,omitempty" maxLength:"120"`
	Address      string   `json:"address,omitempty" maxLength:"300"`
	City         string   `json:"city,omitempty" maxLength:"80"`
	State        string   `json:"state,omitempty" maxLength:"60"`
	PIN          string   `json:"pin_code,omitempty" maxLength:"10"`
	Phone        string   `json:"phone,omitempty" maxLength:"40"`
	Email        string   `json:"email,omitempty" maxLength:"120"`
	Web          string   `json:"web,omitempty" maxLength:"120"`
	GSTIN        string   `json:"gstin,omitempty" maxLength:"15"`
	NABL         string   `json:"nabl,omitempty" maxLength:"40"`
	Registration string   `json:"registration,omitempty" maxLength:"60"`
	Director     string   `json:"director,omitempty" maxLength:"120"`
	UPI          string   `json:"upi,omitempty" maxLength:"80" doc:"Address that the QR at the desk pays to."`
	Language     string   `json:"report_language,omitempty" enum:",en,hi+en"`
	Letterhead   bool     `json:"letterhead" doc:"Print the letterhead; off for pre-printed paper."`
	Levels       int      `json:"verify_levels" minimum:"1" maximum:"2" doc:"1: the pathologist alone; 2: technical, then medical."`
	OwnVerify    bool     `json:"own_verify" doc:"Who entered a value may also verify it, in every department."`
	OwnVerifyIn  []string `json:"own_verify_departments,omitempty" maxItems:"40" doc:"Departments where who entered a value may also verify it."`
	AutoReceive  bool     `json:"auto_receive" doc:"A collected tube counts as received."`
	DiscountMax  int      `json:"discount_max_percent" minimum:"0" maximum:"100" doc:"What the desk may give without a second person."`
}

// LabChange changes the lab.
type LabChange struct {
	Lab      LabInput `json:"lab"`
	Versions string   `json:"versions" minLength:"1"`
}

// Printer is a label printer on the network.
type Printer struct {
	ID       lab.ID `json:"id"`
	Name     string `json:"name"`
	Address  string `json:"address" doc:"Host and port; 9100 is usual."`
	Language string `json:"language" enum:"zpl"`
	WidthMM  int    `json:"width_mm"`
	HeightMM int    `json:"height_mm"`
	Default  bool   `json:"default"`
	State    string `json:"state" enum:"ready,unreachable,unknown"`
	Waiting  int    `json:"waiting" doc:"Jobs that it has not taken."`
	Versions string `json:"versions"`
}

// PrinterInput is a printer as it is set up.
type PrinterInput struct {
	Name     string `json:"name" minLength:"1" maxLength:"60"`
	Address  string `json:"address" minLength:"1" maxLength:"120"`
	WidthMM  int    `json:"width_mm" minimum:"20" maximum:"110"`
	HeightMM int    `json:"height_mm" minimum:"10" maximum:"100"`
	Default  bool   `json:"default"`
	Versions string `json:"versions,omitempty" doc:"Needed for a change."`
}

// Printers are all label printers.
type Printers struct {
	Printers []Printer `json:"printers"`
}

// Enrol joins a hub by the code that its administrator gave.
type Enrol struct {
	Hub  string `json:"hub" format:"uri" maxLength:"200"`
	Code string `json:"code" minLength:"13" maxLength:"20"`
}

// Sync is the state of the connection with the hub, in words that need no knowledge of it.
type Sync struct {
	State      string     `json:"state" enum:"alone,online,degraded,offline,paused,blocked"`
	Reason     string     `json:"reason,omitempty"`
	Since      *time.Time `json:"since,omitempty"`
	Hub        string     `json:"hub,omitempty"`
	Pending    int64      `json:"pending" doc:"Changes that the hub has not taken yet."`
	OldestAge  int64      `json:"oldest_age_s" doc:"Age of the oldest of them, in seconds."`
	LastOK     *time.Time `json:"last_ok,omitempty"`
	SkewMS     int64      `json:"skew_ms"`
	SentToday  int64      `json:"bytes_sent_today"`
	RecvToday  int64      `json:"bytes_received_today"`
	Conflicts  int        `json:"conflicts" doc:"Waiting for a decision."`
	NextTry    *time.Time `json:"next_try,omitempty"`
	Acked      int64      `json:"acked_seq"`
	Head       int64      `json:"head_seq"`
	DeviceName string     `json:"device,omitempty"`
}

// SyncLog is what the connection did lately, newest first.
type SyncLog struct {
	Lines []SyncLine `json:"lines"`
}

// SyncLine is one exchange.
type SyncLine struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Dir   string    `json:"dir"`
	N     int       `json:"changes"`
	Bytes int64     `json:"bytes"`
	MS    int64     `json:"ms"`
	Err   string    `json:"problem,omitempty"`
}

// Network says how other PCs of the lab reach this node.
type Network struct {
	URLs        []string  `json:"urls"`
	Fingerprint string    `json:"ca_fingerprint" doc:"SHA-256 of the lab's own certificate authority."`
	CA          string    `json:"ca_pem"`
	CertUntil   time.Time `json:"certificate_until"`
	HL7         string    `json:"hl7"`
	ASTM        string    `json:"astm"`
	DataDir     string    `json:"data_dir"`
	DataBytes   int64     `json:"data_bytes"`
	DiskFree    int64     `json:"disk_free"`
}

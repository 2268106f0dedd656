// Package doctor looks at a node's machine, folder and database and says in plain words what is well, what somebody should
// look at, and what keeps the lab from working, each with what to do. Whoever installs a node is often alone with it: every
// sentence must be understood without knowing the program. It changes nothing (one small file is written and deleted again
// to time the disk), and it works beside a running node as on a stopped one.
package doctor

import (
	"context"
	"fmt"
	"os"
	"time"

	"jaanch/internal/edge/folder"
)

// State is how one thing is.
type State string

// The states, from best to worst. Only Wrong keeps the lab from working or endangers its data.
const (
	OK    State = "ok"
	Look  State = "look" // somebody should look at it; the lab works
	Wrong State = "wrong"
)

// Finding is what the doctor says of one thing. Its JSON shape only grows.
type Finding struct {
	Check   string           `json:"check"` // what was looked at: folder, disk_speed …
	State   State            `json:"state"`
	Code    string           `json:"code,omitempty"`    // stable name of what was found, empty when all is well
	Says    string           `json:"says"`              // what is
	Do      string           `json:"do,omitempty"`      // what to do about it
	Figures map[string]int64 `json:"figures,omitempty"` // what was measured, by a name that bears its unit
}

// Options say what belongs to the node. The addresses are those of its configuration, empty for what is switched off.
type Options struct {
	Data      string // the data folder
	Listen    string
	ListenTLS string
	HL7       string
	ASTM      string
	Serial    string // DEVICE of an analyzer that is not set up yet, empty for none
	Hub       string // address of the hub, for a node that has not joined one
	Copies    string // a folder where copies of the database are kept beside Data/backups, empty for none
	Now       func() time.Time
	Probe     time.Duration // how long the disk is timed: a second
}

// examination is one run.
type examination struct {
	Options

	out     []Finding
	served  bool // a process serves the folder
	joined  joined
	devices []device // serial ports that an analyzer is set up at
}

// Examine looks at everything that it can reach, the most basic first. It takes some seconds, most of them on the disk's
// speed and on a hub that does not answer.
func Examine(ctx context.Context, o Options) []Finding {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Probe == 0 {
		o.Probe = time.Second
	}
	x := &examination{Options: o}
	if !x.folder() {
		return x.out
	}
	x.running()
	x.space()
	x.speed()
	if x.database(ctx) {
		x.copies()
	}
	x.certificate()
	x.ports(ctx)
	x.serial(ctx)
	x.clock(ctx)
	return x.out
}

func (x *examination) add(f Finding) { x.out = append(x.out, f) }

func (x *examination) well(check, says string, args ...any) {
	x.add(Finding{Check: check, State: OK, Says: fmt.Sprintf(says, args...)})
}

// folder looks at the folder itself; false when there is nothing to look into.
func (x *examination) folder() bool {
	info, err := os.Stat(x.Data)
	switch {
	case os.IsPermission(err):
		x.add(Finding{
			Check: "folder", State: Wrong, Code: "folder_denied", Says: "This account may not look into " + x.Data + ".",
			Do: "Run this command as the account of the node, or as the administrator of this PC.",
		})
		return false
	case err != nil || !info.IsDir():
		x.add(Finding{
			Check: "folder", State: Wrong, Code: "folder_missing", Says: "There is no folder " + x.Data + ".",
			Do: "Is its name right? A new lab begins with edge serve or edge init.",
		})
		return false
	}
	if mode := info.Mode().Perm(); tooOpen(mode) {
		x.add(Finding{
			Check: "folder", State: Wrong, Code: "folder_open", Says: fmt.Sprintf("Other accounts of this PC can look into %s (its mode is %s).", x.Data, mode),
			Do: "Close it: chmod 700 " + x.Data,
		})
	} else {
		x.well("folder", "%s is there, and no other account of this PC can look into it.", x.Data)
	}
	x.place()
	return true
}

// running finds out whether a node works with the folder now: much of what follows reads differently then.
func (x *examination) running() {
	served, err := folder.InUse(x.Data)
	x.served = served
	switch {
	case err != nil:
		x.add(Finding{Check: "node", State: Look, Code: "lock_unreadable", Says: "It cannot be told whether the node is running: " + reason(err) + "."})
	case served:
		x.well("node", "The node is running.")
	default:
		x.well("node", "The node is not running.")
	}
}

// Package policy says what each strategy and each merge that the registry names does when two sides changed the same
// field group without having seen each other. It is pure: the same contest always ends the same way.
//
// A strategy only ever decides which value the hub shows. The other value is kept in a conflict record whatever the
// verdict, and a group that was verified, signed or issued is never given to a strategy at all.
package policy

import (
	"bytes"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Side is one of the two values of a group.
type Side struct {
	Fields  map[int]any
	HLC     journal.HLC // after the hub's clamp
	Device  lab.ID
	Suspect bool // the clock that made HLC is known to be wrong
}

// Contest is one group that two sides changed.
type Contest struct {
	Entity journal.Entity
	Group  journal.Group
	Server Side
	Client Side
	// ClientIsHome tells that the client is the node at which the record is at home: for a result the one that created
	// the sample.
	ClientIsHome bool
}

// Winner is whose value stands.
type Winner string

// The winners. Their text stands in conflict records.
const (
	Server Winner = "server"
	Client Winner = "client"
	Both   Winner = "merged"
	Nobody Winner = "open" // a person decides; meanwhile the server's value stands
)

// Verdict is how a contest ends. Fields are the merged values, where Winner is Both.
type Verdict struct {
	Winner Winner
	Fields map[int]any
}

// Strategy decides a contest.
type Strategy func(Contest) Verdict

// StrategyFor gives the function of a name that the registry uses. A test finds a name without one.
func StrategyFor(name string) (Strategy, bool) {
	switch name {
	case "LastWriteWins":
		return lastWriteWins, true
	case "ServerWins":
		return serverWins, true
	case "ClientWins":
		return clientWins, true
	case "ManualResolution":
		return manualResolution, true
	case "Merged":
		return merged, true
	}
	return nil, false
}

// lastWriteWins lets the later of the two clocks win; equal clocks are parted by the device's id. Where clock or
// meaning make that unsafe, a person decides.
func lastWriteWins(c Contest) Verdict {
	if (c.Server.Suspect || c.Client.Suspect) && slices.Contains([]string{"clinical", "money", "amount", "payment"}, c.Group.Name) {
		return Verdict{Winner: Nobody}
	}
	if c.Client.HLC != c.Server.HLC {
		if c.Client.HLC > c.Server.HLC {
			return Verdict{Winner: Client}
		}
		return Verdict{Winner: Server}
	}
	if bytes.Compare(c.Client.Device[:], c.Server.Device[:]) > 0 {
		return Verdict{Winner: Client}
	}
	return Verdict{Winner: Server}
}

// serverWins keeps what the hub has: the node's value is a proposal.
func serverWins(Contest) Verdict { return Verdict{Winner: Server} }

// clientWins believes the node that has the tube in its hands, and no other.
func clientWins(c Contest) Verdict {
	if c.ClientIsHome {
		return Verdict{Winner: Client}
	}
	return Verdict{Winner: Nobody}
}

// manualResolution leaves it to a person.
func manualResolution(Contest) Verdict { return Verdict{Winner: Nobody} }

// merged applies the group's merge; where that cannot bring the two together, a person decides.
func merged(c Contest) Verdict {
	merge, ok := MergeFor(c.Group.Merge)
	if !ok {
		return Verdict{Winner: Nobody}
	}
	fields, ok := merge(c)
	if !ok {
		return Verdict{Winner: Nobody}
	}
	return Verdict{Winner: Both, Fields: fields}
}

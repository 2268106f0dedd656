package simulation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Shrink makes a failing history smaller for as long as it still breaks the same invariant: whole stretches of events
// first, then single ones, then nodes. It gives the smallest that it found.
func Shrink(p Plan, bug Mistake) Plan {
	want := invariantOf(Run(p, bug))
	fails := func(q Plan) bool { return want != "" && invariantOf(Run(q, bug)) == want }
	for size := max(len(p.Events)/2, 1); ; {
		smaller := false
		for at := 0; at < len(p.Events); {
			q := p
			q.Events = slices.Delete(slices.Clone(p.Events), at, min(at+size, len(p.Events)))
			if fails(q) {
				p, smaller = q, true
			} else {
				at += size
			}
		}
		if size == 1 && !smaller {
			break
		}
		if !smaller {
			size = max(size/2, 1)
		}
	}
	for len(p.Nodes) > 1 {
		q := p
		q.Nodes = p.Nodes[:len(p.Nodes)-1]
		if !fails(q) {
			break
		}
		p = q
	}
	return p
}

func invariantOf(err error) string {
	if v, ok := errors.AsType[*ViolationError](err); ok {
		return v.Invariant
	}
	return ""
}

// String gives a history as Go, to be kept as a test.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "simulation.Plan{Seed: %d, Batch: %d, Page: %d, Nodes: []simulation.NodePlan{", p.Seed, p.Batch, p.Page)
	for _, n := range p.Nodes {
		fmt.Fprintf(&b, "{Org: %d, Lab: %d, Schema: %d}, ", n.Org, n.Lab, n.Schema)
	}
	b.WriteString("}, Events: []simulation.Event{\n")
	for _, e := range p.Events {
		fmt.Fprintf(&b, "\t{simulation.%s, %d, %d, %d},\n", e.Kind, e.A, e.B, e.C)
	}
	b.WriteString("}}")
	return b.String()
}

// String gives the name of the constant.
func (k Kind) String() string {
	names := []string{
		"Register", "EditIdentity", "EditContact", "EditPreference", "EditVIP", "NewVisit", "EditVisit", "EditUrgency", "CancelVisit",
		"Collect", "MoveSample", "EnterResult", "AmendResult", "Verify", "Comment", "NewTest", "EditPrice", "EditTag", "RaiseTag",
		"Remove", "Erase", "Resolve", "Poison", "Again", "HubPrice", "HubPreference", "HubResolve", "Begin", "Pull", "GoOn", "Sync",
		"Tick", "Timeout", "Drop", "Twice", "Crash", "DiskFull", "Backup", "Bring", "Clone", "Jump", "HubCrash", "Failover", "Revoke",
		"Allow",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return names[k]
}

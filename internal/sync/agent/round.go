package agent

import (
	"context"
	"errors"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
)

// Sync does one round: the handshake when it is due, all that waits up, all that moved down. What is done, and in which
// order, is engine.Node's to say; the agent does it.
func (a *Agent) Sync(ctx context.Context) error {
	a.rounds.Lock()
	defer a.rounds.Unlock()
	a.mu.Lock()
	paused := a.paused
	due := a.link.hello.IsZero() || a.o.Clock().Sub(a.link.hello) >= a.o.Period*4/5
	a.mu.Unlock()
	if paused {
		return errPaused
	}
	err := a.drive(ctx, engine.Begin{Hello: due})
	if !errors.Is(err, errAlone) {
		a.settle(ctx, err)
	}
	if err == nil {
		if failed := a.sendFiles(ctx); failed != nil && ctx.Err() == nil {
			a.o.Logger.WarnContext(ctx, "documents wait for a later round", "code", lab.CodeOf(failed))
		}
	}
	return err
}

// PullOnly brings down what moved without sending anything, as a round does whose push fails. It may run beside a round:
// of two pages for the same place the later one is dropped.
func (a *Agent) PullOnly(ctx context.Context) error { return a.drive(ctx, engine.BeginPull{}) }

var errPaused = &lab.Error{Kind: lab.KindUnavailable, Code: "sync_paused", Message: "Sync is paused."}

// drive runs the machine from an event until nothing is left to do.
func (a *Agent) drive(ctx context.Context, first engine.NodeEvent) error {
	m, err := a.membership(ctx)
	if err != nil {
		return err
	}
	machine, err := a.Machine(ctx)
	if err != nil {
		return err
	}
	machine, effects := machine.Step(first)
	var faults []error
	for len(effects) > 0 {
		effect := effects[0]
		effects = effects[1:]
		switch e := effect.(type) {
		case engine.RoundOver:
			continue
		case engine.Report:
			if e.Fault.Blocked && e.Fault.Code != "" && len(faults) == 0 {
				faults = append(faults, blocked(e.Fault.Code))
			}
			continue
		}
		ev, err := a.do(ctx, m, effect)
		if err != nil {
			faults = append(faults, err)
			ev = failed(effect, err)
		}
		var more []engine.NodeEffect
		machine, more = machine.Step(ev)
		effects = append(effects, more...)
	}
	a.mu.Lock()
	a.link.size = machine.Size
	if _, round := first.(engine.Begin); round || !machine.Greeted {
		a.link.greeted = machine.Greeted
	}
	a.mu.Unlock()
	return errors.Join(faults...)
}

// Machine gives the state machine as the database and the link have it.
func (a *Agent) Machine(ctx context.Context) (engine.Node, error) {
	n := engine.Node{Device: a.o.DB.Device()}
	a.mu.Lock()
	n.Size, n.Greeted = a.link.size, a.link.greeted
	a.mu.Unlock()
	m, err := a.membership(ctx)
	if err != nil {
		return n, err
	}
	n.Acked, n.HubEpoch = m.acked, m.hubEpoch
	err = a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		head, err := tx.Head(ctx)
		if err != nil {
			return err
		}
		n.Epoch, n.Head = head.Epoch, head.Seq
		for _, scope := range []lab.ID{m.org, m.lab} {
			c, err := readCursor(ctx, tx, scope, m.hubEpoch)
			if err != nil {
				return err
			}
			n.Cursors = append(n.Cursors, c)
		}
		var cause string
		if _, err := tx.State(ctx, keyConfirm, &cause); err != nil {
			return err
		}
		n.Confirm = engine.Cause(cause)
		n.Marks, err = readMarks(ctx, tx)
		return err
	})
	return n, err
}

// do does one effect, with the hub or with the database.
func (a *Agent) do(ctx context.Context, m membership, effect engine.NodeEffect) (engine.NodeEvent, error) {
	ev, remote, err := a.ask(ctx, m, effect)
	if h, ok := asHub(err); ok && h.fault.Kind == lab.KindUnauthenticated {
		a.forgetToken() // the hub forgot the session, or a token outlived its time: once more with a new one
		ev, _, err = a.ask(ctx, m, effect)
	}
	if remote {
		return ev, err
	}
	return a.Perform(ctx, effect)
}

// failed tells the machine what went wrong, in the words that it decides by.
func failed(effect engine.NodeEffect, err error) engine.Failed {
	f := engine.Failed{Fault: engine.Fault{Code: lab.CodeOf(err), Blocked: lab.KindOf(err) == lab.KindForbidden}}
	switch effect.(type) {
	case engine.AskPages, engine.InstallPage, engine.TellCursors:
		f.Down = true
	}
	h, answered := asHub(err)
	if answered {
		f.Fault.Expected = h.expected
	} else {
		f.Fault.Local = true
	}
	return f
}

// blocked is a fault that no further try cures: a person must act. The lab works on.
func blocked(code string) *lab.Error {
	message := "The hub is at another epoch of this node. Ask for support before anything is sent."
	if code == "device_forked" {
		message = "Two copies of this node exist. An administrator must choose one."
	}
	return &lab.Error{Kind: lab.KindForbidden, Code: code, Message: message}
}

// head reads where the journal stands and since when the oldest entry waits.
func (a *Agent) head(ctx context.Context, acked int64) (sqlite.Head, *time.Time, error) {
	var head sqlite.Head
	var oldest *time.Time
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		if head, err = tx.Head(ctx); err != nil || head.Seq <= acked {
			return err
		}
		var e journal.Entry
		var found bool
		if e, found, err = tx.Entry(ctx, acked+1); found {
			at := time.UnixMilli(e.WallMS).UTC()
			oldest = &at
		}
		return err
	})
	return head, oldest, err
}

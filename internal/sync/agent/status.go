package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// State is how the connection is, in a word that people read.
type State string

// The states.
const (
	StateAlone    State = "alone"    // the node has not joined a hub
	StateOnline   State = "online"   // the last round went well
	StateDegraded State = "degraded" // the hub answers, but a round failed in part, or the clock is off
	StateOffline  State = "offline"  // no answer; it is tried again by itself
	StatePaused   State = "paused"   // somebody at the lab said so
	StateBlocked  State = "blocked"  // a person must act; Reason says why. The lab works on
)

// link is what the agent knows of the connection. It is lost with the process; what must outlive it is in the database.
type link struct {
	state      State
	reason     string // a code
	since      time.Time
	lastOK     time.Time
	nextTry    time.Time
	token      string
	tokenUntil time.Time
	hello      time.Time
	greeted    bool          // the hub knows this very journal
	skew       time.Duration // node minus hub
	rtt        time.Duration
	size       int // entries of the next batch
	lastCode   string
	sent       auditLine // the batch whose answer is not kept yet
	pageBytes  int       // of the page that is installed, as it came
	live       bool
	noFiles    time.Time // until then the hub is not offered documents
}

// skewWarning is how far the node's clock may be from the hub's.
const skewWarning = 2 * time.Minute

// Status is the connection as the lab sees it.
type Status struct {
	State         State
	Reason        string // a code, for degraded and blocked
	Since         time.Time
	Hub           string
	OrgName       string
	LabName       string
	Pending       int64 // entries that the hub has not taken yet
	OldestPending *time.Time
	LastOK        time.Time
	NextTry       time.Time
	Skew          time.Duration // node minus hub
	RTT           time.Duration
	SentToday     int64 // bytes
	ReceivedToday int64
	Conflicts     int // of the lab that wait for a person
	KeptAside     int // records from the hub that were not installed
	Acked         int64
	Head          int64
	Live          bool // the hub's hints arrive
}

// Status tells how the connection is. It asks the database, never the hub.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	m, err := a.membership(ctx)
	if errors.Is(err, errAlone) {
		return Status{State: StateAlone}, nil
	}
	if err != nil {
		return Status{}, err
	}
	a.mu.Lock()
	l, paused := a.link, a.paused
	a.mu.Unlock()
	s := Status{
		State: l.state, Reason: l.reason, Since: l.since, Hub: m.hub, OrgName: m.orgName, LabName: m.labName, LastOK: l.lastOK,
		NextTry: l.nextTry, Skew: l.skew, RTT: l.rtt, Acked: m.acked, Live: l.live,
	}
	if paused {
		s.State = StatePaused
	}
	head, oldest, err := a.head(ctx, m.acked)
	if err != nil {
		return s, err
	}
	s.Head, s.Pending, s.OldestPending = head.Seq, max(head.Seq-m.acked, 0), oldest
	return s, a.counts(ctx, &s)
}

func (a *Agent) counts(ctx context.Context, s *Status) error {
	now := a.o.Clock()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location()).UnixMilli()
	return a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		if s.LastOK.IsZero() {
			var at int64
			if found, err := tx.State(ctx, keyLastOK, &at); err != nil {
				return err
			} else if found {
				s.LastOK = time.UnixMilli(at).UTC()
			}
		}
		err := tx.QueryRowContext(ctx, `SELECT coalesce(sum(CASE WHEN dir = 'up' THEN bytes END), 0), coalesce(sum(CASE WHEN dir = 'down' THEN bytes END), 0),
(SELECT count(*) FROM conflict WHERE state = 'open' AND _del = 0), (SELECT count(*) FROM sync_stage)
FROM sync_audit WHERE at_ms >= ?`, midnight).Scan(&s.SentToday, &s.ReceivedToday, &s.Conflicts, &s.KeptAside)
		if err != nil {
			return fmt.Errorf("sync status: %w", err)
		}
		return nil
	})
}

// stateAfter gives the state in which a round leaves the connection, with the code of its reason.
func stateAfter(err error, skew time.Duration) (State, string) {
	h, answered := asHub(err)
	switch {
	case err == nil && skew.Abs() > skewWarning:
		return StateDegraded, "clock"
	case err == nil:
		return StateOnline, ""
	case lab.KindOf(err) == lab.KindForbidden || lab.KindOf(err) == lab.KindNotFound || lab.KindOf(err) == lab.KindInvalid:
		return StateBlocked, lab.CodeOf(err)
	case lab.CodeOf(err) == CodeCertificate:
		return StateDegraded, CodeCertificate
	case answered && h.status == 0 || lab.CodeOf(err) == codeStrange:
		return StateOffline, ""
	}
	return StateDegraded, lab.CodeOf(err)
}

// settle moves the state machine after a round.
func (a *Agent) settle(ctx context.Context, err error) {
	now := a.o.Clock()
	a.mu.Lock()
	state, reason := stateAfter(err, a.link.skew)
	if a.link.state != state || a.link.reason != reason {
		a.link.state, a.link.reason, a.link.since = state, reason, now
	}
	if err == nil {
		a.link.lastCode = ""
		a.link.lastOK = now
	}
	a.mu.Unlock()
	if err != nil {
		return
	}
	saveErr := a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error { return tx.SetState(keyLastOK, now.UnixMilli()) })
	if saveErr != nil && ctx.Err() == nil {
		a.o.Logger.WarnContext(ctx, "time of the last sync was not kept", "err", saveErr)
	}
}

func (a *Agent) planned(wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link.nextTry = a.o.Clock().Add(wait)
}

// pace is what one round tells the next: how many have failed in a row, and since when.
type pace struct {
	attempt int
	since   time.Time // when the first of them failed
}

// after tells how long to wait after a round that ended with err. An outage begins with its first failure: time in which
// nobody tried, because sync was paused or there was no hub yet, is none.
func (a *Agent) after(p *pace, err error) (wait time.Duration) {
	now := a.o.Clock()
	if p.attempt == 0 {
		p.since = now
	}
	wait, p.attempt = a.next(err, p.attempt, now.Sub(p.since))
	return wait
}

// next tells how long to wait after a round: the period with its jitter after a good one and where only a person can
// help, else a random time below a limit that doubles from 1 second to 5 minutes, or what the hub asked for. A fault that
// has lasted so long is never waited out for more than half as long again: a hub that was away for a minute is found
// within the next half, and only after a long outage do the labs of a hub spread their return over 5 minutes.
func (a *Agent) next(err error, attempt int, lasted time.Duration) (wait time.Duration, attempts int) {
	calm := a.o.Period*4/5 + time.Duration(a.o.Jitter(int64(a.o.Period*2/5)+1))
	h, answered := asHub(err)
	switch {
	case err == nil, errors.Is(err, errAlone), errors.Is(err, errPaused):
		return calm, 0
	case answered && h.wait > 0:
		return h.wait + time.Duration(a.o.Jitter(int64(time.Second))), attempt + 1
	case lab.KindOf(err) == lab.KindForbidden:
		return calm, attempt + 1
	}
	limit := min(time.Second<<min(attempt, 9), max(time.Second, lasted/2), 5*time.Minute)
	return time.Duration(a.o.Jitter(int64(limit))) + 1, attempt + 1
}

package edge

import (
	"context"
	"os"
	"time"

	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/engine"
)

// syncer shows the sync agent to the screens.
type syncer struct {
	agent  *agent.Agent
	office *setup.Office
}

// Sync gives the state of the connection.
func (s *syncer) Sync(ctx context.Context) (setup.Sync, error) {
	st, err := s.agent.Status(ctx)
	if err != nil {
		return setup.Sync{}, err
	}
	out := setup.Sync{
		State: string(st.State), Reason: st.Reason, Since: when(st.Since), Hub: st.Hub, Pending: st.Pending, LastOK: when(st.LastOK), SkewMS: st.Skew.Milliseconds(),
		SentToday: st.SentToday, RecvToday: st.ReceivedToday, Conflicts: st.Conflicts, NextTry: when(st.NextTry), Acked: st.Acked, Head: st.Head,
	}
	if st.OldestPending != nil {
		out.OldestAge = max(0, int64(time.Since(*st.OldestPending)/time.Second))
	}
	return out, nil
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Log gives what the connection did lately.
func (s *syncer) Log(ctx context.Context) (setup.SyncLog, error) {
	out := setup.SyncLog{Lines: []setup.SyncLine{}}
	lines, err := s.agent.Log(ctx, 200)
	for _, l := range lines {
		line := setup.SyncLine{At: l.At, Kind: l.Kind, Dir: l.Dir, N: l.Count, Bytes: l.Bytes, MS: l.Took.Milliseconds()}
		if l.Code != "ok" {
			line.Err = l.Code
		}
		out.Lines = append(out.Lines, line)
	}
	return out, err
}

// Enrol joins a hub. The hub may give the node another code: old numbers stay, new ones begin with it.
func (s *syncer) Enrol(ctx context.Context, actor lab.Actor, in setup.Enrol) (setup.Sync, error) {
	l, err := s.office.Lab(ctx)
	if err != nil {
		return setup.Sync{}, err
	}
	name, err := os.Hostname()
	if err != nil {
		name = "node"
	}
	reply, err := s.agent.Enrol(ctx, actor, in.Hub, in.Code, name, l.NodeCode)
	if err != nil {
		return setup.Sync{}, err
	}
	if reply.NodeCode != "" && reply.NodeCode != l.NodeCode {
		if err := s.office.SetNodeCode(ctx, actor, reply.NodeCode); err != nil {
			return setup.Sync{}, err
		}
	}
	s.agent.SyncNow()
	return s.Sync(ctx)
}

// Now tries at once.
func (s *syncer) Now(ctx context.Context) (setup.Sync, error) {
	s.agent.SyncNow()
	return s.Sync(ctx)
}

// Pause stops sync until Resume.
func (s *syncer) Pause(ctx context.Context, actor lab.Actor) (setup.Sync, error) {
	if err := s.agent.Pause(ctx, actor); err != nil {
		return setup.Sync{}, err
	}
	return s.Sync(ctx)
}

// Resume goes on.
func (s *syncer) Resume(ctx context.Context, actor lab.Actor) (setup.Sync, error) {
	if err := s.agent.Resume(ctx, actor); err != nil {
		return setup.Sync{}, err
	}
	return s.Sync(ctx)
}

// Confirm says that this copy of the node goes on, and the other one does not. It is refused while the hub knows of no
// other copy: nobody shuts a copy out by mistake.
func (s *syncer) Confirm(ctx context.Context, actor lab.Actor) (setup.Sync, error) {
	st, err := s.agent.Status(ctx)
	if err != nil {
		return setup.Sync{}, err
	}
	if st.State != agent.StateBlocked || st.Reason != "device_forked" {
		return setup.Sync{}, lab.Conflict("not_forked", "The hub knows of no other copy of this node.")
	}
	if err := s.agent.Confirm(ctx, actor, engine.Fork); err != nil {
		return setup.Sync{}, err
	}
	return s.Sync(ctx)
}

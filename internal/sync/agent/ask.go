package agent

import (
	"context"
	"time"

	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// slowAnswer is from where on an answer asks for smaller batches.
const slowAnswer = 2 * time.Second

// ask does an effect that needs the hub; remote is false for one that does not.
func (a *Agent) ask(ctx context.Context, m membership, effect engine.NodeEffect) (ev engine.NodeEvent, remote bool, err error) {
	switch effect.(type) {
	case engine.SayHello, engine.Compare, engine.AskEpoch, engine.SendBatch, engine.AskPages, engine.TellCursors:
	default:
		return nil, false, nil
	}
	token, err := a.session(ctx, m)
	if err != nil {
		return nil, true, err
	}
	switch e := effect.(type) {
	case engine.SayHello:
		ev, err = a.hello(ctx, m, token, e.Acked)
	case engine.Compare:
		ev, err = a.compare(ctx, m, token, e.Seqs)
	case engine.AskEpoch:
		ev, err = a.askEpoch(ctx, m, token, e)
	case engine.SendBatch:
		ev, err = a.push(ctx, m, token, e.Batch)
	case engine.AskPages:
		ev, err = a.pull(ctx, m, token, e.Cursors)
	case engine.TellCursors:
		ev, err = engine.Told{}, a.tell(ctx, m, token, e.Cursors)
	}
	return ev, true, err
}

// hello says how the node is and measures the clock.
func (a *Agent) hello(ctx context.Context, m membership, token string, acked int64) (engine.NodeEvent, error) {
	head, oldest, err := a.head(ctx, acked)
	if err != nil {
		return nil, err
	}
	began := a.o.Clock()
	request := wire.HelloRequest{
		Epoch: head.Epoch, LastSeq: head.Seq, AckedSeq: acked, Schema: a.o.DB.Registry().Schema, Version: a.o.Version,
		Pending: max(head.Seq-acked, 0), OldestPending: oldest, Time: began.UTC(),
	}
	var reply wire.HelloReply
	if err := a.json(ctx, m.hub, "/api/v1/sync/hello", token, request, &reply); err != nil {
		return nil, err
	}
	ended := a.o.Clock()
	if err := a.keepPeers(ctx, reply.Nodes); err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.link.hello, a.link.rtt = ended, ended.Sub(began)-reply.Sent.Sub(reply.Received)
	a.link.skew = (began.Sub(reply.Received) + ended.Sub(reply.Sent)) / 2
	a.mu.Unlock()
	return engine.Greeted{Reply: reply, Head: engine.Head{Epoch: head.Epoch, Seq: head.Seq, HLC: head.HLC}}, nil
}

// compare shows the hub what stands at some places of the journal.
func (a *Agent) compare(ctx context.Context, m membership, token string, seqs []int64) (engine.NodeEvent, error) {
	var request wire.CompareRequest
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		for _, seq := range seqs {
			e, _, err := tx.Entry(ctx, seq)
			if err != nil {
				return err
			}
			request.Entries = append(request.Entries, wire.SeqHash{Seq: seq, Hash: e.Hash})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var reply wire.CompareReply
	err = a.json(ctx, m.hub, "/api/v1/sync/compare", token, request, &reply)
	return engine.Compared{Equal: reply.Equal}, err
}

func (a *Agent) askEpoch(ctx context.Context, m membership, token string, e engine.AskEpoch) (engine.NodeEvent, error) {
	head, _, err := a.head(ctx, 0)
	if err != nil {
		return nil, err
	}
	request := wire.EpochRequest{Epoch: head.Epoch, Head: head.Seq, Common: e.Common, Why: string(e.Why)}
	var reply wire.EpochReply
	err = a.json(ctx, m.hub, "/api/v1/sync/epoch", token, request, &reply)
	return engine.Granted{Reply: reply}, err
}

// push sends one batch.
func (a *Agent) push(ctx context.Context, m membership, token string, p *wire.Push) (engine.NodeEvent, error) {
	body, err := a.codec.EncodePush(p)
	if err != nil {
		return nil, err
	}
	var reply wire.PushReply
	began := a.o.Clock()
	_, err = a.packed(ctx, m.hub, "/api/v1/sync/push", token, body, &reply)
	took := a.o.Clock().Sub(began)
	line := auditLine{kind: kindPush, dir: dirUp, batch: batchName(p.Epoch, p.FirstSeq), count: len(p.Items), bytes: len(body), took: took, err: err}
	if err != nil {
		return nil, a.note(ctx, line, err)
	}
	a.mu.Lock()
	a.link.sent = line
	a.mu.Unlock()
	return engine.Pushed{Reply: reply, Fast: took < slowAnswer}, nil
}

func (a *Agent) pull(ctx context.Context, m membership, token string, cursors []wire.Cursor) (engine.NodeEvent, error) {
	body, err := a.codec.Marshal(wire.PullRequest{
		Device: a.o.DB.Device().Bytes(), Schema: a.o.DB.Registry().Schema, Cursors: cursors, MaxRows: engine.PageRows,
	})
	if err != nil {
		return nil, err
	}
	var reply wire.PullReply
	began := a.o.Clock()
	size, err := a.packed(ctx, m.hub, "/api/v1/sync/pull", token, body, &reply)
	if err != nil {
		return nil, a.note(ctx, auditLine{kind: kindPull, dir: dirDown, took: a.o.Clock().Sub(began), err: err}, err)
	}
	a.mu.Lock()
	a.link.pageBytes = size / max(len(reply.Pages), 1)
	a.mu.Unlock()
	return engine.Pulled{Reply: reply}, nil
}

// tell tells the hub how far this node has come, so that it may forget what everybody has seen.
func (a *Agent) tell(ctx context.Context, m membership, token string, cursors []wire.Cursor) error {
	body, err := a.codec.Marshal(wire.Ack{Device: a.o.DB.Device().Bytes(), Cursors: cursors})
	if err != nil {
		return err
	}
	_, _, err = a.post(ctx, m.hub, "/api/v1/sync/ack", token, wire.ContentType, body)
	return err
}

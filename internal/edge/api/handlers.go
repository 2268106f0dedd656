package api

import (
	"context"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/overview"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/setup"
)

// The operations whose inputs stand in the address.

func (r *routes) network(ctx context.Context) (setup.Network, error) { return r.s.Network(ctx) }
func (r *routes) syncState(ctx context.Context) (setup.Sync, error)  { return r.s.Sync.Sync(ctx) }
func (r *routes) syncLog(ctx context.Context) (setup.SyncLog, error) { return r.s.Sync.Log(ctx) }
func (r *routes) syncNow(ctx context.Context) (setup.Sync, error)    { return r.s.Sync.Now(ctx) }
func (r *routes) syncPause(ctx context.Context, _ *nothing) (*out[setup.Sync], error) {
	return answer(r.s.Sync.Pause(ctx, actorOf(ctx)))
}

func (r *routes) syncResume(ctx context.Context, _ *nothing) (*out[setup.Sync], error) {
	return answer(r.s.Sync.Resume(ctx, actorOf(ctx)))
}

func (r *routes) syncConfirm(ctx context.Context, _ *nothing) (*out[setup.Sync], error) {
	return answer(r.s.Sync.Confirm(ctx, actorOf(ctx)))
}

func (r *routes) enrol(ctx context.Context, in *create[setup.Enrol]) (*out[setup.Sync], error) {
	return answer(r.s.Sync.Enrol(ctx, actorOf(ctx), in.Body))
}

func (r *routes) loadStarter(ctx context.Context, in *keyed) (*out[setup.Loaded], error) {
	return answer(r.s.Office.LoadStarter(ctx, actorOf(ctx), in.Key))
}

func (r *routes) testPrinter(ctx context.Context, in *keyedByID) (*out[setup.Printer], error) {
	return answer(r.s.Office.TestPrinter(ctx, in.ID))
}

func (r *routes) visits(ctx context.Context, in *visitFilter) (*out[reception.Visits], error) {
	return answer(r.s.Desk.Visits(ctx, in.Day, in.State, in.Cursor, in.Limit))
}

func (r *routes) visitDrafts(ctx context.Context, _ *nothing) (*out[reception.VisitDrafts], error) {
	return answer(r.s.Desk.Drafts(ctx, actorOf(ctx)))
}

func (r *routes) dropVisitDraft(ctx context.Context, in *byID) (*struct{}, error) {
	return nil, r.s.Desk.DropDraft(ctx, actorOf(ctx), in.ID)
}

func (r *routes) labelsPDF(ctx context.Context, in *byID) (*pdf, error) {
	labels, err := r.s.Desk.Labels(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	sheet, err := r.s.Labels(labels)
	if err != nil {
		return nil, err
	}
	return &pdf{ContentType: "application/pdf", Disposition: `inline; filename="labels.pdf"`, Body: sheet}, nil
}

func (r *routes) worklist(ctx context.Context, in *worklistFilter) (*out[bench.Worklist], error) {
	return answer(r.s.Bench.Worklist(ctx, actorOf(ctx), bench.Filter{
		Department: in.Department, State: in.State, Instrument: in.Instrument, Pick: in.Pick, Visit: in.Visit, Sample: in.Sample, Cursor: in.Cursor, Limit: in.Limit,
	}))
}

func (r *routes) choices(ctx context.Context, in *choiceFilter) (*out[bench.Choices], error) {
	return answer(r.s.Bench.Choices(ctx, bench.Filter{Department: in.Department, State: in.State, Instrument: in.Instrument}))
}

func (r *routes) history(ctx context.Context, in *historyOf) (*out[bench.History], error) {
	return answer(r.s.Bench.History(ctx, in.ID, in.Test))
}

func (r *routes) inboxPage(ctx context.Context, in *inboxFilter) (*out[bench.Inbox], error) {
	return answer(r.s.Bench.Inbox(ctx, in.State, in.Instrument, in.Cursor, in.Limit))
}

func (r *routes) card(ctx context.Context, in *byNumber) (*out[bench.Card], error) {
	return answer(r.s.Bench.Card(ctx, in.ID))
}

func (r *routes) resolve(ctx context.Context, in *resolveIn) (*out[bench.Resolved], error) {
	return answer(r.s.Bench.Resolve(ctx, actorOf(ctx), in.Key, in.ID, in.Body))
}

func (r *routes) loadList(ctx context.Context, in *loadListOf) (*out[bench.LoadList], error) {
	return answer(r.s.Bench.LoadList(ctx, in.ID, in.Day))
}

func (r *routes) setLoadList(ctx context.Context, in *loadListIn) (*out[bench.LoadList], error) {
	return answer(r.s.Bench.SetLoadList(ctx, actorOf(ctx), in.ID, in.Day, in.Body))
}

func (r *routes) messages(ctx context.Context, in *messagesOf) (*out[bench.Messages], error) {
	return answer(r.s.Bench.Messages(ctx, in.ID, in.Cursor, in.Limit))
}

func (r *routes) message(ctx context.Context, in *byNumber) (*out[bench.Message], error) {
	return answer(r.s.Lines.Message(ctx, in.ID))
}

func (r *routes) recordHistory(ctx context.Context, in *recordOf) (*out[overview.Trail], error) {
	return answer(r.s.Overview.Trail(ctx, actorOf(ctx), in.Entity, in.ID))
}

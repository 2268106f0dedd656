package api

import (
	"context"
	"net/http"

	"jaanch/internal/edge/conflict"
	"jaanch/internal/lab/access"
	"jaanch/internal/sync/contest"
)

type conflictFilter struct {
	State string `query:"state" enum:"open,auto,resolved" default:"open"`
}

func (r *routes) conflicts() {
	see := May(access.PatientEdit, access.OrderEdit, access.SampleHandle, access.ResultSee, access.ReportSee, access.InstrumentSetup)
	decide := May(access.PatientEdit, access.OrderEdit, access.SampleHandle, access.ResultEnter, access.InstrumentSetup)
	mount(r, Route{
		Method: http.MethodGet, Path: "/conflicts", ID: "conflicts", Tag: "sync", Rule: see,
		Summary: "What two people changed without seeing each other",
	}, r.listConflicts)
	mount(r, Route{
		Method: http.MethodGet, Path: "/conflicts/{id}", ID: "conflict", Tag: "sync", Rule: see,
		Summary: "One of them, with the history of its record",
	}, getByID(r.s.Conflict.Case))
	mount(r, Route{
		Method: http.MethodPost, Path: "/conflicts/{id}/decide", ID: "decideConflict", Tag: "sync", Rule: decide,
		Summary: "Decide which value stands", Doc: "Works without the hub, which checks the decision like any change. A decision is final once: a second one is refused.",
	}, change(r.s.Conflict.Decide))
	mount(r, Route{
		Method: http.MethodPost, Path: "/conflicts/{id}/reopen", ID: "reopenConflict", Tag: "sync", Rule: decide,
		Summary: "Put a decided one before a person again",
	}, func(ctx context.Context, in *byID) (*out[contest.Dispute], error) {
		return answer(r.s.Conflict.Reopen(ctx, actorOf(ctx), in.ID))
	})
}

func (r *routes) listConflicts(ctx context.Context, in *conflictFilter) (*out[conflict.Conflicts], error) {
	return answer(r.s.Conflict.List(ctx, in.State))
}

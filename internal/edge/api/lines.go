package api

import (
	"context"
	"net/http"

	"jaanch/internal/edge/bench"
	"jaanch/internal/lab/access"
)

// lines are the operations of the lines to analyzers: what is sent down, and what came up beside results.
func (r *routes) lines() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments/{id}/transfers", ID: "transfers", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Orders on their way to an analyzer, and what became of them",
	}, getByID(r.s.Bench.Transfers))
	mount(r, Route{
		Method: http.MethodPost, Path: "/instruments/{id}/orders", ID: "sendOrders", Tag: "instruments", Rule: May(access.ResultEnter),
		Summary: "Send one sample's open tests to an analyzer now",
	}, change(r.s.Bench.SendOrders))
	mount(r, Route{
		Method: http.MethodPost, Path: "/transfers/{id}", ID: "decideTransfer", Tag: "instruments", Rule: May(access.ResultEnter),
		Summary: "Try a message to an analyzer again, or give it up",
	}, change(r.s.Bench.DecideTransfer))
	mount(r, Route{
		Method: http.MethodGet, Path: "/messages/{id}/plots", ID: "plots", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Histograms, scattergrams and pictures of one message",
	}, r.plots)
}

func (r *routes) plots(ctx context.Context, in *byNumber) (*out[bench.Plots], error) {
	return answer(r.s.Bench.Plots(ctx, in.ID))
}

package api

import (
	"context"
	"net/http"

	"jaanch/internal/edge/quality"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// chartOf names a chart: one test on one analyzer.
type chartOf struct {
	Instrument lab.ID `path:"instrument" format:"uuid"`
	Test       lab.ID `path:"test" format:"uuid"`
	Limit      int    `query:"limit" minimum:"1" maximum:"400" default:"60" doc:"Newest runs."`
}

func (r *routes) quality() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/quality", ID: "qualityBoard", Tag: "quality", Rule: May(access.ResultSee, access.QCEnter),
		Summary: "How every test stands on every analyzer",
	}, get(r.s.Quality.Board))
	mount(r, Route{
		Method: http.MethodGet, Path: "/quality/{instrument}/{test}", ID: "qualityChart", Tag: "quality", Rule: May(access.ResultSee, access.QCEnter),
		Summary: "Runs of one test on one analyzer, for a Levey-Jennings chart",
	}, r.qualityChart)
	mount(r, Route{
		Method: http.MethodGet, Path: "/controls", ID: "controls", Tag: "quality", Rule: May(access.ResultSee, access.QCEnter),
		Summary: "Control materials with lots, levels and targets", Doc: "And control ids that came and that nobody has set up.",
	}, get(r.s.Quality.Controls))
	mount(r, Route{
		Method: http.MethodPost, Path: "/controls", ID: "addControl", Tag: "quality", Rule: May(access.QCUnlock),
		Summary: "Set up a control", Doc: "What waited under its id is filed.",
	}, once(r.s.Quality.AddControl))
	mount(r, Route{
		Method: http.MethodPut, Path: "/controls/{id}", ID: "changeControl", Tag: "quality", Rule: May(access.QCUnlock),
		Summary: "Change a control",
	}, change(r.s.Quality.ChangeControl))
	mount(r, Route{
		Method: http.MethodPost, Path: "/controls/{id}/targets", ID: "setControlTarget", Tag: "quality", Rule: May(access.QCUnlock),
		Summary: "Say what a control should read from now on",
	}, onceByID(r.s.Quality.SetTarget))
	mount(r, Route{
		Method: http.MethodPost, Path: "/control-runs/{id}/close", ID: "closeControlRun", Tag: "quality", Rule: May(access.QCUnlock),
		Summary: "Close a rejected run with its cause and what was done",
	}, change(r.s.Quality.CloseRun))
	mount(r, Route{
		Method: http.MethodPost, Path: "/control-results/{id}/exclude", ID: "excludeControlResult", Tag: "quality", Rule: May(access.QCEnter),
		Summary: "Leave a control value out", Doc: "It takes two people: the second one asks the same.",
	}, change(r.s.Quality.ExcludeResult))
}

func (r *routes) qualityChart(ctx context.Context, in *chartOf) (*out[quality.ControlChart], error) {
	return answer(r.s.Quality.Chart(ctx, in.Instrument, in.Test, in.Limit))
}

package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) instruments() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments", ID: "instruments", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Analyzers, and senders that nobody approved",
	}, get(r.s.Bench.Instruments))
	mount(r, Route{
		Method: http.MethodPost, Path: "/instruments", ID: "addInstrument", Tag: "instruments", Rule: May(access.InstrumentSetup),
		Summary: "Add an analyzer",
	}, once(r.s.Bench.AddInstrument))
	mount(r, Route{
		Method: http.MethodPut, Path: "/instruments/{id}", ID: "changeInstrument", Tag: "instruments", Rule: May(access.InstrumentSetup),
		Summary: "Change an analyzer",
	}, change(r.s.Bench.ChangeInstrument))
	mount(r, Route{
		Method: http.MethodPost, Path: "/instruments/approve", ID: "approveSender", Tag: "instruments", Rule: May(access.InstrumentSetup),
		Summary: "Approve a sender",
	}, once(r.s.Bench.Approve))
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments/{id}/codes", ID: "codes", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "The map of its codes",
	}, getByID(r.s.Bench.Codes))
	mount(r, Route{
		Method: http.MethodPut, Path: "/instruments/{id}/codes", ID: "setCode", Tag: "instruments", Rule: May(access.InstrumentMap),
		Summary: "Map one code for ever",
	}, change(r.s.Bench.SetCode))
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments/{id}/messages", ID: "messages", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Its newest messages",
	}, r.messages)
	mount(r, Route{
		Method: http.MethodGet, Path: "/messages/{id}", ID: "message", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "One message in the four columns of the line monitor", Doc: "Names are masked.",
	}, r.message)
	mount(r, Route{
		Method: http.MethodGet, Path: "/profiles", ID: "profiles", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Dialects that the node knows",
	}, get(r.s.Bench.Profiles))
}

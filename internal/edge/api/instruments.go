package api

import (
	"net/http"

	"jaanch/internal/edge/bench"
	"jaanch/internal/lab/access"
)

func (r *routes) instruments() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments", ID: "instruments", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Analyzers, and senders that nobody approved",
	}, notBuilt[nothing, out[bench.Instruments]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/instruments", ID: "addInstrument", Tag: "instruments", Rule: May(access.InstrumentSetup),
		Summary: "Add an analyzer",
	}, notBuilt[create[bench.InstrumentInput], out[bench.Instrument]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/instruments/{id}", ID: "changeInstrument", Tag: "instruments", Rule: May(access.InstrumentSetup),
		Summary: "Change an analyzer",
	}, notBuilt[bodyByID[bench.InstrumentInput], out[bench.Instrument]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/instruments/approve", ID: "approveSender", Tag: "instruments", Rule: May(access.InstrumentSetup),
		Summary: "Approve a sender",
	}, notBuilt[create[bench.Approve], out[bench.Instrument]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments/{id}/codes", ID: "codes", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "The map of its codes",
	}, notBuilt[byID, out[bench.Codes]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/instruments/{id}/codes", ID: "setCode", Tag: "instruments", Rule: May(access.InstrumentMap),
		Summary: "Map one code for ever",
	}, notBuilt[bodyByID[bench.CodeInput], out[bench.Codes]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/instruments/{id}/messages", ID: "messages", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Its newest messages",
	}, notBuilt[messagesOf, out[bench.Messages]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/messages/{id}", ID: "message", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "One message in the four columns of the line monitor", Doc: "Names are masked.",
	}, notBuilt[byNumber, out[bench.Message]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/profiles", ID: "profiles", Tag: "instruments", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "Dialects that the node knows",
	}, notBuilt[nothing, out[bench.Profiles]])
}

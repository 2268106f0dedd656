package api

import (
	"net/http"

	"jaanch/internal/edge/bench"
)

func (r *routes) inbox() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/inbox", ID: "inbox", Tag: "inbox", Rule: Rule("result.view"),
		Summary: "What arrived and has no home yet",
	}, notBuilt[inboxFilter, out[bench.Inbox]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/inbox/{id}", ID: "card", Tag: "inbox", Rule: Rule("result.view"),
		Summary: "One card",
	}, notBuilt[byNumber, out[bench.Card]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/inbox/{id}/resolve", ID: "resolve", Tag: "inbox", Rule: Rule("inbox.resolve"),
		Summary: "Decide one card", Doc: "To map a code for ever needs the permission for it.",
	}, notBuilt[resolveIn, out[bench.Resolved]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/load-lists/{id}/{day}", ID: "loadList", Tag: "inbox", Rule: Rule("result.view"),
		Summary: "Load list of one analyzer and day",
	}, notBuilt[loadListOf, out[bench.LoadList]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/load-lists/{id}/{day}", ID: "setLoadList", Tag: "inbox", Rule: Rule("inbox.resolve"),
		Summary: "Set a load list",
	}, notBuilt[loadListIn, out[bench.LoadList]])
}

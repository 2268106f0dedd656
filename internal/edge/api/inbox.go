package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) inbox() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/inbox", ID: "inbox", Tag: "inbox", Rule: May(access.ResultSee),
		Summary: "What arrived and has no home yet",
	}, r.inboxPage)
	mount(r, Route{
		Method: http.MethodGet, Path: "/inbox/{id}", ID: "card", Tag: "inbox", Rule: May(access.ResultSee),
		Summary: "One card",
	}, r.card)
	mount(r, Route{
		Method: http.MethodPost, Path: "/inbox/{id}/resolve", ID: "resolve", Tag: "inbox", Rule: May(access.InboxDecide),
		Summary: "Decide one card", Doc: "To map a code for ever needs the permission for it.",
	}, r.resolve)
	mount(r, Route{
		Method: http.MethodGet, Path: "/load-lists/{id}/{day}", ID: "loadList", Tag: "inbox", Rule: May(access.ResultSee),
		Summary: "Load list of one analyzer and day",
	}, r.loadList)
	mount(r, Route{
		Method: http.MethodPut, Path: "/load-lists/{id}/{day}", ID: "setLoadList", Tag: "inbox", Rule: May(access.InboxDecide),
		Summary: "Set a load list",
	}, r.setLoadList)
}

package api

import (
	"net/http"

	"jaanch/internal/edge/overview"
	"jaanch/internal/lab/access"
)

func (r *routes) overview() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/today", ID: "today", Tag: "overview", Rule: Person(),
		Summary: "The first screen of the day",
	}, notBuilt[nothing, out[overview.Today]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/records/{entity}/{id}/history", ID: "recordHistory", Tag: "overview", Rule: May(access.AuditRead),
		Summary: "What happened to one record",
	}, notBuilt[recordOf, out[overview.Trail]])
}

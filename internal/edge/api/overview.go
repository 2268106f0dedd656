package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) overview() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/today", ID: "today", Tag: "overview", Rule: Person(),
		Summary: "The first screen of the day",
	}, get(r.s.Overview.Today))
	mount(r, Route{
		Method: http.MethodGet, Path: "/records/{entity}/{id}/history", ID: "recordHistory", Tag: "overview", Rule: May(access.AuditRead),
		Summary: "What happened to one record",
	}, r.recordHistory)
}

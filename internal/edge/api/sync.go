package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) sync() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/sync", ID: "syncState", Tag: "sync", Rule: Person(),
		Summary: "State of the connection with the hub",
	}, get(r.syncState))
	mount(r, Route{
		Method: http.MethodGet, Path: "/sync/log", ID: "syncLog", Tag: "sync", Rule: Person(),
		Summary: "What the connection did lately",
	}, get(r.syncLog))
	mount(r, Route{
		Method: http.MethodPost, Path: "/sync/enrol", ID: "enrol", Tag: "sync", Rule: May(access.InstrumentSetup),
		Summary: "Join a hub by a code",
	}, r.enrol)
	mount(r, Route{
		Method: http.MethodPost, Path: "/sync/now", ID: "syncNow", Tag: "sync", Rule: Person(),
		Summary: "Try at once",
	}, get(r.syncNow))
	mount(r, Route{
		Method: http.MethodPost, Path: "/sync/pause", ID: "syncPause", Tag: "sync", Rule: May(access.InstrumentSetup),
		Summary: "Pause",
	}, r.syncPause)
	mount(r, Route{
		Method: http.MethodPost, Path: "/sync/resume", ID: "syncResume", Tag: "sync", Rule: May(access.InstrumentSetup),
		Summary: "Go on",
	}, r.syncResume)
	mount(r, Route{
		Method: http.MethodPost, Path: "/sync/confirm", ID: "syncConfirm", Tag: "sync", Rule: May(access.InstrumentSetup),
		Summary: "Of two copies of this node, let this one go on",
	}, r.syncConfirm)
}

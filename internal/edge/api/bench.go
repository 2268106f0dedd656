package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) bench() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist/sections", ID: "sections", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "Departments with what waits there",
	}, get(r.s.Bench.Sections))
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist", ID: "worklist", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "Samples with their rows",
	}, r.worklist)
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist/choices", ID: "worklistChoices", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "Panels and tests with what waits, to enter across samples",
	}, r.choices)
	mount(r, Route{
		Method: http.MethodGet, Path: "/items/{id}", ID: "row", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "One row with history, source and calls",
	}, getByID(r.s.Bench.Detail))
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/result", ID: "enterResult", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Enter a value",
	}, change(r.s.Bench.Enter))
	mount(r, Route{
		Method: http.MethodPost, Path: "/results", ID: "enterResults", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Enter several values", Doc: "Each row is judged alone.",
	}, post(r.s.Bench.EnterMany))
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/draft", ID: "keepDraft", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Keep what is typed so far",
	}, quiet(r.s.Bench.KeepDraft))
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/note", ID: "setNote", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Set the note of a row",
	}, change(r.s.Bench.SetNote))
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/rerun", ID: "rerun", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Ask for another run",
	}, change(r.s.Bench.Rerun))
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}/tests/{test}/history", ID: "history", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "One test of one patient over time",
	}, r.history)
}

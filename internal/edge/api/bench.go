package api

import (
	"net/http"

	"jaanch/internal/edge/bench"
	"jaanch/internal/lab/access"
)

func (r *routes) bench() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist/sections", ID: "sections", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "Departments with what waits there",
	}, notBuilt[nothing, out[bench.Sections]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist", ID: "worklist", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "Samples with their rows",
	}, notBuilt[worklistFilter, out[bench.Worklist]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/items/{id}", ID: "row", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "One row with history, source and calls",
	}, notBuilt[byID, out[bench.RowDetail]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/result", ID: "enterResult", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Enter a value",
	}, notBuilt[bodyByID[bench.Enter], out[bench.Entered]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/results", ID: "enterResults", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Enter several values", Doc: "Each row is judged alone.",
	}, notBuilt[body[bench.EnterMany], out[bench.EnteredMany]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/draft", ID: "keepDraft", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Keep what is typed so far",
	}, notBuilt[bodyByID[bench.DraftInput], struct{}])
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/note", ID: "setNote", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Set the note of a row",
	}, notBuilt[bodyByID[bench.NoteInput], out[bench.Row]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/rerun", ID: "rerun", Tag: "bench", Rule: May(access.ResultEnter),
		Summary: "Ask for another run",
	}, notBuilt[bodyByID[bench.Rerun], out[bench.Row]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}/tests/{test}/history", ID: "history", Tag: "bench", Rule: May(access.ResultSee),
		Summary: "One test of one patient over time",
	}, notBuilt[historyOf, out[bench.History]])
}

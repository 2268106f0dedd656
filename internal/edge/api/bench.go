package api

import (
	"net/http"

	"jaanch/internal/edge/bench"
)

func (r *routes) bench() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist/sections", ID: "sections", Tag: "bench", Rule: Rule("result.view"),
		Summary: "Departments with what waits there",
	}, notBuilt[nothing, out[bench.Sections]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/worklist", ID: "worklist", Tag: "bench", Rule: Rule("result.view"),
		Summary: "Samples with their rows",
	}, notBuilt[worklistFilter, out[bench.Worklist]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/items/{id}", ID: "row", Tag: "bench", Rule: Rule("result.view"),
		Summary: "One row with history, source and calls",
	}, notBuilt[byID, out[bench.RowDetail]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/result", ID: "enterResult", Tag: "bench", Rule: Rule("result.enter"),
		Summary: "Enter a value",
	}, notBuilt[bodyByID[bench.Enter], out[bench.Entered]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/results", ID: "enterResults", Tag: "bench", Rule: Rule("result.enter"),
		Summary: "Enter several values", Doc: "Each row is judged alone.",
	}, notBuilt[body[bench.EnterMany], out[bench.EnteredMany]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/draft", ID: "keepDraft", Tag: "bench", Rule: Rule("result.enter"),
		Summary: "Keep what is typed so far",
	}, notBuilt[bodyByID[bench.DraftInput], struct{}])
	mount(r, Route{
		Method: http.MethodPut, Path: "/items/{id}/note", ID: "setNote", Tag: "bench", Rule: Rule("result.enter"),
		Summary: "Set the note of a row",
	}, notBuilt[bodyByID[bench.NoteInput], out[bench.Row]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/rerun", ID: "rerun", Tag: "bench", Rule: Rule("result.enter"),
		Summary: "Ask for another run",
	}, notBuilt[bodyByID[bench.Rerun], out[bench.Row]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}/tests/{test}/history", ID: "history", Tag: "bench", Rule: Rule("result.view"),
		Summary: "One test of one patient over time",
	}, notBuilt[historyOf, out[bench.History]])
}

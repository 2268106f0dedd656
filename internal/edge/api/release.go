package api

import (
	"net/http"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/release"
)

func (r *routes) release() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/verify", ID: "verifyQueue", Tag: "release", Rule: Rule("result.view"),
		Summary: "What waits for verification",
	}, notBuilt[queueFilter, out[release.Queue]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/verify/{id}", ID: "case", Tag: "release", Rule: Rule("result.view"),
		Summary: "One visit on the verify screen",
	}, notBuilt[byID, out[release.Case]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/decide", ID: "decide", Tag: "release", Rule: Rule("result.verify"),
		Summary: "Settle the holds of one row",
	}, notBuilt[bodyByID[release.Decide], out[bench.Row]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/{id}/verify", ID: "verify", Tag: "release", Rule: Rule("result.verify"),
		Summary: "Put a verification on results",
	}, notBuilt[createByID[release.Verify], out[release.Case]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/{id}/sign", ID: "sign", Tag: "release", Rule: Rule("report.sign"),
		Summary: "Sign and release", Doc: stepUpDoc[1:],
	}, notBuilt[createByID[release.Sign], out[release.Report]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/sign-batch", ID: "signBatch", Tag: "release", Rule: Rule("report.sign"),
		Summary: "Sign several visits that have no hold", Doc: stepUpDoc[1:],
	}, notBuilt[create[release.SignBatch], out[release.SignedBatch]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/verify/{id}/comment", ID: "setComment", Tag: "release", Rule: Rule("result.verify"),
		Summary: "Keep the comment on the report as it is typed",
	}, notBuilt[bodyByID[release.Comment], struct{}])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports", ID: "reports", Tag: "release", Rule: Rule("report.view"),
		Summary: "Reports, newest first",
	}, notBuilt[reportFilter, out[release.Reports]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports/{id}", ID: "report", Tag: "release", Rule: Rule("report.view"),
		Summary: "One report with its versions",
	}, notBuilt[byID, out[release.Report]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/{id}/printed", ID: "reportPrinted", Tag: "release", Rule: Rule("report.print"),
		Summary: "A report was printed",
	}, notBuilt[byID, out[release.ReportLine]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/amend", ID: "amend", Tag: "release", Rule: Rule("report.amend"),
		Summary: "Replace a released value by a new version", Doc: stepUpDoc[1:],
	}, notBuilt[createByID[release.Amend], out[release.Report]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/{id}/withdraw", ID: "withdraw", Tag: "release", Rule: Rule("report.amend"),
		Summary: "Take a report back", Doc: stepUpDoc[1:],
	}, notBuilt[createByID[release.Withdraw], out[release.Report]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/critical", ID: "criticalCalls", Tag: "release", Rule: Rule("critical.call"),
		Summary: "Critical values and their calls",
	}, notBuilt[nothing, out[release.CriticalCalls]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/results/{id}/calls", ID: "logCall", Tag: "release", Rule: Rule("critical.call"),
		Summary: "Write one attempt to tell a critical value",
	}, notBuilt[createByID[release.LogCall], out[release.Critical]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports/{id}/pdf", ID: "reportPdf", Tag: "release", Rule: Rule("report.view"),
		Summary: "The PDF of a report, as it was signed",
	}, notBuilt[byID, pdf])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}/preview.pdf", ID: "previewPdf", Tag: "release", Rule: Rule("result.view"),
		Summary: "The report as it would be signed now, marked as a preview",
	}, notBuilt[byID, pdf])
}

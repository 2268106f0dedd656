package api

import (
	"net/http"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/release"
	"jaanch/internal/lab/access"
)

func (r *routes) release() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/verify", ID: "verifyQueue", Tag: "release", Rule: May(access.ResultSee),
		Summary: "What waits for verification",
	}, notBuilt[queueFilter, out[release.Queue]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/verify/{id}", ID: "case", Tag: "release", Rule: May(access.ResultSee),
		Summary: "One visit on the verify screen",
	}, notBuilt[byID, out[release.Case]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/decide", ID: "decide", Tag: "release", Rule: May(access.ResultEnter),
		Summary: "Settle the holds of one row",
	}, notBuilt[bodyByID[release.Decide], out[bench.Row]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/{id}/verify", ID: "verify", Tag: "release", Rule: May(access.ResultEnter),
		Summary: "Put a verification on results",
	}, notBuilt[createByID[release.Verify], out[release.Case]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/{id}/sign", ID: "sign", Tag: "release", Rule: May(access.ReportSign),
		Summary: "Sign and release",
	}, notBuilt[createByID[release.Sign], out[release.Report]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/sign-batch", ID: "signBatch", Tag: "release", Rule: May(access.ReportSign),
		Summary: "Sign several visits that have no hold",
	}, notBuilt[create[release.SignBatch], out[release.SignedBatch]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/verify/{id}/comment", ID: "setComment", Tag: "release", Rule: May(access.ResultEnter),
		Summary: "Keep the comment on the report as it is typed",
	}, notBuilt[bodyByID[release.Comment], struct{}])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports", ID: "reports", Tag: "release", Rule: May(access.ReportSee),
		Summary: "Reports, newest first",
	}, notBuilt[reportFilter, out[release.Reports]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports/{id}", ID: "report", Tag: "release", Rule: May(access.ReportSee),
		Summary: "One report with its versions",
	}, notBuilt[byID, out[release.Report]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/{id}/printed", ID: "reportPrinted", Tag: "release", Rule: May(access.ReportSend),
		Summary: "A report was printed",
	}, notBuilt[byID, out[release.ReportLine]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/amend", ID: "amend", Tag: "release", Rule: May(access.ReportAmend),
		Summary: "Replace a released value by a new version",
	}, notBuilt[createByID[release.Amend], out[release.Report]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/{id}/withdraw", ID: "withdraw", Tag: "release", Rule: May(access.ReportAmend),
		Summary: "Take a report back",
	}, notBuilt[createByID[release.Withdraw], out[release.Report]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/critical", ID: "criticalCalls", Tag: "release", Rule: May(access.CriticalCall),
		Summary: "Critical values and their calls",
	}, notBuilt[nothing, out[release.CriticalCalls]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/results/{id}/calls", ID: "logCall", Tag: "release", Rule: May(access.CriticalCall),
		Summary: "Write one attempt to tell a critical value",
	}, notBuilt[createByID[release.LogCall], out[release.Critical]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports/{id}/pdf", ID: "reportPdf", Tag: "release", Rule: May(access.ReportSee),
		Summary: "The PDF of a report, as it was signed",
	}, notBuilt[byID, pdf])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}/preview.pdf", ID: "previewPdf", Tag: "release", Rule: May(access.ResultSee),
		Summary: "The report as it would be signed now, marked as a preview",
	}, notBuilt[byID, pdf])
}

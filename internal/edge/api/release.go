package api

import (
	"context"
	"net/http"
	"strconv"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/release"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func (r *routes) release() {
	r.verification()
	r.reportRoutes()
	r.criticalRoutes()
}

func (r *routes) verification() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/verify", ID: "verifyQueue", Tag: "release", Rule: May(access.ResultSee),
		Summary: "What waits for verification",
	}, r.queue)
	mount(r, Route{
		Method: http.MethodGet, Path: "/verify/{id}", ID: "case", Tag: "release", Rule: May(access.ResultSee),
		Summary: "One visit on the verify screen",
	}, whoByID(r.s.Release.Case))
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/decide", ID: "decide", Tag: "release", Rule: May(access.ResultEnter),
		Summary: "Settle the holds of one row",
	}, r.decide)
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/{id}/verify", ID: "verify", Tag: "release", Rule: May(access.ResultEnter),
		Summary: "Put a verification on results",
	}, whoOnce(r.s.Release.Verify))
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/{id}/sign", ID: "sign", Tag: "release", Rule: May(access.ReportSign),
		Summary: "Sign and release",
	}, whoOnce(r.s.Release.Sign))
	mount(r, Route{
		Method: http.MethodPost, Path: "/verify/sign-batch", ID: "signBatch", Tag: "release", Rule: May(access.ReportSign),
		Summary: "Sign several visits that have no hold",
	}, r.signBatch)
	mount(r, Route{
		Method: http.MethodPut, Path: "/verify/{id}/comment", ID: "setComment", Tag: "release", Rule: May(access.ResultEnter),
		Summary: "Keep the comment on the report as it is typed",
	}, quiet(r.s.Release.SetComment))
}

func (r *routes) reportRoutes() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports", ID: "reports", Tag: "release", Rule: May(access.ReportSee),
		Summary: "Reports, newest first",
	}, r.reports)
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports/{id}", ID: "report", Tag: "release", Rule: May(access.ReportSee),
		Summary: "One report with its versions",
	}, r.report)
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/{id}/printed", ID: "reportPrinted", Tag: "release", Rule: May(access.ReportSend),
		Summary: "A report was printed",
	}, getByID(r.s.Release.Printed))
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/printed", ID: "reportsPrinted", Tag: "release", Rule: May(access.ReportSend),
		Summary: "A batch of reports was printed",
	}, r.printed)
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/check", ID: "checkReport", Tag: "release", Rule: May(access.ReportSee),
		Summary: "Check the QR code of a report", Doc: "Works without any connection, by the node's own key.",
	}, ask(r.s.Release.Check))
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/amend", ID: "amend", Tag: "release", Rule: May(access.ReportAmend),
		Summary: "Replace a released value by a new version",
	}, whoOnce(r.s.Release.Amend))
	mount(r, Route{
		Method: http.MethodPost, Path: "/reports/{id}/withdraw", ID: "withdraw", Tag: "release", Rule: May(access.ReportAmend),
		Summary: "Take a report back",
	}, whoOnce(r.s.Release.Withdraw))
	mount(r, Route{
		Method: http.MethodGet, Path: "/reports/{id}/pdf", ID: "reportPdf", Tag: "release", Rule: May(access.ReportSee),
		Summary: "The PDF of a report, as it was signed",
	}, r.reportPDF)
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}/preview.pdf", ID: "previewPdf", Tag: "release", Rule: May(access.ResultSee),
		Summary: "The report as it would be signed now, marked as a preview",
	}, r.previewPDF)
}

func (r *routes) criticalRoutes() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/critical", ID: "criticalCalls", Tag: "release", Rule: May(access.CriticalCall),
		Summary: "Critical values and their calls",
	}, get(r.s.Release.CriticalCalls))
	mount(r, Route{
		Method: http.MethodPost, Path: "/results/{id}/calls", ID: "logCall", Tag: "release", Rule: May(access.CriticalCall),
		Summary: "Write one attempt to tell a critical value",
	}, whoOnce(r.s.Release.LogCall))
}

// whoOf gives the person of the request and when they last proved who they are.
func whoOf(ctx context.Context) release.Who {
	session, err := httpkit.SessionOf(ctx)
	if err != nil {
		return release.Who{Actor: actorOf(ctx)}
	}
	return release.Who{Actor: session.Actor(), Proved: session.Proved}
}

func whoByID[O any](f func(context.Context, release.Who, lab.ID) (O, error)) handler[byID, out[O]] {
	return func(ctx context.Context, in *byID) (*out[O], error) { return answer(f(ctx, whoOf(ctx), in.ID)) }
}

func whoOnce[I, O any](f func(context.Context, release.Who, string, lab.ID, I) (O, error)) handler[createByID[I], out[O]] {
	return func(ctx context.Context, in *createByID[I]) (*out[O], error) {
		return answer(f(ctx, whoOf(ctx), in.Key, in.ID, in.Body))
	}
}

func (r *routes) queue(ctx context.Context, in *queueFilter) (*out[release.Queue], error) {
	return answer(r.s.Release.Queue(ctx, whoOf(ctx), in.Show, in.Cursor, in.Limit))
}

func (r *routes) decide(ctx context.Context, in *bodyByID[release.Decide]) (*out[bench.Row], error) {
	return answer(r.s.Release.Decide(ctx, whoOf(ctx), in.ID, in.Body))
}

func (r *routes) signBatch(ctx context.Context, in *create[release.SignBatch]) (*out[release.SignedBatch], error) {
	return answer(r.s.Release.SignBatch(ctx, whoOf(ctx), in.Key, in.Body))
}

func (r *routes) reports(ctx context.Context, in *reportFilter) (*out[release.Reports], error) {
	return answer(r.s.Release.Reports(ctx, release.Filter{State: in.State, Day: in.Day, Department: in.Department, Cursor: in.Cursor, Limit: in.Limit}))
}

func (r *routes) report(ctx context.Context, in *byID) (*out[release.Report], error) {
	return answer(r.s.Release.Report(ctx, in.ID))
}

func (r *routes) printed(ctx context.Context, in *body[release.Batch]) (*out[release.Printed], error) {
	lines, err := r.s.Release.PrintedMany(ctx, actorOf(ctx), in.Body.Reports)
	return answer(release.Printed{Reports: lines}, err)
}

func (r *routes) reportPDF(ctx context.Context, in *byID) (*paper, error) {
	return inline(r.s.Release.PDF(ctx, actorOf(ctx), in.ID))
}

func (r *routes) previewPDF(ctx context.Context, in *byID) (*paper, error) {
	return inline(r.s.Release.Preview(ctx, in.ID))
}

// paper is a document of our own: shown inside our own pages and nowhere else, and kept by no cache.
type paper struct {
	ContentType string `header:"Content-Type" doc:"application/pdf"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
	Cache       string `header:"Cache-Control"`
	Frame       string `header:"Content-Security-Policy"`
	Old         string `header:"X-Frame-Options"`
}

func inline(p release.Paper, err error) (*paper, error) {
	if err != nil {
		return nil, err
	}
	return &paper{
		ContentType: "application/pdf", Disposition: "inline; filename=" + strconv.Quote(p.Name), Body: p.Body,
		Cache: "no-store", Frame: "frame-ancestors 'self'", Old: "SAMEORIGIN",
	}, nil
}

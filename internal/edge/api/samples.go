package api

import (
	"net/http"

	"jaanch/internal/edge/reception"
	"jaanch/internal/lab/access"
)

func (r *routes) samples() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/collection", ID: "collection", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Who waits for collection",
	}, notBuilt[nothing, out[reception.Collection]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/samples/{id}", ID: "sample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "One tube with all that happened to it",
	}, notBuilt[byID, out[reception.SampleDetail]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/collect", ID: "collectSample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "A tube was drawn",
	}, notBuilt[bodyByID[reception.SampleMove], out[reception.Sample]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/receive", ID: "receiveSample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "A tube reached the bench",
	}, notBuilt[bodyByID[reception.SampleMove], out[reception.Sample]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/receive", ID: "receiveScanned", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Receive tubes by their scanned numbers",
	}, notBuilt[body[reception.ScanReceive], out[reception.ScanReceived]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/reject", ID: "rejectSample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Refuse a tube",
	}, notBuilt[bodyByID[reception.Reject], out[reception.Sample]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/reject-reasons", ID: "rejectReasons", Tag: "samples", Rule: Person(),
		Summary: "The coded reasons",
	}, notBuilt[nothing, out[reception.RejectReasons]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/labels", ID: "printLabels", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Print labels again", Doc: "Each says which copy it is.",
	}, notBuilt[createByID[reception.PrintLabels], out[reception.PrintJobs]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/prints", ID: "prints", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Label jobs that wait or failed",
	}, notBuilt[nothing, out[reception.PrintJobs]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/prints/{id}/retry", ID: "retryPrint", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Try a label job again",
	}, notBuilt[byID, out[reception.PrintJob]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}/labels.pdf", ID: "labelsPdf", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "The labels of a visit as a sheet, for a lab without a label printer",
	}, notBuilt[byID, pdf])
}

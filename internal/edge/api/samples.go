package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) samples() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/collection", ID: "collection", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Who waits for collection",
	}, get(r.s.Desk.Collection))
	mount(r, Route{
		Method: http.MethodGet, Path: "/samples/{id}", ID: "sample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "One tube with all that happened to it",
	}, getByID(r.s.Desk.Sample))
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/collect", ID: "collectSample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "A tube was drawn",
	}, change(r.s.Desk.Collect))
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/receive", ID: "receiveSample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "A tube reached the bench",
	}, change(r.s.Desk.Receive))
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/barcode", ID: "setBarcode", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Say which barcode of its own a tube carries",
	}, change(r.s.Desk.SetBarcode))
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/receive", ID: "receiveScanned", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Receive tubes by their scanned numbers",
	}, post(r.s.Desk.ReceiveScanned))
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/reject", ID: "rejectSample", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Refuse a tube",
	}, change(r.s.Desk.Reject))
	mount(r, Route{
		Method: http.MethodGet, Path: "/reject-reasons", ID: "rejectReasons", Tag: "samples", Rule: Person(),
		Summary: "The coded reasons",
	}, get(r.s.Desk.RejectReasons))
	mount(r, Route{
		Method: http.MethodPost, Path: "/samples/{id}/labels", ID: "printLabels", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Print labels again", Doc: "Each says which copy it is.",
	}, onceByID(r.s.Desk.PrintLabels))
	mount(r, Route{
		Method: http.MethodGet, Path: "/prints", ID: "prints", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Label jobs that wait or failed",
	}, get(r.s.Desk.Prints))
	mount(r, Route{
		Method: http.MethodPost, Path: "/prints/{id}/retry", ID: "retryPrint", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "Try a label job again",
	}, getByID(r.s.Desk.RetryPrint))
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}/labels.pdf", ID: "labelsPdf", Tag: "samples", Rule: May(access.SampleHandle),
		Summary: "The labels of a visit as a sheet, for a lab without a label printer",
	}, r.labelsPDF)
}

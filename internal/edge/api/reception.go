package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) reception() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/search", ID: "search", Tag: "reception", Rule: May(access.PatientEdit, access.SampleHandle, access.ResultSee, access.ReportSee),
		Summary: "Find patients, visits and samples", Doc: "As you type; the text travels in the body.",
	}, ask(r.s.Desk.Search))
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/duplicates", ID: "duplicates", Tag: "reception", Rule: May(access.PatientEdit, access.SampleHandle, access.ResultSee, access.ReportSee),
		Summary: "Who may be the person that is typed",
	}, ask(r.s.Desk.Duplicates))
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}", ID: "patient", Tag: "reception", Rule: May(access.PatientEdit, access.ResultSee, access.ReportSee),
		Summary: "One patient with the visits", Doc: "The opening is recorded.",
	}, getByID(r.s.Desk.Patient))
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients", ID: "addPatient", Tag: "reception", Rule: May(access.PatientEdit),
		Summary: "Add a patient without a visit",
	}, once(r.s.Desk.AddPatient))
	mount(r, Route{
		Method: http.MethodPut, Path: "/patients/{id}", ID: "changePatient", Tag: "reception", Rule: May(access.PatientEdit),
		Summary: "Change what is known about a patient",
	}, change(r.s.Desk.ChangePatient))
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/{id}/merge", ID: "mergePatients", Tag: "reception", Rule: May(access.PatientEdit),
		Summary: "Say that another record is the same person", Doc: "Nothing is moved: visits, reports and bills stay as they were issued, and the merge can be undone.",
	}, onceByID(r.s.Desk.MergePatients))
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/{id}/unmerge", ID: "unmergePatient", Tag: "reception", Rule: May(access.PatientEdit),
		Summary: "Take a merged record out again",
	}, change(r.s.Desk.UnmergePatient))
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/{id}/consents", ID: "addConsent", Tag: "reception", Rule: May(access.ConsentTake),
		Summary: "Take a consent",
	}, onceByID(r.s.Desk.AddConsent))
	mount(r, Route{
		Method: http.MethodGet, Path: "/doctors", ID: "doctors", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Referring doctors",
	}, get(r.s.Desk.Doctors))
	mount(r, Route{
		Method: http.MethodPost, Path: "/doctors", ID: "addDoctor", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Add a referring doctor",
	}, once(r.s.Desk.AddDoctor))
	mount(r, Route{
		Method: http.MethodPut, Path: "/doctors/{id}", ID: "changeDoctor", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Change a referring doctor",
	}, change(r.s.Desk.ChangeDoctor))
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/quote", ID: "quote", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "What an order would cost and need",
	}, ask(r.s.Desk.Quote))
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/drafts", ID: "visitDrafts", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Visits that were begun and not saved", Doc: "Of everybody at the desk, with who left them and when.",
	}, r.visitDrafts)
	mount(r, Route{
		Method: http.MethodPut, Path: "/visits/drafts/{id}", ID: "keepVisitDraft", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Keep a visit as it is typed",
	}, change(r.s.Desk.KeepDraft))
	mount(r, Route{
		Method: http.MethodDelete, Path: "/visits/drafts/{id}", ID: "dropVisitDraft", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Remove a visit that nobody will finish",
	}, r.dropVisitDraft)
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits", ID: "register", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Register a visit", Doc: "Person, tests, tubes, consent, bill, payment and labels in one transaction.",
	}, once(r.s.Desk.Register))
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits", ID: "visits", Tag: "reception", Rule: May(access.OrderEdit, access.SampleHandle, access.ResultSee, access.BillTake),
		Summary: "Visits of a day",
	}, r.visits)
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}", ID: "visit", Tag: "reception", Rule: May(access.OrderEdit, access.SampleHandle, access.ResultSee, access.BillTake),
		Summary: "One visit",
	}, getByID(r.s.Desk.Visit))
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/items", ID: "addItems", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Order more tests",
	}, onceByID(r.s.Desk.AddItems))
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/cancel", ID: "cancelVisit", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Cancel an order before anything is released",
	}, change(r.s.Desk.CancelVisit))
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/cancel", ID: "cancelItem", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Cancel one test",
	}, change(r.s.Desk.CancelItem))
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/payments", ID: "takePayment", Tag: "reception", Rule: May(access.BillTake),
		Summary: "Take money on a bill",
	}, onceByID(r.s.Desk.TakePayment))
}

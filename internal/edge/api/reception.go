package api

import (
	"net/http"

	"jaanch/internal/edge/reception"
	"jaanch/internal/lab/access"
)

func (r *routes) reception() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/search", ID: "search", Tag: "reception", Rule: May(access.PatientEdit, access.SampleHandle, access.ResultSee, access.ReportSee),
		Summary: "Find patients, visits and samples", Doc: "As you type; the text travels in the body.",
	}, notBuilt[body[reception.SearchInput], out[reception.Hits]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/duplicates", ID: "duplicates", Tag: "reception", Rule: May(access.PatientEdit, access.SampleHandle, access.ResultSee, access.ReportSee),
		Summary: "Who may be the person that is typed",
	}, notBuilt[body[reception.DuplicateQuery], out[reception.Duplicates]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}", ID: "patient", Tag: "reception", Rule: May(access.PatientEdit, access.ResultSee, access.ReportSee),
		Summary: "One patient with the visits", Doc: "The opening is recorded.",
	}, notBuilt[byID, out[reception.PatientDetail]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients", ID: "addPatient", Tag: "reception", Rule: May(access.PatientEdit),
		Summary: "Add a patient without a visit",
	}, notBuilt[create[reception.PatientInput], out[reception.Patient]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/patients/{id}", ID: "changePatient", Tag: "reception", Rule: May(access.PatientEdit),
		Summary: "Change what is known about a patient",
	}, notBuilt[bodyByID[reception.PatientChange], out[reception.Patient]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/{id}/consents", ID: "addConsent", Tag: "reception", Rule: May(access.ConsentTake),
		Summary: "Take a consent",
	}, notBuilt[createByID[reception.ConsentInput], out[reception.Consent]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/doctors", ID: "doctors", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Referring doctors",
	}, notBuilt[nothing, out[reception.Doctors]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/doctors", ID: "addDoctor", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Add a referring doctor",
	}, notBuilt[create[reception.DoctorInput], out[reception.Doctor]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/doctors/{id}", ID: "changeDoctor", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Change a referring doctor",
	}, notBuilt[bodyByID[reception.DoctorInput], out[reception.Doctor]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/quote", ID: "quote", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "What an order would cost and need",
	}, notBuilt[body[reception.QuoteInput], out[reception.Quote]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits", ID: "register", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Register a visit", Doc: "Person, tests, tubes, consent, bill, payment and labels in one transaction.",
	}, notBuilt[create[reception.Register], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits", ID: "visits", Tag: "reception", Rule: May(access.OrderEdit, access.SampleHandle, access.ResultSee, access.BillTake),
		Summary: "Visits of a day",
	}, notBuilt[visitFilter, out[reception.Visits]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}", ID: "visit", Tag: "reception", Rule: May(access.OrderEdit, access.SampleHandle, access.ResultSee, access.BillTake),
		Summary: "One visit",
	}, notBuilt[byID, out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/items", ID: "addItems", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Order more tests",
	}, notBuilt[createByID[reception.AddItems], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/cancel", ID: "cancelVisit", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Cancel an order before anything is released",
	}, notBuilt[bodyByID[reception.Cancel], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/cancel", ID: "cancelItem", Tag: "reception", Rule: May(access.OrderEdit),
		Summary: "Cancel one test",
	}, notBuilt[bodyByID[reception.Cancel], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/payments", ID: "takePayment", Tag: "reception", Rule: May(access.BillTake),
		Summary: "Take money on a bill",
	}, notBuilt[createByID[reception.TakePayment], out[reception.Bill]])
}

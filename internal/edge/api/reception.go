package api

import (
	"net/http"

	"jaanch/internal/edge/reception"
)

func (r *routes) reception() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/search", ID: "search", Tag: "reception", Rule: Rule("patient.search"),
		Summary: "Find patients, visits and samples", Doc: "As you type; the text travels in the body.",
	}, notBuilt[body[reception.SearchInput], out[reception.Hits]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/duplicates", ID: "duplicates", Tag: "reception", Rule: Rule("patient.search"),
		Summary: "Who may be the person that is typed",
	}, notBuilt[body[reception.DuplicateQuery], out[reception.Duplicates]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}", ID: "patient", Tag: "reception", Rule: Rule("patient.open"),
		Summary: "One patient with the visits", Doc: "The opening is recorded.",
	}, notBuilt[byID, out[reception.PatientDetail]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients", ID: "addPatient", Tag: "reception", Rule: Rule("patient.edit"),
		Summary: "Add a patient without a visit",
	}, notBuilt[create[reception.PatientInput], out[reception.Patient]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/patients/{id}", ID: "changePatient", Tag: "reception", Rule: Rule("patient.edit"),
		Summary: "Change what is known about a patient",
	}, notBuilt[bodyByID[reception.PatientChange], out[reception.Patient]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/{id}/consents", ID: "addConsent", Tag: "reception", Rule: Rule("consent.take"),
		Summary: "Take a consent",
	}, notBuilt[createByID[reception.ConsentInput], out[reception.Consent]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/doctors", ID: "doctors", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Referring doctors",
	}, notBuilt[nothing, out[reception.Doctors]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/doctors", ID: "addDoctor", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Add a referring doctor",
	}, notBuilt[create[reception.DoctorInput], out[reception.Doctor]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/doctors/{id}", ID: "changeDoctor", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Change a referring doctor",
	}, notBuilt[bodyByID[reception.DoctorInput], out[reception.Doctor]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/quote", ID: "quote", Tag: "reception", Rule: Rule("order.create"),
		Summary: "What an order would cost and need",
	}, notBuilt[body[reception.QuoteInput], out[reception.Quote]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits", ID: "register", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Register a visit", Doc: "Person, tests, tubes, consent, bill, payment and labels in one transaction.",
	}, notBuilt[create[reception.Register], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits", ID: "visits", Tag: "reception", Rule: Rule("order.view"),
		Summary: "Visits of a day",
	}, notBuilt[visitFilter, out[reception.Visits]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/visits/{id}", ID: "visit", Tag: "reception", Rule: Rule("order.view"),
		Summary: "One visit",
	}, notBuilt[byID, out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/items", ID: "addItems", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Order more tests",
	}, notBuilt[createByID[reception.AddItems], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/cancel", ID: "cancelVisit", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Cancel an order before anything is released",
	}, notBuilt[bodyByID[reception.Cancel], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/items/{id}/cancel", ID: "cancelItem", Tag: "reception", Rule: Rule("order.create"),
		Summary: "Cancel one test",
	}, notBuilt[bodyByID[reception.Cancel], out[reception.Visit]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/visits/{id}/payments", ID: "takePayment", Tag: "reception", Rule: Rule("bill.take"),
		Summary: "Take money on a bill",
	}, notBuilt[createByID[reception.TakePayment], out[reception.Bill]])
}

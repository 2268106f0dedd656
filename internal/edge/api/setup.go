package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) setup() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/setup", ID: "setupState", Tag: "setup", Rule: Public(),
		Summary: "How far the node is set up",
	}, get(r.s.Office.State))
	mount(r, Route{
		Method: http.MethodPost, Path: "/setup/first", ID: "firstRun", Tag: "setup", Rule: FirstRun(),
		Summary: "Make the lab and its first administrator",
	}, r.firstRun)
	mount(r, Route{
		Method: http.MethodGet, Path: "/setup/lab", ID: "lab", Tag: "setup", Rule: Person(),
		Summary: "Who the lab is",
	}, get(r.s.Office.Lab))
	mount(r, Route{
		Method: http.MethodPut, Path: "/setup/lab", ID: "changeLab", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Change the lab",
	}, post(r.s.Office.ChangeLab))
	mount(r, Route{
		Method: http.MethodGet, Path: "/setup/network", ID: "network", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "How other PCs reach this node",
	}, get(r.network))
	mount(r, Route{
		Method: http.MethodGet, Path: "/users", ID: "users", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "All accounts",
	}, get(r.s.Office.Users))
	mount(r, Route{
		Method: http.MethodPost, Path: "/users", ID: "addUser", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "Add an account",
	}, once(r.s.Office.AddUser))
	mount(r, Route{
		Method: http.MethodPut, Path: "/users/{id}", ID: "changeUser", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "Change an account, its roles, or switch it off", Doc: "Switching off ends its sessions at once.",
	}, r.changeUser)
	mount(r, Route{
		Method: http.MethodPost, Path: "/users/{id}/password", ID: "resetPassword", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "Give an account a new password",
	}, r.resetPassword)
	mount(r, Route{
		Method: http.MethodGet, Path: "/printers", ID: "printers", Tag: "setup", Rule: Person(),
		Summary: "Label printers and whether they answer",
	}, get(r.s.Office.Printers))
	mount(r, Route{
		Method: http.MethodPost, Path: "/printers", ID: "addPrinter", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Add a label printer",
	}, once(r.s.Office.AddPrinter))
	mount(r, Route{
		Method: http.MethodPut, Path: "/printers/{id}", ID: "changePrinter", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Change a label printer",
	}, change(r.s.Office.ChangePrinter))
	mount(r, Route{
		Method: http.MethodPost, Path: "/printers/{id}/test", ID: "testPrinter", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Print a test label",
	}, r.testPrinter)
}

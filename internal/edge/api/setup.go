package api

import (
	"net/http"

	"jaanch/internal/edge/setup"
	"jaanch/internal/lab/access"
)

func (r *routes) setup() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/setup", ID: "setupState", Tag: "setup", Rule: Public(),
		Summary: "How far the node is set up",
	}, notBuilt[nothing, out[setup.State]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/setup/first", ID: "firstRun", Tag: "setup", Rule: FirstRun(),
		Summary: "Make the lab and its first administrator",
	}, notBuilt[create[setup.First], out[setup.Session]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/setup/lab", ID: "lab", Tag: "setup", Rule: Person(),
		Summary: "Who the lab is",
	}, notBuilt[nothing, out[setup.Lab]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/setup/lab", ID: "changeLab", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Change the lab",
	}, notBuilt[body[setup.LabChange], out[setup.Lab]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/setup/network", ID: "network", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "How other PCs reach this node",
	}, notBuilt[nothing, out[setup.Network]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/users", ID: "users", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "All accounts",
	}, notBuilt[nothing, out[setup.Users]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/users", ID: "addUser", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "Add an account",
	}, notBuilt[create[setup.UserInput], out[setup.User]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/users/{id}", ID: "changeUser", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "Change an account, its roles, or switch it off", Doc: "Switching off ends its sessions at once.",
	}, notBuilt[bodyByID[setup.UserInput], out[setup.User]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/users/{id}/password", ID: "resetPassword", Tag: "setup", Rule: May(access.UsersEdit),
		Summary: "Give an account a new password",
	}, notBuilt[bodyByID[setup.ResetPassword], struct{}])
	mount(r, Route{
		Method: http.MethodGet, Path: "/printers", ID: "printers", Tag: "setup", Rule: Person(),
		Summary: "Label printers and whether they answer",
	}, notBuilt[nothing, out[setup.Printers]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/printers", ID: "addPrinter", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Add a label printer",
	}, notBuilt[create[setup.PrinterInput], out[setup.Printer]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/printers/{id}", ID: "changePrinter", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Change a label printer",
	}, notBuilt[bodyByID[setup.PrinterInput], out[setup.Printer]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/printers/{id}/test", ID: "testPrinter", Tag: "setup", Rule: May(access.InstrumentSetup),
		Summary: "Print a test label",
	}, notBuilt[keyedByID, out[setup.Printer]])
}

package api

import (
	"net/http"

	"jaanch/internal/edge/setup"
)

func (r *routes) session() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/login", ID: "login", Tag: "session", Rule: Public(),
		Summary: "Log in", Doc: "Opens a session; the cookie is set by the answer.",
	}, notBuilt[body[setup.Login], out[setup.Session]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/logout", ID: "logout", Tag: "session", Rule: Person(),
		Summary: "Log out",
	}, notBuilt[nothing, struct{}])
	mount(r, Route{
		Method: http.MethodGet, Path: "/session", ID: "session", Tag: "session", Rule: Person(),
		Summary: "Who is logged in",
	}, notBuilt[nothing, out[setup.Session]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/step-up", ID: "stepUp", Tag: "session", Rule: Person(),
		Summary: "Prove again who sits there", Doc: "Signing works for ten minutes afterwards.",
	}, notBuilt[body[setup.StepUp], out[setup.Session]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/switch", ID: "switchPerson", Tag: "session", Rule: Person(),
		Summary: "Change the person at this station by PIN",
	}, notBuilt[body[setup.Switch], out[setup.Session]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/session/people", ID: "people", Tag: "session", Rule: Person(),
		Summary: "Who can switch to at this station",
	}, notBuilt[nothing, out[setup.People]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/session/pin", ID: "setPin", Tag: "session", Rule: Person(),
		Summary: "Set the own PIN",
	}, notBuilt[body[setup.SetPIN], struct{}])
	mount(r, Route{
		Method: http.MethodPut, Path: "/session/password", ID: "setPassword", Tag: "session", Rule: Person(),
		Summary: "Set the own password",
	}, notBuilt[body[setup.SetPassword], struct{}])
	mount(r, Route{
		Method: http.MethodPut, Path: "/session/preferences", ID: "setPreferences", Tag: "session", Rule: Person(),
		Summary: "Keep what the screens remember",
	}, notBuilt[body[setup.Preferences], out[setup.Me]])
}

package api

import (
	"net/http"
)

func (r *routes) session() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/login", ID: "login", Tag: "session", Rule: Public(),
		Summary: "Log in", Doc: "Opens a session; the cookie is set by the answer.",
	}, r.login)
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/logout", ID: "logout", Tag: "session", Rule: Person(),
		Summary: "Log out",
	}, r.logout)
	mount(r, Route{
		Method: http.MethodGet, Path: "/session", ID: "session", Tag: "session", Rule: Public(), Empty: "Nobody is logged in",
		Summary: "Who is logged in", Doc: "Asked on every first load, so nobody logged in is an answer and not a fault.",
	}, r.whoAmI)
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/step-up", ID: "stepUp", Tag: "session", Rule: Person(),
		Summary: "Prove again who sits there", Doc: "Signing works for ten minutes afterwards.",
	}, r.stepUp)
	mount(r, Route{
		Method: http.MethodPost, Path: "/session/switch", ID: "switchPerson", Tag: "session", Rule: Person(),
		Summary: "Change the person at this station by PIN",
	}, r.switchPerson)
	mount(r, Route{
		Method: http.MethodGet, Path: "/session/people", ID: "people", Tag: "session", Rule: Person(),
		Summary: "Who can switch to at this station",
	}, get(r.s.Office.People))
	mount(r, Route{
		Method: http.MethodPut, Path: "/session/pin", ID: "setPin", Tag: "session", Rule: Person(),
		Summary: "Set the own PIN",
	}, r.setPIN)
	mount(r, Route{
		Method: http.MethodPut, Path: "/session/password", ID: "setPassword", Tag: "session", Rule: Person(),
		Summary: "Set the own password",
	}, r.setPassword)
	mount(r, Route{
		Method: http.MethodPut, Path: "/session/preferences", ID: "setPreferences", Tag: "session", Rule: Person(),
		Summary: "Keep what the screens remember",
	}, post(r.s.Office.SetPreferences))
}

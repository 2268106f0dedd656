package api

import (
	"net/http"

	"jaanch/internal/lab/access"
)

func (r *routes) catalogue() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/catalogue/pick", ID: "pickTests", Tag: "catalogue", Rule: Person(),
		Summary: "Find tests and panels for an order",
	}, ask(r.s.Office.Pick))
	mount(r, Route{
		Method: http.MethodGet, Path: "/catalogue", ID: "catalogue", Tag: "catalogue", Rule: Person(),
		Summary: "All tests and panels",
	}, get(r.s.Office.Catalogue))
	mount(r, Route{
		Method: http.MethodPut, Path: "/catalogue/tests/{id}", ID: "changeTest", Tag: "catalogue", Rule: May(access.CatalogueEdit),
		Summary: "Change a test, its price and its limits",
	}, change(r.s.Office.ChangeTest))
	mount(r, Route{
		Method: http.MethodPut, Path: "/catalogue/panels/{id}", ID: "changePanel", Tag: "catalogue", Rule: May(access.CatalogueEdit),
		Summary: "Change a panel",
	}, change(r.s.Office.ChangePanel))
	mount(r, Route{
		Method: http.MethodPost, Path: "/catalogue/starter", ID: "loadStarter", Tag: "catalogue", Rule: May(access.CatalogueEdit),
		Summary: "Load the starter catalogue", Doc: "Codes that exist are left alone.",
	}, r.loadStarter)
}

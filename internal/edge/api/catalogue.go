package api

import (
	"net/http"

	"jaanch/internal/edge/setup"
	"jaanch/internal/lab/access"
)

func (r *routes) catalogue() {
	mount(r, Route{
		Method: http.MethodPost, Path: "/catalogue/pick", ID: "pickTests", Tag: "catalogue", Rule: Person(),
		Summary: "Find tests and panels for an order",
	}, notBuilt[body[setup.PickQuery], out[setup.Picks]])
	mount(r, Route{
		Method: http.MethodGet, Path: "/catalogue", ID: "catalogue", Tag: "catalogue", Rule: Person(),
		Summary: "All tests and panels",
	}, notBuilt[nothing, out[setup.Catalogue]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/catalogue/tests/{id}", ID: "changeTest", Tag: "catalogue", Rule: May(access.CatalogueEdit),
		Summary: "Change a test, its price and its limits",
	}, notBuilt[bodyByID[setup.TestChange], out[setup.Test]])
	mount(r, Route{
		Method: http.MethodPut, Path: "/catalogue/panels/{id}", ID: "changePanel", Tag: "catalogue", Rule: May(access.CatalogueEdit),
		Summary: "Change a panel",
	}, notBuilt[bodyByID[setup.PanelChange], out[setup.Panel]])
	mount(r, Route{
		Method: http.MethodPost, Path: "/catalogue/starter", ID: "loadStarter", Tag: "catalogue", Rule: May(access.CatalogueEdit),
		Summary: "Load the starter catalogue", Doc: "Codes that exist are left alone.",
	}, notBuilt[keyed, out[setup.Loaded]])
}

package api

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/dashboard"
	"jaanch/internal/hub/people"
	"jaanch/internal/sync/ingest"
)

// Price changes the price of a test for all labs.
type Price struct {
	Price   int64 `json:"price_paise" minimum:"0" maximum:"100000000"`
	Version int64 `json:"version" doc:"Of the test, as it was seen"`
}

// Edited is the version after a change.
type Edited struct {
	Version int64 `json:"version"`
}

// clinical are the roles that see patients.
func clinical() Rule { return may(people.RoleOwner, people.RoleAdmin, people.RoleAuditor) }

func (r *routes) records() {
	mount(r, route{method: http.MethodGet, path: "/results", id: "results", tag: tagRecords, rule: clinical(), summary: "Results of all labs, newest first"},
		func(ctx context.Context, s httpkit.Session, in *page) (*out[dashboard.Results], error) {
			return answer(r.s.Dashboard.Results(ctx, s.Org, in.query()))
		})
	mount(r, route{method: http.MethodGet, path: "/reports", id: "reports", tag: tagRecords, rule: clinical(), summary: "Reports of all labs, newest first"},
		func(ctx context.Context, s httpkit.Session, in *page) (*out[dashboard.Reports], error) {
			return answer(r.s.Dashboard.Reports(ctx, s.Org, in.query()))
		})
	mount(r, route{method: http.MethodGet, path: "/catalogue/tests", id: "tests", tag: tagTests, rule: person(), summary: "Tests and their prices"},
		func(ctx context.Context, s httpkit.Session, _ *nothing) (*out[dashboard.Tests], error) {
			return answer(r.s.Dashboard.Tests(ctx, s.Org))
		})
	mount(r, route{method: http.MethodPost, path: "/catalogue/tests/{id}/price", id: "setPrice", tag: tagTests, rule: may(people.RoleOwner, people.RoleAdmin), summary: "Change a price for all labs"}, r.setPrice)
}

func (r *routes) setPrice(ctx context.Context, s httpkit.Session, in *byID[Price]) (*out[Edited], error) {
	rv, err := r.s.Ingest.Edit(ctx, ingest.Edit{
		Org: s.Org, Actor: hubActor(s), Reason: "price", Entity: "test", Record: in.ID, Values: map[string]any{"price": in.Body.Price}, Seen: in.Body.Version,
	})
	return answer(Edited{Version: rv}, err)
}

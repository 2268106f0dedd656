package api

import (
	"context"
	"net/http"
	"time"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/dashboard"
	"jaanch/internal/hub/people"
	"jaanch/internal/lab"
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

// SyncLog is what nodes sent lately, newest first.
type SyncLog struct {
	Lines []SyncLine `json:"lines"`
	Next  int64      `json:"next,omitempty" doc:"For the page behind this one"`
}

// SyncLine is one batch.
type SyncLine struct {
	At       time.Time `json:"at"`
	Node     lab.ID    `json:"node" format:"uuid"`
	Kind     string    `json:"kind"`
	FirstSeq int64     `json:"first_seq"`
	LastSeq  int64     `json:"last_seq"`
	Changes  int32     `json:"changes"`
	Bytes    int32     `json:"bytes"`
	Micros   int64     `json:"micros"`
	Code     string    `json:"code" doc:"ok, repeat, or what was wrong"`
}

type logPage struct {
	Before int64 `query:"before" minimum:"0" doc:"next of the page before"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
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
	mount(r, route{method: http.MethodGet, path: "/sync/log", id: "syncLog", tag: tagSync, rule: person(), summary: "What the nodes sent lately"},
		func(ctx context.Context, s httpkit.Session, in *logPage) (*out[SyncLog], error) {
			return r.syncLog(ctx, s, in)
		})
}

func (r *routes) setPrice(ctx context.Context, s httpkit.Session, in *byID[Price]) (*out[Edited], error) {
	rv, err := r.s.Ingest.Edit(ctx, ingest.Edit{
		Org: s.Org, Actor: hubActor(s), Reason: "price", Entity: "test", Record: in.ID, Values: map[string]any{"price": in.Body.Price}, Seen: in.Body.Version,
	})
	return answer(Edited{Version: rv}, err)
}

func (r *routes) syncLog(ctx context.Context, s httpkit.Session, in *logPage) (*out[SyncLog], error) {
	lines, err := r.s.Fleet.Log(ctx, s.Org, in.Before, in.Limit)
	res := SyncLog{Lines: []SyncLine{}}
	for _, l := range lines {
		res.Lines = append(res.Lines, SyncLine{
			At: l.At, Node: l.Device, Kind: l.Kind, FirstSeq: l.FirstSeq, LastSeq: l.LastSeq, Changes: l.Changes, Bytes: l.Bytes, Micros: l.Micros, Code: l.Code,
		})
	}
	if len(lines) == in.Limit {
		res.Next = lines[len(lines)-1].ID
	}
	return answer(res, err)
}

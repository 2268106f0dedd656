package api

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/conflict"
	"jaanch/internal/hub/people"
	"jaanch/internal/lab"
	"jaanch/internal/sync/contest"
)

type conflictPage struct {
	State  string `query:"state" enum:"open,auto,resolved" default:"open"`
	Before string `query:"before" maxLength:"120" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// Asked gives a kind of record to a person, or back to its rule.
type Asked struct {
	Entity string `json:"entity" maxLength:"40"`
	Group  string `json:"group" maxLength:"40"`
	Asked  bool   `json:"asked"`
}

func (r *routes) conflicts() {
	decides := may(people.RoleOwner, people.RoleAdmin)
	mount(r, route{method: http.MethodGet, path: "/conflicts", id: "conflicts", tag: tagRecords, rule: clinical(), summary: "What two people changed without seeing each other"},
		func(ctx context.Context, s httpkit.Session, in *conflictPage) (*out[conflict.Conflicts], error) {
			return answer(r.s.Conflict.List(ctx, s.Org, in.State, in.Before, in.Limit))
		})
	mount(r, route{method: http.MethodGet, path: "/conflicts/{id}", id: "conflict", tag: tagRecords, rule: clinical(), summary: "One of them, with the history of its record"},
		func(ctx context.Context, s httpkit.Session, in *onlyID) (*out[contest.Dispute], error) {
			return answer(r.s.Conflict.Case(ctx, s.Org, in.ID))
		})
	mount(r, route{method: http.MethodPost, path: "/conflicts/{id}/decide", id: "decideConflict", tag: tagRecords, rule: decides, summary: "Decide which value stands, for all nodes of the lab"},
		func(ctx context.Context, s httpkit.Session, in *byID[contest.Judgement]) (*out[contest.Dispute], error) {
			return answer(r.s.Conflict.Decide(ctx, s.Org, hubActor(s), in.ID, in.Body))
		})
	mount(r, route{method: http.MethodPost, path: "/conflicts/{id}/reopen", id: "reopenConflict", tag: tagRecords, rule: decides, summary: "Put a decided one before a person again"},
		func(ctx context.Context, s httpkit.Session, in *onlyID) (*out[contest.Dispute], error) {
			return answer(r.s.Conflict.Reopen(ctx, s.Org, hubActor(s), in.ID))
		})
	mount(r, route{method: http.MethodGet, path: "/conflict-rules", id: "conflictRules", tag: tagRecords, rule: person(), summary: "What happens by itself when two people change the same thing"},
		func(ctx context.Context, s httpkit.Session, _ *nothing) (*out[conflict.Settlings], error) {
			return answer(r.s.Conflict.Rules(ctx, s.Org))
		})
	mount(r, route{method: http.MethodPost, path: "/conflict-rules", id: "askPerson", tag: tagRecords, rule: decides, summary: "Give a kind of record to a person, or back to its rule"},
		func(ctx context.Context, s httpkit.Session, in *body[Asked]) (*out[conflict.Settlings], error) {
			return answer(r.s.Conflict.Ask(ctx, s.Org, hubActor(s), in.Body.Entity, in.Body.Group, in.Body.Asked))
		})
}

// hubActor is the person at the hub as the journal names them.
func hubActor(s httpkit.Session) lab.Actor {
	actor := s.Actor()
	actor.Kind = lab.ActorHub
	return actor
}

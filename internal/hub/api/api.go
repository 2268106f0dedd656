// Package api is the hub's HTTP face, for people's browsers and for the nodes: one typed operation per use case, with the
// rule of who may call it beside its path. Batches and pages of sync are plain handlers, because their bodies are not JSON.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/conflict"
	"jaanch/internal/hub/dashboard"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/hub/once"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/people"
	"jaanch/internal/hub/throttle"
	"jaanch/internal/lab"
	"jaanch/internal/sync/ingest"
	"jaanch/internal/sync/wire"
)

// Services is what the operations call. To write the API's document alone, all of it may be left out.
type Services struct {
	Fleet     *fleet.Fleet
	Ingest    *ingest.Ingest
	Dashboard *dashboard.Dashboard
	Conflict  *conflict.Desk
	People    *people.People
	Sessions  *httpkit.Sessions
	Throttle  *throttle.Throttle
	Codec     *wire.Codec
	Clock     func() time.Time
	Logger    *slog.Logger
	Version   string
	// MaxBatches is how many batches this replica takes at once; more are asked to come again.
	MaxBatches int
	// Outside is what leaves to and comes from outside services; nil without a sealing key.
	Outside *outside.Outside
}

// Rule says who may call an operation. The zero Rule lets nobody and does not register.
type Rule struct {
	name  string
	roles []string
}

// The names of the rules, as the API's document shows them.
const (
	rulePublic = "public"
	ruleNode   = "node"
	rulePerson = "person"
	ruleRole   = "role"
)

// The sections of the API's document.
const (
	tagSession = "session"
	tagLabs    = "labs"
	tagRecords = "records"
	tagUsers   = "users"
	tagSync    = "sync"
	tagTests   = "catalogue"
	tagOutside = "outside"
)

func public() Rule   { return Rule{name: rulePublic} }
func nodeOnly() Rule { return Rule{name: ruleNode} }
func person() Rule   { return Rule{name: rulePerson} }
func may(roles ...string) Rule {
	return Rule{name: ruleRole, roles: roles}
}

// check gives nil where the session may call the operation.
func (r Rule) check(s httpkit.Session, found bool) error {
	switch {
	case r.name == rulePublic || r.name == ruleNode:
		return nil
	case !found:
		return &lab.Error{Kind: lab.KindUnauthenticated, Code: "login_needed", Message: "Log in first."}
	case r.name == rulePerson:
		return nil
	}
	for _, role := range s.Roles {
		if slices.Contains(r.roles, role) {
			return nil
		}
	}
	return lab.Forbidden("forbidden", "Your role does not allow this.")
}

// route is one operation.
type route struct {
	method  string
	path    string // below /api/v1
	id      string // name of the operation in the generated client
	tag     string
	rule    Rule
	summary string
	empty   string // what an answer without contents (204) means, where there is one beside the usual answer
}

type routes struct {
	api   huma.API
	s     Services
	list  []route
	watch *ingest.Watch
}

// Mount puts the whole API onto a router.
func Mount(router chi.Router, s Services) huma.API {
	r := &routes{s: s, api: httpkit.NewAPI(router, httpkit.Info{
		Title: "Jaanch hub", Version: s.Version, Log: s.Logger,
		Description: "All labs of an organisation. Nodes sync below /api/v1/sync: push, pull and ack carry deterministic CBOR packed with zstd, described in docs/sync-protocol.md.",
	})}
	r.session()
	r.labs()
	r.records()
	r.conflicts()
	r.syncLog()
	r.users()
	r.nodes()
	r.epochs()
	r.outside()
	r.outreach()
	if s.Codec != nil {
		r.watch = ingest.NewWatch(s.Ingest, headPoll)
		r.batches(router)
	}
	return r.api
}

// mount registers one operation behind its rule. It panics on one without: that is a fault of the program, found at start.
func mount[I, O any](r *routes, rt route, h func(ctx context.Context, s httpkit.Session, in *I) (*O, error)) {
	if rt.rule.name == "" || rt.id == "" {
		panic("api: route " + rt.path + " has no rule or no name")
	}
	r.list = append(r.list, rt)
	op := huma.Operation{
		OperationID: rt.id, Method: rt.method, Path: "/api/v1" + rt.path, Tags: []string{rt.tag}, Summary: rt.summary,
		Errors: errorsOf(rt), Extensions: map[string]any{"x-rule": rt.rule.name},
	}
	if rt.empty != "" {
		op.Responses = map[string]*huma.Response{strconv.Itoa(http.StatusNoContent): {Description: rt.empty}}
	}
	if rt.method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	huma.Register(r.api, op, func(ctx context.Context, in *I) (*O, error) {
		session, err := httpkit.SessionOf(ctx)
		if err := rt.rule.check(session, err == nil); err != nil {
			return nil, err
		}
		return h(ctx, session, in)
	})
}

func errorsOf(rt route) []int {
	codes := []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if rt.rule.name != rulePublic {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if rt.method != http.MethodGet {
		codes = append(codes, http.StatusConflict)
	}
	slices.Sort(codes)
	return codes
}

// The shapes that operations share.
type (
	nothing     struct{}
	out[T any]  struct{ Body T }
	body[T any] struct{ Body T }
	// A create carries the key of its intent.
	keyed[T any] struct {
		Key  string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
		Body T
	}
	keyedID struct {
		ID  lab.ID `path:"id" format:"uuid"`
		Key string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
	}
	page struct {
		Lab    lab.ID `query:"lab" format:"uuid" doc:"One lab alone"`
		Before string `query:"before" maxLength:"120" doc:"next of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
)

func onceKey(s httpkit.Session, text string) once.Key {
	return once.Key{Org: s.Org, Actor: s.Actor(), Text: text}
}

func answer[T any](v T, err error) (*out[T], error) {
	if err != nil {
		return nil, err
	}
	return &out[T]{v}, nil
}

func (p page) query() dashboard.Query {
	return dashboard.Query{Lab: p.Lab, Before: p.Before, Limit: p.Limit}
}

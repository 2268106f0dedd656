// Package api is the node's HTTP face: one typed operation per use case, with the rule of who may call it beside its
// path. It maps HTTP to one call and back; what happens is decided in the packages reception, bench, release and setup.
package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"jaanch/internal/lab"
)

// Route is one operation with the rule of who may call it. A route without a rule does not register.
type Route struct {
	Method  string
	Path    string // below /api/v1
	ID      string // name of the operation in the generated client
	Tag     string
	Rule    Rule
	Summary string
	Doc     string
}

// Rule says who may call an operation: an action of the permission table, or one of the three words below.
type Rule string

// The rules that are no action of the table.
const (
	Public    Rule = "public"    // before anybody logs in
	Person    Rule = "person"    // anybody who is logged in, about himself or without patient data
	FirstRun  Rule = "first_run" // only until the first administrator exists
	stepUpDoc      = " Asks for the PIN or the password again when that was longer than ten minutes ago."
)

// The inputs that most operations share.
type (
	nothing     struct{}
	body[T any] struct{ Body T }
	byID        struct {
		ID lab.ID `path:"id" format:"uuid"`
	}
	bodyByID[T any] struct {
		ID   lab.ID `path:"id" format:"uuid"`
		Body T
	}
	create[T any] struct {
		Key  string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
		Body T
	}
	createByID[T any] struct {
		ID   lab.ID `path:"id" format:"uuid"`
		Key  string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
		Body T
	}
	keyed struct {
		Key string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
	}
	keyedByID struct {
		ID  lab.ID `path:"id" format:"uuid"`
		Key string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
	}
	out[T any] struct{ Body T }
	pdf        struct {
		ContentType string `header:"Content-Type" doc:"application/pdf"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
)

// handler is one operation: it maps its input to one use case and the answer back.
type handler[I, O any] func(ctx context.Context, in *I) (*O, error)

// routes collects what is mounted, so that a test can walk it.
type routes struct {
	api  huma.API
	list []Route
}

// mount registers one operation. It panics on a route without a rule: that is a fault of the program, found at start.
func mount[I, O any](r *routes, rt Route, h handler[I, O]) {
	if rt.Rule == "" || rt.ID == "" {
		panic("api: route " + rt.Path + " has no rule or no name")
	}
	r.list = append(r.list, rt)
	op := huma.Operation{
		OperationID: rt.ID, Method: rt.Method, Path: "/api/v1" + rt.Path, Tags: []string{rt.Tag},
		Summary: rt.Summary, Description: rt.Doc, Errors: errorsOf(rt),
		Extensions: map[string]any{"x-rule": string(rt.Rule)},
	}
	huma.Register(r.api, op, func(ctx context.Context, in *I) (*O, error) {
		return h(ctx, in)
	})
}

func errorsOf(rt Route) []int {
	codes := []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if rt.Rule != Public {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if rt.Method != http.MethodGet {
		codes = append(codes, http.StatusConflict)
	}
	return codes
}

// notBuilt answers for an operation whose use case does not exist yet.
func notBuilt[I, O any](context.Context, *I) (*O, error) {
	return nil, &lab.Error{Kind: lab.KindUnavailable, Code: "not_built", Message: "This part is not built yet."}
}

// Package api is the node's HTTP face: one typed operation per use case, with the rule of who may call it beside its
// path. It maps HTTP to one call and back; what happens is decided in the packages reception, bench, release and setup.
package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// StepUpFor is how long signing works without proving again who sits there.
const StepUpFor = 10 * time.Minute

// Route is one operation with the rule of who may call it. A route without a rule does not register.
type Route struct {
	Method  string
	Path    string // below /api/v1
	ID      string // name of the operation in the generated client
	Tag     string
	Rule    Rule
	Summary string
	Doc     string
	Empty   string // what an answer without contents (204) means, where there is one beside the usual answer
}

// Rule says who may call an operation. The zero Rule lets nobody and does not register.
type Rule struct {
	who     who
	actions []access.Action
}

type who int

const (
	nobody who = iota
	anyone
	loggedIn
	firstRun
	granted
	shown
)

// Public is for what must work before anybody logs in.
func Public() Rule { return Rule{who: anyone} }

// Person is for anybody who is logged in, about himself or without patient data.
func Person() Rule { return Rule{who: loggedIn} }

// FirstRun is for what works only until the first administrator exists; the use case refuses it afterwards.
func FirstRun() Rule { return Rule{who: firstRun} }

// May is for those whom the permission table grants one of the actions.
func May(actions ...access.Action) Rule { return Rule{who: granted, actions: actions} }

// MaySee is for looking at what one of the actions would do: by those who may do it, before they proved who they are.
func MaySee(actions ...access.Action) Rule { return Rule{who: shown, actions: actions} }

// IsZero tells whether no rule was given.
func (r Rule) IsZero() bool {
	return r.who == nobody || (r.who == granted || r.who == shown) && len(r.actions) == 0
}

// String names the rule in the API's document.
func (r Rule) String() string {
	names := map[who]string{anyone: "public", loggedIn: "person", firstRun: "first_run"}
	if r.who != granted && r.who != shown {
		return names[r.who]
	}
	var out []string
	for _, a := range r.actions {
		out = append(out, string(a))
	}
	return strings.Join(out, " or ")
}

// Check gives nil where the session may call the operation.
func (r Rule) Check(s httpkit.Session, found bool, now time.Time) error {
	switch {
	case r.who == anyone || r.who == firstRun:
		return nil
	case !found:
		return &lab.Error{Kind: lab.KindUnauthenticated, Code: "unauthenticated", Message: "Please log in."}
	case r.who == loggedIn:
		return nil
	}
	err := error(lab.Forbidden("forbidden", "Your role does not allow this."))
	for _, action := range r.actions {
		if r.who == shown && access.Visible(s.Actor().Roles, action) {
			return nil
		}
		if r.who == shown {
			continue
		}
		err = access.Can(s.Actor(), action, access.Resource{Own: true, SteppedUp: s.ProvedWithin(now, StepUpFor)})
		if err == nil {
			return nil
		}
	}
	return err
}

// handler is one operation: it maps its input to one use case and the answer back.
type handler[I, O any] func(ctx context.Context, in *I) (*O, error)

// routes collects what is mounted, so that a test can walk it.
type routes struct {
	api  huma.API
	s    Services
	now  func() time.Time
	list []Route
}

// mount registers one operation behind its rule. It panics on a route without a rule: that is a fault of the program,
// found at start.
func mount[I, O any](r *routes, rt Route, h handler[I, O]) {
	if rt.Rule.IsZero() || rt.ID == "" {
		panic("api: route " + rt.Path + " has no rule or no name")
	}
	r.list = append(r.list, rt)
	op := huma.Operation{
		OperationID: rt.ID, Method: rt.Method, Path: "/api/v1" + rt.Path, Tags: []string{rt.Tag},
		Summary: rt.Summary, Description: rt.Doc, Errors: errorsOf(rt),
		Extensions:  map[string]any{"x-rule": rt.Rule.String()},
		Middlewares: huma.Middlewares{r.guard(rt.Rule)},
	}
	if rt.Empty != "" {
		op.Responses = map[string]*huma.Response{strconv.Itoa(http.StatusNoContent): {Description: rt.Empty}}
	}
	huma.Register(r.api, op, func(ctx context.Context, in *I) (*O, error) { return h(ctx, in) })
}

// guard refuses whoever the rule does not let, before anything of the request is read.
func (r *routes) guard(rule Rule) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		session, err := httpkit.SessionOf(ctx.Context())
		err = rule.Check(session, err == nil, r.now())
		if err == nil {
			next(ctx)
			return
		}
		if err := huma.WriteErr(r.api, ctx, httpkit.StatusOf(lab.KindOf(err)), "", err); err != nil {
			ctx.SetStatus(http.StatusInternalServerError)
		}
	}
}

func errorsOf(rt Route) []int {
	codes := []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if rt.Rule.who != anyone {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if rt.Method != http.MethodGet {
		codes = append(codes, http.StatusConflict)
	}
	slices.Sort(codes)
	return codes
}

// actorOf gives who makes the request; the system's own zero actor where nobody is logged in.
func actorOf(ctx context.Context) lab.Actor {
	session, err := httpkit.SessionOf(ctx)
	if err != nil {
		return lab.Actor{Kind: lab.ActorUser}
	}
	return session.Actor()
}

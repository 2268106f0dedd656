package api

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/people"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// ServiceList is the outside services with what of their settings is there.
type ServiceList struct {
	On       bool                  `json:"on" doc:"The hub has a sealing key, so that services can be set up at all"`
	Services []credential.Standing `json:"services"`
}

// Credentials are settings of a service. They are written and never shown again.
type Credentials struct {
	Values map[string]string `json:"values" doc:"By name; an empty one takes a setting away, one that is left out stays"`
}

// Queue is what leaves, with the counts of all.
type Queue struct {
	Messages []outside.Leaving `json:"messages"`
	Counts   []outside.Count   `json:"counts"`
}

// Payments are those that came through a gateway.
type Payments struct {
	Exceptions []outside.Money `json:"exceptions" doc:"Those that fit no bill, the open ones first"`
	Booked     []outside.Money `json:"booked" doc:"Newest first"`
}

// Decision settles a payment that fits no bill.
type Decision struct {
	Decision  string `json:"decision" enum:"book,refund,close"`
	Reference string `json:"reference,omitempty" maxLength:"40" doc:"Of the bill, to put it on one"`
}

// GiveBack is a refund.
type GiveBack struct {
	Amount lab.Paise `json:"amount_paise" minimum:"1"`
	Reason string    `json:"reason" enum:"cancelled,duplicate,overcharged,other"`
}

// errOff is what everything here says on a hub without a sealing key.
var errOff = lab.Conflict("outside_off", "This hub has no sealing key, so it keeps no secrets and sends nothing. Set JAANCH_HUB_SEAL_KEY.")

// needOutside runs an operation where the outside world is switched on.
func needOutside[I, O any](r *routes, h func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *I) (*O, error)) func(context.Context, httpkit.Session, *I) (*O, error) {
	return func(ctx context.Context, s httpkit.Session, in *I) (*O, error) {
		if r.s.Outside == nil {
			return nil, errOff
		}
		return h(ctx, r.s.Outside, s, in)
	}
}

type byService[T any] struct {
	Service string `path:"service" maxLength:"20"`
	Body    T
}

type queuePage struct {
	State string `query:"state" enum:"all,pending,sending,unknown,sent,failed,dead,cancelled" default:"all"`
}

func (r *routes) outside() {
	manages := may(people.RoleOwner, people.RoleAdmin)
	money := may(people.RoleOwner, people.RoleAdmin, people.RoleAccountant)
	mount(r, route{method: http.MethodGet, path: "/outside/services", id: "services", tag: tagOutside, rule: manages, summary: "Outside services and which of their settings are there"},
		func(ctx context.Context, s httpkit.Session, _ *nothing) (*out[ServiceList], error) {
			if r.s.Outside == nil {
				return answer(ServiceList{Services: []credential.Standing{}}, nil)
			}
			list, err := r.s.Outside.Credentials.Standings(ctx, s.Org)
			return answer(ServiceList{On: true, Services: list}, err)
		})
	mount(r, route{method: http.MethodPost, path: "/outside/services/{service}", id: "setService", tag: tagOutside, rule: manages, summary: "Set what a service needs; it is sealed and never shown again"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *byService[Credentials]) (*nothing, error) {
			set := credential.Set{}
			for name, value := range in.Body.Values {
				set[name] = telemetry.Secret(value)
			}
			return &nothing{}, w.Credentials.Change(ctx, s.Org, in.Service, set)
		}))
	mount(r, route{method: http.MethodDelete, path: "/outside/services/{service}", id: "dropService", tag: tagOutside, rule: manages, summary: "Take a service's settings away"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *struct {
			Service string `path:"service" maxLength:"20"`
		},
		) (*nothing, error) {
			return &nothing{}, w.Credentials.Drop(ctx, s.Org, in.Service)
		}))
	mount(r, route{method: http.MethodGet, path: "/outside/queue", id: "queue", tag: tagOutside, rule: manages, summary: "What leaves for outside services"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *queuePage) (*out[Queue], error) {
			list, counts, err := w.Queue(ctx, s.Org, in.State)
			return answer(Queue{Messages: list, Counts: counts}, err)
		}))
	mount(r, route{method: http.MethodPost, path: "/outside/queue/{id}/resend", id: "resend", tag: tagOutside, rule: manages, summary: "Send a message that failed again, to a corrected address where one is given"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *byID[outside.Correction]) (*nothing, error) {
			return &nothing{}, w.Resend(ctx, s.Org, in.ID, in.Body)
		}))
	mount(r, route{method: http.MethodGet, path: "/outside/payments", id: "gatewayPayments", tag: tagOutside, rule: money, summary: "Payments through gateways, and those that fit no bill"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, _ *nothing) (*out[Payments], error) {
			exceptions, err := w.Exceptions(ctx, s.Org)
			if err != nil {
				return nil, err
			}
			booked, err := w.Booked(ctx, s.Org)
			return answer(Payments{Exceptions: exceptions, Booked: booked}, err)
		}))
	mount(r, route{method: http.MethodPost, path: "/outside/payments/{id}/decide", id: "decidePayment", tag: tagOutside, rule: money, summary: "Settle a payment that fits no bill"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *byID[Decision]) (*nothing, error) {
			return &nothing{}, w.Decide(ctx, s.Org, s.User, in.ID, in.Body.Decision, in.Body.Reference)
		}))
	mount(r, route{method: http.MethodPost, path: "/outside/payments/{id}/refund", id: "refundPayment", tag: tagOutside, rule: money, summary: "Give a payment or a part of it back"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *byID[GiveBack]) (*nothing, error) {
			return &nothing{}, w.Refund(ctx, s.Org, s.User, in.ID, in.Body.Amount, in.Body.Reason)
		}))
}

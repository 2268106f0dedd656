package api

import (
	"context"
	"net/http"
	"time"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/dashboard"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/hub/people"
	"jaanch/internal/lab"
)

// Lab is one lab.
type Lab struct {
	ID   lab.ID `json:"id" format:"uuid"`
	Name string `json:"name"`
	City string `json:"city"`
}

// NewLab is what a lab is made of.
type NewLab struct {
	Name string `json:"name" minLength:"1" maxLength:"120"`
	City string `json:"city" maxLength:"80" required:"false"`
}

// Labs are all labs of the organisation.
type Labs struct {
	Labs []Lab `json:"labs"`
}

// EnrolCode is shown once.
type EnrolCode struct {
	Code    string    `json:"code" doc:"To type at the node, within 24 hours, once" example:"K7QM-4T2ZX-9W3H"`
	Expires time.Time `json:"expires"`
}

// Node is a node with what is known of it.
type Node struct {
	ID            lab.ID     `json:"id" format:"uuid"`
	Lab           lab.ID     `json:"lab" format:"uuid"`
	LabName       string     `json:"lab_name"`
	Name          string     `json:"name"`
	Code          string     `json:"code" doc:"Two characters that begin its numbers"`
	Status        string     `json:"status" enum:"active,suspended,revoked,forked,stale"`
	State         string     `json:"state" enum:"online,offline,never,clock,suspended"`
	OfflineSince  *time.Time `json:"offline_since,omitempty"`
	LastSeen      *time.Time `json:"last_seen,omitempty"`
	LastPush      *time.Time `json:"last_push,omitempty"`
	LastPull      *time.Time `json:"last_pull,omitempty"`
	Version       string     `json:"version"`
	SkewMS        int64      `json:"skew_ms" doc:"Node minus hub"`
	Pending       *int64     `json:"pending,omitempty" doc:"Absent when it is not known"`
	OldestPending *time.Time `json:"oldest_pending,omitempty"`
	Entries       int64      `json:"entries" doc:"Of its journal that the hub has"`
	EnrolledAt    time.Time  `json:"enrolled_at"`
}

// Nodes are all nodes of the organisation.
type Nodes struct {
	Nodes []Node `json:"nodes"`
}

// NodeStatus suspends, revokes or takes back a node.
type NodeStatus struct {
	Status string `json:"status" enum:"active,suspended,revoked"`
	Note   string `json:"note" maxLength:"200" required:"false" doc:"Why, for the record"`
}

// NodeEvents is what happened to a node, newest first.
type NodeEvents struct {
	Events []NodeEvent `json:"events"`
}

// NodeEvent is one thing that happened to a node.
type NodeEvent struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind" enum:"enrolled,suspended,revoked,admitted,survivor,lost,rebuilt"`
	By   string    `json:"by"`
	Note string    `json:"note"`
}

type byID[T any] struct {
	ID   lab.ID `path:"id" format:"uuid"`
	Body T
}

type onlyID struct {
	ID lab.ID `path:"id" format:"uuid"`
}

func (r *routes) labs() {
	mount(r, route{method: http.MethodGet, path: "/overview", id: "overview", tag: tagLabs, rule: person(), summary: "All labs at a glance"},
		func(ctx context.Context, s httpkit.Session, _ *nothing) (*out[dashboard.Overview], error) {
			return answer(r.s.Dashboard.Overview(ctx, s.Org))
		})
	mount(r, route{method: http.MethodGet, path: "/labs", id: "labs", tag: tagLabs, rule: person(), summary: "Labs"}, r.listLabs)
	mount(r, route{method: http.MethodPost, path: "/labs", id: "addLab", tag: tagLabs, rule: may(people.RoleOwner, people.RoleAdmin), summary: "Add a lab"}, r.addLab)
	mount(r, route{method: http.MethodPost, path: "/labs/{id}/enrol-code", id: "newEnrolCode", tag: tagLabs, rule: may(people.RoleOwner, people.RoleAdmin), summary: "Make a code by which a node joins the lab"},
		func(ctx context.Context, s httpkit.Session, in *keyedID) (*out[EnrolCode], error) {
			c, err := r.s.Fleet.NewCodeOnce(ctx, onceKey(s, in.Key), in.ID, s.User.String())
			return answer(EnrolCode{Code: c.Text, Expires: c.Expires}, err)
		})
	mount(r, route{method: http.MethodGet, path: "/nodes", id: "nodes", tag: tagLabs, rule: person(), summary: "Nodes with their states"}, r.listNodes)
	mount(r, route{method: http.MethodPost, path: "/nodes/{id}/status", id: "setNodeStatus", tag: tagLabs, rule: may(people.RoleOwner, people.RoleAdmin), summary: "Suspend, revoke or take back a node"},
		func(ctx context.Context, s httpkit.Session, in *byID[NodeStatus]) (*struct{}, error) {
			return nil, r.s.Fleet.SetStatus(ctx, s.Org, in.ID, in.Body.Status, s.Actor().String(), in.Body.Note)
		})
	mount(r, route{method: http.MethodPost, path: "/nodes/{id}/rebuild-code", id: "newRebuildCode", tag: tagLabs, rule: may(people.RoleOwner, people.RoleAdmin), summary: "Give a node up for lost: revoke it, and make a code by which another machine becomes it"},
		func(ctx context.Context, s httpkit.Session, in *onlyID) (*out[EnrolCode], error) {
			c, err := r.s.Fleet.NewRebuildCode(ctx, s.Org, in.ID, s.User.String())
			return answer(EnrolCode{Code: c.Text, Expires: c.Expires}, err)
		})
	mount(r, route{method: http.MethodGet, path: "/nodes/{id}/events", id: "nodeEvents", tag: tagLabs, rule: person(), summary: "What happened to a node"}, r.nodeEvents)
}

func (r *routes) listLabs(ctx context.Context, s httpkit.Session, _ *nothing) (*out[Labs], error) {
	labs, err := r.s.Fleet.Labs(ctx, s.Org)
	res := Labs{Labs: []Lab{}}
	for _, l := range labs {
		res.Labs = append(res.Labs, Lab{ID: l.ID, Name: l.Name, City: l.City})
	}
	return answer(res, err)
}

func (r *routes) addLab(ctx context.Context, s httpkit.Session, in *keyed[NewLab]) (*out[Lab], error) {
	l, err := r.s.Fleet.AddLabOnce(ctx, onceKey(s, in.Key), in.Body.Name, in.Body.City)
	return answer(Lab{ID: l.ID, Name: l.Name, City: l.City}, err)
}

func (r *routes) listNodes(ctx context.Context, s httpkit.Session, _ *nothing) (*out[Nodes], error) {
	nodes, err := r.s.Fleet.Nodes(ctx, s.Org)
	res := Nodes{Nodes: []Node{}}
	for i := range nodes {
		res.Nodes = append(res.Nodes, nodeOf(&nodes[i]))
	}
	return answer(res, err)
}

func (r *routes) nodeEvents(ctx context.Context, s httpkit.Session, in *onlyID) (*out[NodeEvents], error) {
	events, err := r.s.Fleet.Events(ctx, s.Org, in.ID)
	if err != nil {
		return nil, err
	}
	users, err := r.s.People.List(ctx, s.Org)
	names := map[string]string{}
	for _, u := range users {
		names[u.ID.String()], names["user:"+u.ID.String()] = u.Name, u.Name
	}
	res := NodeEvents{Events: []NodeEvent{}}
	for _, e := range events {
		by := names[e.Actor]
		if by == "" {
			by = e.Actor
		}
		res.Events = append(res.Events, NodeEvent{At: e.At, Kind: e.Kind, By: by, Note: e.Note})
	}
	return answer(res, err)
}

func nodeOf(n *fleet.Node) Node {
	return Node{
		ID: n.ID, Lab: n.Lab, LabName: n.LabName, Name: n.Name, Code: n.Code, Status: n.Status, State: n.State, OfflineSince: n.OfflineSince,
		LastSeen: n.LastSeen, LastPush: n.LastPush, LastPull: n.LastPull, Version: n.Version, SkewMS: n.Skew.Milliseconds(),
		Pending: n.Pending, OldestPending: n.OldestPending, Entries: n.Entries, EnrolledAt: n.EnrolledAt,
	}
}

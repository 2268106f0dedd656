package api

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/people"
)

// Users are the people who may log in at the hub.
type Users struct {
	Users []people.User `json:"users"`
}

// NewUser is what a user is made of.
type NewUser struct {
	Login    string `json:"login" minLength:"3" maxLength:"80"`
	Name     string `json:"name" minLength:"1" maxLength:"120"`
	Role     string `json:"role" enum:"owner,admin,accountant,auditor"`
	Password string `json:"password" minLength:"12" maxLength:"128"`
}

// Disabled lets a person in no more, or again.
type Disabled struct {
	Disabled bool `json:"disabled"`
}

func (r *routes) users() {
	admin := may(people.RoleOwner, people.RoleAdmin)
	mount(r, route{method: http.MethodGet, path: "/users", id: "users", tag: tagUsers, rule: admin, summary: "Users of the hub"},
		func(ctx context.Context, s httpkit.Session, _ *nothing) (*out[Users], error) {
			list, err := r.s.People.List(ctx, s.Org)
			return answer(Users{Users: list}, err)
		})
	mount(r, route{method: http.MethodPost, path: "/users", id: "addUser", tag: tagUsers, rule: may(people.RoleOwner), summary: "Add a user"},
		func(ctx context.Context, s httpkit.Session, in *keyed[NewUser]) (*out[people.User], error) {
			return answer(r.s.People.AddOnce(ctx, onceKey(s, in.Key), in.Body.Login, in.Body.Name, in.Body.Role, in.Body.Password))
		})
	mount(r, route{method: http.MethodPost, path: "/users/{id}/disabled", id: "setUserDisabled", tag: tagUsers, rule: may(people.RoleOwner), summary: "Let a person in no more, or again"}, r.setDisabled)
}

// setDisabled ends the person's sessions in the same request: who is disabled is out at once.
func (r *routes) setDisabled(ctx context.Context, s httpkit.Session, in *byID[Disabled]) (*struct{}, error) {
	if err := r.s.People.SetDisabled(ctx, s.Org, s.User, in.ID, in.Body.Disabled); err != nil {
		return nil, err
	}
	if !in.Body.Disabled {
		return nil, nil //nolint:nilnil // an operation without an answer
	}
	_, err := r.s.Sessions.Kill(ctx, func(o httpkit.Session) bool { return o.Org == s.Org && o.User == in.ID })
	return nil, err
}

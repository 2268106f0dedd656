package api

import (
	"context"
	"errors"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/people"
	"jaanch/internal/lab"
)

// Login is a person's log-in.
type Login struct {
	Login    string `json:"login" minLength:"1" maxLength:"80"`
	Password string `json:"password" minLength:"1" maxLength:"128"`
}

// Me is who is logged in.
type Me struct {
	ID   lab.ID `json:"id" format:"uuid"`
	Name string `json:"name"`
	Role string `json:"role" enum:"owner,admin,accountant,auditor"`
}

type loggedIn struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Me
}

type loggedOut struct {
	SetCookie string `header:"Set-Cookie"`
	Clear     string `header:"Clear-Site-Data"`
}

const sessionPath = "/session"

func (r *routes) session() {
	mount(r, route{method: http.MethodPost, path: sessionPath, id: "login", tag: tagSession, rule: public(), summary: "Log in"}, r.login)
	mount(r, route{method: http.MethodGet, path: sessionPath, id: "me", tag: tagSession, rule: public(), summary: "Who is logged in", empty: "Nobody is logged in"}, whoAmI)
	mount(r, route{method: http.MethodDelete, path: sessionPath, id: "logout", tag: tagSession, rule: person(), summary: "Log out"}, r.logout)
}

// sessionFound is who is logged in, or status 204 where nobody is.
type sessionFound struct {
	Status int
	Body   Me
}

// whoAmI is asked on every first load, so nobody logged in is an answer and not a fault.
func whoAmI(_ context.Context, s httpkit.Session, _ *nothing) (*sessionFound, error) {
	if s.User == (lab.ID{}) {
		return &sessionFound{Status: http.StatusNoContent}, nil
	}
	return &sessionFound{Status: http.StatusOK, Body: meOf(s)}, nil
}

func meOf(s httpkit.Session) Me {
	me := Me{ID: s.User, Name: s.Name}
	if len(s.Roles) > 0 {
		me.Role = s.Roles[0]
	}
	return me
}

func (r *routes) login(ctx context.Context, _ httpkit.Session, in *body[Login]) (*loggedIn, error) {
	keys := []string{httpkit.AccountKey(in.Body.Login)}
	if ip := remoteOf(ctx); ip != "" {
		keys = append(keys, httpkit.AddressKey(ip))
	}
	done, err := r.s.Throttle.Begin(ctx, keys...)
	if err != nil {
		return nil, err
	}
	user, err := r.s.People.Check(ctx, in.Body.Login, in.Body.Password)
	if err := errors.Join(err, done(ctx, err == nil)); err != nil {
		return nil, err
	}
	return r.open(ctx, user)
}

func (r *routes) open(ctx context.Context, user people.User) (*loggedIn, error) {
	session, cookie, err := r.s.Sessions.Login(ctx, httpkit.Session{User: user.ID, Org: user.Org, Name: user.Name, Roles: []string{user.Role}})
	if err != nil {
		return nil, err
	}
	return &loggedIn{SetCookie: cookie.String(), Body: meOf(session)}, nil
}

func (r *routes) logout(ctx context.Context, _ httpkit.Session, _ *nothing) (*loggedOut, error) {
	cookie, err := r.s.Sessions.Logout(ctx)
	if err != nil {
		return nil, err
	}
	return &loggedOut{SetCookie: cookie.String(), Clear: httpkit.ClearSiteData}, nil
}

type remoteKey struct{}

// Remote puts the address of the peer into the context, for the throttle of log-ins and enrolments.
func Remote(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), remoteKey{}, httpkit.RemoteIP(r))))
	})
}

func remoteOf(ctx context.Context) string {
	ip, _ := ctx.Value(remoteKey{}).(string)
	return ip
}

package api

import (
	"context"
	"net/http"
	"time"

	"jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
)

// sessionOut is a session with its cookie.
type sessionOut struct {
	Cookie string `header:"Set-Cookie"`
	Body   setup.Session
}

// sessionFound is a session, or status 204 where nobody is logged in.
type sessionFound struct {
	Status int
	Body   setup.Session
}

type loggedOut struct {
	Cookie string `header:"Set-Cookie"`
	Clear  string `header:"Clear-Site-Data"`
}

func (r *routes) login(ctx context.Context, in *body[setup.Login]) (*sessionOut, error) {
	u, err := r.s.Office.Login(ctx, remoteOf(ctx), in.Body)
	if err != nil {
		return nil, err
	}
	return r.begin(ctx, u, in.Body.Station)
}

// begin opens a session of a person who has just proved who they are.
func (r *routes) begin(ctx context.Context, u setup.User, station string) (*sessionOut, error) {
	session, cookie, err := r.s.Sessions.Login(ctx, httpkit.Session{User: u.ID, Name: u.Login, Roles: u.Roles, Station: station, Remote: remoteOf(ctx)})
	if err != nil {
		return nil, err
	}
	return r.shown(ctx, session, cookie)
}

func (r *routes) shown(ctx context.Context, session httpkit.Session, cookie *http.Cookie) (*sessionOut, error) {
	body, err := r.s.Office.Session(ctx, session.Actor())
	if err != nil {
		return nil, err
	}
	body.ExpiresAt = session.LastSeen.Add(time.Hour)
	if until := session.Proved.Add(StepUpFor); !session.Proved.IsZero() && until.After(r.now()) {
		body.StepUpUntil = &until
	}
	o := &sessionOut{Body: body}
	if cookie != nil {
		o.Cookie = cookie.String()
	}
	return o, nil
}

func (r *routes) logout(ctx context.Context, _ *nothing) (*loggedOut, error) {
	session, err := httpkit.SessionOf(ctx)
	if err != nil {
		return nil, err
	}
	cookie, err := r.s.Sessions.Logout(ctx)
	if err != nil {
		return nil, err
	}
	r.s.Live.Drop(session.ID)
	return &loggedOut{Cookie: cookie.String(), Clear: httpkit.ClearSiteData}, nil
}

func (r *routes) whoAmI(ctx context.Context, _ *nothing) (*sessionFound, error) {
	session, err := httpkit.SessionOf(ctx)
	if lab.KindOf(err) == lab.KindUnauthenticated {
		return &sessionFound{Status: http.StatusNoContent}, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := r.shown(ctx, session, nil)
	if lab.KindOf(err) == lab.KindUnauthenticated { // the account is gone
		return &sessionFound{Status: http.StatusNoContent}, nil
	}
	if err != nil {
		return nil, err
	}
	return &sessionFound{Status: http.StatusOK, Body: out.Body}, nil
}

func (r *routes) stepUp(ctx context.Context, in *body[setup.StepUp]) (*sessionOut, error) {
	if _, err := r.s.Office.Prove(ctx, actorOf(ctx), in.Body); err != nil {
		return nil, err
	}
	session, cookie, err := r.s.Sessions.Prove(ctx)
	if err != nil {
		return nil, err
	}
	return r.shown(ctx, session, cookie)
}

func (r *routes) switchPerson(ctx context.Context, in *body[setup.Switch]) (*sessionOut, error) {
	old, err := httpkit.SessionOf(ctx)
	if err != nil {
		return nil, err
	}
	u, err := r.s.Office.Switch(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if _, err := r.s.Sessions.Kill(ctx, func(s httpkit.Session) bool { return s.ID == old.ID }); err != nil {
		return nil, err
	}
	r.s.Live.Drop(old.ID)
	return r.begin(ctx, u, old.Station)
}

func (r *routes) setPIN(ctx context.Context, in *body[setup.SetPIN]) (*struct{}, error) {
	return nil, r.s.Office.SetPIN(ctx, actorOf(ctx), in.Body)
}

func (r *routes) setPassword(ctx context.Context, in *body[setup.SetPassword]) (*struct{}, error) {
	return nil, r.s.Office.SetPassword(ctx, actorOf(ctx), in.Body)
}

func (r *routes) firstRun(ctx context.Context, in *create[setup.First]) (*sessionOut, error) {
	id, err := r.s.Office.First(ctx, in.Key, in.Body, r.s.NodeCode())
	if err != nil {
		return nil, err
	}
	u, err := r.s.Office.User(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.begin(ctx, u, "")
}

// changeUser changes an account; one that is switched off, or whose roles changed, loses its sessions at once.
func (r *routes) changeUser(ctx context.Context, in *bodyByID[setup.UserInput]) (*out[setup.User], error) {
	u, err := r.s.Office.ChangeUser(ctx, actorOf(ctx), in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	return &out[setup.User]{Body: u}, r.endSessions(ctx, in.ID)
}

func (r *routes) resetPassword(ctx context.Context, in *bodyByID[setup.ResetPassword]) (*struct{}, error) {
	if err := r.s.Office.ResetPassword(ctx, actorOf(ctx), in.ID, in.Body); err != nil {
		return nil, err
	}
	return nil, r.endSessions(ctx, in.ID)
}

func (r *routes) endSessions(ctx context.Context, user lab.ID) error {
	ended, err := r.s.Sessions.Kill(ctx, func(s httpkit.Session) bool { return s.User == user })
	r.s.Live.Drop(ended...)
	return err
}

// Package people keeps the users of the hub: owners, administrators, accountants and auditors of an organisation. They are
// not the users of the labs, whose log-ins are made at the node and stay there.
package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// The roles of the hub.
const (
	RoleOwner      = "owner"
	RoleAdmin      = "admin"
	RoleAccountant = "accountant"
	RoleAuditor    = "auditor"
)

// People works on the hub's database. All fields must be set.
type People struct {
	DB        *postgres.DB
	Passwords *httpkit.Passwords
	Clock     func() time.Time
	NewID     func() lab.ID
}

// User is a person who may log in at the hub.
type User struct {
	ID        lab.ID     `json:"id" format:"uuid"`
	Org       lab.ID     `json:"-"`
	Login     string     `json:"login"`
	Name      string     `json:"name"`
	Role      string     `json:"role" enum:"owner,admin,accountant,auditor"`
	Disabled  bool       `json:"disabled"`
	LastLogin *time.Time `json:"last_login,omitempty"`
}

// Add makes a user. The password must meet the rules of httpkit.
func (p *People) Add(ctx context.Context, org lab.ID, login, name, role, password string) (User, error) {
	return p.AddOnce(ctx, once.Key{Org: org}, login, name, role, password)
}

// AddOnce is Add in the key's organisation; a repeat gives the user that the first one made. The password is no part of what
// makes two requests the same: a hash of it that is quick to compute must stand nowhere.
func (p *People) AddOnce(ctx context.Context, key once.Key, login, name, role, password string) (User, error) {
	org := key.Org
	login, name = normal(login), strings.TrimSpace(name)
	switch {
	case len(login) < 3 || len(login) > 80 || strings.ContainsAny(login, " \t\r\n"):
		return User{}, lab.Invalid("login", "A log-in has 3 to 80 characters without blanks.", lab.FieldError{Field: "login", Code: "login"})
	case name == "" || len(name) > 120:
		return User{}, lab.Invalid("name", "Give the person's name.", lab.FieldError{Field: "name", Code: "required"})
	case role != RoleOwner && role != RoleAdmin && role != RoleAccountant && role != RoleAuditor:
		return User{}, lab.Invalid("role", "The roles are owner, admin, accountant and auditor.", lab.FieldError{Field: "role", Code: "enum"})
	}
	if err := p.Passwords.Allowed(password, login, name); err != nil {
		return User{}, err
	}
	hash, err := p.Passwords.Hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	u := User{ID: p.NewID(), Org: org, Login: login, Name: name, Role: role}
	u.ID, err = once.ID(ctx, p.DB, p.Clock(), key, "user.add", [3]string{login, name, role}, func(tx pgx.Tx) (lab.ID, error) {
		err := p.DB.Queries().InsertUser(ctx, tx, queries.InsertUserParams{
			Org: org, ID: u.ID, Login: login, Name: name, Role: role, Hash: hash, CreatedAt: p.Clock(),
		})
		if err != nil {
			return u.ID, fmt.Errorf("add user: %w", err)
		}
		if err := p.DB.Queries().InsertLogin(ctx, tx, queries.InsertLoginParams{Login: login, Org: org, UserID: u.ID}); err != nil {
			return u.ID, fmt.Errorf("add user: %w", err)
		}
		return u.ID, nil
	})
	if constraint, is := postgres.IsUnique(err); is && constraint == "login_pkey" {
		return User{}, lab.Conflict("login_taken", "Somebody has this log-in already.")
	}
	return u, err
}

// errLogin is the one answer to every log-in that fails.
var errLogin = &lab.Error{Kind: lab.KindUnauthenticated, Code: "login_failed", Message: "The log-in or the password is wrong."}

// Check holds a password against a log-in. It takes the same time whether the person exists or not.
func (p *People) Check(ctx context.Context, login, password string) (User, error) {
	row, err := p.DB.Queries().UserByLogin(ctx, p.DB.Pool(), normal(login))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return User{}, fmt.Errorf("log in: %w", err)
	}
	match, rehash, err := p.Passwords.Check(ctx, password, row.Hash)
	if err != nil {
		return User{}, err
	}
	if !match || row.Disabled {
		return User{}, errLogin
	}
	if rehash != "" {
		if err := p.DB.Queries().SetUserHash(ctx, p.DB.Pool(), queries.SetUserHashParams{Org: row.Org, ID: row.ID, Hash: rehash}); err != nil {
			return User{}, fmt.Errorf("log in: %w", err)
		}
	}
	now := p.Clock()
	if err := p.DB.Queries().UserLoggedIn(ctx, p.DB.Pool(), queries.UserLoggedInParams{Org: row.Org, ID: row.ID, LastLogin: &now}); err != nil {
		return User{}, fmt.Errorf("log in: %w", err)
	}
	return userOf(&row), nil
}

// List gives the users of an organisation by name.
func (p *People) List(ctx context.Context, org lab.ID) ([]User, error) {
	rows, err := p.DB.Queries().Users(ctx, p.DB.Pool(), org)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	out := make([]User, len(rows))
	for i := range rows {
		out[i] = userOf(&rows[i])
	}
	return out, nil
}

// SetDisabled lets a person in no more, or again. Nobody does it to themselves.
func (p *People) SetDisabled(ctx context.Context, org, by, user lab.ID, disabled bool) error {
	if by == user {
		return lab.Forbidden("own_account", "Nobody can disable their own account.")
	}
	n, err := p.DB.Queries().SetUserDisabled(ctx, p.DB.Pool(), queries.SetUserDisabledParams{Org: org, ID: user, Disabled: disabled})
	if err != nil {
		return fmt.Errorf("disable user: %w", err)
	}
	if n == 0 {
		return lab.NotFound("user_unknown", "There is no such user.")
	}
	return nil
}

func normal(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

func userOf(r *queries.HubUser) User {
	return User{ID: r.ID, Org: r.Org, Login: r.Login, Name: r.Name, Role: r.Role, Disabled: r.Disabled, LastLogin: r.LastLogin}
}

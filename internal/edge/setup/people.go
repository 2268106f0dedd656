package setup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Users gives all accounts.
func (o *Office) Users(ctx context.Context) (Users, error) {
	out := Users{Users: []User{}, Roles: []string{}}
	for _, r := range access.Roles() {
		if r != access.HubAdmin && r != access.Support {
			out.Roles = append(out.Roles, string(r))
		}
	}
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.Users(ctx)
		if err != nil {
			return fmt.Errorf("read accounts: %w", err)
		}
		for _, r := range rows {
			u, err := userView(ctx, tx, queries.UserRow(r))
			if err != nil {
				return err
			}
			out.Users = append(out.Users, u)
		}
		return nil
	})
	return out, err
}

// AddUser adds an account. Its password is to be changed at the first log-in.
func (o *Office) AddUser(ctx context.Context, actor lab.Actor, key string, in UserInput) (User, error) {
	if err := o.passwords.Allowed(in.Password, in.Login, in.Name); err != nil {
		return User{}, err
	}
	hash, err := o.passwords.Hash(ctx, in.Password)
	if err != nil {
		return User{}, err
	}
	shown := in
	shown.Password = ""
	id, err := once.Do(ctx, o.db, actor, key, "user.add", shown, func(tx *sqlite.Tx) (lab.ID, error) {
		return insertUser(ctx, tx, in, hash, true)
	})
	if err != nil {
		return User{}, err
	}
	return o.User(ctx, id)
}

// User gives one account.
func (o *Office) User(ctx context.Context, id lab.ID) (User, error) {
	var out User
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.User(ctx, queries.ID(id))
		if errors.Is(err, sql.ErrNoRows) {
			return lab.NotFound("user_not_found", "There is no such account.")
		}
		if err != nil {
			return fmt.Errorf("read account %s: %w", id, err)
		}
		out, err = userView(ctx, tx, row)
		return err
	})
	return out, err
}

// ChangeUser changes an account, its roles, or switches it off. Nobody changes their own roles.
func (o *Office) ChangeUser(ctx context.Context, actor lab.Actor, id lab.ID, in UserInput) (User, error) {
	seen, err := parseVersions(in.Versions)
	if err != nil {
		return User{}, err
	}
	if id == actor.ID {
		return User{}, lab.Forbidden("own_roles", "Nobody changes their own account here.")
	}
	err = o.db.Update(ctx, actor, "user.change", func(tx *sqlite.Tx) error {
		if err := freeLogin(ctx, tx, in.Login, id); err != nil {
			return err
		}
		row, err := userRow(in)
		if err != nil {
			return err
		}
		if err := tx.Change("user", id, nil, row, sqlite.Expect(seen)); err != nil {
			return err
		}
		return setRoles(ctx, tx, id, in.Roles)
	})
	if err != nil {
		return User{}, err
	}
	return o.User(ctx, id)
}

// ResetPassword gives an account a new password, to be changed at the next log-in.
func (o *Office) ResetPassword(ctx context.Context, actor lab.Actor, id lab.ID, in ResetPassword) error {
	u, err := o.User(ctx, id)
	if err != nil {
		return err
	}
	return o.setPassword(ctx, actor, u, in.Password, true)
}

func (o *Office) setPassword(ctx context.Context, actor lab.Actor, u User, password string, mustChange bool) error {
	if err := o.passwords.Allowed(password, u.Login, u.Name); err != nil {
		return err
	}
	hash, err := o.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return o.db.Update(ctx, actor, "user.password", func(tx *sqlite.Tx) error {
		if err := queries.New(tx).SetPassword(ctx, queries.SetPasswordParams{UserID: queries.ID(u.ID), PasswordHash: hash, MustChange: flag(mustChange)}); err != nil {
			return fmt.Errorf("keep the password of %s: %w", u.ID, err)
		}
		return tx.Change("user", u.ID, nil, sqlite.Row{"password_ms": tx.Now().UnixMilli()})
	})
}

// Reopen gives an administrator of a node that was made again a password for one log-in, in the Update in which finish
// makes the rest of the node ready.
func (o *Office) Reopen(ctx context.Context, u User, password string, finish func(tx *sqlite.Tx) error) error {
	hash, err := o.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return o.db.Update(ctx, lab.System(), "rebuild", func(tx *sqlite.Tx) error {
		if err := queries.New(tx).SetPassword(ctx, queries.SetPasswordParams{UserID: queries.ID(u.ID), PasswordHash: hash, MustChange: 1}); err != nil {
			return fmt.Errorf("keep the password of %s: %w", u.ID, err)
		}
		if err := tx.Change("user", u.ID, nil, sqlite.Row{"password_ms": tx.Now().UnixMilli()}); err != nil {
			return err
		}
		return finish(tx)
	})
}

func insertUser(ctx context.Context, tx *sqlite.Tx, in UserInput, hash string, mustChange bool) (lab.ID, error) {
	id := tx.NewID()
	if err := freeLogin(ctx, tx, in.Login, id); err != nil {
		return id, err
	}
	row, err := userRow(in)
	if err != nil {
		return id, err
	}
	row["preferences"], row["password_ms"] = "{}", tx.Now().UnixMilli()
	if err := tx.Insert("user", id, row); err != nil {
		return id, err
	}
	if err := setRoles(ctx, tx, id, in.Roles); err != nil {
		return id, err
	}
	err = queries.New(tx).SetPassword(ctx, queries.SetPasswordParams{UserID: queries.ID(id), PasswordHash: hash, MustChange: flag(mustChange)})
	if err != nil {
		return id, fmt.Errorf("keep the password of %s: %w", id, err)
	}
	return id, nil
}

func freeLogin(ctx context.Context, tx *sqlite.Tx, login string, id lab.ID) error {
	ids, err := queries.New(tx).UserByLogin(ctx, strings.ToLower(login))
	if err != nil {
		return fmt.Errorf("look for a log-in name: %w", err)
	}
	if slices.ContainsFunc(ids, func(other queries.ID) bool { return lab.ID(other) != id }) {
		return lab.Invalid("login_taken", "Somebody else has this log-in name.", lab.FieldError{Field: "login", Code: "taken", Message: "Choose another name."})
	}
	return nil
}

func userRow(in UserInput) (sqlite.Row, error) {
	departments, err := json.Marshal(append([]string{}, in.Departments...))
	if err != nil {
		return nil, fmt.Errorf("encode departments: %w", err)
	}
	return sqlite.Row{
		"login": strings.ToLower(in.Login), "name": in.Name, "qualification": orNil(in.Qualification), "registration": orNil(in.Registration),
		"phone": orNil(in.Phone), "departments": string(departments), "active": in.Active,
	}, nil
}

// setRoles gives and takes roles until the account has exactly these.
func setRoles(ctx context.Context, tx *sqlite.Tx, user lab.ID, roles []string) error {
	have, err := queries.New(tx).RolesOf(ctx, queries.ID(user))
	if err != nil {
		return fmt.Errorf("read the roles of %s: %w", user, err)
	}
	for _, h := range have {
		if !slices.Contains(roles, h.Role) {
			if err := tx.Tombstone("user_role", lab.ID(h.ID), "role.take"); err != nil {
				return err
			}
		}
	}
	for _, r := range roles {
		if !slices.Contains(access.Roles(), access.Role(r)) || r == string(access.HubAdmin) || r == string(access.Support) {
			return lab.Invalid("role_unknown", "There is no such role at a lab.", lab.FieldError{Field: "roles", Code: "unknown", Message: "Choose from the list."})
		}
		if slices.ContainsFunc(have, func(h queries.RolesOfRow) bool { return h.Role == r }) {
			continue
		}
		if err := tx.Insert("user_role", tx.NewID(), sqlite.Row{"user_id": user, "role": r, "given_ms": tx.Now().UnixMilli(), "given_by": tx.Actor().ID}); err != nil {
			return err
		}
	}
	return nil
}

func userView(ctx context.Context, tx *sqlite.ReadTx, row queries.UserRow) (User, error) {
	u := User{
		ID: lab.ID(row.ID), Login: row.Login, Name: row.Name, Qualification: row.Qualification, Registration: row.Registration, Phone: row.Phone,
		Active: row.Active != 0, HasPIN: row.HasPin != 0, Roles: []string{}, Departments: []string{},
	}
	if row.LastLoginMs > 0 {
		t := time.UnixMilli(row.LastLoginMs).UTC()
		u.LastLogin = &t
	}
	if err := json.Unmarshal([]byte(row.Departments), &u.Departments); err != nil {
		return u, fmt.Errorf("departments of account %s: %w", u.ID, err)
	}
	roles, err := queries.New(tx).RolesOf(ctx, row.ID)
	if err != nil {
		return u, fmt.Errorf("read the roles of %s: %w", u.ID, err)
	}
	for _, r := range roles {
		u.Roles = append(u.Roles, r.Role)
	}
	versions, err := tx.Versions(ctx, "user", u.ID)
	u.Versions = versions.String()
	return u, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

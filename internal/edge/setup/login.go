package setup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// pinTries is how often a PIN may be wrong before the password is asked for.
const pinTries = 3

// errLogin is the same for an unknown name, a wrong password and an account that is switched off.
func errLogin() error {
	return &lab.Error{Kind: lab.KindUnauthenticated, Code: "login_failed", Message: "Name or password is wrong."}
}

// Login checks name and password. Failures slow down the account and the address alike.
func (o *Office) Login(ctx context.Context, remote string, in Login) (User, error) {
	login := strings.ToLower(strings.TrimSpace(in.Login))
	done, err := o.throttle.Begin(httpkit.AccountKey(login), httpkit.AddressKey(remote))
	if err != nil {
		return User{}, err
	}
	u, err := o.checkPassword(ctx, login, in.Password)
	done(err == nil)
	if err != nil {
		return User{}, err
	}
	err = o.db.Update(ctx, lab.Actor{Kind: lab.ActorUser, ID: u.ID, Station: in.Station}, "user.login", func(tx *sqlite.Tx) error {
		return queries.New(tx).LoggedIn(ctx, queries.LoggedInParams{LastLoginMs: tx.Now().UnixMilli(), UserID: queries.ID(u.ID)})
	})
	return u, err
}

func (o *Office) checkPassword(ctx context.Context, login, password string) (User, error) {
	var u User
	var hash string
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		ids, err := q.UserByLogin(ctx, login)
		if err != nil {
			return fmt.Errorf("look for a log-in name: %w", err)
		}
		if len(ids) != 1 {
			return nil
		}
		row, err := q.User(ctx, ids[0])
		if err != nil {
			return fmt.Errorf("read account %s: %w", lab.ID(ids[0]), err)
		}
		if u, err = userView(ctx, tx, row); err != nil {
			return err
		}
		c, err := q.Credential(ctx, ids[0])
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		hash = c.PasswordHash
		return err
	})
	if err != nil {
		return u, err
	}
	match, rehash, err := o.passwords.Check(ctx, password, hash)
	if err != nil {
		return u, err
	}
	if !match || !u.Active || hash == "" {
		return u, errLogin()
	}
	if rehash == "" {
		return u, nil
	}
	return u, o.db.Update(ctx, lab.System(), "user.rehash", func(tx *sqlite.Tx) error {
		return queries.New(tx).SetPassword(ctx, queries.SetPasswordParams{UserID: queries.ID(u.ID), PasswordHash: rehash})
	})
}

// Prove checks the PIN or the password of somebody who is logged in.
func (o *Office) Prove(ctx context.Context, actor lab.Actor, in StepUp) (User, error) {
	u, err := o.User(ctx, actor.ID)
	if err != nil {
		return u, err
	}
	if in.PIN != "" {
		return u, o.checkPIN(ctx, u, in.PIN)
	}
	done, err := o.throttle.Begin(httpkit.AccountKey(u.Login))
	if err != nil {
		return u, err
	}
	_, err = o.checkPassword(ctx, u.Login, in.Password)
	done(err == nil)
	return u, err
}

// Switch checks the PIN of the person who takes over a station.
func (o *Office) Switch(ctx context.Context, in Switch) (User, error) {
	u, err := o.User(ctx, in.UserID)
	if err != nil {
		return u, err
	}
	if !u.Active {
		return u, errLogin()
	}
	return u, o.checkPIN(ctx, u, in.PIN)
}

// checkPIN compares a PIN; after three wrong ones only the password works, until it was used.
func (o *Office) checkPIN(ctx context.Context, u User, pin string) error {
	var c queries.CredentialRow
	err := o.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		c, err = q.Credential(ctx, queries.ID(u.ID))
		return err
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the PIN of %s: %w", u.ID, err)
	}
	if c.PinHash == "" || c.PinFails >= pinTries {
		return &lab.Error{Kind: lab.KindUnauthenticated, Code: "pin_locked", Message: "The PIN cannot be used now. Use the password."}
	}
	match, _, err := o.passwords.Check(ctx, pin, c.PinHash)
	if err != nil {
		return err
	}
	err = o.db.Update(ctx, lab.Actor{Kind: lab.ActorUser, ID: u.ID}, "user.pin_check", func(tx *sqlite.Tx) error {
		if match {
			return queries.New(tx).PINWorked(ctx, queries.ID(u.ID))
		}
		return queries.New(tx).PINFailed(ctx, queries.ID(u.ID))
	})
	if err == nil && !match {
		return &lab.Error{Kind: lab.KindUnauthenticated, Code: "pin_wrong", Message: "The PIN is wrong."}
	}
	return err
}

// SetPIN sets the own PIN.
func (o *Office) SetPIN(ctx context.Context, actor lab.Actor, in SetPIN) error {
	u, err := o.Prove(ctx, actor, StepUp{Password: in.Password})
	if err != nil {
		return err
	}
	hash, err := o.passwords.Hash(ctx, in.PIN)
	if err != nil {
		return err
	}
	return o.db.Update(ctx, actor, "user.pin", func(tx *sqlite.Tx) error {
		if err := queries.New(tx).SetPIN(ctx, queries.SetPINParams{UserID: queries.ID(u.ID), PinHash: hash}); err != nil {
			return fmt.Errorf("keep the PIN of %s: %w", u.ID, err)
		}
		return tx.Change("user", u.ID, nil, sqlite.Row{"pin_ms": tx.Now().UnixMilli()})
	})
}

// SetPassword sets the own password.
func (o *Office) SetPassword(ctx context.Context, actor lab.Actor, in SetPassword) error {
	u, err := o.Prove(ctx, actor, StepUp{Password: in.Old})
	if err != nil {
		return err
	}
	return o.setPassword(ctx, actor, u, in.New, false)
}

// SetPreferences keeps what the screens remember for a person.
func (o *Office) SetPreferences(ctx context.Context, actor lab.Actor, in Preferences) (Me, error) {
	raw, err := json.Marshal(in.Prefs)
	if err != nil {
		return Me{}, fmt.Errorf("encode preferences: %w", err)
	}
	err = o.db.Update(ctx, actor, "user.preferences", func(tx *sqlite.Tx) error {
		return tx.Change("user", actor.ID, nil, sqlite.Row{"language": orNil(in.Language), "preferences": string(raw)})
	})
	if err != nil {
		return Me{}, err
	}
	s, err := o.Session(ctx, actor)
	return s.User, err
}

// People gives those who can take over a station by PIN.
func (o *Office) People(ctx context.Context) (People, error) {
	out := People{People: []PersonLine{}}
	all, err := o.Users(ctx)
	for _, u := range all.Users {
		if u.Active && u.HasPIN {
			out.People = append(out.People, PersonLine{ID: u.ID, Name: u.Name, Roles: u.Roles})
		}
	}
	return out, err
}

// Session gives what the screens need to know about the person who is logged in.
func (o *Office) Session(ctx context.Context, actor lab.Actor) (Session, error) {
	out := Session{Permissions: []string{}}
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.User(ctx, queries.ID(actor.ID))
		if err != nil {
			return &lab.Error{Kind: lab.KindUnauthenticated, Code: "unauthenticated", Message: "Please log in.", Cause: err}
		}
		u, err := userView(ctx, tx, row)
		if err != nil {
			return err
		}
		out.User = Me{ID: u.ID, Login: u.Login, Name: u.Name, Roles: u.Roles, HasPIN: u.HasPIN, Language: row.Language, Prefs: map[string]string{}}
		if err := json.Unmarshal([]byte(row.Preferences), &out.User.Prefs); err != nil {
			return fmt.Errorf("preferences of account %s: %w", u.ID, err)
		}
		for _, a := range access.Actions() {
			if access.Visible(u.Roles, a) {
				out.Permissions = append(out.Permissions, string(a))
			}
		}
		setting, err := sqlite.ReadSetting(ctx, tx)
		out.Lab, out.NodeCode, out.Demo = setting.Name, setting.NodeCode, setting.Demo != 0
		return err
	})
	return out, err
}

package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// State tells how far the node is set up.
func (o *Office) State(ctx context.Context) (State, error) {
	out := State{Version: o.version, Languages: []string{"en", "hi"}}
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		users, err := q.CountUsers(ctx)
		if err != nil {
			return fmt.Errorf("count accounts: %w", err)
		}
		out.Ready = users > 0
		setting, err := sqlite.ReadSetting(ctx, tx)
		if lab.CodeOf(err) == "not_set_up" {
			return nil
		}
		out.Lab, out.Demo = setting.Name, setting.Demo != 0
		return err
	})
	return out, err
}

// Founding is what makes a lab: its identity, the node's code and the first accounts.
type Founding struct {
	Lab      LabInput
	NodeCode identifier.Node
	Demo     bool
	People   []UserInput
}

// First makes the lab and its first administrator, once; node is the code that the node's numbers begin with.
func (o *Office) First(ctx context.Context, key string, in First, node identifier.Node) (lab.ID, error) {
	in.Admin.Roles, in.Admin.Active = []string{string(access.Admin), string(access.Manager)}, true
	ids, err := o.Found(ctx, key, Founding{Lab: in.Lab, NodeCode: node, People: []UserInput{in.Admin}})
	if err != nil {
		return lab.ID{}, err
	}
	return ids[0], nil
}

// Found makes a lab with its first accounts. It is refused once an account exists.
func (o *Office) Found(ctx context.Context, key string, in Founding) ([]lab.ID, error) {
	hashes := make([]string, len(in.People))
	for i, p := range in.People {
		if err := o.passwords.Allowed(p.Password, p.Login, in.Lab.Name); err != nil && !in.Demo {
			return nil, err
		}
		if in.Demo && i > 0 && p.Password == in.People[i-1].Password {
			hashes[i] = hashes[i-1] // a demonstration starts quickly; its password is printed anyway
			continue
		}
		hash, err := o.passwords.Hash(ctx, p.Password)
		if err != nil {
			return nil, err
		}
		hashes[i] = hash
	}
	var ids []lab.ID
	_, err := once.Do(ctx, o.db, lab.System(), key, "lab.found", struct {
		Lab LabInput
		N   int
	}{in.Lab, len(in.People)}, func(tx *sqlite.Tx) (lab.ID, error) {
		ids = nil
		users, err := queries.New(tx).CountUsers(ctx)
		if err != nil {
			return lab.ID{}, fmt.Errorf("count accounts: %w", err)
		}
		if users > 0 {
			return lab.ID{}, lab.Conflict("already_set_up", "This node has an administrator already. Log in.")
		}
		row := labRow(in.Lab)
		row["node_code"], row["demo"] = string(in.NodeCode), in.Demo
		id := tx.NewID()
		if err := tx.Insert("lab_setting", id, row); err != nil {
			return lab.ID{}, err
		}
		if err := tx.SetState(sqlite.StateSetting, id.Bytes()); err != nil {
			return lab.ID{}, err
		}
		for i, p := range in.People {
			user, err := insertUser(ctx, tx, p, hashes[i], false)
			if err != nil {
				return lab.ID{}, err
			}
			ids = append(ids, user)
		}
		return id, nil
	})
	if err == nil && len(ids) == 0 {
		err = lab.Conflict("already_set_up", "This node has an administrator already. Log in.")
	}
	return ids, err
}

func labRow(in LabInput) sqlite.Row {
	language := in.Language
	if language == "" {
		language = "en"
	}
	return sqlite.Row{
		"name": in.Name, "name_local": orNil(in.NameLocal), "address": orNil(in.Address), "city": orNil(in.City), "state": orNil(in.State),
		"pin_code": orNil(in.PIN), "phone": orNil(in.Phone), "email": orNil(in.Email), "web": orNil(in.Web), "gstin": orNil(in.GSTIN), "nabl": orNil(in.NABL),
		"registration": orNil(in.Registration), "director": orNil(in.Director), "upi": orNil(in.UPI), "report_language": language, "letterhead": in.Letterhead,
		"verify_levels": max(1, in.Levels), "own_verify": in.OwnVerify, "auto_receive": in.AutoReceive, "discount_max": in.DiscountMax,
		"own_verify_in": orNil(strings.Join(in.OwnVerifyIn, "\n")),
	}
}

// Lab tells who the lab is.
func (o *Office) Lab(ctx context.Context) (Lab, error) {
	var out Lab
	err := o.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		s, err := sqlite.ReadSetting(ctx, tx)
		if err != nil {
			return err
		}
		versions, err := tx.Versions(ctx, "lab_setting", lab.ID(s.ID))
		if err != nil {
			return err
		}
		out = Lab{NodeCode: s.NodeCode, Versions: versions.String(), LabInput: LabInput{
			Name: s.Name, NameLocal: s.NameLocal, Address: s.Address, City: s.City, State: s.State, PIN: s.PinCode, Phone: s.Phone, Email: s.Email, Web: s.Web,
			GSTIN: s.Gstin, NABL: s.Nabl, Registration: s.Registration, Director: s.Director, UPI: s.Upi, Language: s.ReportLanguage,
			Letterhead: s.Letterhead != 0, Levels: int(s.VerifyLevels), OwnVerify: s.OwnVerify != 0, AutoReceive: s.AutoReceive != 0, DiscountMax: int(s.DiscountMax),
			OwnVerifyIn: sqlite.OwnVerifyIn(s),
		}}
		return nil
	})
	return out, err
}

// ChangeLab changes who the lab is and how it works.
func (o *Office) ChangeLab(ctx context.Context, actor lab.Actor, in LabChange) (Lab, error) {
	seen, err := parseVersions(in.Versions)
	if err != nil {
		return Lab{}, err
	}
	if in.Lab.GSTIN != "" {
		if _, err := identifier.ParseGSTIN(in.Lab.GSTIN); err != nil {
			return Lab{}, errors.Join(err)
		}
	}
	err = o.db.Update(ctx, actor, "lab.change", func(tx *sqlite.Tx) error {
		s, err := sqlite.ReadSetting(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Change("lab_setting", lab.ID(s.ID), nil, labRow(in.Lab), sqlite.Expect(seen))
	})
	if err != nil {
		return Lab{}, err
	}
	return o.Lab(ctx)
}

// DemoPINs gives every account of a demonstration lab the same PIN, which is printed.
func (o *Office) DemoPINs(ctx context.Context, users []lab.ID, pin string) error {
	hash, err := o.passwords.Hash(ctx, pin)
	if err != nil {
		return err
	}
	return o.db.Update(ctx, lab.System(), "demo.pins", func(tx *sqlite.Tx) error {
		for _, id := range users {
			if err := queries.New(tx).SetPIN(ctx, queries.SetPINParams{UserID: queries.ID(id), PinHash: hash}); err != nil {
				return fmt.Errorf("keep the PIN of %s: %w", id, err)
			}
			if err := tx.Change("user", id, nil, sqlite.Row{"pin_ms": tx.Now().UnixMilli()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetNodeCode gives the node another code, as the hub asks: numbers that exist stay, new ones begin with it.
func (o *Office) SetNodeCode(ctx context.Context, actor lab.Actor, code string) error {
	if _, err := identifier.ParseNode(code); err != nil {
		return err
	}
	return o.db.Update(ctx, actor, "node.code", func(tx *sqlite.Tx) error {
		s, err := sqlite.ReadSetting(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Change("lab_setting", lab.ID(s.ID), nil, sqlite.Row{"node_code": code})
	})
}

// Package dialect is the use cases of the lab's own profiles: clone one, edit it, try it on a message, make it the one in
// force, and go back. Every version is kept in the journal; what comes with the program cannot be changed, only cloned.
package dialect

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Desk is where profiles are written.
type Desk struct {
	db       *sqlite.DB
	profiles *profile.Set
	log      *slog.Logger
}

// New makes the desk. Profiles is the set that the lines read by; Learn brings it up to date.
func New(db *sqlite.DB, profiles *profile.Set, log *slog.Logger) *Desk {
	return &Desk{db: db, profiles: profiles, log: log}
}

// Learn makes the node read by the lab's own profiles as they stand now. A profile that today's program refuses is left
// out with a word in the log, so that one bad file never stops the lines.
func (d *Desk) Learn(ctx context.Context) error {
	own := map[string]string{}
	err := d.view(ctx, func(q *queries.Queries) error {
		rows, err := q.ProfilesNow(ctx)
		for _, r := range rows {
			if r.Text != "" {
				own[r.Name] = r.Text
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the lab's profiles: %w", err)
	}
	for name, text := range own {
		if _, problems := d.profiles.Check(name, text); len(problems) > 0 || d.builtin(name) {
			d.log.Warn("a profile of the lab is left out: this program refuses it", "name", name, "problems", len(problems))
			delete(own, name)
		}
	}
	return d.profiles.Learn(own)
}

func (d *Desk) builtin(name string) bool {
	_, ok := profile.BuiltinText(name)
	return ok
}

func (d *Desk) view(ctx context.Context, fn func(q *queries.Queries) error) error {
	return d.db.View(ctx, func(tx *sqlite.ReadTx) error { return fn(queries.New(tx)) })
}

// ProfileEntry is one profile in the list.
type ProfileEntry struct {
	Name     string `json:"name"`
	Title    string `json:"title" doc:"As people call the analyzers."`
	Vendor   string `json:"vendor"`
	Models   string `json:"models"`
	Protocol string `json:"protocol"`
	Query    bool   `json:"host_query" doc:"Can answer questions for orders."`
	Own      bool   `json:"own" doc:"Written by this lab."`
	Version  int    `json:"version,omitempty"`
	Used     int    `json:"used" doc:"Analyzers that are read by it."`
	Codes    int    `json:"codes" doc:"Codes whose meaning it knows."`
}

// ProfileList are all profiles.
type ProfileList struct {
	Profiles []ProfileEntry `json:"profiles"`
}

// All gives every profile, the lab's own first.
func (d *Desk) All(ctx context.Context) (ProfileList, error) {
	out := ProfileList{Profiles: []ProfileEntry{}}
	used, versions := map[string]int{}, map[string]int{}
	err := d.view(ctx, func(q *queries.Queries) error {
		rows, err := q.ProfileUses(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			used[r.Profile] = int(r.N)
		}
		now, err := q.ProfilesNow(ctx)
		for _, r := range now {
			versions[r.Name] = int(r.Version)
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read the use of profiles: %w", err)
	}
	for _, p := range d.profiles.All() {
		out.Profiles = append(out.Profiles, ProfileEntry{
			Name: p.ID, Title: p.Name, Vendor: p.Vendor, Models: strings.Join(p.Models, ", "), Protocol: string(p.Protocol),
			Query: len(p.Query.Sample) > 0, Own: d.profiles.Own(p.ID), Version: versions[p.ID], Used: used[p.ID], Codes: len(p.Codes),
		})
	}
	return out, nil
}

// ProfileText is a profile as it is written.
type ProfileText struct {
	Name     string           `json:"name"`
	Own      bool             `json:"own"`
	Text     string           `json:"text"`
	Version  int              `json:"version" doc:"0 for one that comes with the program."`
	Versions []ProfileVersion `json:"versions" doc:"Newest first."`
}

// ProfileVersion is one version of a profile.
type ProfileVersion struct {
	Version int       `json:"version"`
	Text    string    `json:"text"`
	Note    string    `json:"note"`
	UserID  lab.ID    `json:"user_id"`
	At      time.Time `json:"at"`
}

// Read gives one profile with its versions.
func (d *Desk) Read(ctx context.Context, name string) (ProfileText, error) {
	out := ProfileText{Name: name, Versions: []ProfileVersion{}}
	if text, ok := profile.BuiltinText(name); ok {
		out.Text = text
		return out, nil
	}
	err := d.view(ctx, func(q *queries.Queries) error {
		rows, err := q.ProfileVersions(ctx, name)
		for _, r := range rows {
			out.Versions = append(out.Versions, ProfileVersion{Version: int(r.Version), Text: r.Text, Note: r.Note, UserID: lab.ID(r.UserID), At: time.UnixMilli(r.AtMs).UTC()})
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read the versions of profile %s: %w", name, err)
	}
	if len(out.Versions) == 0 {
		return out, lab.NotFound("profile_not_found", "There is no such profile.")
	}
	out.Own, out.Text, out.Version = true, out.Versions[0].Text, out.Versions[0].Version
	return out, nil
}

// ProfileSave is a new version of one of the lab's profiles, or a new profile.
type ProfileSave struct {
	Name    string `json:"name" minLength:"1" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$"`
	Text    string `json:"text" maxLength:"200000" doc:"Empty withdraws the profile."`
	Note    string `json:"note,omitempty" maxLength:"200" doc:"What was changed and why."`
	Version int    `json:"version" doc:"The version that the person saw; 0 for a new profile."`
}

// Save checks a profile and puts it in force, on the lines too, at once.
func (d *Desk) Save(ctx context.Context, actor lab.Actor, in ProfileSave) (ProfileText, error) {
	if d.builtin(in.Name) {
		return ProfileText{}, lab.Conflict("profile_builtin", "This profile comes with the program. Clone it under another name.")
	}
	if in.Text != "" {
		if _, problems := d.profiles.Check(in.Name, in.Text); len(problems) > 0 {
			return ProfileText{}, refused(problems)
		}
	}
	err := d.db.Update(ctx, actor, "profile.save", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		have, err := q.ProfileVersions(ctx, in.Name)
		if err != nil {
			return fmt.Errorf("read the versions of profile %s: %w", in.Name, err)
		}
		newest := 0
		if len(have) > 0 {
			newest = int(have[0].Version)
		}
		if newest != in.Version {
			return lab.Conflict("stale_record", "Somebody saved another version meanwhile. Load it and put your change into it.")
		}
		if in.Text == "" {
			if err := unused(ctx, q, in.Name); err != nil {
				return err
			}
		}
		return tx.Insert("instrument_profile", tx.NewID(), sqlite.Row{
			"name": in.Name, "version": newest + 1, "text": in.Text, "note": in.Note, "user_id": actor.ID, "at_ms": tx.Now().UnixMilli(),
		})
	})
	if err != nil {
		return ProfileText{}, err
	}
	if err := d.Learn(ctx); err != nil {
		return ProfileText{}, err
	}
	return d.Read(ctx, in.Name)
}

// unused refuses to withdraw a profile by which an analyzer is read.
func unused(ctx context.Context, q *queries.Queries, name string) error {
	uses, err := q.ProfileUses(ctx)
	if err != nil {
		return fmt.Errorf("read the use of profiles: %w", err)
	}
	for _, u := range uses {
		if u.Profile == name {
			return lab.Conflict("profile_in_use", "An analyzer is read by this profile. Give the analyzer another one first.")
		}
	}
	return nil
}

// refused puts problems into the error's fields: text.LINE names the line.
func refused(problems []profile.Problem) error {
	var fields []lab.FieldError
	for _, p := range problems {
		fields = append(fields, lab.FieldError{Field: fmt.Sprintf("text.%d", p.Line), Code: "profile", Message: strings.TrimPrefix(p.Key+": "+p.Text, ": ")})
	}
	return lab.Invalid("profile_wrong", "The profile has faults. See the lines that are marked.", fields...)
}

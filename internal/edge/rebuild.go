package edge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/wire"
)

// errRebuilding refuses to serve a node of which only a part has come back: it would tell people that a patient does not
// exist who does.
var errRebuilding = lab.Conflict("rebuild_open", "This node is being made again and not all of it is here yet. Run edge rebuild again to its end.")

// Rebuild says which node is made again.
type Rebuild struct {
	Hub   string
	Code  string // from the hub's administrator; not needed to go on with a rebuild that has begun
	Login string // of the administrator who gets a password for the first log-in; empty: the first one by name
	Say   func(line string)
}

// Rebuilt is what a rebuild brought back.
type Rebuilt struct {
	Claim    wire.RebuildReply
	Former   agent.Former
	Code     string // that the node's numbers begin with from now on
	People   []setup.User
	Login    string
	Password string // for one log-in; it is shown once and to be changed at once
}

// rebuildFile marks a folder in which a rebuild has begun. It says which node the machine is, before a database says so.
func (c *Config) rebuildFile() string { return filepath.Join(c.Data, "rebuild.json") }

// marker is what stands in that file.
type marker struct {
	Hub   string            `json:"hub"`
	Claim wire.RebuildReply `json:"claim"`
}

// RebuildNode makes a lost node again from the hub alone, on an empty folder. It may be killed at any point and run
// again. The node takes another key, epoch and code; everything that the hub has of the lab is pulled; the lost node's
// own journal comes back and its chain is checked, and the records are compared with it.
func RebuildNode(ctx context.Context, o Options, in Rebuild) (out Rebuilt, err error) {
	if in.Say == nil {
		in.Say = func(string) {}
	}
	m, err := claim(ctx, o, in)
	if err != nil {
		return out, err
	}
	o.Device = m.Claim.Device
	n, err := Open(ctx, o)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	s, err := n.Agent.Status(ctx)
	if err != nil {
		return out, err
	}
	if s.State == agent.StateAlone {
		if err := n.Agent.Adopt(ctx, m.Hub, m.Claim); err != nil {
			return out, err
		}
	}
	out.Claim = m.Claim
	if err := n.Agent.PullAll(ctx, func(entries int64) { in.Say(fmt.Sprintf("%d changes are here", entries)) }); err != nil {
		return out, err
	}
	if out.Former, err = n.Agent.Recall(ctx, m.Claim); err != nil {
		return out, err
	}
	if err := n.takeOffice(ctx, in.Login, &out); err != nil {
		return out, err
	}
	if err := n.Agent.PullAll(ctx, func(int64) {}); err != nil {
		in.Say("the node is whole; its new code goes to the hub with the next round: " + err.Error())
	}
	if err := os.Remove(o.Config.rebuildFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("rebuild: %w", err)
	}
	return out, nil
}

// claim gives the identity of the lost node: the one that was noted, or the hub's answer to the code.
func claim(ctx context.Context, o Options, in Rebuild) (marker, error) {
	var m marker
	text, err := os.ReadFile(o.Config.rebuildFile())
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &m); err != nil {
			return m, fmt.Errorf("rebuild: read %s: %w", filepath.Base(o.Config.rebuildFile()), err)
		}
		return m, nil
	case !errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("rebuild: %w", err)
	case in.Hub == "" || in.Code == "":
		return m, lab.Invalid("rebuild_code", "Give the hub's address and the rebuild code.")
	}
	if err := onlyKey(o.Config); err != nil {
		return m, err
	}
	if err := os.MkdirAll(o.Config.Data, 0o700); err != nil {
		return m, fmt.Errorf("make the data folder: %w", err)
	}
	key, err := agent.OpenKey(o.Config.KeyFile())
	if err != nil {
		return m, err
	}
	name, err := os.Hostname()
	if err != nil {
		name = "node"
	}
	m.Hub = in.Hub
	if m.Claim, err = agent.Claim(ctx, key, in.Hub, in.Code, name, nil); err != nil {
		return m, err
	}
	if text, err = json.Marshal(m); err != nil {
		return m, fmt.Errorf("rebuild: %w", err)
	}
	return m, writeWhole(o.Config.rebuildFile(), text)
}

// onlyKey refuses a folder that holds anything but the key that an interrupted rebuild made: nothing is ever overwritten.
func onlyKey(c Config) error {
	entries, err := os.ReadDir(c.Data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rebuild: %w", err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(c.KeyFile()) && e.Name() != filepath.Base(c.rebuildFile())+".part" {
			return lab.Conflict("rebuild_not_empty", "A node is made again in an empty folder alone; there is "+e.Name()+" in this one.")
		}
	}
	return nil
}

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(path string, text []byte) error {
	part := path + ".part"
	f, err := os.OpenFile(filepath.Clean(part), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}

// takeOffice makes the node ready for its people, in one Update: its own settings with the new code, and a password for
// the first log-in of one administrator. Passwords and PINs never leave a node, so those of the lost one are gone.
func (n *Node) takeOffice(ctx context.Context, login string, out *Rebuilt) error {
	users, err := n.Office.Users(ctx)
	if err != nil {
		return err
	}
	out.People = users.Users
	admin, err := administrator(out.People, login)
	if err != nil {
		return err
	}
	if out.Code, err = n.Agent.NodeCode(ctx); err != nil {
		return err
	}
	if _, err := identifier.ParseNode(out.Code); err != nil {
		return err
	}
	if out.Password, err = oncePassword(); err != nil {
		return err
	}
	out.Login = admin.Login
	return n.Office.Reopen(ctx, admin, out.Password, func(tx *sqlite.Tx) error {
		own, err := ownSetting(ctx, tx, n.DB.Device())
		if err != nil {
			return err
		}
		err = errors.Join(
			tx.SetState(sqlite.StateSetting, own.Bytes()),
			tx.Change("lab_setting", own, nil, sqlite.Row{"node_code": out.Code}),
			agent.EndRebuild(tx),
		)
		return err
	})
}

// ownSetting finds the row of the lab's settings that the lost node wrote as its own: other nodes of the lab have theirs.
func ownSetting(ctx context.Context, tx *sqlite.Tx, device lab.ID) (lab.ID, error) {
	rows, err := queries.New(tx).SettingOrigins(ctx)
	if err != nil {
		return lab.ID{}, fmt.Errorf("rebuild: find the node's settings: %w", err)
	}
	for _, r := range rows {
		if from, ok := wire.OriginDevice(r.OriginPos); ok && from == device {
			return lab.ID(r.Record), nil
		}
	}
	return lab.ID{}, lab.Conflict("rebuild_nothing", "The hub never received the settings of that node: there is nothing to make it from. Set up a new node and join it.")
}

// administrator picks who gets the password.
func administrator(people []setup.User, login string) (setup.User, error) {
	var admins []string
	for _, u := range people {
		if !u.Active || !slices.Contains(u.Roles, string(access.Admin)) {
			continue
		}
		if login == "" || strings.EqualFold(login, u.Login) {
			return u, nil
		}
		admins = append(admins, u.Login)
	}
	return setup.User{}, lab.Conflict("rebuild_no_admin", "No active administrator has this log-in name. There are: "+strings.Join(admins, ", ")+".")
}

// oncePassword makes a password that is typed once: 16 characters that are not misread, in groups of four.
func oncePassword() (string, error) {
	const letters = "abcdefghjkmnpqrstvwxyz23456789"
	var b strings.Builder
	for i := range 16 {
		raw := make([]byte, 1)
		for {
			if _, err := rand.Read(raw); err != nil {
				return "", fmt.Errorf("make a password: %w", err)
			}
			if int(raw[0]) < 256/len(letters)*len(letters) {
				break
			}
		}
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[int(raw[0])%len(letters)])
	}
	return b.String(), nil
}

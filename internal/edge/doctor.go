package edge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Finding is one thing that the doctor looked at.
type Finding struct {
	What string
	Well bool
	Says string // what is, and what to do when it is not well
}

// minimumFree is the space below which the disk needs somebody.
const minimumFree = 2 << 30

// Doctor looks for what would keep a node from working. It changes nothing.
func Doctor(ctx context.Context, c Config) []Finding {
	var out []Finding
	add := func(what string, well bool, says string) { out = append(out, Finding{what, well, says}) }
	info, err := os.Stat(c.Data)
	if err != nil || !info.IsDir() {
		add("folder", false, "There is no folder "+c.Data+". Run edge serve or edge init.")
		return out
	}
	add("folder", info.Mode().Perm()&0o077 == 0, "Only the service may read "+c.Data+": its mode is "+info.Mode().Perm().String()+".")
	if key, err := os.Stat(c.KeyFile()); err != nil {
		add("key", false, "node.key is missing: without it the node cannot sign reports and must join the hub again.")
	} else {
		add("key", key.Mode().Perm()&0o077 == 0, "The key's mode is "+key.Mode().Perm().String()+"; nobody else may read it.")
	}
	_, err = os.Stat(filepath.Join(c.TLSDir()))
	add("certificate", err == nil, "The lab's certificate stands in "+c.TLSDir()+".")
	if free := diskFree(c.Data); free > 0 {
		add("disk", free > minimumFree, fmt.Sprintf("%d MiB are free; below %d MiB the node needs room.", free>>20, int64(minimumFree)>>20))
	}
	var newest int64
	var inbox int64
	err = sqlite.Inspect(ctx, c.Database(), func(tx queries.DBTX) error {
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(wall_ms), 0) FROM journal").Scan(&newest); err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		var err error
		inbox, err = queries.New(tx).CountWaiting(ctx)
		return err
	})
	if err != nil {
		add("database", false, "The database cannot be read: "+lab.CodeOf(err)+".")
		return out
	}
	add("database", true, fmt.Sprintf("It can be read; %d problems wait in the inbox.", inbox))
	add("clock", newest <= time.Now().Add(2*time.Minute).UnixMilli(), "The last entry of the journal must not lie in the future. Set the clock of this PC.")
	return out
}

// Init makes the lab with its first administrator and loads the starter catalogue.
func (n *Node) Init(ctx context.Context, in setup.First) error {
	if _, err := n.Office.First(ctx, "first-run-of-the-command", in, n.nodeCode()); err != nil {
		return err
	}
	_, err := n.Office.LoadStarter(ctx, lab.System(), "first-run-starter-catalogue")
	return err
}

// Demo makes the demonstration lab.
func (n *Node) Demo(ctx context.Context) error {
	state, err := n.Office.State(ctx)
	if err != nil {
		return err
	}
	if state.Ready {
		return lab.Conflict("already_set_up", "There is a lab in this folder already.")
	}
	return n.demo(ctx)
}

// Enrol joins a hub.
func (n *Node) Enrol(ctx context.Context, actor lab.Actor, in setup.Enrol) (setup.Sync, error) {
	s := &syncer{agent: n.Agent, office: n.Office}
	return s.Enrol(ctx, actor, in)
}

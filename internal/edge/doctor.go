package edge

import (
	"context"

	"jaanch/internal/edge/doctor"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
)

// Doctor looks for what would keep a node with this configuration from working. copies is a folder beside backups/ where
// copies of the database are kept, empty for none.
func Doctor(ctx context.Context, c Config, copies string) []doctor.Finding {
	return doctor.Examine(ctx, doctor.Options{
		Data: c.Data, Listen: c.Listen, ListenTLS: c.ListenTLS, HL7: c.HL7, ASTM: c.ASTM, Serial: c.Serial, Hub: c.Hub, Copies: copies,
	})
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

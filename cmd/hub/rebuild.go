package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"jaanch/internal/hub"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
)

func (p *program) rebuildCode() *cobra.Command {
	org := ""
	cmd := &cobra.Command{
		Use: "rebuild-code NODE", Short: "Make a code by which another machine becomes a node that was lost", Args: cobra.ExactArgs(1),
		Long: `Gives a node up for lost: its key is revoked at once, and a code of 13 characters is printed. Given to
"edge rebuild" on an empty machine within 24 hours, it makes that machine the node again, with everything
that the hub has of the lab. NODE is the node's two characters or its id; "hub tenant list" shows them.

If the node turns up after all, taking it back on the screen of labs voids the code.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				id, err := orgOf(cmd.Context(), h, org)
				if err != nil {
					return err
				}
				node, err := nodeOf(cmd.Context(), h, id, args[0])
				if err != nil {
					return err
				}
				code, err := h.Fleet.NewRebuildCode(cmd.Context(), id, node.ID, "command line")
				if err == nil {
					cmd.Println(code.Text)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&org, "org", "", "`id` of the organisation")
	return cmd
}

func (p *program) raiseEpoch() *cobra.Command {
	return &cobra.Command{
		Use: "raise-epoch", Short: "Begin another life of this hub after its database came back from a backup", Args: cobra.NoArgs,
		Long: `To be run after every recovery of the database that may have lost commits (a restore from a backup, a failover to a
standby that was behind), while no hub serves. No version and no place is ever given again, and every
node sends again what the hub lost: journals are never pruned at the nodes. Running it once too often
costs each node one full pull and nothing else. Prints the new number.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				epoch, err := h.Fleet.RaiseEpoch(cmd.Context())
				if err == nil {
					cmd.Println(epoch)
				}
				return err
			})
		},
	}
}

// nodeOf finds a node by its two characters or its id.
func nodeOf(ctx context.Context, h *hub.Hub, org lab.ID, text string) (fleet.Node, error) {
	nodes, err := h.Fleet.Nodes(ctx, org)
	if err != nil {
		return fleet.Node{}, err
	}
	for _, n := range nodes {
		if strings.EqualFold(n.Code, text) || n.ID.String() == text {
			return n, nil
		}
	}
	return fleet.Node{}, lab.NotFound("device_unknown", "There is no such node; \"hub tenant list\" shows them.")
}

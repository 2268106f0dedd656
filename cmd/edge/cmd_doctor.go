package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"jaanch/internal/edge"
	"jaanch/internal/edge/doctor"
)

func doctorCommand() *cobra.Command {
	var (
		asJSON bool
		copies string
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "look for what would keep the node from working",
		Long: `Looks at everything that a node needs, says for each whether it is well and what to do when it is not:

  the data folder, its rights, and the disk under it: its kind, the room on it, and how many safe writes it makes a second;
  the node's key, the database (its version, its pages, the end of its journal against what the node has signed), what
  waits in the inbox, and the newest copy of the data;
  the lab's certificate, the addresses at which the node listens, and every serial port of this PC;
  this PC's clock, held against the hub's when there is one, and what the hub does not have yet.

Run it as the account of the node and with the node's own settings: what it says of rights and addresses is true of those.
It works beside a running node and on a stopped one, and changes nothing; to time the disk it writes a small file into the
folder and deletes it.

"ok" is well; "look" should be looked at, and the lab works; "WRONG" keeps the lab from working or endangers its data.
Exit codes: 0 nothing is wrong, 1 something is, 2 the call is wrong.`,
		Example: "  edge doctor --data /var/lib/jaanch\n  edge doctor --data /var/lib/jaanch --copies /mnt/backup --json",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), edge.Doctor(cmd.Context(), c, copies), asJSON)
		},
	}
	settingFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object instead of lines")
	cmd.Flags().StringVar(&copies, "copies", "", "`folder` where copies of the database are kept beside backups/")
	return cmd
}

// report prints what was found; an error that names what is wrong.
func report(w io.Writer, found []doctor.Finding, asJSON bool) error {
	var wrong []string
	for _, f := range found {
		if f.State == doctor.Wrong {
			wrong = append(wrong, f.Check)
		}
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(map[string]any{"well": len(wrong) == 0, "findings": found}); err != nil {
			return fmt.Errorf("print what was found: %w", err)
		}
	} else {
		marks := map[doctor.State]string{doctor.OK: "ok", doctor.Look: "look", doctor.Wrong: "WRONG"}
		for _, f := range found {
			fmt.Fprintf(w, "%-5s  %-12s %s\n", marks[f.State], f.Check, f.Says)
			if f.Do != "" {
				fmt.Fprintf(w, "%-5s  %-12s → %s\n", "", "", f.Do)
			}
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("wrong: %s", strings.Join(wrong, ", "))
	}
	return nil
}

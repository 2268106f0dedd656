package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jaanch/internal/edge"
)

func rebuildCommand() *cobra.Command {
	var code, login string
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "make a lost node again from the hub",
		Long: `Makes this machine a node that was lost: its PC died, was stolen or burnt. The folder of --data must be empty. The
hub's administrator gives the code ("hub rebuild-code", or the screen of labs), which shuts the lost machine out at once.

Everything that the hub has of the lab is brought here, the lost node's journal is checked from its first entry to its
last, and the records are compared with it. The node takes a new key and a new code: no number is ever given twice. At the
end it says up to which moment the hub had everything, and prints a password by which one administrator logs in once;
passwords never leave a node, so everybody else gets a new one on the screen of users.

When it is stopped half-way, by a lost line or a power cut, run it again: it goes on. What the hub never received is not
brought back, nor is the raw archive of the analyzers' lines; if the old disk can still be read, keep it.`,
		Example: `  edge rebuild --data /var/lib/jaanch --hub https://hub.example.org --code K7QM-4T2ZX-9W3HA`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			out, err := edge.RebuildNode(cmd.Context(), edge.Options{Config: c, Logger: logger(c), Version: version}, edge.Rebuild{
				Hub: c.Hub, Code: code, Login: login, Say: func(line string) { fmt.Fprintln(w, line) },
			})
			if err != nil {
				return err
			}
			tellRebuilt(w, &out, time.Local)
			return nil
		},
	}
	settingFlags(cmd)
	cmd.Flags().StringVar(&code, "code", "", "rebuild `code` from the hub's administrator")
	cmd.Flags().StringVar(&login, "login", "", "log-in `name` of the administrator who gets the password")
	return cmd
}

// tellRebuilt says what came back and what did not.
func tellRebuilt(w io.Writer, r *edge.Rebuilt, zone *time.Location) {
	moment := func(t *time.Time) string {
		if t == nil {
			return "an unknown time"
		}
		return t.In(zone).Format("2 Jan 2006 15:04:05")
	}
	c := &r.Claim
	fmt.Fprintf(w, "\n%s, %s is here again.\n", c.LabName, c.OrgName)
	if c.LastSeq > 0 {
		fmt.Fprintf(w, "The hub had everything up to entry %d of epoch %d, written at %s and sent by %s.\n", c.LastSeq, c.Epoch, moment(c.LastAt), moment(c.Received))
	} else {
		fmt.Fprintln(w, "The hub had nothing of the lost node's own journal.")
	}
	if c.Pending > 0 {
		fmt.Fprintf(w, "When it was last heard, at %s, %d changes were waiting at it. THEY ARE NOT HERE, nor is anything written later.\n", moment(c.Seen), c.Pending)
	} else {
		fmt.Fprintf(w, "It was last heard at %s and had nothing waiting then. What it wrote later is not here.\n", moment(c.Seen))
	}
	fmt.Fprintf(w, "%d entries of its journal came back and their chain is whole; %d records' values were compared with them.\n", r.Former.Entries, r.Former.Compared)
	if r.Former.Differ > 0 {
		fmt.Fprintf(w, "WARNING: %d values are not what the lost node had written. Ask for support before you work with them.\n", r.Former.Differ)
	}
	fmt.Fprintf(w, "New numbers begin with %s; those that exist stay.\n", r.Code)
	fmt.Fprintf(w, "\nLog in as %s with the password %s and change it.\nLook through the accounts and give everybody else a new password:\n", r.Login, r.Password)
	for _, u := range r.People {
		if u.Active {
			fmt.Fprintf(w, "  %-14s %-28s %s\n", u.Login, u.Name, strings.Join(u.Roles, " "))
		}
	}
}

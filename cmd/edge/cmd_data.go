package main

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"jaanch/internal/edge"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
)

// dataFlag adds --data to a command that only reads the folder.
func dataFlag(cmd *cobra.Command, c *edge.Config) {
	cmd.Flags().StringVar(&c.Data, "data", "jaanch-data", "`folder` that holds everything of the node")
}

// haveDatabase refuses a folder without a database, so that a wrong path never makes a new one.
func haveDatabase(c edge.Config) error {
	if _, err := os.Stat(c.Database()); err != nil {
		return fmt.Errorf("there is no database in %s", c.Data)
	}
	return nil
}

func verifyCommand() *cobra.Command {
	var c edge.Config
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "check that nothing in the journal or the records was changed",
		Long: `Walks the journal from its first entry: every hash, every personal field's digest, the order of everything; rebuilds
each record from its entries and compares it with what is stored; compares the end with the signed head that stands beside
the database. Works on a stopped and on a running node and changes nothing.

Prints what was looked at, and the entries that an erasure emptied with the entry that did it. When something is wrong it
names the first bad entry and ends with 1.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runVerify(cmd, c) },
	}
	dataFlag(cmd, &c)
	return cmd
}

func runVerify(cmd *cobra.Command, c edge.Config) error {
	if err := haveDatabase(c); err != nil {
		return err
	}
	o := sqlite.VerifyOptions{Registry: journal.Schema()}
	if _, err := os.Stat(c.KeyFile()); err == nil {
		key, err := agent.OpenKey(c.KeyFile())
		if err != nil {
			return err
		}
		public, ok := key.Public().(ed25519.PublicKey)
		if !ok {
			return errors.New("the node's key is of another kind")
		}
		o.Key = public
	}
	report, err := sqlite.Verify(cmd.Context(), c.Database(), o)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "device %s: %d entries, %d rows rebuilt and compared, a signed head vouches for entry %d\n", report.Device, report.Entries, report.Rows, report.Signed)
	for _, e := range report.Erased {
		fmt.Fprintf(w, "entry %d: its personal fields were erased by entry %d\n", e.Seq, e.By)
	}
	if report.Fault != nil {
		return fmt.Errorf("wrong: %s", report.Fault)
	}
	fmt.Fprintln(w, "all is as it was written")
	return nil
}

func dumpCommand() *cobra.Command {
	var c edge.Config
	cmd := &cobra.Command{
		Use:   "dump observations|results|journal",
		Short: "print what is stored, one JSON object a line",
		Long: `Prints what is stored, one JSON object a line, in the order in which it came:

  observations   every row that an analyzer sent: instrument, message, sample_id, test_code, value, unit, flag, status,
                 timestamp, role, and state: matched, inbox, control, kept, duplicate or incomplete
  results        every version of every value, with its raw text, flag, source and state
  journal        every entry; of personal fields the names alone

Opens the database read-only: it works beside a running node and on a stopped one.`,
		Args:      args(cobra.ExactArgs(1)),
		ValidArgs: []string{"observations", "results", "journal"},
		RunE: func(cmd *cobra.Command, a []string) error {
			if a[0] != "observations" && a[0] != "results" && a[0] != "journal" {
				return usageError{fmt.Errorf("dump observations, results or journal; see %s --help", cmd.CommandPath())}
			}
			if err := haveDatabase(c); err != nil {
				return err
			}
			w := bufio.NewWriter(cmd.OutOrStdout())
			return errors.Join(edge.Dump(cmd.Context(), c.Database(), a[0], w), w.Flush())
		},
	}
	dataFlag(cmd, &c)
	return cmd
}

func backupCommand() *cobra.Command {
	var c edge.Config
	var to string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "copy the database, also of a running node",
		Long: `Writes a compact copy of the database, checks every page of it, and only then gives it its name. Works on a running
node. The folder of --data also holds the node's key and the lab's certificate: keep a copy of node.key and tls/ too.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := haveDatabase(c); err != nil {
				return err
			}
			if to == "" {
				to = filepath.Join(c.Data, "backups", "backup-"+time.Now().UTC().Format("20060102T150405")+".db")
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				return fmt.Errorf("make the folder of the copy: %w", err)
			}
			if err := sqlite.CopyFile(cmd.Context(), c.Database(), to); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), to)
			return nil
		},
	}
	dataFlag(cmd, &c)
	cmd.Flags().StringVar(&to, "to", "", "`file` of the copy (default: backups/ in the data folder)")
	return cmd
}

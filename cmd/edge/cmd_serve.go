package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jaanch/internal/edge"
	"jaanch/internal/telemetry"
	edgeui "jaanch/web/edge"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "run the node",
		Long: `Runs the node: the screens and their API, the analyzers' ports, the label printers, and the connection with the hub
when there is one. The folder of --data is made when it is missing and holds everything; keep a copy of it.

The first start has no lab yet: open the address that it prints and follow the wizard, or run "edge init". With --demo it
makes a demonstration lab with logins, the starter catalogue and two simulated analyzers, and approves every analyzer that
connects from this machine.

Other PCs of the lab use HTTPS with the lab's own certificate; the plain address serves them only the page that explains
how to trust it. The two analyzer ports take any connection and read unknown senders through the generic profiles; what
they send waits in the inbox until somebody approves them.

Settings stand in edge.yaml, in JAANCH_EDGE_* and in the flags below, in that rising order. It ends on SIGTERM or Ctrl-C
after running requests have been answered; nothing that was acknowledged is ever lost, however it ends.`,
		Example: `  edge serve --data /var/lib/jaanch
  edge serve --data demo --demo
  edge simulate --target cbc=127.0.0.1:6662 --target chemistry=127.0.0.1:6661`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd) },
	}
	settingFlags(cmd)
	return cmd
}

// settingFlags adds the flags that are settings.
func settingFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("config", "", "configuration `file` (default edge.yaml, when it is there)")
	f.String("data", "jaanch-data", "`folder` that holds everything of the node")
	f.String("listen", "127.0.0.1:8080", "`address` of HTTP for this machine")
	f.String("listen-tls", ":8443", "`address` of HTTPS for the lab's other PCs; empty: off")
	f.String("hl7", ":6661", "`address` for analyzers that speak HL7; empty: off")
	f.String("astm", ":6662", "`address` for analyzers that speak ASTM; empty: off")
	f.String("serial", "", "serial `port` with an analyzer that is not set up yet, DEVICE or DEVICE@BAUD")
	f.String("hub", "", "`address` of the hub")
	f.Bool("demo", false, "make a demonstration lab and approve analyzers on this machine")
	f.String("demo-printer", "", "`address` of the demonstration lab's label printer, as that of edge simulate --rack")
	f.String("zone", "Asia/Kolkata", "the lab's time `zone`")
	f.String("log-format", "text", "json or text")
	f.String("log-level", "info", "debug, info, warn or error")
	f.VisitAll(func(flag *pflag.Flag) { flag.Annotations = map[string][]string{isSetting: nil} })
}

// isSetting marks a flag that is a setting; a command's other flags are its own.
const isSetting = "setting"

// settings reads the configuration under the flags that were set.
func settings(cmd *cobra.Command) (edge.Config, error) {
	flags := map[string]any{}
	file := ""
	cmd.Flags().Visit(func(f *pflag.Flag) {
		_, setting := f.Annotations[isSetting]
		switch {
		case f.Name == "config":
			file = f.Value.String()
		case setting:
			flags[strings.ReplaceAll(f.Name, "-", "_")] = f.Value.String()
		}
	})
	c, err := edge.Load(file, flags)
	if err != nil {
		return c, usageError{err}
	}
	return c, nil
}

func logger(c edge.Config) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(c.LogLevel)) != nil {
		level = slog.LevelInfo
	}
	return telemetry.NewLogger(os.Stderr, telemetry.LogOptions{Format: c.LogFormat, Level: level})
}

// openNode opens the node behind a command's settings.
func openNode(ctx context.Context, c edge.Config) (*edge.Node, error) {
	ui, err := edgeui.Files()
	if err != nil {
		return nil, fmt.Errorf("read the embedded screens: %w", err)
	}
	return edge.Open(ctx, edge.Options{Config: c, Logger: logger(c), Version: version, UI: ui})
}

func runServe(cmd *cobra.Command) (err error) {
	c, err := settings(cmd)
	if err != nil {
		return err
	}
	n, err := openNode(cmd.Context(), c)
	if err != nil {
		return err
	}
	defer func() {
		if !errors.Is(err, errUndecided) {
			err = errors.Join(err, n.Close())
		}
	}()
	err = n.Serve(cmd.Context(), func(at edge.Addresses) { announce(cmd.OutOrStdout(), c, at) })
	if errors.Is(err, edge.ErrUndecided) {
		return fmt.Errorf("%w: %w", errUndecided, err)
	}
	return err
}

// announce prints where the node answers.
func announce(w io.Writer, c edge.Config, at edge.Addresses) {
	for _, line := range []struct{ what, where string }{
		{"screens on this machine", at.HTTP}, {"screens on the lab's other PCs", at.HTTPS}, {"analyzers, HL7", at.HL7}, {"analyzers, ASTM", at.ASTM},
	} {
		if line.where != "" {
			fmt.Fprintf(w, "%-32s %s\n", line.what, line.where)
		}
	}
	if !c.Demo {
		return
	}
	fmt.Fprintf(w, "\nDemonstration lab. Password of every login: %s, PIN: %s\n", edge.DemoPassword, edge.DemoPIN)
	for _, d := range edge.DemoLogins() {
		fmt.Fprintf(w, "  %-12s %s\n", d.Login, d.Role)
	}
}

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "print the settings that are in force",
		Long: `Prints every setting with its effective value: from edge.yaml, the environment (JAANCH_EDGE_DATA and so on) and the
flags, in that rising order. An unknown key in the file is an error.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			return c.Write(cmd.OutOrStdout())
		},
	}
	settingFlags(cmd)
	return cmd
}

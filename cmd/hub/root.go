package main

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jaanch/internal/hub"
	"jaanch/internal/telemetry"
	hubui "jaanch/web/hub"
)

// program is one call of the command.
type program struct {
	version string
	file    string
	started bool // the call itself was right
	config  hub.Config
}

const about = `The hub is where the nodes of all labs meet. A node works for weeks without it; when the
internet is there, the node sends its journal here and brings back what the labs share.

All state is in one PostgreSQL database (15 or newer). Any number of hubs may run against it
at once, and each may be stopped at any time: what a node sent and was not answered for, it
sends again.

FIRST STEPS
  export JAANCH_HUB_DATABASE=postgres://jaanch@localhost/jaanch
  hub migrate
  hub tenant add-org "Nirmal Diagnostics"
  hub tenant add-lab --org ORG "College Road"
  hub user add --org ORG --login rekha --name "Rekha Nirmal" --role owner < password
  hub serve --listen 127.0.0.1:8000
  hub enroll-code --org ORG --lab LAB        (then type the code at the node)

FILES AND ENVIRONMENT
  hub.yaml in the working directory, or the file of --config; every key can also stand in
  the environment as JAANCH_HUB_KEY. Flags win over the environment, that over the file.
  Unknown keys are an error. "hub config" prints what is in force.

EXIT CODES
  0  all is right    1  the thing is wrong    2  the call is wrong`

// root builds the command tree.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use: "hub", Short: "The hub of all labs", Long: about, Version: p.version, SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return p.prepare(cmd) },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(os.Stdout) // what commands print is their result, not talk
	root.PersistentFlags().StringVar(&p.file, "config", "", "configuration `file` (default hub.yaml, when it is there)")
	root.PersistentFlags().String("private", "", "`directory` of a Postgres of the hub's own, for demonstrations")
	root.AddCommand(p.serve(), p.migrate(), p.tenant(), p.enrollCode(), p.rebuildCode(), p.raiseEpoch(), p.user(), p.printConfig(), p.check(), p.service(), p.sandbox(), p.openapi(), p.printVersion())
	return root
}

// prepare reads the configuration: with the flags that were set, it is part of the call.
func (p *program) prepare(cmd *cobra.Command) error {
	flags := map[string]any{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		name := strings.ReplaceAll(f.Name, "-", "_")
		if f.Name != "config" && cmd.Annotations["settings"] != "" || f.Name == "private" {
			flags[name] = f.Value.String()
		}
	})
	var err error
	if p.config, err = hub.Load(p.file, flags); err != nil {
		return err
	}
	p.started = true
	return nil
}

// logger writes to standard error.
func (p *program) logger() *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(p.config.LogLevel)) != nil {
		level = slog.LevelInfo
	}
	return telemetry.NewLogger(os.Stderr, telemetry.LogOptions{Format: p.config.LogFormat, Level: level})
}

// open puts a hub together on the configured database.
func (p *program) open(ctx context.Context, url telemetry.Secret) (*hub.Hub, error) {
	var ui fs.FS
	ui, err := hubui.Files()
	if err != nil {
		return nil, err
	}
	return hub.New(ctx, hub.Options{Config: p.config, URL: url, Logger: p.logger(), Version: p.version, UI: ui})
}

// with runs an administrator's command on the configured database, which must be up to date.
func (p *program) with(ctx context.Context, do func(h *hub.Hub) error) error {
	url, err := p.config.DatabaseURL()
	if err != nil {
		return err
	}
	p.config.Migrate = false
	h, err := p.open(ctx, url)
	if err != nil {
		return err
	}
	defer h.Close()
	return do(h)
}

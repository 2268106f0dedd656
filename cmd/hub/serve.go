package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"jaanch/internal/hub"
	"jaanch/internal/telemetry"
)

func (p *program) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve nodes and browsers", Args: cobra.NoArgs, Annotations: map[string]string{"settings": "yes"},
		Long: `Serves the API below /api/v1, its description at /api/docs, the browser app at /, health at
/api/v1/health and /api/v1/ready, and metrics at /metrics.

The database is that of JAANCH_HUB_DATABASE. With --private DIR the hub starts a PostgreSQL of
its own in DIR (the binaries must be installed) and stops it at the end; the other commands
find it by the same --private DIR while it runs.

Without --tls-cert and --tls-key it speaks HTTP: put a proxy with HTTPS in front and say
--behind-tls. It ends on SIGTERM or Ctrl-C after running requests have been answered.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runServe(cmd.Context(), cmd) },
	}
	f := cmd.Flags()
	f.String("listen", "127.0.0.1:8000", "`address` to listen on")
	f.String("tls-cert", "", "certificate `file`, PEM")
	f.String("tls-key", "", "`file` of its key, PEM")
	f.Bool("behind-tls", false, "a proxy in front speaks HTTPS to browsers and nodes")
	f.Bool("migrate", true, "bring the database up to date first")
	f.Int("max-batches", 32, "batches of sync at once")
	f.String("log-format", "json", "json or text")
	f.String("log-level", "info", "debug, info, warn or error")
	return cmd
}

func (p *program) runServe(ctx context.Context, cmd *cobra.Command) (err error) {
	url, stop, err := p.database(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h, err := p.open(ctx, url)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer h.Close()
	return h.Serve(ctx, listener, func() {
		cmd.Printf("hub: listening on %s\n", listener.Addr())
	})
}

// database gives the address of the database, and starts it where it is the hub's own.
func (p *program) database(ctx context.Context) (telemetry.Secret, func() error, error) {
	if p.config.Private != "" {
		return hub.StartPrivate(ctx, p.config.Private)
	}
	url, err := p.config.DatabaseURL()
	return url, func() error { return nil }, err
}

func (p *program) migrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database up to date", Args: cobra.NoArgs,
		Long: `Brings the database to this program's schema: the tables, those of the job queue, and the
partitions of the coming months. Several at once wait for each other. A database that a newer
program has migrated is refused and left as it is.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			url, err := p.config.DatabaseURL()
			if err != nil {
				return err
			}
			p.config.Migrate = true
			h, err := p.open(cmd.Context(), url)
			if err != nil {
				return err
			}
			h.Close()
			cmd.Println("The database is up to date.")
			return nil
		},
	}
}

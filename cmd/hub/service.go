package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jaanch/internal/hub"
	"jaanch/internal/hub/credential"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// service sets up what an outside service needs.
func (p *program) service() *cobra.Command {
	var org string
	cmd := &cobra.Command{
		Use: "service SERVICE", Short: "Set what an outside service needs of an organisation", Args: cobra.ExactArgs(1),
		Long: `Reads lines of "name: value" from standard input and seals them for the organisation; what stood there
before is replaced. They are never shown again. The hub needs JAANCH_HUB_SEAL_KEY.

  whatsapp   url token number app_secret verify_token version
  razorpay   url key secret webhook_secret

  hub service --org ORG razorpay < razorpay.txt`,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := lab.ParseID(org)
			if err != nil {
				return err
			}
			set := credential.Set{}
			lines := bufio.NewScanner(cmd.InOrStdin())
			for lines.Scan() {
				name, value, ok := strings.Cut(lines.Text(), ":")
				if strings.TrimSpace(lines.Text()) == "" {
					continue
				}
				if !ok {
					return lab.Invalid("credential_line", "Each line is a name, a colon and the value.")
				}
				set[strings.TrimSpace(name)] = telemetry.Secret(strings.TrimSpace(value))
			}
			if err := lines.Err(); err != nil {
				return fmt.Errorf("service: %w", err)
			}
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				if h.Outside == nil {
					return lab.Invalid("seal_key_missing", "Set JAANCH_HUB_SEAL_KEY first: openssl rand -base64 32")
				}
				if err := h.Outside.Credentials.Put(cmd.Context(), id, args[0], set); err != nil {
					return err
				}
				cmd.Printf("%s: %d settings sealed.\n", args[0], len(set))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&org, "org", "", "`id` of the organisation")
	_ = cmd.MarkFlagRequired("org")
	return cmd
}

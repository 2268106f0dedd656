package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"jaanch/internal/hub"
	"jaanch/internal/hub/api"
	"jaanch/internal/lab"
)

func (p *program) user() *cobra.Command {
	cmd := &cobra.Command{
		Use: "user", Short: "Users of the hub",
		Long: "Users of the hub are owners, administrators, accountants and auditors. The users of a lab are made at its node.",
	}
	org, login, name, role := "", "", "", ""
	add := &cobra.Command{
		Use: "add", Short: "Add a user; the password is the first line of standard input", Args: cobra.NoArgs,
		Long: `Adds a user. The password is read from the first line of standard input, never from an argument:
arguments can be seen by everybody on the machine. Prints the user's id.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read the password: %w", err)
			}
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				id, err := orgOf(cmd.Context(), h, org)
				if err != nil {
					return err
				}
				u, err := h.People.Add(cmd.Context(), id, login, name, role, strings.TrimRight(password, "\r\n"))
				if err == nil {
					cmd.Println(u.ID)
				}
				return err
			})
		},
	}
	f := add.Flags()
	f.StringVar(&org, "org", "", "`id` of the organisation")
	f.StringVar(&login, "login", "", "log-in `name`")
	f.StringVar(&name, "name", "", "the person's `name`")
	f.StringVar(&role, "role", "owner", "owner, admin, accountant or auditor")
	cmd.AddCommand(add)
	return cmd
}

func (p *program) printConfig() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print the configuration in force", Args: cobra.NoArgs,
		Long: "Prints the effective values of file, environment and flags as YAML. Secrets are hidden.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.config.Write(cmd.OutOrStdout()) },
	}
}

func (p *program) openapi() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use: "openapi", Short: "Print the OpenAPI document", Args: cobra.NoArgs,
		Long: "Prints the OpenAPI 3.1 document of the API. It needs no database.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if file == "" {
				return api.Document(cmd.OutOrStdout(), p.version)
			}
			f, err := os.Create(file)
			if err != nil {
				return &lab.Error{Kind: lab.KindInvalid, Code: "file", Message: "The file cannot be written.", Cause: err}
			}
			defer func() {
				if closed := f.Close(); err == nil {
					err = closed
				}
			}()
			return api.Document(f, p.version)
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "`file` to write instead of standard output")
	return cmd
}

func (p *program) printVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs, Long: "Prints the version of this program.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Println(p.version)
			return nil
		},
	}
}

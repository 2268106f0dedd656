package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jaanch/internal/edge"
	"jaanch/internal/edge/setup"
	"jaanch/internal/lab"
)

// withNode opens the node of a command's settings, runs do and closes it. The node must not be running.
func withNode(cmd *cobra.Command, do func(ctx context.Context, n *edge.Node, c edge.Config) error) error {
	c, err := settings(cmd)
	if err != nil {
		return err
	}
	n, err := openNode(cmd.Context(), c)
	if err != nil {
		return err
	}
	return errors.Join(do(cmd.Context(), n, c), n.Close())
}

func initCommand() *cobra.Command {
	var name, login, person string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "make the lab and its first administrator without the browser",
		Long: `Makes the folder, the lab's certificate, the lab itself and its first administrator, who is also the lab manager, and
loads the starter catalogue. The password is read from standard input, one line, so that it stands in no list of commands.

The wizard in the browser does the same. It is refused once an account exists.`,
		Example: `  edge init --data /var/lib/jaanch --lab "Nirmal Path Lab" --login vinod --name "Vinod Thakur" < password`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" || login == "" {
				return usageError{errors.New("give --lab and --login; see edge init --help")}
			}
			password, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			if err != nil && password == "" {
				return usageError{errors.New("write the password on standard input")}
			}
			return withNode(cmd, func(ctx context.Context, n *edge.Node, c edge.Config) error {
				in := setup.First{Lab: setup.LabInput{Name: name, Levels: 1, Letterhead: true, DiscountMax: 10}}
				in.Admin = setup.UserInput{Login: login, Name: person, Password: strings.TrimRight(password, "\r\n")}
				if in.Admin.Name == "" {
					in.Admin.Name = login
				}
				return n.Init(ctx, in)
			})
		},
	}
	settingFlags(cmd)
	cmd.Flags().StringVar(&name, "lab", "", "`name` of the lab")
	cmd.Flags().StringVar(&login, "login", "", "log-in `name` of the administrator")
	cmd.Flags().StringVar(&person, "name", "", "full `name` of the administrator")
	return cmd
}

func enrollCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enroll CODE",
		Short: "join a hub by a code from its administrator",
		Long: `Joins the hub of --hub by a code that its administrator made with "hub enroll-code". The node's key is made here and
never leaves this machine. Run it while the node is stopped, or use the screen of a running one.`,
		Example: `  edge enroll --data /var/lib/jaanch --hub https://hub.example.org ABCDEFGHJKMNP`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return withNode(cmd, func(ctx context.Context, n *edge.Node, c edge.Config) error {
				if c.Hub == "" {
					return usageError{errors.New("give the hub's address with --hub")}
				}
				state, err := n.Enrol(ctx, lab.System(), setup.Enrol{Hub: c.Hub, Code: a[0]})
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "joined %s; the connection is %s\n", c.Hub, state.State)
				}
				return err
			})
		},
	}
	settingFlags(cmd)
	return cmd
}

func demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "make a demonstration lab in an empty folder",
		Long: `Makes a demonstration lab: accounts for each place of work, the starter catalogue, and the simulator's analyzers with
their code maps. "edge serve --demo" does the same at its start. It is refused once an account exists.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withNode(cmd, func(ctx context.Context, n *edge.Node, c edge.Config) error {
				if err := n.Demo(ctx); err != nil {
					return err
				}
				c.Demo = true
				announce(cmd.OutOrStdout(), c, edge.Addresses{})
				return nil
			})
		},
	}
	settingFlags(cmd)
	return cmd
}

// Command edge is the node of one lab: it keeps the lab's data, talks to its analyzers and serves its screens.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build.
var version = "dev" //nolint:gochecknoglobals // the linker sets it

// The exit codes that scripts rely on.
const (
	exitWrong     = 1 // the thing is wrong
	exitUsage     = 2 // the call is wrong
	exitUndecided = 3 // a commit's outcome is undecided; the supervisor starts the node again, which finds out
)

// errUndecided ends `serve` when nobody can tell whether the last commit is in the log.
var errUndecided = errors.New("the outcome of the last commit is undecided: start the node again")

// usageError marks a wrong call.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "edge:", err)
	if _, wrongCall := errors.AsType[usageError](err); wrongCall {
		os.Exit(exitUsage)
	}
	if errors.Is(err, errUndecided) {
		os.Exit(exitUndecided)
	}
	os.Exit(exitWrong)
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "edge",
		Short: "the node of one lab",
		Long: `edge is the node of one lab. It keeps everything in one folder on this PC, receives results from the
analyzers, serves the lab's screens on the network, and sends its changes to the hub when there is one.

It needs no internet. Begin with "edge serve --data FOLDER" and open the address that it prints.

Exit codes: 0 right, 1 the thing is wrong, 2 the call is wrong, 3 start it again.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q; see edge --help", args[0])}
			}
			return cmd.Help()
		},
	}
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	cmd.AddCommand(commands()...)
	return cmd
}

// args is a cobra check of the number of arguments whose failure is a wrong call.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, a []string) error {
		if err := check(cmd, a); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

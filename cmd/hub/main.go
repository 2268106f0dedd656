// Command hub is the hub of all labs: it takes what the nodes send, gives back what they share, and shows the owner every
// lab.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"jaanch/internal/lab"
)

// version is set by the linker.
var version = "dev"

// The exit codes: all is right, the thing is wrong, the call is wrong.
const (
	exitWrong = 1
	exitCall  = 2
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{version: version}
	root := p.root()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "hub: "+said(err))
	if !p.started {
		return exitCall
	}
	return exitWrong
}

// said gives the sentence of an error for people, with what is behind it.
func said(err error) string {
	var e *lab.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message + " (" + e.Code + ")"
	}
	return err.Error()
}

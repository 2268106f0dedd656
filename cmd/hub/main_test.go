package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"jaanch/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hub": func() { os.Exit(run()) }})
}

// The scripts read as a manual: each command as an operator types it. DATABASE is a Postgres without any table.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("DATABASE", pgtest.Empty(t))
			return nil
		},
	})
}

package driver_test

import (
	"testing"

	"jaanch/internal/instruments/profile"
)

// builtin loads the profiles that come with the program.
func builtin(t testing.TB) *profile.Set {
	t.Helper()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

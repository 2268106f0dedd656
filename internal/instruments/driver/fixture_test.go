package driver_test

import (
	"sync"
	"testing"

	"jaanch/internal/instruments/profile"
)

// loaded reads the profiles once for all tests: a set is never changed.
var loaded = sync.OnceValues(profile.Builtin)

// builtin gives the profiles that come with the program.
func builtin(t testing.TB) *profile.Set {
	t.Helper()
	set, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

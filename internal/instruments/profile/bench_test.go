package profile_test

import (
	"testing"

	"jaanch/internal/instruments/profile"
)

// BenchmarkBuiltin measures what loading and checking all profiles adds to the start of the node.
func BenchmarkBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := profile.Builtin(); err != nil {
			b.Fatal(err)
		}
	}
}

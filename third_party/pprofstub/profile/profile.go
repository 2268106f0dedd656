// Package profile stands in for github.com/google/pprof/profile, which a test of an indirect dependency names and
// nothing of ours calls; with it `go mod tidy` runs without the real module.
package profile

// Package telemetry is how the programs are watched: structured logs that cannot carry patient data, Prometheus
// metrics labelled by route pattern, a registry of named health checks, and the request id that ties them together. It
// is a leaf: it imports nothing of ours, so that any layer but the domain may use it.
package telemetry

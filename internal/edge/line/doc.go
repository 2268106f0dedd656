// Package line makes the analyzers' lines visible and keeps the ones that begin at the node open: what passes on every
// connection at this moment, the search for an unknown analyzer on a serial port, the archive with its replay through
// today's code, and the recording that may leave the lab, without anything about a patient in it.
package line

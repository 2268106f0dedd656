package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"jaanch/internal/instruments/link"
)

// device is a serial port that somebody set up.
type device struct {
	path     string
	analyzer string // empty for one that is not set up yet
}

// serial looks at the ports of the configuration first, then at the others of this machine. A port that a running node
// holds is not opened: two readers of one line take each other's bytes.
func (x *examination) serial(ctx context.Context) {
	if x.Serial != "" {
		path, _, _ := strings.Cut(x.Serial, "@")
		x.devices = append(x.devices, device{path: path})
	}
	seen := map[string]bool{}
	for _, d := range x.devices {
		seen[deviceOf(d.path)] = true
		x.wanted(ctx, d)
	}
	found, err := link.Ports()
	if err != nil {
		x.add(Finding{Check: "serial", State: Look, Code: "serial_unlisted", Says: "The serial ports of this PC cannot be listed: " + reason(err) + "."})
		return
	}
	n := len(seen)
	for _, path := range found {
		if seen[deviceOf(path)] {
			continue
		}
		seen[deviceOf(path)] = true
		if x.spare(ctx, path) {
			n++
		}
	}
	if n == 0 {
		x.well("serial", "This PC has no serial port. Analyzers on the network need none.")
	}
}

// wanted looks at a port that an analyzer is set up at.
func (x *examination) wanted(ctx context.Context, d device) {
	whose := "set in the configuration"
	if d.analyzer != "" {
		whose = "of " + d.analyzer
	}
	err := opens(ctx, d.path, x.served)
	switch {
	case err == nil && x.served:
		x.well("serial", "The serial port %s, %s, is there; the running node holds it.", d.path, whose)
	case err == nil:
		x.well("serial", "The serial port %s, %s, is there and opens.", d.path, whose)
	case errors.Is(err, fs.ErrNotExist):
		x.add(Finding{
			Check: "serial", State: Wrong, Code: "serial_missing", Says: "The serial port " + d.path + ", " + whose + ", is not there.",
			Do: "Is the adapter plugged in? It may have another name now: pick it anew in the analyzer's settings, best one below /dev/serial/by-id or /dev/jaanch, which stays.",
		})
	case errors.Is(err, fs.ErrPermission):
		x.add(Finding{
			Check: "serial", State: Wrong, Code: "serial_denied", Says: "This account may not open the serial port " + d.path + ", " + whose + ".",
			Do: "Put the account of the node into the group dialout (Linux), or run this command as that account.",
		})
	case errors.Is(err, syscall.EBUSY):
		x.add(Finding{Check: "serial", State: Wrong, Code: "serial_busy", Says: "Another program holds the serial port " + d.path + ", " + whose + ".", Do: "Close the analyzer's old program, or whatever else speaks with it."})
	default:
		x.add(Finding{Check: "serial", State: Wrong, Code: "serial_fails", Says: "The serial port " + d.path + ", " + whose + ", does not open: " + reason(err) + ".", Do: "Plug the adapter in again, or into another socket."})
	}
}

// spare looks at a port that nobody uses; false for one that is only a name: systems list ports that are not wired.
func (x *examination) spare(ctx context.Context, path string) bool {
	err := opens(ctx, path, false)
	switch {
	case err == nil:
		x.well("serial", "The serial port %s opens; no analyzer is set up at it.", path)
	case errors.Is(err, fs.ErrPermission):
		x.add(Finding{
			Check: "serial", State: Look, Code: "serial_denied", Says: "This account may not open the serial port " + path + "; no analyzer is set up at it.",
			Do: "Put the account of the node into the group dialout (Linux), or run this command as that account.",
		})
	case errors.Is(err, syscall.EBUSY):
		x.add(Finding{Check: "serial", State: Look, Code: "serial_busy", Says: "Another program holds the serial port " + path + "; no analyzer is set up at it."})
	default:
		return false
	}
	return true
}

// opens tells why a port cannot be opened. One that is held is only looked for.
func opens(ctx context.Context, path string, held bool) error {
	if held {
		listed, err := link.Ports()
		if err != nil || slices.Contains(listed, path) {
			return err
		}
		_, err = os.Stat(path)
		return err
	}
	port, err := link.Serial{Device: path}.Open(ctx)
	if err != nil {
		return err
	}
	return port.Close()
}

// deviceOf gives the device behind a name that stays, so that one port is not shown twice.
func deviceOf(path string) string {
	if behind, err := filepath.EvalSymlinks(path); err == nil {
		return behind
	}
	return path
}

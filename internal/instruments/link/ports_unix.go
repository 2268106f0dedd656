//go:build !windows

package link

import (
	"path/filepath"
	"slices"
)

// Ports lists the serial ports of this machine, those with a name that stays when cables change places first. A port
// that is not wired may be among them: the kernel lists what could be there.
func Ports() ([]string, error) {
	var out []string
	for _, pattern := range []string{"/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*", "/dev/ttyAMA*", "/dev/ttyS[0-3]", "/dev/cu.usb*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		slices.Sort(found)
		out = append(out, found...)
	}
	return out, nil
}

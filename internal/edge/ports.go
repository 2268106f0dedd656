package edge

import (
	"fmt"
	"strconv"
	"strings"

	"jaanch/internal/instruments/link"
)

// ports holds the links open that begin at the node: serial ports and analyzers that listen. A port that cannot be opened
// is tried again; it never keeps the node from starting.
func (s *serving) ports() error {
	if s.n.config.Serial != "" {
		device, err := parseSerial(s.n.config.Serial)
		if err != nil {
			return err
		}
		s.n.keeper.Loose(device)
	}
	s.wg.Go(func() { s.n.keeper.Run(s.ctx) })
	s.wg.Go(func() { s.n.finder.Run(s.ctx) })
	return nil
}

// parseSerial reads DEVICE or DEVICE@BAUD.
func parseSerial(text string) (link.Serial, error) {
	device, baud, found := strings.Cut(text, "@")
	out := link.Serial{Device: device}
	if !found {
		return out, nil
	}
	n, err := strconv.Atoi(baud)
	if err != nil || n <= 0 {
		return out, fmt.Errorf("configuration: serial: %q is no speed", baud)
	}
	out.Baud = n
	return out, nil
}

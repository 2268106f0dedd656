package edge

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

// ports opens the links that begin at the node: serial ports and analyzers that listen. A port that cannot be opened is
// tried again; it never keeps the node from starting.
func (s *serving) ports() error {
	if s.n.config.Serial != "" {
		device, err := parseSerial(s.n.config.Serial)
		if err != nil {
			return err
		}
		s.keep(device, device.Device, lab.ID{})
	}
	all, err := s.n.Bench.Instruments(s.ctx)
	if err != nil {
		return err
	}
	for _, i := range all.Instruments {
		if opener := openerOf(i.Link); opener != nil && i.Enabled {
			s.keep(opener, i.Name, i.ID)
		}
	}
	return nil
}

func openerOf(l bench.Link) link.Opener {
	switch l.Kind {
	case "serial":
		return link.Serial{Device: l.Port, Baud: l.Baud}
	case "tcp_client":
		return link.Dialer{Address: l.Address}
	default:
		return nil
	}
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

func (s *serving) keep(opener link.Opener, name string, id lab.ID) {
	host := s.n.host()
	s.wg.Go(func() {
		link.Keep(s.ctx, opener, link.Backoff{}, func(err error) {
			s.n.log.Debug("a link of an analyzer could not be opened", "link", name, "err", err)
		}, func(ctx context.Context, port link.Port) {
			if err := session.Run(ctx, s.n.board, port, host, session.Options{Link: name, Instrument: id}); err != nil {
				s.n.log.Debug("a connection of an analyzer ended", "link", name, "err", err)
			}
		})
	})
}

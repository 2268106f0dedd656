package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"jaanch/internal/httpkit"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/session"
)

// ErrUndecided ends Serve when nobody can tell whether the last commit is in the log. The process must end and be started
// again: the restart finds out.
var ErrUndecided = errors.New("the outcome of the last commit is undecided: start the node again")

// stopWithin is how long running requests may take at the end.
const stopWithin = 10 * time.Second

// Addresses are where a node answers.
type Addresses struct {
	HTTP, HTTPS, HL7, ASTM string
}

// Serve opens the lines and the screens and runs until the context ends. Ready is called once everything answers.
func (n *Node) Serve(ctx context.Context, ready func(Addresses)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer Slack()()
	if n.config.Demo {
		if err := n.demo(ctx); err != nil {
			return err
		}
	}
	if err := n.dialects.Learn(ctx); err != nil {
		n.log.Error("reading the lab's own profiles failed; the program's are in force", "err", err)
	}
	if open, err := n.Bench.Recover(ctx); err != nil {
		n.log.Error("reading archived sessions failed; their bytes stay in the archive", "err", err)
	} else if open > 0 {
		n.log.Info("archived sessions without an end were read", "count", open)
	}
	s := &serving{n: n, ctx: ctx, stop: stop}
	if err := s.open(); err != nil {
		s.close()
		return err
	}
	s.background()
	n.tellDatabase()
	n.lineCheck.OK()
	ready(s.at)
	<-ctx.Done()
	s.close()
	if cause := context.Cause(ctx); errors.Is(cause, ErrUndecided) || (!errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded)) {
		return cause
	}
	return nil
}

// serving is a running node.
type serving struct {
	n       *Node
	ctx     context.Context //nolint:containedctx // lives exactly as long as Serve
	stop    context.CancelCauseFunc
	wg      sync.WaitGroup
	servers []*http.Server
	at      Addresses
}

// open opens every address, so that one that is taken stops the start and not a later request.
func (s *serving) open() error {
	c := s.n.config
	if c.Listen != "" {
		ln, err := s.listen(c.Listen)
		if err != nil {
			return err
		}
		s.at.HTTP = "http://" + ln.Addr().String()
		s.http(ln, httpkit.PlainHTTP(s.n.handler, s.n.authority, portOf(c.ListenTLS)))
	}
	if c.ListenTLS != "" {
		ln, err := s.listen(c.ListenTLS)
		if err != nil {
			return err
		}
		s.at.HTTPS = "https://" + ln.Addr().String()
		s.http(tls.NewListener(ln, s.n.certs.TLS()), s.n.handler)
	}
	for _, l := range []struct {
		name, address string
		at            *string
	}{{"hl7", c.HL7, &s.at.HL7}, {"astm", c.ASTM, &s.at.ASTM}} {
		if l.address == "" {
			continue
		}
		ln, err := link.Listen(s.ctx, l.address)
		if err != nil {
			return fmt.Errorf("listen for analyzers (%s): %w", l.name, err)
		}
		*l.at = ln.Addr().String()
		s.line(ln, l.name)
	}
	return s.ports()
}

func (s *serving) listen(address string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(s.ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return ln, nil
}

func (s *serving) http(ln net.Listener, handler http.Handler) {
	server := httpkit.NewServer(handler, s.n.log)
	server.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(s.ctx) }
	s.servers = append(s.servers, server)
	s.wg.Go(func() {
		if err := server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.stop(fmt.Errorf("serve: %w", err))
		}
	})
}

// line serves analyzers that dial in.
func (s *serving) line(ln net.Listener, name string) {
	host := s.n.host()
	s.wg.Go(func() {
		err := link.Serve(s.ctx, ln, func(ctx context.Context, port link.Port) {
			if err := session.Run(ctx, s.n.board, s.n.tapes.Watch(port, name), host, session.TCPOptions(name)); err != nil {
				s.n.log.Debug("a connection of an analyzer ended", "link", name, "err", err)
			}
		})
		if err != nil && s.ctx.Err() == nil {
			s.stop(fmt.Errorf("serve analyzers (%s): %w", name, err))
		}
	})
}

// background starts what runs beside the requests.
func (s *serving) background() {
	n := s.n
	s.wg.Go(func() { n.publish(s.ctx) })
	s.wg.Go(func() { n.printLabels(s.ctx) })
	s.wg.Go(func() { n.sendOrders(s.ctx) })
	s.wg.Go(func() { n.Agent.Run(s.ctx) })
	s.wg.Go(func() { n.housekeep(s.ctx) })
	s.wg.Go(func() { n.guard.Watch(s.ctx) })
	s.wg.Go(func() { n.watch(s.ctx) })
	s.wg.Go(func() {
		select {
		case <-n.DB.Dead():
			s.stop(ErrUndecided)
		case <-s.ctx.Done():
		}
	})
}

// close lets running requests finish, then ends the rest.
func (s *serving) close() {
	s.n.live.Close()
	grace, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), stopWithin)
	defer cancel()
	for _, server := range s.servers {
		if err := server.Shutdown(grace); err != nil {
			_ = server.Close() // it is the end in any case
		}
	}
	s.stop(nil)
	s.wg.Wait()
}

func portOf(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	p, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return p
}

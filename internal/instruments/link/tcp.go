package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// keepAlive finds a peer that lost its power: 15 s of silence, then 4 probes 15 s apart.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 4}
}

// tcpPort is a Port over one TCP connection.
type tcpPort struct{ net.Conn }

// NewTCP makes a Port of a connection that is already made.
func NewTCP(c net.Conn) Port { return tcpPort{c} }

// Write sends all of b, or fails within WriteTimeout.
func (p tcpPort) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(WriteTimeout)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// Address gives the other end's host:port.
func (p tcpPort) Address() string { return p.RemoteAddr().String() }

// Dialer opens a TCP connection to an instrument that listens.
type Dialer struct{ Address string }

// Open dials, within 10 s.
func (d Dialer) Open(ctx context.Context) (Port, error) {
	nd := net.Dialer{Timeout: 10 * time.Second, KeepAliveConfig: keepAlive()}
	c, err := nd.DialContext(ctx, "tcp", d.Address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", d.Address, err)
	}
	return tcpPort{c}, nil
}

// Acceptor is the Opener of an instrument's link where the instrument dials and has a port of its own: it takes one
// connection at a time.
type Acceptor struct{ Listener net.Listener }

// Open waits for the next connection.
func (a Acceptor) Open(ctx context.Context) (Port, error) {
	stop := context.AfterFunc(ctx, func() { _ = a.Listener.Close() })
	defer stop()
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, fmt.Errorf("accept on %s: %w", a.Listener.Addr(), err)
	}
	return tcpPort{c}, nil
}

// Listen opens a listening socket for instruments that dial.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive()}
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return ln, nil
}

// Serve accepts connections until ctx ends or the listener is closed, and runs serve for each in a goroutine of its own.
// It returns when all of them have. Who may stay is decided by serve: an address says nothing about that.
func Serve(ctx context.Context, ln net.Listener, serve func(context.Context, Port)) error {
	var all sync.WaitGroup
	defer all.Wait()
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	for wait := 5 * time.Millisecond; ; {
		c, err := ln.Accept()
		switch {
		case err == nil:
			wait = 5 * time.Millisecond
			all.Go(func() {
				port := tcpPort{c}
				defer func() { _ = port.Close() }()
				serve(ctx, port)
			})
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return ctx.Err()
		default: // out of file handles, for example: others may close
			if !pause(ctx, wait) {
				return ctx.Err()
			}
			wait = min(2*wait, time.Second)
		}
	}
}

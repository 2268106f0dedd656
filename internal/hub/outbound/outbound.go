// Package outbound is the only way out of the hub: HTTP to hosts that the configuration names, at addresses that are on
// the public internet. A name that was pointed at the metadata service of a cloud or at the database goes nowhere.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"jaanch/internal/lab"
)

// The bounds of a call.
const (
	Timeout  = 10 * time.Second
	MaxBytes = 1 << 20
)

// Options say where calls may go.
type Options struct {
	Hosts []string // exact names, with a port where it is not the scheme's own
	Near  bool     // loopback and private addresses too, and plain HTTP: for stand-ins alone
}

// Client makes calls.
type Client struct {
	hosts map[string]bool
	near  bool
	http  *http.Client
}

// The ways in which a call is not made or not read.
var (
	ErrHost  = &lab.Error{Kind: lab.KindForbidden, Code: "outbound_host", Message: "The hub may not call this host. Name it in the configuration of the service."}
	ErrLarge = &lab.Error{Kind: lab.KindTooLarge, Code: "outbound_large", Message: "The answer is larger than a service may give."}
)

// errAddress marks a refused address, before a byte was sent.
var errAddress = errors.New("outbound: the address is not on the public internet")

// New makes a client.
func New(o Options) *Client {
	c := &Client{hosts: map[string]bool{}, near: o.Near}
	for _, h := range o.Hosts {
		c.hosts[strings.ToLower(h)] = true
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: c.control}
	c.http = &http.Client{
		Timeout: Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 64, MaxConnsPerHost: 256,
			IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// control judges the address after the name was resolved, so that no second answer of a name server slips through.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	if c.near {
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Public(at.Addr()) {
		return errAddress
	}
	return nil
}

// shared are ranges that are neither private in name nor public: carrier NAT, benchmarks, documentation, reserved.
var shared = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2001:db8::/32"),
}

// Public says whether an address is one of the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range shared {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes one call. The error says whether the service may have seen it: Sent.
func (c *Client) Do(r *http.Request) (Answer, error) {
	if !c.hosts[strings.ToLower(r.URL.Host)] || r.URL.Scheme != "https" && !c.near || r.URL.User != nil {
		return Answer{}, ErrHost
	}
	resp, err := c.http.Do(r) //nolint:gosec // the host stands in the configuration, and the dialer judges its address
	if err != nil {
		return Answer{}, fault(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBytes+1))
	switch {
	case err != nil:
		return Answer{}, fault(err)
	case len(body) > MaxBytes:
		return Answer{}, ErrLarge
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// Dial opens a connection to a host that is named, for services that do not speak HTTP.
func (c *Client) Dial(ctx context.Context, address string) (net.Conn, error) {
	if !c.hosts[strings.ToLower(address)] {
		return nil, ErrHost
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second, Control: c.control}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fault(err)
	}
	return conn, nil
}

// CallError is a call without an answer.
type CallError struct {
	Sent  bool // the service may have seen it: the outcome is unknown
	cause error
}

// Error never holds the address, which may carry a token.
func (f *CallError) Error() string {
	if f.Sent {
		return "outbound: no answer; the service may have done it"
	}
	return "outbound: the service could not be reached"
}

// Unwrap gives the cause.
func (f *CallError) Unwrap() error { return f.cause }

// fault tells a connection that never was from one that broke.
func fault(err error) error {
	var op *net.OpError
	var dns *net.DNSError
	unsent := errors.Is(err, errAddress) || errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
	return &CallError{Sent: !unsent, cause: stripped(err)}
}

// stripped takes the address out of an error of net/http.
func stripped(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("outbound: %w", context.DeadlineExceeded)
	}
	return errors.New("outbound: connection failed")
}

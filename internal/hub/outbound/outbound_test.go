package outbound_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/lab"
)

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "0.0.0.0": false, "100.64.0.1": false, "::1": false, "fe80::1": false, "fd00::1": false, "::ffff:127.0.0.1": false,
		"224.0.0.1": false, "255.255.255.255": false, "64:ff9b::7f00:1": false,
	} {
		if got := outbound.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestOnlyNamedHostsAtPublicAddresses(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the call came through") }))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "https://")
	if _, err := outbound.New(outbound.Options{}).Do(request(t, server.URL)); lab.CodeOf(err) != "outbound_host" {
		t.Errorf("a host that nobody named: %v", err)
	}
	var f *outbound.CallError
	if _, err := outbound.New(outbound.Options{Hosts: []string{host}}).Do(request(t, server.URL)); !errors.As(err, &f) || f.Sent {
		t.Errorf("a named host at loopback: %v", err)
	}
	if _, err := outbound.New(outbound.Options{Hosts: []string{host}}).Do(request(t, "http://"+host)); lab.CodeOf(err) != "outbound_host" {
		t.Errorf("without TLS: %v", err)
	}
}

func TestBoundsAndFaults(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/large", http.StatusFound)
		case "/large":
			_, _ = w.Write(make([]byte, outbound.MaxBytes+1))
		case "/cut":
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = c.Close()
			}
		}
	}))
	t.Cleanup(server.Close)
	c := outbound.New(outbound.Options{Hosts: []string{strings.TrimPrefix(server.URL, "http://")}, Near: true})
	if a, err := c.Do(request(t, server.URL+"/away")); err != nil || a.Status != http.StatusFound {
		t.Errorf("a redirect was followed: %+v %v", a.Status, err)
	}
	if _, err := c.Do(request(t, server.URL+"/large")); lab.CodeOf(err) != "outbound_large" {
		t.Errorf("%v", err)
	}
	var f *outbound.CallError
	if _, err := c.Do(request(t, server.URL+"/cut?token=x")); !errors.As(err, &f) || !f.Sent || strings.Contains(err.Error()+f.Unwrap().Error(), "token") {
		t.Errorf("an answer that never came: %v", err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	_ = l.Close()
	c = outbound.New(outbound.Options{Hosts: []string{dead}, Near: true})
	if _, err := c.Do(request(t, "http://"+dead)); !errors.As(err, &f) || f.Sent {
		t.Errorf("nobody listens, so nothing was sent: %v", err)
	}
}

package httpkit

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

type remoteKey struct{}

// RemoteIP gives the address of the peer without its port. Behind TrustProxies it is the browser's.
func RemoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// RemoteOf gives RemoteIP to a typed operation, which does not see the request; "" outside of Sessions.Middleware.
func RemoteOf(ctx context.Context) string {
	ip, _ := ctx.Value(remoteKey{}).(string)
	return ip
}

// TrustProxies takes the browser's address from X-Forwarded-For when, and only when, the request comes from one of these
// networks: the last address in the list that is not itself such a proxy. It stands outside of everything that asks for
// an address. A node never uses it: it would let a neighbour pass for this machine.
func TrustProxies(networks ...string) (func(http.Handler) http.Handler, error) {
	prefixes := make([]netip.Prefix, 0, len(networks))
	for _, n := range networks {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy: %w", err)
		}
		prefixes = append(prefixes, p)
	}
	trusted := func(text string) (netip.Addr, bool) {
		ip, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return netip.Addr{}, false
		}
		ip = ip.Unmap()
		return ip, slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := trusted(RemoteIP(r)); ok {
				if ip := forwarded(r, trusted); ip.IsValid() {
					r = r.Clone(r.Context())
					r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
				}
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// forwarded walks the list from our own end; what stands before the first foreign address was written by a stranger.
func forwarded(r *http.Request, trusted func(string) (netip.Addr, bool)) netip.Addr {
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(list) {
		ip, ours := trusted(text)
		if !ours {
			return ip
		}
	}
	return netip.Addr{}
}

package edge_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jaanch/internal/edge"
	"jaanch/internal/telemetry"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// outside gives an address of this machine that is not loopback.
func outside(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			return ip.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}

// Somebody logs in from another address of the lab's network, over HTTPS with the lab's own certificate; plain HTTP serves
// them only the way there.
func TestLoginFromOutsideOverHTTPS(t *testing.T) {
	t.Parallel()
	ip := outside(t)
	c, err := edge.Load("", map[string]any{
		"data": filepath.Join(t.TempDir(), "node"), "demo": true, "listen": net.JoinHostPort(ip, "0"), "listen_tls": net.JoinHostPort(ip, "0"), "hl7": "", "astm": "",
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := edge.Open(t.Context(), edge.Options{Config: c, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan edge.Addresses, 1), make(chan error, 1)
	go func() { ended <- n.Serve(ctx, func(at edge.Addresses) { ready <- at }) }()
	defer func() {
		stop()
		if err := errors.Join(<-ended, n.Close()); err != nil {
			t.Error(err)
		}
	}()
	var at edge.Addresses
	select {
	case at = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority(t, c))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { // as the lab's .local name would resolve
			return (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(at.HTTPS, "https://"))
		},
	}}
	b := &browser{t: t, base: "https://" + name + ".local:8443/api/v1", http: client}
	if status, body := b.call(http.MethodPost, "/session/login", map[string]string{"login": "tech", "password": edge.DemoPassword}); status != http.StatusOK {
		t.Fatalf("log in: %d %s", status, body)
	}
	if status, body := b.call(http.MethodGet, "/worklist", nil); status != http.StatusOK {
		t.Fatalf("worklist: %d %s", status, body)
	}
	plain := &browser{t: t, base: at.HTTP + "/api/v1", http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if status, body := plain.call(http.MethodPost, "/session/login", map[string]string{"login": "tech", "password": edge.DemoPassword}); status == http.StatusOK {
		t.Errorf("plain HTTP logged somebody in from outside: %s", body)
	}
}

func authority(t *testing.T, c edge.Config) *x509.Certificate {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.TLSDir(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(filepath.Base(f), "ca") && !strings.Contains(f, "key") {
			pair := readFile(t, f)
			if cert := firstCertificate(pair); cert != nil {
				return cert
			}
		}
	}
	t.Fatalf("no certificate of the authority in %v", files)
	return nil
}

func firstCertificate(raw []byte) *x509.Certificate {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return cert
}

package httpkit_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"jaanch/internal/httpkit"
	"jaanch/internal/telemetry"
)

func openAuthority(t *testing.T, dir string, now time.Time) *httpkit.Authority {
	t.Helper()
	a, err := httpkit.OpenAuthority(dir, "Nirmal Path Lab", now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// listenElsewhere listens on an address of this machine that is not loopback.
func listenElsewhere(t *testing.T) net.Listener {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.IsLinkLocalUnicast() {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(n.IP.String(), "0"))
		if err == nil {
			return l
		}
	}
	t.Skip("this machine has no address but loopback")
	return nil
}

// A browser elsewhere in the lab reaches the node under its .local name, trusts the lab's authority alone, logs in and
// stays logged in.
func TestLoginOverHTTPSFromElsewhere(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	a := openAuthority(t, dir, now)
	certs, err := httpkit.NewCertificates(a, dir, func() []string { return httpkit.LocalHosts("lab-demo.local") }, time.Now, telemetry.Discard())
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, false)
	l := listenElsewhere(t)
	server := httpkit.NewServer(d.handler, telemetry.Discard())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(tls.NewListener(l, certs.TLS()))
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-stopped
	})
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		},
	}}
	get := func(path string, c *http.Cookie) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://lab-demo.local:8443"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c != nil {
			r.AddCookie(c)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	in := get("/in", nil)
	c := in.Cookies()[0]
	if c.Name != httpkit.CookieSecure || !c.Secure {
		t.Errorf("cookie %+v", c)
	}
	if got := get("/who", c).StatusCode; got != 200 {
		t.Errorf("after the log-in: %d", got)
	}
	if v := in.TLS.Version; v != tls.VersionTLS13 {
		t.Errorf("TLS version %x", v)
	}
}

func TestAuthorityIsConstrained(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	a := openAuthority(t, dir, now)
	block, _ := pem.Decode(a.PEM())
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !ca.PermittedDNSDomainsCritical || !slices.Contains(ca.PermittedDNSDomains, "local") || len(ca.PermittedIPRanges) == 0 || !ca.MaxPathLenZero {
		t.Errorf("not constrained: %+v", ca.PermittedDNSDomains)
	}
	if y := ca.NotAfter.Sub(now).Hours() / 24 / 365; y < 9.9 || y > 10.1 {
		t.Errorf("lives %.1f years", y)
	}
	hosts := []string{"lab.local", "node.lan", "bank.example", "8.8.8.8", "192.168.1.5", "fd00::5", "mylocal"}
	certs, err := httpkit.NewCertificates(a, dir, func() []string { return hosts }, func() time.Time { return now }, telemetry.Discard())
	if err != nil {
		t.Fatal(err)
	}
	c, err := certs.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Leaf.DNSNames, " "); got != "lab.local node.lan" {
		t.Errorf("names %q", got)
	}
	if len(c.Leaf.IPAddresses) != 2 {
		t.Errorf("addresses %v", c.Leaf.IPAddresses)
	}
	if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: "192.168.1.5", CurrentTime: now}); err != nil {
		t.Errorf("a client refuses it: %v", err)
	}
}

func TestCertificateRenewal(t *testing.T) {
	t.Parallel()
	dir, clk := t.TempDir(), newClock()
	a := openAuthority(t, dir, clk.Now())
	hosts := []string{"lab.local"}
	certs, err := httpkit.NewCertificates(a, dir, func() []string { return hosts }, clk.Now, telemetry.Discard())
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		t.Helper()
		c, err := certs.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	first := serial()
	c, _ := certs.Get(nil)
	if days := c.Leaf.NotAfter.Sub(clk.Now()).Hours() / 24; days < 396.9 || days > 397.1 {
		t.Errorf("lives %.1f days", days)
	}
	clk.Add(360 * 24 * time.Hour)
	if serial() != first {
		t.Error("renewed too early")
	}
	clk.Add(8 * 24 * time.Hour)
	second := serial()
	if second == first {
		t.Error("not renewed a month before its end")
	}
	hosts = append(hosts, "192.168.7.7")
	clk.Add(11 * time.Minute)
	third := serial()
	if third == second {
		t.Error("a new address did not make a new certificate")
	}
	clk.Add(-20 * 365 * 24 * time.Hour)
	if serial() != third {
		t.Error("a clock 20 years back made a certificate")
	}
	clk.Add(20 * 365 * 24 * time.Hour)
	reopened, err := httpkit.NewCertificates(openAuthority(t, dir, clk.Now()), dir, func() []string { return hosts }, clk.Now, telemetry.Discard())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := reopened.Get(nil); err != nil || c.Leaf.SerialNumber.String() != third {
		t.Errorf("a restart made a new certificate, %v", err)
	}
}

func TestFilesAreSecret(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes")
	}
	dir := t.TempDir()
	a := openAuthority(t, dir, time.Now())
	if _, err := httpkit.NewCertificates(a, dir, func() []string { return nil }, time.Now, telemetry.Discard()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "ca.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := httpkit.OpenAuthority(dir, "Lab", time.Now()); err == nil {
		t.Error("a lost key made a new authority in silence")
	}
}

func TestBrokenServerCertificateIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := openAuthority(t, dir, time.Now())
	if err := os.WriteFile(filepath.Join(dir, "server.crt"), []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "server.key"), []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	if _, err := httpkit.NewCertificates(a, dir, func() []string { return []string{"lab.local"} }, time.Now, log); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logged.String(), "made anew") {
		t.Errorf("log: %s", logged.String())
	}
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	a := openAuthority(t, t.TempDir(), time.Now())
	app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "app") })
	h := httpkit.PlainHTTP(app, a, 8443)
	for _, tc := range []struct {
		name, method, remote, url string
		status                    int
		want                      string // in the body, or the Location
	}{
		{"this machine", "GET", "127.0.0.1:9", "http://localhost:8080/x", 200, "app"},
		{"this machine, IPv6", "GET", "[::1]:9", "http://[::1]:8080/x", 200, "app"},
		{"elsewhere", "GET", "192.168.1.9:9", "http://lab.local:8080/results/1", 307, "https://lab.local:8443/results/1"},
		{"elsewhere by IPv6", "GET", "[fd00::9]:9", "http://[fd00::2]:8080/", 307, "https://[fd00::2]:8443/"},
		{"elsewhere, a change", "POST", "192.168.1.9:9", "http://lab.local:8080/x", 403, "https_needed"},
		{"a name made to point here", "GET", "127.0.0.1:9", "http://evil.example:8080/x", 307, "https://evil.example:8443/x"},
		{"the page", "GET", "192.168.1.9:9", "http://lab.local:8080/ca", 200, a.Fingerprint()},
		{"the file", "GET", "192.168.1.9:9", "http://lab.local:8080/ca.crt", 200, "BEGIN CERTIFICATE"},
	} {
		r := httptest.NewRequest(tc.method, tc.url, nil)
		r.RemoteAddr = tc.remote
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), tc.want) {
			t.Errorf("%s: %d %q %s", tc.name, w.Code, w.Header().Get("Location"), w.Body)
		}
		if strings.Contains(w.Body.String(), "PRIVATE KEY") {
			t.Errorf("%s: the key is served", tc.name)
		}
	}
}

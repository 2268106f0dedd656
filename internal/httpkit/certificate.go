package httpkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Certificates keeps the server certificate of a node: 397 days, for the names and addresses under which the lab
// reaches it, made anew by itself a month before its end or when the addresses change.
type Certificates struct {
	authority *Authority
	dir       string
	hosts     func() []string
	now       func() time.Time
	log       *slog.Logger
	mu        sync.Mutex
	current   *tls.Certificate
	checked   time.Time
}

const (
	serverLife  = 397 * 24 * time.Hour
	renewBefore = 30 * 24 * time.Hour
	recheck     = 10 * time.Minute
	serverCert  = "server.crt"
	serverKey   = "server.key"
)

// NewCertificates opens or makes the certificate. hosts gives the names and addresses (see LocalHosts); those that the
// authority may not sign for are left out. It is asked again every ten minutes.
func NewCertificates(a *Authority, dir string, hosts func() []string, now func() time.Time, log *slog.Logger) (*Certificates, error) {
	c := &Certificates{authority: a, dir: dir, hosts: hosts, now: now, log: log}
	if _, err := c.Get(nil); err != nil {
		return nil, err
	}
	return c, nil
}

// TLS gives the server's TLS settings: 1.2 or newer, HTTP/2, the certificate taken fresh for each handshake.
func (c *Certificates) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.Get, NextProtos: []string{"h2", "http/1.1"}}
}

// Get gives the certificate that is valid now; it has the form of tls.Config.GetCertificate. When a new one cannot be
// written, the old one goes on serving.
func (c *Certificates) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	age := now.Sub(c.checked)
	if c.current != nil && age >= 0 && age < recheck {
		return c.current, nil
	}
	c.checked = now
	hosts := c.permitted()
	if c.current == nil {
		if err := c.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			c.log.Warn("the server certificate cannot be read and is made anew", "err", err)
		}
	}
	if c.current != nil && !c.stale(now, hosts) {
		return c.current, nil
	}
	if err := c.renew(now, hosts); err != nil {
		if c.current == nil {
			return nil, err
		}
		c.log.Error("the server certificate cannot be renewed", "err", err, "expires", c.current.Leaf.NotAfter)
	}
	return c.current, nil
}

func (c *Certificates) permitted() []string {
	var out []string
	for _, h := range c.hosts() {
		h = strings.ToLower(h)
		if c.authority.permits(h) {
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *Certificates) read() error {
	cert, key, err := readPair(filepath.Join(c.dir, serverCert), filepath.Join(c.dir, serverKey))
	if err != nil {
		return err
	}
	if err := cert.CheckSignatureFrom(c.authority.cert); err != nil {
		return fmt.Errorf("not of this authority: %w", err)
	}
	c.current = c.bundle(cert, key)
	return nil
}

func (c *Certificates) bundle(cert *x509.Certificate, key *ecdsa.PrivateKey) *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{cert.Raw, c.authority.cert.Raw}, PrivateKey: key, Leaf: cert}
}

// stale tells whether a new certificate is due. A clock outside of the authority's own life is a wrong clock: nothing is
// signed by it.
func (c *Certificates) stale(now time.Time, hosts []string) bool {
	if now.Before(c.authority.cert.NotBefore) || now.After(c.authority.cert.NotAfter) {
		return false
	}
	leaf := c.current.Leaf
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter.Add(-renewBefore)) {
		return true
	}
	have := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		have = append(have, ip.String())
	}
	return slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(have, h) })
}

func (c *Certificates) renew(now time.Time, hosts []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	end := now.Add(serverLife)
	if end.After(c.authority.cert.NotAfter) {
		end = c.authority.cert.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(),
		Subject:      pkix.Name{CommonName: "Jaanch node", Organization: c.authority.cert.Subject.Organization},
		NotBefore:    now.Add(-clockSlack),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.authority.cert, key.Public(), c.authority.key)
	if err != nil {
		return fmt.Errorf("sign server certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("read back server certificate: %w", err)
	}
	if err := writePair(filepath.Join(c.dir, serverCert), filepath.Join(c.dir, serverKey), cert, key); err != nil {
		return fmt.Errorf("keep server certificate: %w", err)
	}
	c.current = c.bundle(cert, key)
	return nil
}

// LocalHosts gives the names and addresses under which this machine may be reached: localhost, the extra names, and the
// addresses of its network cards now. Network cards that cannot be listed leave the names alone.
func LocalHosts(names ...string) []string {
	out := append([]string{"localhost", "127.0.0.1", "::1"}, names...)
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return out
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			out = append(out, n.IP.String())
		}
	}
	return out
}

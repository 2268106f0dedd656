package hub_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/telemetry"
)

// issuer is an authority that makes certificates for this machine.
type issuer struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T, name string) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t, cert, key}
}

// server makes a certificate that ends at a time.
func (i *issuer) server(until time.Time) *tls.Certificate {
	i.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.cert, &key.PublicKey, i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Row 32: the hub's certificate expires, comes from an authority that nobody here trusts, and is then exchanged for one of
// a new authority. The lab works on, sync stops with its reason in words, nothing is sent to the untrusted server, and
// while both authorities are trusted the change goes unnoticed.
func TestRow32ExpiredAndExchangedCertificates(t *testing.T) {
	t.Parallel()
	w := setup(t)
	old, fresh, stranger := newIssuer(t, "old"), newIssuer(t, "new"), newIssuer(t, "stranger")
	var shown atomic.Pointer[tls.Certificate]
	var asked atomic.Int64
	shown.Store(old.server(time.Now().Add(time.Hour)))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.doors[0].ServeHTTP(rw, r)
	}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*shown.Load()}}, nil
	}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(old.cert)
	trusted.AddCert(fresh.cert) // the overlap
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted}, DisableKeepAlives: true}
	n := &node{t: t, actor: lab.Actor{Kind: lab.ActorUser, ID: lab.ID{0xac, 1}}}
	var err error
	n.db, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "lab.db"), Registry: journal.Schema(), Logger: telemetry.Discard(), Tripwire: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.db.Close() })
	n.agent, err = agent.New(agent.Options{
		DB: n.db, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), Logger: telemetry.Discard(), Version: "test",
		HTTP: &http.Client{Transport: transport, Timeout: 20 * time.Second}, Period: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.hub.Fleet.NewCode(t.Context(), w.org, w.lab, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.agent.Enrol(t.Context(), n.actor, server.URL, code.Text, "Desk", "K7"); err != nil {
		t.Fatal(err)
	}
	n.sync()
	for name, bad := range map[string]*tls.Certificate{
		"expired": old.server(time.Now().Add(-time.Minute)), "of a stranger": stranger.server(time.Now().Add(time.Hour)),
	} {
		shown.Store(bad)
		n.register(name) // the lab works on
		before := asked.Load()
		if err := n.agent.Sync(t.Context()); lab.CodeOf(err) != agent.CodeCertificate {
			t.Errorf("%s: got %v", name, err)
		}
		if s := n.status(); s.State != agent.StateDegraded || s.Reason != agent.CodeCertificate || s.Pending == 0 {
			t.Errorf("%s: got %+v", name, s)
		}
		if asked.Load() != before {
			t.Errorf("%s: something was sent", name)
		}
	}
	shown.Store(fresh.server(time.Now().Add(time.Hour)))
	n.sync()
	if s := n.status(); s.State != agent.StateOnline || s.Pending != 0 {
		t.Errorf("with the new certificate: %+v", s)
	}
	if got := w.count(t, "SELECT count(*) FROM record"); got != 2 {
		t.Errorf("%d records at the hub, want 2", got)
	}
}

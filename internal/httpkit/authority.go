package httpkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Authority is the lab's own certificate authority. It lives 10 years and may name nothing but the lab's network: .local
// and .lan names, private addresses and this machine. Whoever trusts it trusts it for no site of the internet.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	clockSlack    = time.Hour // a client's clock may lag
	authorityCert = "ca.crt"
	authorityKey  = "ca.key"
)

// OpenAuthority reads the authority in dir, or makes it when there is none. name is shown by browsers. Files are 0600. A
// certificate whose key is gone is an error: a new authority would be trusted by no device, and that is for people to
// decide.
func OpenAuthority(dir, name string, now time.Time) (*Authority, error) {
	certPath, keyPath := filepath.Join(dir, authorityCert), filepath.Join(dir, authorityKey)
	cert, key, err := readPair(certPath, keyPath)
	if err == nil {
		return &Authority{cert: cert, key: key}, nil
	}
	if _, statErr := os.Stat(certPath); !errors.Is(err, fs.ErrNotExist) || statErr == nil {
		return nil, fmt.Errorf("read the lab's certificate authority: %w", err)
	}
	a, err := newAuthority(name, now)
	if err != nil {
		return nil, err
	}
	if err := writePair(certPath, keyPath, a.cert, a.key); err != nil {
		return nil, fmt.Errorf("keep the lab's certificate authority: %w", err)
	}
	return a, nil
}

func newAuthority(name string, now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:                newSerial(),
		Subject:                     pkix.Name{CommonName: name + " certificate authority", Organization: []string{name}},
		NotBefore:                   now.Add(-clockSlack),
		NotAfter:                    now.Add(authorityLife),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"local", "lan", "localhost"},
		PermittedIPRanges:           privateRanges(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back the authority: %w", err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// privateRanges are the addresses that a lab's network can have.
func privateRanges() []*net.IPNet {
	var out []*net.IPNet
	for _, cidr := range []string{
		"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
	} {
		_, n, err := net.ParseCIDR(cidr)
		if err != nil {
			panic("httpkit: malformed range constant " + cidr)
		}
		out = append(out, n)
	}
	return out
}

// PEM gives the certificate as the file that people install.
func (a *Authority) PEM() []byte { return certPEM(a.cert) }

// Fingerprint gives the SHA-256 of the certificate in the form that browsers and phones show, for comparing by eye.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	text := strings.ToUpper(hex.EncodeToString(sum[:]))
	pairs := make([]string, 0, len(sum))
	for i := 0; i < len(text); i += 2 {
		pairs = append(pairs, text[i:i+2])
	}
	return strings.Join(pairs, ":")
}

// Pool gives a pool that trusts this authority alone; for our own clients and tests.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// permits tells whether the authority may sign for a name or address.
func (a *Authority) permits(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		for _, n := range a.cert.PermittedIPRanges {
			if n.Contains(ip) {
				return true
			}
		}
		return false
	}
	for _, d := range a.cert.PermittedDNSDomains {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

func newSerial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail; it ends the process
	b[0] &= 0x7f
	b[15] |= 1
	return new(big.Int).SetBytes(b[:])
}

func certPEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func readPair(certPath, keyPath string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certText, err := os.ReadFile(certPath) //nolint:gosec // in the folder that the configuration names
	if err != nil {
		return nil, nil, fmt.Errorf("certificate: %w", err)
	}
	keyText, err := os.ReadFile(keyPath) //nolint:gosec // in the folder that the configuration names
	if err != nil {
		return nil, nil, fmt.Errorf("key: %w", err)
	}
	certBlock, _ := pem.Decode(certText)
	keyBlock, _ := pem.Decode(keyText)
	if certBlock == nil || keyBlock == nil {
		return nil, nil, errors.New("not PEM")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, errors.New("key does not belong to the certificate")
	}
	return cert, key, nil
}

func writePair(certPath, keyPath string, cert *x509.Certificate, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(keyPath), 0o700); err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	if err := writeSecret(keyPath, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return err
	}
	return writeSecret(certPath, certPEM(cert))
}

// writeSecret replaces a file as a whole: whoever reads it, even after a power cut, sees the old or the new one. No
// other user can read it at any moment.
func writeSecret(path string, body []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(body)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(f.Name()))
	}
	return nil
}

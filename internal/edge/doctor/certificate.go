package doctor

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// certificate looks at the lab's own certificate, which the other PCs trust.
func (x *examination) certificate() {
	if x.ListenTLS == "" {
		return
	}
	text, err := os.ReadFile(filepath.Join(x.Data, "tls", "ca.crt"))
	if os.IsNotExist(err) {
		x.well("certificate", "The lab has no certificate yet; the node makes one at its first start.")
		return
	}
	block, _ := pem.Decode(text)
	if err != nil || block == nil {
		x.certificateLost()
		return
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		x.certificateLost()
		return
	}
	left := ca.NotAfter.Sub(x.Now())
	f := Finding{
		Check: "certificate", State: OK, Figures: map[string]int64{"days_left": int64(left / (24 * time.Hour))},
		Says: fmt.Sprintf("The lab's certificate, which the other PCs trust, is valid until %s.", ca.NotAfter.Format(time.DateOnly)),
	}
	switch {
	case left < 0 || x.Now().Before(ca.NotBefore):
		f.State, f.Code = Wrong, "certificate_ended"
		f.Says = fmt.Sprintf("The lab's certificate is valid from %s to %s, and this PC's clock says %s.", ca.NotBefore.Format(time.DateOnly), ca.NotAfter.Format(time.DateOnly), x.Now().Format(time.DateOnly))
		f.Do = "Is the clock of this PC right? If it is, move the folder tls away and start the node: it makes a new certificate, which every PC must trust anew."
	case left < 90*24*time.Hour:
		f.State, f.Code = Look, "certificate_ends"
		f.Do = "Plan a quiet hour: the new certificate must be trusted on every PC of the lab."
	}
	x.add(f)
}

func (x *examination) certificateLost() {
	x.add(Finding{
		Check: "certificate", State: Wrong, Code: "certificate_unreadable", Says: "The lab's certificate (tls/ca.crt) cannot be read. The node will not start.",
		Do: "Bring the folder tls back from the place where you keep a copy of it. If it is lost, move it away: the node makes a new certificate, which every PC must trust anew.",
	})
}

package gstn_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jaanch/internal/hub/gstn"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/sandbox"
	"jaanch/internal/lab/tree"
)

// bench is the stand-in of the portal with a client in one of the two dresses.
type bench struct {
	box    *sandbox.Sandbox
	portal *gstn.Portal
	nic    *gstn.Direct
	gsp    *gstn.Provider
	now    time.Time
	mu     sync.Mutex
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// count says how often something was done: log-ins, or documents of a status.
func (b *bench) count(status string, login bool) int {
	n := 0
	for _, s := range b.box.Received() {
		if s.Service == "gstn" && s.Status == status && (s.ID == "login") == login {
			n++
		}
	}
	return n
}

func newBench(t *testing.T, dress string) *bench {
	t.Helper()
	b := &bench{now: day.Add(12 * time.Hour)}
	b.box = sandbox.New(sandbox.Options{
		HooksURL: "http://127.0.0.1:1/hooks", GSTIN: gstin("27AAAAA0000A1Z"), GSTINUser: "API_lab", GSTINPassword: "pass word", GSTINClient: "client", GSTINSecret: "secret", Clock: b.clock,
	})
	server := httptest.NewServer(b.box.Handler())
	t.Cleanup(func() { server.Close(); b.box.Close() })
	key, err := gstn.LoginKey(b.box.PortalKey())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := gstn.ReadKeys(b.box.SigningCertificate())
	if err != nil {
		t.Fatal(err)
	}
	out := outbound.New(outbound.Options{Hosts: []string{strings.TrimPrefix(server.URL, "http://")}, Near: true})
	b.portal = &gstn.Portal{Keys: keys, Clock: b.clock}
	if dress == "nic" {
		b.nic = &gstn.Direct{
			BaseURL: server.URL, GSTIN: gstin("27AAAAA0000A1Z"), User: "API_lab", Password: "pass word", ClientID: "client", ClientSecret: "secret", Key: key,
			HTTP: out, Sessions: &gstn.Sessions{}, Clock: b.clock,
		}
		b.portal.Transport = b.nic
		return b
	}
	b.gsp = &gstn.Provider{
		BaseURL: server.URL + "/enriched/ei/api", GSTIN: gstin("27AAAAA0000A1Z"), User: "API_lab", Password: "pass word", AppID: "client", AppSecret: "secret",
		HTTP: out, Sessions: &gstn.Sessions{}, Clock: b.clock,
	}
	b.portal.Transport = b.gsp
	return b
}

// built gives a document with another number and price where they are given.
func built(t *testing.T, number, buyerName string) *tree.Value {
	t.Helper()
	d := document(t, "29")
	d.Number = number
	if buyerName != "" {
		d.Buyer.Legal = buyerName
	}
	v, err := gstn.Build(d, gstn.Options{Now: day})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func both(t *testing.T, name string, run func(t *testing.T, b *bench)) {
	t.Helper()
	for _, dress := range []string{"nic", "gsp"} {
		t.Run(name+" "+dress, func(t *testing.T) {
			t.Parallel()
			run(t, newBench(t, dress))
		})
	}
}

func want(t *testing.T, what string, out outbox.Outcome, class outbox.Class, code string) {
	t.Helper()
	if out.Class != class || out.Code != code {
		t.Errorf("%s: %s %q, wanted %s %q", what, out.Class, out.Code, class, code)
	}
}

func TestDocumentIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	both(t, "once", func(t *testing.T, b *bench) {
		v := built(t, "K7/1", "")
		out, r := b.portal.Register(t.Context(), v)
		want(t, "first", out, outbox.Done, "")
		irn := gstn.IRN(gstin("27AAAAA0000A1Z"), "INV", "K7/1", day)
		if r.IRN != irn || !r.Verified || r.SignedQR == "" || r.SignedInvoice == "" || r.AckNo == "" || out.ProviderID != irn {
			t.Errorf("%+v", r)
		}
		again, same := b.portal.Register(t.Context(), v)
		want(t, "the same again", again, outbox.Done, "")
		if same.SignedQR != r.SignedQR {
			t.Error("a duplicate came with another signature")
		}
		if b.count("ACT", false) != 1 || b.count("1", true) != 1 {
			t.Errorf("%d documents, %d log-ins", b.count("ACT", false), b.count("1", true))
		}
		other := document(t, "29")
		other.Number, other.Buyer.GSTIN = "K7/1", gstin("29BBBBB1111B1Z")
		wrong, err := gstn.Build(other, gstn.Options{Now: day})
		if err != nil {
			t.Fatal(err)
		}
		out, r = b.portal.Register(t.Context(), wrong)
		want(t, "another document of this number", out, outbox.Refused, "irn_differs")
		if r.IRN != "" {
			t.Error("another document was taken over")
		}
	})
	both(t, "lost answer", func(t *testing.T, b *bench) {
		v := built(t, "K7/2", "")
		out, _ := b.portal.Find(t.Context(), v)
		want(t, "before", out, outbox.Absent, "")
		b.box.Order("gstn:timeout_after_store", 1)
		out, _ = b.portal.Register(t.Context(), v)
		want(t, "the lost one", out, outbox.Unknown, "no_answer")
		out, r := b.portal.Find(t.Context(), v)
		want(t, "looked up", out, outbox.Done, "")
		if !r.Verified || r.Number != "K7/2" {
			t.Errorf("%+v", r)
		}
	})
}

func TestPortalFaults(t *testing.T) {
	t.Parallel()
	both(t, "faults", func(t *testing.T, b *bench) {
		v := built(t, "K7/3", "")
		for _, f := range []struct {
			fault string
			class outbox.Class
			code  string
		}{
			{"gstn:busy", outbox.Later, "2146"}, {"gstn:unavailable", outbox.Unknown, "http_5xx"}, {"gstn:rate", outbox.Later, "http_429"},
		} {
			b.box.Order(f.fault, 1)
			out, _ := b.portal.Register(t.Context(), v)
			want(t, f.fault, out, f.class, f.code)
		}
		if b.gsp != nil {
			b.box.Order("gstn:portal_down", 1)
			out, _ := b.portal.Register(t.Context(), v)
			want(t, "portal down", out, outbox.Unknown, "portal_down")
		}
		b.box.Order("gstn:token", 1)
		b.box.Order("gstn:buyer_inactive", 1)
		out, _ := b.portal.Register(t.Context(), v)
		want(t, "token ran out, buyer asked anew", out, outbox.Done, "")
		if b.count("1", true) != 2 {
			t.Errorf("%d log-ins", b.count("1", true))
		}
		for i, fault := range []string{"gstn:forged", "gstn:new_certificate"} {
			code := []string{"irp_signature", "irp_key_unknown"}[i]
			v := built(t, "K7/S"+code[4:7], "")
			b.box.Order(fault, 1)
			out, r := b.portal.Register(t.Context(), v)
			want(t, fault, out, outbox.Unknown, code)
			if r.IRN != "" {
				t.Error("a wrong signature was believed")
			}
			out, _ = b.portal.Find(t.Context(), v)
			want(t, "asked again", out, outbox.Done, "")
		}
		broken := built(t, "K7/4", "")
		wrong, err := tree.Parse([]byte(strings.Replace(strings.Replace(string(broken.JSON()), `"TotInvVal":3690`, `"TotInvVal":3691`, 1), `"AssVal":1009.48`, `"AssVal":1009.4`, 1)), gstn.MaxBytes)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{"", "gstn:errors_as_text", "gstn:errors_as_base64"} {
			b.box.Order(form, 1)
			out, _ := b.portal.Register(t.Context(), wrong)
			want(t, "a wrong document "+form, out, outbox.Refused, "2182,2189")
			if !strings.Contains(out.Detail, "total of the invoice") || !strings.Contains(out.Detail, "taxable values") {
				t.Errorf("it says %q", out.Detail)
			}
		}
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	both(t, "login", func(t *testing.T, b *bench) {
		var all sync.WaitGroup
		for i := range 8 {
			v := built(t, "K7/5"+string(rune('A'+i)), "")
			all.Go(func() { _, _ = b.portal.Register(t.Context(), v) })
		}
		all.Wait()
		if b.count("ACT", false) != 8 || b.count("1", true) != 1 {
			t.Errorf("eight at once: %d documents, %d log-ins", b.count("ACT", false), b.count("1", true))
		}
		b.pass(25 * time.Hour)
		out, _ := b.portal.Register(t.Context(), built(t, "K7/6", ""))
		want(t, "the next day", out, outbox.Done, "")
		if b.count("1", true) != 2 {
			t.Errorf("%d log-ins", b.count("1", true))
		}
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "nic")
		b.nic.Password = "wrong"
		for range 3 {
			out, _ := b.portal.Register(t.Context(), built(t, "K7/7", ""))
			want(t, "a wrong password", out, outbox.Halted, "1008")
		}
		b.nic.Password = "pass word"
		out, _ := b.portal.Register(t.Context(), built(t, "K7/7", ""))
		want(t, "the right one, at once", out, outbox.Done, "")
		b.nic.ClientID = "other"
		out, _ = b.portal.Register(t.Context(), built(t, "K7/8", ""))
		want(t, "another client", out, outbox.Halted, "1010")
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	both(t, "cancel", func(t *testing.T, b *bench) {
		v := built(t, "K7/9", "")
		_, r := b.portal.Register(t.Context(), v)
		c := gstn.Cancellation{IRN: r.IRN, Reason: "2", Remark: "Wrong entry", Registered: b.clock()}
		want(t, "it stands", b.portal.Cancelled(t.Context(), r.IRN), outbox.Absent, "")
		b.box.Order("gstn:timeout_after_store", 1)
		want(t, "the answer is lost", b.portal.Cancel(t.Context(), c), outbox.Unknown, "no_answer")
		want(t, "looked up", b.portal.Cancelled(t.Context(), r.IRN), outbox.Done, "")
		want(t, "once more", b.portal.Cancel(t.Context(), c), outbox.Done, "")
		out, _ := b.portal.Register(t.Context(), v)
		want(t, "the number again", out, outbox.Refused, "2278")
		late := c
		late.Registered = b.clock().Add(-gstn.CancelWithin - time.Second)
		want(t, "a day later", b.portal.Cancel(t.Context(), late), outbox.Refused, "2270")
		c.Reason = "5"
		want(t, "no such reason", b.portal.Cancel(t.Context(), c), outbox.Refused, "irp_cancellation")
		if b.count("CNL", false) != 1 {
			t.Errorf("%d cancellations", b.count("CNL", false))
		}
	})
}

// The outer envelopes as the portal's pages print them: what fails and why.
func TestEnvelopeSamples(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("JAANCH_SAMPLES")
	if dir == "" {
		t.Skip("JAANCH_SAMPLES is not set")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "gstn", "nic-envelopes.json"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := tree.Parse(raw, gstn.MaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{"authFailure": "1008", "duplicate": "2150", "cancelFailure": "2143", "authResponse": "", "generateSuccess": "", "ewbPartFailed": ""} {
		got := gstn.Refusals(v.At(name))
		switch {
		case !v.At(name).Has():
			t.Errorf("%s is not there", name)
		case code == "" && len(got) > 0, code != "" && (len(got) != 1 || got[0].Code != code):
			t.Errorf("%s: %v", name, got)
		case code != "" && gstn.Sentence(got[0]) == got[0].Message:
			t.Errorf("%s has no sentence of its own", name)
		}
	}
	for _, name := range []string{"gsp-duplicate-irn.json"} {
		raw, err := os.ReadFile(filepath.Join(dir, "gstn", name))
		if err != nil {
			t.Fatal(err)
		}
		v, err := tree.Parse(raw, gstn.MaxBytes)
		if err != nil {
			t.Fatal(err)
		}
		if got := gstn.Refusals(v.At("response")); len(got) != 1 || got[0].Code != "2150" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

package hub_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub"
	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/outreach"
	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/hub/sandbox"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

const twilioAccount = "AC00000000000000000000000000000000"

// town is a hub whose outside world is switched on, with stand-ins of all services and one node.
type town struct {
	*world

	t     *testing.T
	out   *hub.Hub
	box   *sandbox.Sandbox
	url   string // of the hub, as patients and services reach it
	node  *node
	visit lab.ID
	who   lab.ID
	made  int
}

func newTown(t *testing.T) *town {
	t.Helper()
	x := &town{world: setup(t), t: t}
	t.Cleanup(func() {
		if t.Failed() {
			x.tell()
		}
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x.url = "http://" + listener.Addr().String()
	x.box = sandbox.New(sandbox.Options{
		HooksURL: x.url + "/hooks/" + x.org.String(), Token: "tok", AppSecret: "app", KeyID: "key", KeySecret: "ks", WebhookSecret: "wh",
		Account: twilioAccount, AuthToken: "at", MailKey: "SG.x", Retry: 100 * time.Millisecond,
	})
	t.Cleanup(x.box.Close)
	services := httptest.NewServer(x.box.Handler())
	t.Cleanup(services.Close)
	x.out, err = hub.New(context.Background(), hub.Options{
		Config: hub.Config{
			MaxBatches: 8, SealKey: telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))), Hosts: strings.TrimPrefix(services.URL, "http://"),
			StandIns: true, PublicURL: x.url, Files: t.TempDir(),
		},
		URL: telemetry.Secret(x.db.Pool().Config().ConnString()), Logger: telemetry.Discard(), Version: "test", WeakPasswords: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.out.Close)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.out.Serve(ctx, listener, func() {}) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for service, set := range map[string]credential.Set{
		"whatsapp": {"url": telemetry.Secret(services.URL + "/whatsapp"), "token": "tok", "number": "111", "app_secret": "app", "verify_token": "vt"},
		"twilio":   {"url": telemetry.Secret(services.URL + "/twilio"), "account": twilioAccount, "token": "at", "sender": "MG1"},
		"sendgrid": {"url": telemetry.Secret(services.URL + "/sendgrid"), "key": "SG.x", "from": "reports@lab.example", "verify_key": telemetry.Secret(x.box.MailVerifyKey())},
		"razorpay": {"url": telemetry.Secret(services.URL + "/razorpay/v1"), "key": "key", "secret": "ks", "webhook_secret": "wh"},
	} {
		if err := x.out.Outside.Credentials.Put(t.Context(), x.org, service, set); err != nil {
			t.Fatal(err)
		}
	}
	x.awake(message.Ways()...)
	for _, d := range x.doors { // the node speaks to the hub whose outside world is on
		d.open(x.out.Handler())
	}
	x.node = x.world.node(t, 1, 0)
	x.node.run()
	return x
}

// awake lets messages go out at any hour, by these ways.
func (x *town) awake(ways ...string) {
	x.t.Helper()
	if err := x.out.Outside.Outreach.Set(x.t.Context(), x.org, outreach.Setting{Kind: message.ReportReady, Ways: ways, WaitS: 30}); err != nil {
		x.t.Fatal(err)
	}
	if err := x.out.Outside.Outreach.Set(x.t.Context(), x.org, outreach.Setting{Kind: message.PaymentReceived, Ways: ways, WaitS: 30}); err != nil {
		x.t.Fatal(err)
	}
}

// register makes a person with a visit at the node.
func (x *town) register(delivery, purposes string) {
	x.t.Helper()
	x.node.update(func(tx *sqlite.Tx) error {
		x.who, x.visit = tx.NewID(), tx.NewID()
		x.made++
		p := patient("Asha Sharma")
		p["mrn"], p["phone"], p["email"] = "K7-"+strconv.Itoa(x.made), "+91980000000"+strconv.Itoa(x.made), "asha"+strconv.Itoa(x.made)+"@home.example"
		for _, row := range []struct {
			entity string
			id     lab.ID
			row    sqlite.Row
		}{
			{"patient", x.who, p},
			{"visit", x.visit, sqlite.Row{"number": "K7-26-" + strconv.Itoa(x.made), "patient_id": x.who, "registered_ms": tx.Now().UnixMilli(), "registered_by": lab.ID{7}, "language": "en", "delivery": delivery, "priority": "routine", "cancelled": 0}},
			{"order_test", tx.NewID(), sqlite.Row{"visit_id": x.visit, "patient_id": x.who, "test_id": lab.ID{3}, "code": "HB", "panel": "CBC", "position": 0, "added_ms": 1, "levels": 1, "cancelled": 0}},
			{"consent", tx.NewID(), sqlite.Row{"patient_id": x.who, "kind": "given", "purposes": purposes, "notice": "v1", "language": "en", "channel": "spoken", "given_ms": tx.Now().UnixMilli()}},
		} {
			if err := tx.Insert(row.entity, row.id, row.row); err != nil {
				return err
			}
		}
		return nil
	})
}

// sign releases a version of the visit's report with a document.
func (x *town) sign(version int) lab.ID {
	x.t.Helper()
	var id lab.ID
	x.node.update(func(tx *sqlite.Tx) error {
		id = tx.NewID()
		hash, err := sqlite.KeepFile(context.Background(), tx, "application/pdf", []byte("%PDF-1.7 "+id.String()))
		if err != nil {
			return err
		}
		return tx.Insert("report", id, sqlite.Row{
			"visit_id": x.visit, "patient_id": x.who, "version": version, "state": "final", "content_hash": []byte{1}, "pdf_hash": hash, "token": []byte{1},
			"signature": []byte{1}, "signed_by": lab.ID{5}, "signed_ms": tx.Now().UnixMilli(), "critical": 0,
		})
	})
	return id
}

// told waits until the node itself has heard that a message about the report came so far.
func (x *town) told(report lab.ID, channel, status string) {
	x.t.Helper()
	eventually(x.t, channel+" "+status+" at the node", func() bool {
		return x.node.number("SELECT count(*) FROM dispatch WHERE report_id = ? AND channel = ? AND status = ?", report[:], channel, status) == 1
	})
}

// tell writes where everything stands, for whoever has to find out.
func (x *town) tell() {
	for _, query := range []string{
		"SELECT string_agg(kind || ' ' || state || ' ' || attempts || ' ' || code, '; ') FROM errand", "SELECT string_agg(service || ' ' || state || ' ' || status || ' ' || error_code, '; ') FROM outbox",
		"SELECT string_agg(service || ' ' || attempts || ' ' || error_code, '; ') FROM inbox", "SELECT string_agg(state || ' ' || code, '; ') FROM notice",
		"SELECT string_agg(entity::text, ' ') FROM record", "SELECT count(*)::text FROM file",
	} {
		var line *string
		if err := x.db.Pool().QueryRow(context.Background(), query).Scan(&line); err == nil && line != nil {
			x.t.Log(*line)
		}
	}
}

func (n *node) number(query string, args ...any) int {
	n.t.Helper()
	var v int
	err := n.db.View(context.Background(), func(tx *sqlite.ReadTx) error {
		rows, err := tx.QueryContext(context.Background(), query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&v); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

// phone gives what a service took so far for this number or address.
func (x *town) phone(service string) []sandbox.Seen {
	var out []sandbox.Seen
	for _, s := range x.box.Received() {
		if s.Service == service {
			out = append(out, s)
		}
	}
	return out
}

// A report that was signed at a node becomes a message with its document, and what becomes of that comes back to the node.
func TestReportBecomesMessage(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	x.register(`["print","whatsapp"]`, `["care","whatsapp"]`)
	report := x.sign(1)
	x.told(report, "whatsapp", "delivered")
	got := x.phone("whatsapp")
	if len(got) != 1 || got[0].To != "919800000001" || got[0].Text != "test_result_ready: Asha Sharma | CBC | K7-26-1 | Main" || got[0].File != "Report-K7-26-1.pdf" || !strings.HasPrefix(got[0].Link, "r/") {
		t.Fatalf("the phone has %+v", got)
	}
	if !x.box.Read(got[0].ID) {
		t.Fatal("it cannot be read")
	}
	x.told(report, "whatsapp", "read")
	if n := len(x.phone("twilio")) + len(x.phone("sendgrid")); n != 0 {
		t.Errorf("%d other messages went out", n)
	}
	if n := x.node.number("SELECT count(*) FROM dispatch"); n != 1 {
		t.Errorf("%d receipts at the node", n)
	}
	x.open(got[0].Link, report)
}

// open follows the link as the patient does: a wrong date, a code, the document, nothing of anybody else.
func (x *town) open(link string, report lab.ID) {
	t := x.t
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	at := x.url + "/" + link
	get := func(address string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		return fetch(t, browser, r)
	}
	post := func(address string, form url.Values) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return fetch(t, browser, r)
	}
	if status, body := get(at); status != http.StatusOK || strings.Contains(body, "Asha") || strings.Contains(body, "98000000") || !strings.Contains(body, "•••••• 001") {
		t.Fatalf("before the proof the page says %d %s", status, body)
	}
	if status, body := get(at + "/report/" + report.String()); status != http.StatusOK || strings.Contains(body, "%PDF") {
		t.Fatalf("the document is given to a stranger: %d", status)
	}
	if _, body := post(at+"/open", url.Values{"birth": {"1986-02-04"}}); !strings.Contains(body, "This is not right") {
		t.Fatalf("a wrong date gives %s", body)
	}
	if _, body := post(at+"/code", nil); !strings.Contains(body, "on its way") {
		t.Fatalf("no code: %s", body)
	}
	code := ""
	eventually(t, "the code is on the phone", func() bool {
		for _, s := range x.phone("whatsapp") {
			if m := regexp.MustCompile(`^login_code: ([0-9]{6})$`).FindStringSubmatch(s.Text); m != nil {
				code = m[1]
			}
		}
		return code != ""
	})
	if _, body := post(at+"/open", url.Values{"code": {code}}); !strings.Contains(body, "Asha Sharma") || !strings.Contains(body, "K7-26-1") {
		t.Fatalf("after the code the page says %s", body)
	}
	if status, body := get(at + "/report/" + report.String()); status != http.StatusOK || !strings.HasPrefix(body, "%PDF") {
		t.Fatalf("the document: %d", status)
	}
	if status, _ := get(at + "/report/" + lab.ID{9}.String()); status != http.StatusNotFound {
		t.Errorf("somebody else's document answers %d", status)
	}
	if _, body := post(at+"/open", url.Values{"code": {code}}); !strings.Contains(body, "This is not right") {
		t.Error("a code opens twice")
	}
	if status, body := get(at + "?l=hi"); status != http.StatusOK || !strings.Contains(body, "रिपोर्ट खोलें") {
		t.Errorf("in Hindi: %d", status)
	}
	if status, _ := get(x.url + "/r/" + strings.Repeat("a", 26)); status != http.StatusNotFound {
		t.Errorf("a guessed link answers %d", status)
	}
}

func fetch(t *testing.T, c *http.Client, r *http.Request) (int, string) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Request.URL.Host == r.URL.Host && (resp.Header.Get("Cache-Control") != "no-store" || !strings.Contains(resp.Header.Get("X-Robots-Tag"), "noindex")) {
		t.Errorf("%s may be kept or indexed", r.URL.Path)
	}
	return resp.StatusCode, string(body)
}

// Where WhatsApp cannot deliver, the next way is taken, and the lab sees both; who said STOP or never agreed is not
// written to, and the lab sees why.
func TestNextWayAndStop(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	x.box.Order("whatsapp:not_on_whatsapp", 1)
	x.box.Order("twilio:no_mobile", 1)
	x.register(`["whatsapp"]`, `["care","whatsapp","email"]`)
	report := x.sign(1)
	x.told(report, "whatsapp", "failed")
	x.told(report, "sms", "failed")
	x.told(report, "email", "delivered")
	if got := x.phone("sendgrid"); len(got) != 1 || got[0].To != "asha1@home.example" || !strings.Contains(got[0].Text, x.url+"/r/") {
		t.Errorf("%+v", got)
	}
	if n := x.node.number("SELECT count(*) FROM dispatch WHERE code = '131026' AND status = 'failed'"); n != 1 {
		t.Error("the node does not hear why")
	}

	x.box.Order("whatsapp:undeliverable", 1) // accepted, and then a status says that it failed
	x.register(`["whatsapp"]`, `["care","whatsapp"]`)
	report = x.sign(1)
	x.told(report, "whatsapp", "failed")
	x.told(report, "sms", "delivered")

	x.register(`["whatsapp"]`, `["care"]`)
	x.awake(message.WhatsApp)
	report = x.sign(1)
	x.told(report, "none", "not_sent")
	if n := x.node.number("SELECT count(*) FROM dispatch WHERE report_id = ? AND code = 'no_consent'", report[:]); n != 1 {
		t.Error("the node does not hear that consent lacks")
	}

	x.register(`["whatsapp"]`, `["care","whatsapp"]`)
	x.box.Say("111", "919800000004", "Stop.")
	eventually(t, "STOP is obeyed", func() bool { return x.count(t, "SELECT count(*) FROM opt_out") == 1 })
	before := len(x.phone("whatsapp"))
	report = x.sign(1)
	x.told(report, "none", "not_sent")
	if n := x.node.number("SELECT count(*) FROM dispatch WHERE report_id = ? AND code = 'opted_out'", report[:]); n != 1 || len(x.phone("whatsapp")) != before {
		t.Error("somebody who said STOP was written to")
	}
	x.register(`["print"]`, `["care","whatsapp"]`)
	report = x.sign(1)
	eventually(t, "it is looked at", func() bool {
		return x.count(t, "SELECT count(*) FROM errand WHERE kind = 'report' AND state = 'done' AND id = $1", report) == 1
	})
	if len(x.phone("whatsapp")) != before {
		t.Error("a printed report was sent")
	}
}

// A lab that was offline brings several versions at once: only the newest is told of, and a second sync tells nothing
// twice.
func TestOnlyTheNewestVersionIsTold(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	old := x.doors[0].open(gone{})
	x.register(`["whatsapp"]`, `["care","whatsapp"]`)
	first := x.sign(1)
	second := x.sign(2)
	x.doors[0].open(old)
	x.node.agent.SyncNow()
	x.told(second, "whatsapp", "delivered")
	x.node.agent.SyncNow()
	if got := x.phone("whatsapp"); len(got) != 1 {
		t.Errorf("%d messages", len(got))
	}
	if n := x.node.number("SELECT count(*) FROM dispatch WHERE report_id = ?", first[:]); n != 0 {
		t.Error("the replaced version was told of")
	}
}

// bill issues a bill at the node.
func (x *town) bill(net int64) lab.ID {
	x.t.Helper()
	var id lab.ID
	x.node.update(func(tx *sqlite.Tx) error {
		id = tx.NewID()
		return tx.Insert("invoice", id, sqlite.Row{
			"number": "K7/26-27/00000" + strconv.Itoa(x.made), "kind": "bill_of_supply", "fy": "26-27", "visit_id": x.visit, "patient_id": x.who, "issued_ms": tx.Now().UnixMilli(),
			"issued_by": lab.ID{5}, "gross": net, "discount": 0, "round_off": 0, "net": net, "sac": "999316",
		})
	})
	return id
}

// A bill gets a link; what is paid on it is booked once and stands at the node, and the money can go back.
func TestBillIsPaidAndGivenBack(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	x.box.Order("razorpay:events_twice", 1)
	x.box.Order("razorpay:timeout_after_store", 1)
	x.register(`["whatsapp"]`, `["care","whatsapp"]`)
	bill := x.bill(49900)
	address := ""
	eventually(t, "the node has the link", func() bool {
		return x.node.number("SELECT count(*) FROM payment_link WHERE invoice_id = ? AND status = 'open' AND amount = 49900 AND url LIKE 'http%/razorpay/pay/plink_%'", bill[:]) == 1
	})
	if err := x.db.Pool().QueryRow(t.Context(), "SELECT short_url FROM payable").Scan(&address); err != nil {
		t.Fatal(err)
	}
	pay(t, address)
	paid := "SELECT count(*) FROM payment WHERE invoice_id = ? AND kind = 'payment' AND amount = 49900 AND mode = 'upi' AND number LIKE 'pay_%'"
	eventually(t, "the node shows it paid", func() bool { return x.node.number(paid, bill[:]) == 1 })
	eventually(t, "the link is paid", func() bool {
		return x.node.number("SELECT count(*) FROM payment_link WHERE status = 'paid'") == 1
	})
	eventually(t, "the patient hears of it", func() bool {
		for _, s := range x.phone("whatsapp") {
			if strings.HasPrefix(s.Text, "payment_confirmation: 499.00 | K7/26-27/000001 | ") && strings.Contains(s.Text, " | UPI | pay_") {
				return true
			}
		}
		return false
	})
	var booking lab.ID
	if err := x.db.Pool().QueryRow(t.Context(), "SELECT id FROM booking").Scan(&booking); err != nil {
		t.Fatal(err)
	}
	who := lab.ID{8}
	w := x.out.Outside
	if err := w.Refund(t.Context(), x.org, who, booking, 49901, "other"); lab.CodeOf(err) != "refund_amount" {
		t.Errorf("more than came goes back: %v", err)
	}
	x.box.Order("razorpay:timeout_after_store", 1) // the refund is made, and nobody hears of it
	if err := w.Refund(t.Context(), x.org, who, booking, 10000, "overcharged"); err != nil {
		t.Fatal(err)
	}
	if err := w.Refund(t.Context(), x.org, who, booking, 40000, "other"); lab.CodeOf(err) != "refund_amount" {
		t.Errorf("two refunds give back more than came: %v", err)
	}
	eventually(t, "the node shows what went back", func() bool {
		return x.node.number("SELECT count(*) FROM payment WHERE invoice_id = ? AND kind = 'refund' AND amount = 10000 AND number LIKE 'rfnd_%'", bill[:]) == 1
	})
	if n := x.node.number("SELECT count(*) FROM payment"); n != 2 {
		t.Errorf("%d lines at the node", n)
	}
}

// Money on a bill that the desk took cash for meanwhile, or on no bill, waits for a person, who settles it once.
func TestMoneyThatFitsNoBill(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	x.register(`["print"]`, `["care"]`)
	bill := x.bill(49900)
	open := "SELECT count(*) FROM payment_link WHERE invoice_id = ? AND status = ? AND amount = ?"
	eventually(t, "a link", func() bool { return x.node.number(open, bill[:], "open", 49900) == 1 })
	x.node.update(func(tx *sqlite.Tx) error {
		return tx.Insert("payment", tx.NewID(), sqlite.Row{
			"invoice_id": bill, "visit_id": x.visit, "patient_id": x.who, "number": "K7/R/1", "kind": "payment", "mode": "cash", "amount": 20000, "at_ms": 1, "user_id": lab.ID{5},
		})
	})
	eventually(t, "a link for the rest", func() bool { return x.node.number(open, bill[:], "open", 29900) == 1 })
	eventually(t, "the old one is closed", func() bool { return x.node.number(open, bill[:], "closed", 49900) == 1 })
	x.box.Pay("K7/26-27/000001", 49900) // paid all the same, on the old one
	x.box.Pay("NOBODY", 100)
	w := x.out.Outside
	list := func() map[string]lab.ID {
		rows, err := w.Exceptions(t.Context(), x.org)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]lab.ID{}
		for _, r := range rows {
			if r.State == "exception" {
				out[r.Reason] = r.ID
			}
		}
		return out
	}
	eventually(t, "both wait", func() bool {
		l := list()
		return len(l) == 2 && !l["closed"].IsZero() && !l["unknown_reference"].IsZero()
	})
	who := lab.ID{8}
	waiting := list()
	if err := w.Decide(t.Context(), x.org, who, waiting["closed"], "book", "K7/26-27/999999"); lab.CodeOf(err) != "reference_unknown" {
		t.Errorf("a bill that is none: %v", err)
	}
	if err := w.Decide(t.Context(), x.org, who, waiting["closed"], "refund", ""); err != nil {
		t.Fatal(err)
	}
	if err := w.Decide(t.Context(), x.org, who, waiting["closed"], "book", "K7/26-27/000001-2"); lab.CodeOf(err) != "exception_settled" {
		t.Errorf("it is settled twice: %v", err)
	}
	if err := w.Decide(t.Context(), x.org, who, waiting["unknown_reference"], "close", ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the money is back", func() bool {
		return x.count(t, "SELECT count(*) FROM refund WHERE state = 'made' AND amount = 49900") == 1
	})
	if n := x.node.number("SELECT count(*) FROM payment"); n != 1 {
		t.Errorf("%d payments at the node", n)
	}
	if len(list()) != 0 {
		t.Error("something still waits")
	}
}

// pay is the pretend UPI app.
func pay(t *testing.T, address string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
}

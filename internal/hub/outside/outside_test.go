package outside_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/files"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/hub/sandbox"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
	"jaanch/internal/telemetry"
)

// The environment that makes this test binary a hub that can be killed.
const (
	envDatabase = "JAANCH_TEST_OUTSIDE_DATABASE"
	envListen   = "JAANCH_TEST_OUTSIDE_LISTEN"
	envHost     = "JAANCH_TEST_OUTSIDE_HOST"
	envFiles    = "JAANCH_TEST_OUTSIDE_FILES"
)

func TestMain(m *testing.M) {
	if os.Getenv(envDatabase) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var org = lab.ID{0x42}

const account = "AC00000000000000000000000000000000"

func box() *seal.Box {
	b, err := seal.New(telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))))
	if err != nil {
		panic(err)
	}
	return b
}

func assemble(db *postgres.DB, host, dir, public string) *outside.Outside {
	store, err := files.NewDisk(dir)
	if err != nil {
		panic(err)
	}
	schema := engine.NewSchema(journal.Schema())
	return outside.New(outside.Options{
		Ingest: &ingest.Ingest{DB: db, Schema: schema, Clock: time.Now, Logger: telemetry.Discard()}, Schema: schema, Store: store, PublicURL: public,
		DB: db, Box: box(), Clock: time.Now, NewID: func() lab.ID { return lab.ID(uuid.Must(uuid.NewV7())) }, Logger: telemetry.Discard(),
		Hosts: []string{host}, Near: true, Patience: 6 * time.Second, Lease: 2 * time.Second,
	})
}

// child is a hub's outside world: queues and hooks, until it is killed.
func child() error {
	ctx := context.Background()
	db, err := postgres.Open(ctx, os.Getenv(envDatabase))
	if err != nil {
		return err
	}
	w := assemble(db, os.Getenv(envHost), os.Getenv(envFiles), "http://"+os.Getenv(envListen))
	if err := start(ctx, db, w); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", os.Getenv(envListen))
	if err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString("ready\n"); err != nil {
		return err
	}
	server := &http.Server{Handler: w.Hooks(), ReadHeaderTimeout: 5 * time.Second}
	return server.Serve(l)
}

// start runs the jobs of a replica.
func start(ctx context.Context, db *postgres.DB, w *outside.Outside) error {
	workers := river.NewWorkers()
	w.AddWorkers(workers)
	client, err := river.NewClient(riverpgxv5.New(db.Pool()), &river.Config{Workers: workers, Queues: outside.Queues(), Logger: telemetry.Discard()})
	if err != nil {
		return err
	}
	w.Use(client)
	go w.Sweep(ctx, 300*time.Millisecond)
	return client.Start(ctx)
}

// world is a database, a stand-in of the services, and a hub that puts messages but sends none itself.
type world struct {
	t       *testing.T
	url     string
	db      *postgres.DB
	w       *outside.Outside
	box     *sandbox.Sandbox
	host    string
	hooks   string // address of the hub's hooks
	files   string // folder of documents
	watch   atomic.Pointer[func(string)]
	command *exec.Cmd
}

func setup(t *testing.T) *world {
	t.Helper()
	x := &world{t: t, url: pgtest.URL(t)}
	var err error
	if x.db, err = postgres.Open(context.Background(), x.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.db.Close)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x.hooks = l.Addr().String()
	_ = l.Close()
	x.box = sandbox.New(sandbox.Options{
		HooksURL: "http://" + x.hooks + "/hooks/" + org.String(), Token: "tok", AppSecret: "app", KeyID: "key", KeySecret: "ks", WebhookSecret: "wh", Account: account, AuthToken: "at", MailKey: "SG.x", GSTIN: sellerGSTIN, GSTINUser: "API_lab", GSTINPassword: "pass word", GSTINClient: "client", GSTINSecret: "cs", StripeKey: "sk_test_1", Retry: 100 * time.Millisecond,
		Watch: func(step string) {
			if f := x.watch.Load(); f != nil {
				(*f)(step)
			}
		},
	})
	t.Cleanup(x.box.Close)
	server := httptest.NewServer(x.box.Handler())
	t.Cleanup(server.Close)
	x.host = strings.TrimPrefix(server.URL, "http://")
	x.files = t.TempDir()
	x.w = assemble(x.db, x.host, x.files, "http://"+x.hooks)
	client, err := river.NewClient(riverpgxv5.New(x.db.Pool()), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	x.w.Use(client)
	if err := x.db.Queries().InsertOrg(t.Context(), x.db.Pool(), queries.InsertOrgParams{ID: org, Name: "Demo", CreatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for service, set := range map[string]credential.Set{
		"whatsapp": {"url": telemetry.Secret(server.URL + "/whatsapp"), "token": "tok", "number": "111", "app_secret": "app", "verify_token": "vt"},
		"razorpay": {"url": telemetry.Secret(server.URL + "/razorpay/v1"), "key": "key", "secret": "ks", "webhook_secret": "old wh"},
		"twilio":   {"url": telemetry.Secret(server.URL + "/twilio"), "account": account, "token": "at", "sender": "MG1"},
		"sendgrid": {"url": telemetry.Secret(server.URL + "/sendgrid"), "key": "SG.x", "from": "reports@lab.example", "verify_key": telemetry.Secret(x.box.MailVerifyKey())},
	} {
		if err := x.w.Credentials.Put(t.Context(), org, service, set); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func (x *world) put(key string, to int) lab.ID {
	x.t.Helper()
	var id lab.ID
	err := x.db.Update(x.t.Context(), func(tx pgx.Tx) error {
		var err error
		id, _, err = x.w.PutWhatsApp(x.t.Context(), tx, org, key, whatsapp.TemplateMessage{
			To: strconv.Itoa(919800000000 + to), Name: "test_result_ready", Language: "en", Body: []string{"Asha", "CBC", "A1", "City Lab"},
		})
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

func (x *world) expect(reference string, amount int64) {
	x.t.Helper()
	err := x.db.Update(x.t.Context(), func(tx pgx.Tx) error {
		return x.w.Ledger.Expect(x.t.Context(), tx, org, reference, lab.ID{1}, lab.Paise(amount))
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *world) count(query string, args ...any) int {
	x.t.Helper()
	var n int
	if err := x.db.Pool().QueryRow(x.t.Context(), query, args...).Scan(&n); err != nil {
		x.t.Fatal(err)
	}
	return n
}

// until waits for something that another process does.
func (x *world) until(what string, limit time.Duration, done func() bool) {
	x.t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-end:
			x.t.Fatalf("not within %s: %s", limit, what)
		case <-tick.C:
		}
	}
}

// serve runs the hub in this process.
func (x *world) serve() {
	x.t.Helper()
	w := assemble(x.db, x.host, x.files, "http://"+x.hooks)
	if err := start(x.t.Context(), x.db, w); err != nil {
		x.t.Fatal(err)
	}
	x.w = w
	l, err := (&net.ListenConfig{}).Listen(x.t.Context(), "tcp", x.hooks)
	if err != nil {
		x.t.Fatal(err)
	}
	server := &http.Server{Handler: w.Hooks(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	x.t.Cleanup(func() { _ = server.Close() })
}

const delivered = "SELECT count(*) FROM outbox WHERE state = 'sent' AND status = 'delivered'"

// Every fault of a service ends in one message at the phone and one line in the ledger.
func TestFaultsOfTheServices(t *testing.T) {
	t.Parallel()
	x := setup(t)
	for _, f := range []string{"whatsapp:timeout_after_store", "whatsapp:rate", "whatsapp:server_error", "whatsapp:status_twice", "whatsapp:status_reversed", "razorpay:events_twice", "razorpay:events_reversed"} {
		if !x.box.Order(f, 1) {
			t.Fatal(f)
		}
	}
	x.serve()
	for i := range 6 {
		x.put(fmt.Sprint("result_ready:R", i, ":1"), i)
	}
	x.expect("BILL-1", 49900)
	x.expect("BILL-2", 20000)
	paid := x.box.Pay("BILL-1", 49900)
	x.box.Pay("BILL-9", 100) // nobody knows this bill
	x.box.Pay("BILL-2", 19999)
	x.until("all delivered", 40*time.Second, func() bool { return x.count(delivered) == 6 })
	x.until("all booked", 20*time.Second, func() bool { return x.count("SELECT count(*) FROM booking") == 3 })
	x.until("all announcements done", 20*time.Second, func() bool { return x.count("SELECT count(*) FROM inbox WHERE processed_at IS NULL") == 0 })
	x.onceEach(6)
	if n := x.count("SELECT count(*) FROM booking WHERE state = 'booked' AND payment_id = $1 AND amount = 49900 AND reference = 'BILL-1'", paid); n != 1 {
		t.Errorf("the payment is booked %d times", n)
	}
	for reason, n := range map[string]int{"unknown_reference": 1, "amount": 1} {
		if got := x.count("SELECT count(*) FROM booking WHERE state = 'exception' AND reason = $1", reason); got != n {
			t.Errorf("%s: %d exceptions", reason, got)
		}
	}
	x.box.Pay("BILL-1", 49900)
	x.until("the surplus is seen", 20*time.Second, func() bool { return x.count("SELECT count(*) FROM booking WHERE reason = 'surplus'") == 1 })
}

// onceEach says that the stand-in has every message exactly once.
func (x *world) onceEach(want int) {
	x.t.Helper()
	seen := map[string]int{}
	for _, s := range x.box.Received() {
		if s.Service == "whatsapp" {
			seen[s.Key]++
		}
	}
	if len(seen) != want {
		x.t.Errorf("%d of %d messages arrived", len(seen), want)
	}
	for key, n := range seen {
		if n != 1 {
			x.t.Errorf("message %s arrived %d times", key, n)
		}
	}
}

// A link whose answer was lost is looked up, not made twice; it is paid by the pretend app and booked.
func TestPaymentLink(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.box.Order("razorpay:timeout_after_store", 1)
	x.serve()
	err := x.db.Update(t.Context(), func(tx pgx.Tx) error {
		_, added, err := x.w.PutLink(t.Context(), tx, org, lab.ID{5}, razorpay.NewLink{Reference: "BILL-L", Amount: 49900, Description: "Bill BILL-L"})
		if err == nil && !added {
			t.Error("not queued")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	x.until("the link is there", 30*time.Second, func() bool {
		return x.count("SELECT count(*) FROM payable WHERE reference = 'BILL-L' AND link_id LIKE 'plink_%'") == 1
	})
	if n := x.count("SELECT attempts FROM outbox"); n != 1 {
		t.Errorf("made by %d calls", n)
	}
	var short string
	if err := x.db.Pool().QueryRow(t.Context(), "SELECT short_url FROM payable").Scan(&short); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, short, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	x.until("it is booked", 20*time.Second, func() bool {
		return x.count("SELECT count(*) FROM booking WHERE state = 'booked' AND reference = 'BILL-L'") == 1
	})
}

func TestHooksBelieveNobodyElse(t *testing.T) {
	t.Parallel()
	x := setup(t)
	hooks := x.w.Hooks()
	post := func(path, signature string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(`{}`))
		r.Header.Set("X-Hub-Signature-256", signature)
		w := httptest.NewRecorder()
		hooks.ServeHTTP(w, r)
		return w.Code
	}
	at := "/hooks/" + org.String() + "/whatsapp"
	for _, c := range []struct {
		path, signature string
		want            int
	}{
		{at, "", 401},
		{at, "sha256=" + strings.Repeat("0", 64), 401},
		{"/hooks/" + lab.ID{7}.String() + "/whatsapp", "", 404},
		{"/hooks/nobody/whatsapp", "", 404},
		{"/hooks/" + org.String() + "/stripe", "", 404},
	} {
		if got := post(c.path, c.signature); got != c.want {
			t.Errorf("%s %q: %d", c.path, c.signature, got)
		}
	}
	if n := x.count("SELECT count(*) FROM inbox"); n != 0 {
		t.Errorf("%d announcements of strangers are stored", n)
	}
	for query, want := range map[string]int{
		"?hub.mode=subscribe&hub.verify_token=vt&hub.challenge=77": 200, "?hub.mode=subscribe&hub.verify_token=no&hub.challenge=77": 403, "?hub.challenge=77": 403,
	} {
		w := httptest.NewRecorder()
		hooks.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, at+query, nil))
		if w.Code != want || want == 200 && w.Body.String() != "77" {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

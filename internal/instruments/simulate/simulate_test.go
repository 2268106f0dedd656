package simulate_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/instruments/simulate"
	"jaanch/internal/lab"
)

// node is a host in memory behind real sockets. orders holds what the lab has for each sample.
type node struct {
	mu       sync.Mutex
	ids      uint32
	orders   map[string][]string
	messages []string
	decoded  []driver.Message
	profiles *profile.Set
	refuse   int // every n-th store fails
	stores   int
	opt      session.Options
	arrived  chan struct{}
}

// loaded reads the profiles once for all tests: a set is never changed.
var loaded = sync.OnceValues(profile.Builtin)

func builtin(t *testing.T) *profile.Set {
	t.Helper()
	set, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func newNode(t *testing.T) *node {
	t.Helper()
	set := builtin(t)
	fast := 200 * time.Millisecond
	opt := session.TCPOptions("test")
	opt.ASTM.Timers = astm.Timers{Frame: 10 * fast, Gap: fast, Yield: fast, Reply: 5 * fast}
	opt.HL7 = hl7.Options{Silence: 5 * fast}
	return &node{opt: opt, profiles: set, arrived: make(chan struct{}, 10000)}
}

func (n *node) host() instruments.Host {
	return instruments.Host{
		NewID: func() lab.ID {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.ids++
			return lab.ID{12: byte(n.ids >> 24), 13: byte(n.ids >> 16), 14: byte(n.ids >> 8), 15: byte(n.ids)}
		},
		Now:    time.Now,
		Store:  n.store,
		Answer: n.answer,
	}
}

func (n *node) store(_ context.Context, in instruments.Intake) (instruments.Receipt, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stores++
	if n.refuse > 0 && n.stores%n.refuse == 0 {
		return instruments.Receipt{}, errors.New("disk full")
	}
	for _, m := range in.Messages {
		if m.Ending != instruments.Cut {
			n.messages = append(n.messages, string(m.Text))
			n.arrived <- struct{}{}
		}
	}
	return instruments.Receipt{}, nil
}

// answer is what a node does with a message: decode it, and answer its queries from the lab's orders.
func (n *node) answer(_ context.Context, _ instruments.Peer, m instruments.Message) (instruments.Reply, error) {
	protocol := profile.ASTM
	if m.Protocol == instruments.HL7 {
		protocol = profile.HL7
	}
	d := driver.New(n.profiles, protocol, nil)
	for _, msg := range d.Decode(m.Text) {
		n.mu.Lock()
		n.decoded = append(n.decoded, msg)
		n.mu.Unlock()
		for _, q := range msg.Queries {
			a := driver.Answer{At: time.Now(), ControlID: "N1"}
			for _, id := range q.SampleIDs {
				n.mu.Lock()
				tests := n.orders[id]
				n.mu.Unlock()
				a.Samples = append(a.Samples, driver.SampleAnswer{SampleID: id, Found: len(tests) > 0, Tests: tests})
			}
			r, err := d.Answer(q, a)
			return r.Line(), err
		}
	}
	return instruments.Reply{}, nil
}

// listen serves the node on a loopback port until the test ends.
func (n *node) listen(t *testing.T) string {
	t.Helper()
	ln, err := link.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	board := session.NewBoard(nil)
	go func() {
		defer close(done)
		_ = link.Serve(ctx, ln, func(ctx context.Context, p link.Port) {
			_ = session.Run(ctx, board, p, n.host(), n.opt)
		})
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return ln.Addr().String()
}

// acked reads the list of acknowledged messages.
func acked(t *testing.T, path string) []simulate.AckRecord {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []simulate.AckRecord
	for s := bufio.NewScanner(f); s.Scan(); {
		var r simulate.AckRecord
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(stop)
	return ctx
}

func TestGeneratedResultsArriveInSpiteOfFaults(t *testing.T) {
	t.Parallel()
	quick := astm.Timers{Reply: 100 * time.Millisecond, Busy: 20 * time.Millisecond, Contend: 10 * time.Millisecond, Retry: 10 * time.Millisecond}
	for name, faults := range map[string]simulate.Faults{
		"no faults":    {},
		"bad checksum": {BadChecksum: 5},
		"lost answers": {LoseAck: 31},
		"duplicates":   {Duplicate: 3},
		"torn":         {Torn: 31},
		"garbage":      {Garbage: 2},
		"unplugged":    {Unplug: 31},
		"slow":         {ByteDelay: 10 * time.Microsecond},
	} {
		for _, model := range []string{"cbc", "chemistry"} {
			faults := faults
			if model == "chemistry" { // one block a message: faults by block, and a changed byte is not detected by MLLP
				faults.Torn, faults.Unplug, faults.LoseAck = min(faults.Torn, 3), min(faults.Unplug, 3), min(faults.LoseAck, 3)
				faults.BadChecksum = 0
			}
			t.Run(name+" "+model, func(t *testing.T) {
				t.Parallel()
				n := newNode(t)
				log := filepath.Join(t.TempDir(), "acks")
				err := simulate.Run(limited(t), simulate.Options{
					Targets: []simulate.Target{{Model: model, Address: n.listen(t)}}, Count: 5, Seed: 1, AckLog: log,
					Timers: quick, Reply: 300 * time.Millisecond, Faults: faults, Backoff: link.Backoff{Min: time.Millisecond},
				})
				if err != nil {
					t.Fatal(err)
				}
				n.mu.Lock()
				defer n.mu.Unlock()
				all := strings.Join(n.messages, "#")
				for i, r := range acked(t, log) {
					if want := fmt.Sprintf("SIM%06d", i+1); r.SampleID != want || r.Results < 15 {
						t.Errorf("acknowledged %+v, want %s", r, want)
					}
					if !strings.Contains(all, r.SampleID) {
						t.Errorf("%s was acknowledged and never stored", r.SampleID)
					}
				}
				if len(acked(t, log)) != 5 {
					t.Errorf("%d acknowledged", len(acked(t, log)))
				}
			})
		}
	}
}

func TestRefusedStoresAreSentAgain(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"cbc", "chemistry"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.refuse = 3
			err := simulate.Run(limited(t), simulate.Options{
				Targets: []simulate.Target{{Model: model, Address: n.listen(t)}}, Count: 4, Backoff: link.Backoff{Min: time.Millisecond},
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(n.messages) != 4 {
				t.Errorf("%d messages stored", len(n.messages))
			}
		})
	}
}

func TestRackLearnsItsTubesFromLabels(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		model  string
		query  simulate.Query
		orders []string
		faults simulate.Faults
	}{
		{"cbc", "", []string{"HGB", "PLT"}, simulate.Faults{}},
		{"cbc", "", []string{"HGB", "RBC"}, simulate.Faults{Contend: 2}}, // the node asks for the line and loses
		{"chemistry", simulate.QueryQRY, []string{"UREA", "CREA", "K"}, simulate.Faults{}},
		{"chemistry", simulate.QueryQBP, []string{"UREA", "CREA", "K"}, simulate.Faults{}},
	} {
		t.Run(fmt.Sprint(tc.model, " ", tc.query, tc.faults.Contend), func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.opt.ASTM.Timers.Yield = 50 * time.Millisecond
			n.orders = map[string][]string{"TUBE0001": tc.orders}
			out := &lines{mark: "printer listens on ", found: make(chan string, 1)}
			done := make(chan error, 1)
			address := n.listen(t)
			go func() {
				done <- simulate.Run(limited(t), simulate.Options{
					Targets: []simulate.Target{{Model: tc.model, Address: address, Query: tc.query}}, Rack: "127.0.0.1:0", Count: 1, Out: out, Faults: tc.faults,
				})
			}()
			c, err := net.Dial("tcp", <-out.found)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.Write([]byte("^XA^FO1,1^A0N,20^FDASHA SHARMA^FS^FO40,64^BY2^BCN,80,N,N,N,A^FDTUBE0002^FS^PQ1^XZ\n" +
				"^XA^FO40,64^BCN,80,N,N,N,A^FDTUBE0001^FS^PQ2^XZ\n"))
			_ = c.Close()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			last := n.decoded[len(n.decoded)-1]
			var codes []string
			for _, o := range last.Observations {
				codes = append(codes, o.TestCode)
				if o.SampleID != "TUBE0001" || o.Role != driver.RoleResult || o.ValueNum == "" || !o.Timed {
					t.Errorf("decoded %+v", o)
				}
			}
			if diff := cmp.Diff(tc.orders, codes); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(strings.Join(n.messages, ""), "ASHA") {
				t.Error("the rack read more than the bar code")
			}
		})
	}
}

// A label is printed when the visit is registered, the tube is received later: the rack puts it on again.
func TestRackLoadsAgainWhatHadNoOrdersYet(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.orders = map[string][]string{}
	asked := &lines{mark: "has no orders for ", found: make(chan string, 16)}
	place := &lines{mark: "printer listens on ", found: make(chan string, 1)}
	done := make(chan error, 1)
	address := n.listen(t)
	go func() {
		done <- simulate.Run(limited(t), simulate.Options{
			Targets: []simulate.Target{{Model: "cbc", Address: address}}, Rack: "127.0.0.1:0", Count: 1, Out: io.MultiWriter(asked, place),
		})
	}()
	c, err := net.Dial("tcp", <-place.found)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte("^XA^BCN,80,N,N,N,A^FDTUBE0001^FS^PQ1^XZ\n"))
	_ = c.Close()
	<-asked.found
	n.mu.Lock()
	n.orders["TUBE0001"] = []string{"HGB"}
	n.mu.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	last := n.decoded[len(n.decoded)-1]
	if len(last.Observations) != 1 || last.Observations[0].SampleID != "TUBE0001" {
		t.Errorf("decoded %+v", last.Observations)
	}
}

// lines watches the simulator's progress for an address.
type lines struct {
	mark  string
	found chan string
}

func (l *lines) Write(b []byte) (int, error) {
	if _, address, ok := strings.Cut(string(b), l.mark); ok {
		l.found <- strings.TrimSpace(address)
	}
	return len(b), nil
}

func TestTubeIDs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"^XA^FO1,1^BCN,80,N^FDA1^FS^XZ":                {"A1"},
		"^XA^FO1,1^A0N^FDNAME^FS^BCN^FD>:A1^FS^PQ2^XZ": {"A1", "A1"},
		"^XA^BCN^FS^FDNAME^FS^XZ":                      nil,
		"^XA^FDNAME^FS^XZ^XA^BCN,1^FDA2^FS^XZ":         {"A2"},
		"^XA^BCN^FDA3^FS":                              nil,
		"":                                             nil,
		"^XA^BXN,4,200^FDA4^FS^BCN^FDA5^FS^PQ1,0,1,Y^XZ": {"A4", "A5"},
	} {
		if diff := cmp.Diff(want, simulate.TubeIDs([]byte(in))); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

// TestNodeThatRestartsLosesNothing ends the node again and again in the middle of uploads. Whatever was acknowledged is
// stored, and the analyzer sends the rest again by itself.
func TestNodeThatRestartsLosesNothing(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"cbc", "chemistry"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			ctx := limited(t)
			first, err := link.Listen(ctx, "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := first.Addr().String()
			over := make(chan struct{})
			restarted := make(chan int, 1)
			go func() {
				rounds := 0
				for ln := first; ln != nil; rounds++ {
					ln = n.life(ctx, ln, address, over)
				}
				restarted <- rounds
			}()
			log := filepath.Join(t.TempDir(), "acks")
			err = simulate.Run(ctx, simulate.Options{
				Targets: []simulate.Target{{Model: model, Address: address}}, Count: 40, AckLog: log, Results: 3,
				Timers: astm.Timers{Reply: time.Second}, Reply: time.Second, Backoff: link.Backoff{Min: time.Millisecond},
			})
			close(over)
			if err != nil {
				t.Fatal(err)
			}
			rounds := <-restarted
			n.mu.Lock()
			defer n.mu.Unlock()
			all := strings.Join(n.messages, "#")
			list := acked(t, log)
			for _, r := range list {
				if !strings.Contains(all, r.SampleID) {
					t.Errorf("%s was acknowledged and is not stored", r.SampleID)
				}
			}
			if len(list) != 40 || rounds < 5 {
				t.Errorf("%d acknowledged in %d lives of the node", len(list), rounds)
			}
		})
	}
}

// life runs the node until three more messages have arrived, then ends it and gives its next listener; nil when over.
func (n *node) life(ctx context.Context, ln net.Listener, address string, over <-chan struct{}) net.Listener {
	ctx, end := context.WithCancel(ctx)
	defer end()
	served := make(chan struct{})
	go func() {
		defer close(served)
		board := session.NewBoard(nil)
		_ = link.Serve(ctx, ln, func(ctx context.Context, p link.Port) { _ = session.Run(ctx, board, p, n.host(), n.opt) })
	}()
	last := false
	for range 3 {
		select {
		case <-n.arrived:
		case <-over:
			last = true
		}
	}
	end()
	<-served
	for !last && ctx.Err() != nil {
		if next, err := link.Listen(context.WithoutCancel(ctx), address); err == nil {
			return next
		}
	}
	return nil
}

func TestAnalyzerThatListensIsDialled(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	out := &lines{mark: "analyzer listens on ", found: make(chan string, 1)}
	done := make(chan error, 1)
	go func() {
		done <- simulate.Run(limited(t), simulate.Options{
			Targets: []simulate.Target{{Model: "chemistry", Listen: "127.0.0.1:0"}}, Count: 3, Out: out,
		})
	}()
	ctx, stop := context.WithCancel(t.Context())
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		link.Keep(ctx, link.Dialer{Address: <-out.found}, link.Backoff{}, nil, func(ctx context.Context, p link.Port) {
			_ = session.Run(ctx, session.NewBoard(nil), p, n.host(), n.opt)
		})
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
	stop()
	<-dialled
	if len(n.messages) != 3 {
		t.Errorf("%d messages", len(n.messages))
	}
}

// TestCapturesReplay plays every capture over a real socket: what arrives is what a reader of the file finds.
func TestCapturesReplay(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("JAANCH_SAMPLES")
	if dir == "" {
		t.Skip("JAANCH_SAMPLES is not set: no captures to replay")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.[ah][sl]*"))
	for _, path := range files {
		if !strings.HasSuffix(path, ".astm") && !strings.HasSuffix(path, ".hl7") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if strings.HasSuffix(path, ".hl7") {
				for _, m := range hl7.ReadRecording(b).Messages {
					want = append(want, string(m))
				}
			} else {
				for _, m := range astm.ReadRecording(b).Messages {
					want = append(want, string(m.Bytes))
				}
			}
			n := newNode(t)
			err = simulate.Run(limited(t), simulate.Options{
				Targets: []simulate.Target{{Address: n.listen(t)}}, Capture: path, Count: 1, Tries: 3, Reply: 2 * time.Second,
			})
			if err != nil {
				t.Fatal(err)
			}
			for range want {
				<-n.arrived
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			if diff := cmp.Diff(want, n.messages); diff != "" {
				t.Error(diff)
			}
		})
	}
}

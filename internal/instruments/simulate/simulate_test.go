package simulate_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
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
	refuse   int // every n-th store fails
	stores   int
	opt      session.Options
	arrived  chan struct{}
}

func newNode() *node {
	fast := 200 * time.Millisecond
	opt := session.TCPOptions("test")
	opt.ASTM.Timers = astm.Timers{Frame: 10 * fast, Gap: fast, Yield: fast, Reply: 5 * fast}
	opt.HL7 = hl7.Options{Silence: 5 * fast}
	return &node{opt: opt, arrived: make(chan struct{}, 10000)}
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

func (n *node) answer(_ context.Context, _ instruments.Peer, m instruments.Message) (instruments.Reply, error) {
	text := string(m.Text)
	switch {
	case strings.Contains(text, "\rQ|1|^"):
		_, rest, _ := strings.Cut(text, "\rQ|1|^")
		id, _, _ := strings.Cut(rest, "|")
		tests := n.orders[id]
		if len(tests) == 0 {
			return instruments.Reply{Send: [][]byte{[]byte("H|\\^&\rL|1|I\r")}}, nil
		}
		o := fmt.Sprintf("H|\\^&\rP|1\rO|1|%s||^^^%s|R||||||N||||||||||||||Q\rL|1|F\r", id, strings.Join(tests, "\\^^^"))
		return instruments.Reply{Send: [][]byte{[]byte(o)}}, nil
	case strings.Contains(text, "|QRY^Q02|"):
		q := hl7.Parse(m.Text, "")
		qrd, _ := q.Segment("QRD")
		id := qrd.Field(8).Text()
		tests := n.orders[id]
		status := "OK"
		if len(tests) == 0 {
			status = "NF"
		}
		out := instruments.Reply{Ack: []byte("MSH|^~\\&|||||||QCK^Q02|1|P|2.3.1\rMSA|AA|" + q.ControlID() + "\rQAK|SR|" + status + "|\r")}
		if len(tests) > 0 {
			var dsr strings.Builder
			dsr.WriteString("MSH|^~\\&|||||||DSR^Q03|D" + q.ControlID() + "|P|2.3.1\rMSA|AA|" + q.ControlID() + "\rDSP|21||" + id + "\r")
			for i, code := range tests {
				fmt.Fprintf(&dsr, "DSP|%d||%s^^^\r", 29+i, code)
			}
			out.Send = [][]byte{[]byte(dsr.String() + "DSC|\r")}
		}
		return out, nil
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
				n := newNode()
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
			n := newNode()
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
		orders []string
	}{{"cbc", []string{"HGB", "PLT"}}, {"chemistry", []string{"UREA", "CREA", "K"}}} {
		t.Run(tc.model, func(t *testing.T) {
			t.Parallel()
			n := newNode()
			n.orders = map[string][]string{"TUBE0001": tc.orders}
			out := &lines{found: make(chan string, 1)}
			done := make(chan error, 1)
			address := n.listen(t)
			go func() {
				done <- simulate.Run(limited(t), simulate.Options{
					Targets: []simulate.Target{{Model: tc.model, Address: address}}, Rack: "127.0.0.1:0", Count: 1, Out: out,
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
			last := n.messages[len(n.messages)-1]
			var codes []string
			for rec := range strings.SplitSeq(last, "\r") {
				if f := strings.Split(rec, "|"); f[0] == "R" {
					codes = append(codes, strings.TrimPrefix(f[2], "^^^"))
				} else if f[0] == "OBX" {
					code, _, _ := strings.Cut(f[3], "^")
					codes = append(codes, code)
				}
			}
			if diff := cmp.Diff(tc.orders, codes); diff != "" || !strings.Contains(last, "TUBE0001") {
				t.Errorf("%s\n%q", diff, last)
			}
			if strings.Contains(strings.Join(n.messages, ""), "ASHA") {
				t.Error("the rack read more than the bar code")
			}
		})
	}
}

// lines watches the simulator's progress for the printer's address.
type lines struct{ found chan string }

func (l *lines) Write(b []byte) (int, error) {
	if _, address, ok := strings.Cut(string(b), "printer listens on "); ok {
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

// TestSerialUpload plays an analyzer on a pseudo-terminal pair: the node's end is a serial port like any other.
func TestSerialUpload(t *testing.T) {
	t.Parallel()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	_ = slave.Close()
	n := newNode()
	port, err := link.Serial{Device: slave.Name()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- session.Run(t.Context(), session.NewBoard(nil), port, n.host(), n.opt) }()
	for _, f := range append([][]byte{{5}}, astm.Frames([]byte("H|\\^&\rR|1|^^^K|4.2\rL|1|N\r"), astm.RecordPerFrame, 0)...) {
		if _, err := master.Write(f); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := master.Read(b); err != nil || b[0] != 6 {
			t.Fatalf("%q is answered by %q, %v", f, b, err)
		}
	}
	_ = master.Close()
	if err := <-done; err == nil {
		t.Error("the session of a pulled adapter ended without an error")
	}
	if len(n.messages) != 1 {
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
			n := newNode()
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

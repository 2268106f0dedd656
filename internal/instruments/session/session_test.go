package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

const (
	records = "H|\\^&|||DEMO|||||||P|1\rP|1\rO|1|A0001||^^^GLU|R\rR|1|^^^GLU|5.1|mmol/L||N||F\rL|1|N\r"
	upload  = "MSH|^~\\&|DEMO|LAB|||20260102030405||ORU^R01|77|P|2.3.1\rPID|1\rOBR|1||A0001\rOBX|1|NM|GLU||5.1|mmol/L\r"
)

// archive is a host that keeps everything in memory.
type archive struct {
	mu       sync.Mutex
	ids      byte
	fail     func(in instruments.Intake) error
	reply    func(m instruments.Message) (instruments.Reply, error)
	orders   []instruments.Outgoing
	sent     []string
	intakes  []instruments.Intake
	chunks   []instruments.Chunk
	messages []instruments.Message
	events   []string
	owner    lab.ID
}

func (a *archive) host() instruments.Host {
	return instruments.Host{
		NewID: func() lab.ID {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.ids++
			return lab.ID{15: a.ids}
		},
		Now:      time.Now,
		Store:    a.store,
		Answer:   a.answer,
		Outgoing: a.outgoing,
		Sent: func(_ context.Context, _ instruments.Peer, id lab.ID, err error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.sent = append(a.sent, fmt.Sprintf("%d:%v", id[15], err))
			if err == nil {
				a.orders = a.orders[1:]
			}
		},
		Event: func(e instruments.Event) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.events = append(a.events, strings.TrimSuffix(string(e.State)+":"+e.Code, ":"))
		},
	}
}

func (a *archive) store(_ context.Context, in instruments.Intake) (instruments.Receipt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail != nil {
		if err := a.fail(in); err != nil {
			return instruments.Receipt{}, err
		}
	}
	a.intakes = append(a.intakes, in)
	a.chunks = append(a.chunks, in.Chunks...)
	a.messages = append(a.messages, in.Messages...)
	return instruments.Receipt{Instrument: a.owner}, nil
}

func (a *archive) answer(_ context.Context, _ instruments.Peer, m instruments.Message) (instruments.Reply, error) {
	if a.reply == nil {
		return instruments.Reply{}, nil
	}
	return a.reply(m)
}

func (a *archive) outgoing(context.Context, instruments.Peer) (instruments.Outgoing, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.orders) == 0 {
		return instruments.Outgoing{}, false, nil
	}
	return a.orders[0], true, nil
}

// raw gives the archived bytes of one direction.
func (a *archive) raw(dir instruments.Dir) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []byte
	for _, c := range a.chunks {
		if c.Dir == dir {
			out = append(out, c.Bytes...)
		}
	}
	return string(out)
}

func (a *archive) texts() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, m := range a.messages {
		out = append(out, string(m.Ending)+":"+string(m.Text))
	}
	return out
}

// connect runs a session in a bubble and gives the instrument's end.
func connect(t *testing.T, a *archive, opt session.Options) link.Port {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	inst, done := connectIn(ctx, a, opt)
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && strings.Contains(err.Error(), "on the board") {
			t.Error(err)
		}
	})
	return inst
}

// connectIn runs a session until ctx ends.
func connectIn(ctx context.Context, a *archive, opt session.Options) (link.Port, chan error) {
	inst, node := link.Pipe("instrument", "node")
	done := make(chan error, 1)
	go func() {
		board := session.NewBoard(nil)
		err := session.Run(ctx, board, node, a.host(), opt)
		if n := len(board.List()); n != 0 {
			err = fmt.Errorf("%d connections stay on the board", n)
		}
		done <- err
	}()
	return inst, done
}

// say writes and gives what came back until the line is quiet.
func say(t *testing.T, p link.Port, s string) string {
	t.Helper()
	if _, err := p.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return hear(p)
}

// hear gives what stands to be read, once everybody waits.
func hear(p link.Port) string {
	synctest.Wait()
	return string(link.Drain(p))
}

func bubble(name string, t *testing.T, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, f)
	})
}

func TestASTMUploadIsStoredBeforeItsACK(t *testing.T) {
	t.Parallel()
	bubble("auto", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("astm"))
		if got := say(t, inst, "\x05"); got != "\x06" {
			t.Fatalf("ENQ is answered by %q", got)
		}
		frames := astm.Frames([]byte(records), astm.RecordPerFrame, 0)
		sofar := "\x05"
		for i, f := range frames {
			if got := say(t, inst, string(f)); got != "\x06" {
				t.Fatalf("frame %d is answered by %q", i, got)
			}
			sofar += strings.TrimSuffix(string(f), "\r\n")
			if got := strings.ReplaceAll(a.raw(instruments.In), "\r\n", ""); got != strings.ReplaceAll(sofar, "\r\n", "") {
				t.Fatalf("frame %d: archived %q, want %q", i, got, sofar)
			}
		}
		if diff := cmp.Diff([]string{"terminated:" + records}, a.texts()); diff != "" {
			t.Error(diff)
		}
		say(t, inst, "\x04")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got, want := a.raw(instruments.In), "\x05"+string(bytes.Join(frames, nil))+"\x04"; got != want {
			t.Errorf("archived in  %q\nwant %q", got, want)
		}
		if got, want := a.raw(instruments.Out), strings.Repeat("\x06", 6); got != want {
			t.Errorf("archived out %q, want %q", got, want)
		}
		checkChunks(t, a, 1)
	})
}

// checkChunks checks that sessions are numbered without a gap, open once and end once.
func checkChunks(t *testing.T, a *archive, sessions int) {
	t.Helper()
	next, opened, ended := map[lab.ID]int{}, 0, 0
	for _, c := range a.chunks {
		if c.Session.IsZero() || c.Seq != next[c.Session] || c.Open != (c.Seq == 0) {
			t.Errorf("chunk %+v, want number %d", c, next[c.Session])
		}
		next[c.Session]++
		if c.Open {
			opened++
		}
		if c.End {
			ended++
		}
	}
	if opened != sessions || ended != sessions {
		t.Errorf("%d sessions opened and %d ended, want %d", opened, ended, sessions)
	}
}

func TestHL7UploadIsStoredBeforeItsACK(t *testing.T) {
	t.Parallel()
	bubble("auto", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("hl7"))
		got := say(t, inst, "\x02\x02\r\n"+string(hl7.AppendBlock(hl7.AppendBlock(nil, []byte(upload)), []byte(upload))))
		if strings.Count(got, "MSA|AA|77") != 2 {
			t.Fatalf("answered by %q", got)
		}
		if diff := cmp.Diff([]string{"terminated:" + upload, "terminated:" + upload}, a.texts()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if a.raw(instruments.Out) != got {
			t.Errorf("archived out %q", a.raw(instruments.Out))
		}
		checkChunks(t, a, 2)
	})
}

func TestStoreThatFailsIsNeverAcknowledged(t *testing.T) {
	t.Parallel()
	frame := string(astm.AppendFrame(nil, 1, []byte(records), true))
	block := string(hl7.AppendBlock(nil, []byte(upload)))
	enhanced := strings.Replace(block, "2.3.1\r", "2.5.1|||AL|NE\r", 1)
	full := func(instruments.Intake) error { return errors.New("disk full") }
	for _, tc := range []struct{ name, in, refusal, accepted string }{
		{"ASTM", frame, "\x15", "\x06"},
		{"HL7", block, "MSA|AR|77", "MSA|AA|77"},
		{"HL7 enhanced", enhanced, "MSA|CR|77", "MSA|CA|77"},
	} {
		bubble(tc.name, t, func(t *testing.T) {
			a := &archive{fail: full}
			inst := connect(t, a, session.TCPOptions("any"))
			for range 3 {
				if got := say(t, inst, tc.in); !strings.Contains(got, tc.refusal) || strings.Contains(got, tc.accepted) {
					t.Fatalf("answered by %q", got)
				}
			}
			a.mu.Lock()
			a.fail = nil
			a.mu.Unlock()
			if got := say(t, inst, tc.in); !strings.Contains(got, tc.accepted) {
				t.Fatalf("answered by %q", got)
			}
			if len(a.messages) != 1 {
				t.Errorf("%d messages", len(a.messages))
			}
			if got := a.raw(instruments.In); strings.Count(got, tc.in[:len(tc.in)-2]) != 4 {
				t.Errorf("the archive holds %q", got)
			}
		})
	}
}

func TestStoreThatHangsIsRefusedAfterTenSeconds(t *testing.T) {
	t.Parallel()
	bubble("hang", t, func(t *testing.T) {
		a := &archive{}
		h := a.host()
		release := make(chan struct{})
		h.Store = func(context.Context, instruments.Intake) (instruments.Receipt, error) {
			<-release // not even the context ends it
			return instruments.Receipt{}, nil
		}
		inst, node := link.Pipe("instrument", "node")
		done := make(chan error, 1)
		go func() { done <- session.Run(t.Context(), session.NewBoard(nil), node, h, session.TCPOptions("astm")) }()
		say(t, inst, "\x05")
		start := time.Now()
		_, _ = inst.Write(astm.AppendFrame(nil, 1, []byte(records), true))
		b := make([]byte, 1)
		if _, err := io.ReadFull(inst, b); err != nil || b[0] != 0x15 {
			t.Errorf("answered by %q, %v", b, err)
		}
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("after %v", d)
		}
		close(release)
		_ = inst.Close()
		<-done
	})
}

func TestMessageThatPanicsIsKeptRawAndAcknowledged(t *testing.T) {
	t.Parallel()
	bubble("panic", t, func(t *testing.T) {
		a := &archive{fail: func(in instruments.Intake) error {
			if len(in.Messages) > 0 {
				panic("a driver's bug")
			}
			return nil
		}}
		inst := connect(t, a, session.TCPOptions("astm"))
		frame := string(astm.AppendFrame(nil, 1, []byte(records), true))
		if got := say(t, inst, "\x05"+frame); got != "\x06\x06" {
			t.Fatalf("answered by %q", got)
		}
		if len(a.messages) != 0 || !a.intakes[0].Bare || !strings.Contains(a.raw(instruments.In), records) {
			t.Errorf("intakes %+v", a.intakes)
		}
	})
}

func TestCutSessionLeavesItsGroupsIncomplete(t *testing.T) {
	t.Parallel()
	bubble("cut", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("astm"))
		frames := astm.Frames([]byte(records), astm.RecordPerFrame, 0)
		say(t, inst, "\x05"+string(bytes.Join(frames[:4], nil))+string(frames[4][:3]))
		_ = inst.Close()
		synctest.Wait()
		want := []string{"cut:" + strings.TrimSuffix(records, "L|1|N\r")}
		if diff := cmp.Diff(want, a.texts()); diff != "" {
			t.Error(diff)
		}
		checkChunks(t, a, 1)
		var again []string
		for _, m := range session.Reread(a.chunks, session.TCPOptions("astm")) {
			again = append(again, string(m.Ending)+":"+string(m.Text))
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("read again: %s", diff)
		}
	})
}

func TestASTMQueryIsAnsweredAfterEOT(t *testing.T) {
	t.Parallel()
	bubble("query", t, func(t *testing.T) {
		a := &archive{reply: func(m instruments.Message) (instruments.Reply, error) {
			if !strings.Contains(string(m.Text), "\rQ|") {
				return instruments.Reply{}, nil
			}
			return instruments.Reply{Send: [][]byte{[]byte("H|\\^&\rL|1|F\r")}}, nil
		}}
		inst := connect(t, a, session.TCPOptions("astm"))
		query := string(astm.AppendFrame(nil, 1, []byte("H|\\^&\rQ|1|^A0001||ALL\rL|1|N\r"), true))
		if got := say(t, inst, "\x05"+query+"\x04"); got != "\x06\x06\x05" {
			t.Fatalf("answered by %q", got)
		}
		if got := say(t, inst, "\x06"); got != string(astm.AppendFrame(nil, 1, []byte("H|\\^&\r"), true)) {
			t.Fatalf("then %q", got)
		}
		if got := say(t, inst, "\x06"); got != string(astm.AppendFrame(nil, 2, []byte("L|1|F\r"), true)) {
			t.Fatalf("then %q", got)
		}
		if got := say(t, inst, "\x06"); got != "\x04" {
			t.Fatalf("then %q", got)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		checkChunks(t, a, 2)
	})
}

func TestHL7QueryIsAnsweredInOrder(t *testing.T) {
	t.Parallel()
	bubble("query", t, func(t *testing.T) {
		follow := "MSH|^~\\&|||||||DSR^Q03|501|P|2.3.1\rMSA|AA|9\r"
		a := &archive{reply: func(m instruments.Message) (instruments.Reply, error) {
			if !strings.Contains(string(m.Text), "QRY^Q02") {
				return instruments.Reply{}, nil
			}
			return instruments.Reply{Ack: []byte("MSH|^~\\&|||||||QCK^Q02|500|P|2.3.1\rMSA|AA|9\r"), Send: [][]byte{[]byte(follow)}}, nil
		}}
		inst := connect(t, a, session.TCPOptions("hl7"))
		query := string(hl7.AppendBlock(nil, []byte("MSH|^~\\&|BS|M|||||QRY^Q02|9|P|2.3.1\rQRD||||||||A0001\r")))
		got := say(t, inst, query)
		if i, j := strings.Index(got, "QCK^Q02"), strings.Index(got, "DSR^Q03"); i < 0 || j < i {
			t.Fatalf("answered by %q", got)
		}
		ack := func(id string) string {
			return string(hl7.AppendBlock(nil, []byte("MSH|^~\\&|BS|M|||||ACK^Q03|10|P|2.3.1\rMSA|AA|"+id+"\r")))
		}
		if got := say(t, inst, ack("499")); got != "" {
			t.Fatalf("a late answer is answered by %q", got)
		}
		time.Sleep(31 * time.Second)
		if got := hear(inst); !strings.Contains(got, "|501|") {
			t.Fatalf("not sent again: %q", got)
		}
		if got := say(t, inst, ack("501")); got != "" {
			t.Fatalf("an answer is answered by %q", got)
		}
		time.Sleep(2 * time.Minute)
		if got := hear(inst); got != "" {
			t.Fatalf("sent once more: %q", got)
		}
	})
}

func TestOutgoingOrderReachesAnIdentifiedInstrument(t *testing.T) {
	t.Parallel()
	bubble("order", t, func(t *testing.T) {
		a := &archive{owner: lab.ID{1}, orders: []instruments.Outgoing{{ID: lab.ID{15: 200}, Text: []byte("H|\\^&\rL|1|N\r")}}}
		inst := connect(t, a, session.TCPOptions("astm"))
		frame := string(astm.AppendFrame(nil, 1, []byte(records), true))
		if got := say(t, inst, "\x05"+frame+"\x04"); got != "\x06\x06\x05" {
			t.Fatalf("answered by %q", got)
		}
		for range 3 {
			say(t, inst, "\x06")
		}
		if diff := cmp.Diff([]string{"200:<nil>"}, a.sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBareRecordsAreReadAndNotAnswered(t *testing.T) {
	t.Parallel()
	bubble("bare", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("astm"))
		lines := strings.ReplaceAll(records, "\r", "\r\n")
		for i := range len(lines) {
			if got := say(t, inst, lines[i:i+1]); got != "" {
				t.Fatalf("answered by %q", got)
			}
		}
		if diff := cmp.Diff([]string{"terminated:" + records}, a.texts()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUnknownBytesAreKeptAsARawSession(t *testing.T) {
	t.Parallel()
	bubble("raw", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("astm"))
		if got := say(t, inst, "GLUCOSE 5.1 mmol/L\r\n"); got != "" {
			t.Fatalf("answered by %q", got)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := a.raw(instruments.In); got != "GLUCOSE 5.1 mmol/L\r\n" {
			t.Errorf("archived %q", got)
		}
		checkChunks(t, a, 1)
	})
}

func TestRow10NoiseIsBoundedAndTheLineStaysUsable(t *testing.T) {
	t.Parallel()
	bubble("noise", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("astm"))
		noise := make([]byte, 10<<20)
		seed := uint32(7)
		for i := range noise {
			seed = seed*1664525 + 1013904223
			noise[i] = byte(seed >> 24)
		}
		say(t, inst, string(noise))
		time.Sleep(10 * time.Minute)
		hear(inst)
		if kept := len(a.raw(instruments.In)); kept > 1<<20 {
			t.Errorf("%d bytes of noise are kept", kept)
		}
		before := len(a.texts())
		frame := string(astm.AppendFrame(nil, 1, []byte(records), true))
		if got := say(t, inst, "\x05"+frame+"\x04"); got != "\x06\x06" {
			t.Fatalf("after the noise ENQ and a frame are answered by %q", got)
		}
		if got := a.texts(); len(got) != before+1 || got[before] != "terminated:"+records {
			t.Errorf("%d messages before, then %q", before, got[before:])
		}
	})
}

package recognise_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/creack/pty"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/recognise"
)

// A pseudo-terminal has no speed of its own, but it keeps the speed that the program set. The analyzer of these tests
// sits on the master side, reads that speed before each write, and sends what a UART at that speed would make of its own
// bits: the signal is drawn at the analyzer's speed and sampled at the port's.

// shape is how an analyzer's UART sends a byte.
type shape struct {
	baud   int
	bits   int  // data bits
	parity byte // 0, 'e', 'o'
}

// signal draws bytes as levels of one bit time each: start, data, parity, stop, and two idle bits behind each byte.
func (s shape) signal(b []byte) []bool {
	out := []bool{true, true}
	for _, c := range b {
		ones := 0
		out = append(out, false)
		for i := range s.bits {
			bit := c>>i&1 == 1
			if bit {
				ones++
			}
			out = append(out, bit)
		}
		switch s.parity {
		case 'e':
			out = append(out, ones%2 == 1)
		case 'o':
			out = append(out, ones%2 == 0)
		}
		out = append(out, true, true, true)
	}
	return append(out, true, true, true, true, true, true, true, true, true, true)
}

// sampled reads the signal as a UART at another speed with eight data bits: at a falling edge it waits one and a half of
// its own bit times, then takes a level every bit time.
func sampled(levels []bool, sender, receiver int) []byte {
	step := float64(sender) / float64(receiver) // of the receiver's bit time in the sender's
	at := func(t float64) bool { return t >= float64(len(levels)) || levels[int(t)] }
	var out []byte
	for t := 0.0; t < float64(len(levels)); {
		if at(t) {
			t += step / 16
			continue
		}
		var c byte
		for i := range 8 {
			if at(t + step*(1.5+float64(i))) {
				c |= 1 << i
			}
		}
		out = append(out, c)
		for t += step * 9.5; t < float64(len(levels)) && !at(t); {
			t += step / 16
		}
	}
	return out
}

// speedMask is CBAUD with CBAUDEX, where Linux keeps the speed.
const speedMask = 0o010017

// speedOf reads the speed as the program set it on the other side. A pseudo-terminal keeps no other setting.
func speedOf(f *os.File) int {
	var t syscall.Termios
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&t))); errno != 0 {
		return 0
	}
	speeds := map[uint32]int{
		syscall.B300: 300, syscall.B600: 600, syscall.B1200: 1200, syscall.B2400: 2400, syscall.B4800: 4800, syscall.B9600: 9600,
		syscall.B19200: 19200, syscall.B38400: 38400, syscall.B57600: 57600, syscall.B115200: 115200,
	}
	return speeds[t.Cflag&speedMask]
}

// analyzer is an E1381 sender on the master side of a pseudo-terminal.
type analyzer struct {
	master *os.File
	shape  shape
	header string
	seven  atomic.Bool // the port was opened with seven data bits

	mu    sync.Mutex
	acks  int // frames of ours that were acknowledged
	calls int
}

// say writes what the port's UART makes of bytes.
func (a *analyzer) say(b []byte) {
	speed := speedOf(a.master)
	if speed == 0 {
		return
	}
	out := sampled(a.shape.signal(b), a.shape.baud, speed)
	for i := range out {
		if a.seven.Load() { // the eighth bit is the parity bit, which a UART set to seven keeps for itself
			out[i] &= 0x7F
		}
	}
	_, _ = a.master.Write(out)
}

// run calls again and again, and sends its header frame when it is answered at its own speed.
func (a *analyzer) run(ctx context.Context) {
	heard := make(chan byte)
	go func() {
		buf := make([]byte, 1)
		for {
			if _, err := a.master.Read(buf); err != nil {
				return
			}
			select {
			case heard <- buf[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	sent := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if !sent {
				a.calls++
				a.say([]byte{5})
			}
		case c := <-heard:
			speed := speedOf(a.master)
			if speed != a.shape.baud || c != 6 {
				continue
			}
			if sent {
				a.mu.Lock()
				a.acks++
				a.mu.Unlock()
				continue
			}
			sent = true
			a.say(astm.AppendFrame(nil, 1, []byte(a.header), true))
		}
	}
}

func terminal(t *testing.T) (master *os.File, device string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	if _, err := pty.GetsizeFull(slave); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close(); _ = master.Close() })
	return master, slave.Name()
}

// TestSpeedIsFound: whatever speed and parity an analyzer has, the search ends at it, names the model from the one frame
// that it let through, and acknowledges no frame.
func TestSpeedIsFound(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	for _, c := range []struct {
		name  string
		shape shape
		want  string
	}{
		{"9600 8N1", shape{9600, 8, 0}, "9600 8N1"},
		{"19200 8N1", shape{19200, 8, 0}, "19200 8N1"},
		{"4800 8N1", shape{4800, 8, 0}, "4800 8N1"},
		{"2400 8N1", shape{2400, 8, 0}, "2400 8N1"},
		{"1200 8N1", shape{1200, 8, 0}, "1200 8N1"},
		{"38400 8N1", shape{38400, 8, 0}, "38400 8N1"},
		{"115200 8N1", shape{115200, 8, 0}, "115200 8N1"},
		{"9600 7E1", shape{9600, 7, 'e'}, "9600 7E1"},
		{"4800 7O1", shape{4800, 7, 'o'}, "4800 7O1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			master, device := terminal(t)
			a := &analyzer{master: master, shape: c.shape, header: "H|\\^&|||XN-550^00-24^77||||||||E1394-97\r"}
			ctx, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() { a.run(ctx) })
			var steps []recognise.Step
			found, err := recognise.Search{
				Profiles: set, Device: device, Rounds: 3,
				Manners: recognise.Manners{Answer: true, Quiet: 100 * time.Millisecond, Limit: 2 * time.Second},
				Open: func(ctx context.Context, l link.Serial) (link.Port, error) {
					a.seven.Store(l.DataBits == 7)
					return l.Open(ctx)
				},
				Tell: func(s recognise.Step) { steps = append(steps, s) },
			}.Run(t.Context())
			stop()
			all.Wait()
			if err != nil {
				t.Fatalf("%v; tried %+v", err, steps)
			}
			if got := recognise.Frame(found.Settings); got != c.want {
				t.Errorf("found %s, want %s; tried %+v", got, c.want, steps)
			}
			if best, _ := found.Finding.Best(); best.Profile != "sysmex-xn" {
				t.Errorf("proposed %+v of %q", found.Finding.Proposals, found.Heard)
			}
			if a.acks != 0 {
				t.Errorf("%d frames were acknowledged, which nobody keeps", a.acks)
			}
		})
	}
}

// TestProbe: an idle analyzer that says nothing is found by ENQ, and is left with EOT.
func TestProbe(t *testing.T) {
	t.Parallel()
	master, device := terminal(t)
	got := make(chan byte, 64)
	go func() {
		buf := make([]byte, 1)
		for {
			if _, err := master.Read(buf); err != nil {
				return
			}
			if speed := speedOf(master); speed != 4800 {
				continue
			}
			got <- buf[0]
			if buf[0] == 5 {
				_, _ = master.Write([]byte{6})
			}
		}
	}()
	found, err := recognise.Search{
		Profiles: builtin(t), Device: device, Rounds: 1, Try: []link.Serial{{Baud: 9600}, {Baud: 4800}},
		Manners: recognise.Manners{Probe: true, Quiet: 50 * time.Millisecond, Limit: 4 * time.Second},
	}.Run(t.Context())
	if !errors.Is(err, recognise.ErrNothing) || !bytes.Equal(found.Heard, []byte{6}) || found.Settings.Baud != 4800 {
		t.Errorf("found %+v, %v", found, err)
	}
	for _, want := range []byte{5, 4} {
		select {
		case c := <-got:
			if c != want {
				t.Errorf("the analyzer got %02X, want %02X", c, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("the analyzer did not get %02X", want)
		}
	}
}

// TestSilentPort: nobody there is said as such, after every setting was tried.
func TestSilentPort(t *testing.T) {
	t.Parallel()
	_, device := terminal(t)
	n := 0
	_, err := recognise.Search{
		Profiles: builtin(t), Device: device, Rounds: 1, Manners: recognise.Manners{Quiet: 10 * time.Millisecond, Limit: 20 * time.Millisecond},
		Tell: func(recognise.Step) { n++ },
	}.Run(t.Context())
	if !errors.Is(err, recognise.ErrNothing) || n != len(recognise.Settings()) {
		t.Errorf("%d settings tried, %v", n, err)
	}
}

// TestHearTCP: on a network connection the header is let through and its frame is left unanswered; a block of HL7 too.
func TestHearTCP(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	for name, c := range map[string]struct{ first, second, want string }{
		"astm": {"\x05", string(astm.AppendFrame(nil, 1, []byte("H|\\^&|||ACCESS^500001\r"), true)), "beckman-access"},
		"hl7":  {"\x0bMSH|^~\\&|BC-5380|Mindray|||20240311101400||ORU^R01|1|P|2.3.1\rOBR|1||X|00001^Automated Count^99MRC\r\x1c\r", "", "mindray-bc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := link.Pipe("node", "analyzer")
			var answers []byte
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = theirs.Write([]byte(c.first))
				buf := make([]byte, 64)
				for {
					n, err := theirs.Read(buf)
					answers = append(answers, buf[:n]...)
					if err != nil {
						return
					}
					if bytes.Equal(answers, []byte{6}) {
						_, _ = io.WriteString(theirs, c.second)
					}
				}
			}()
			_, f, err := recognise.Hear(t.Context(), set, ours, recognise.Manners{Answer: true, Quiet: 50 * time.Millisecond, Limit: 5 * time.Second})
			<-done
			if best, _ := f.Best(); err != nil || best.Profile != c.want {
				t.Errorf("%+v, %v", f, err)
			}
			if want := map[string]int{"astm": 1, "hl7": 0}[name]; len(answers) != want {
				t.Errorf("answered %q", answers)
			}
		})
	}
}

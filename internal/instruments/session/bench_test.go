package session_test

import (
	"bufio"
	"context"
	"io"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

// BenchmarkRoundTrip is one message and its acknowledgement over a real socket with a store that costs nothing, beside a
// socket that only echoes: what the line itself adds to a commit.
func BenchmarkRoundTrip(b *testing.B) {
	host := instruments.Host{
		NewID: func() lab.ID { return lab.ID{1} },
		Now:   time.Now,
		Store: func(context.Context, instruments.Intake) (instruments.Receipt, error) {
			return instruments.Receipt{}, nil
		},
	}
	node := func(ctx context.Context, p link.Port) {
		_ = session.Run(ctx, session.NewBoard(nil), p, host, session.TCPOptions("bench"))
	}
	echo := func(_ context.Context, p link.Port) { _, _ = io.Copy(p, p) }
	block := hl7.AppendBlock(nil, []byte(upload))
	frame := astm.AppendFrame(nil, 1, []byte(records), true)
	for _, bc := range []struct {
		name  string
		serve func(context.Context, link.Port)
		talk  func(w io.Writer, r *bufio.Reader) error
	}{
		{"echo", echo, func(w io.Writer, r *bufio.Reader) error {
			_, _ = w.Write(block)
			_, err := r.Discard(len(block))
			return err
		}},
		{"hl7", node, func(w io.Writer, r *bufio.Reader) error {
			_, _ = w.Write(block)
			_, err := r.ReadBytes(0x1c)
			return err
		}},
		{"astm", node, func(w io.Writer, r *bufio.Reader) error {
			_, _ = w.Write([]byte{5})
			if _, err := r.ReadByte(); err != nil {
				return err
			}
			_, _ = w.Write(frame)
			if _, err := r.ReadByte(); err != nil {
				return err
			}
			_, err := w.Write([]byte{4})
			return err
		}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			ctx, stop := context.WithCancel(b.Context())
			ln, err := link.Listen(ctx, "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- link.Serve(ctx, ln, bc.serve) }()
			p, err := link.Dialer{Address: ln.Addr().String()}.Open(ctx)
			if err != nil {
				b.Fatal(err)
			}
			r := bufio.NewReader(p)
			b.ReportAllocs()
			for b.Loop() {
				if err := bc.talk(p, r); err != nil {
					b.Fatal(err)
				}
			}
			_ = p.Close()
			stop()
			<-done
		})
	}
}

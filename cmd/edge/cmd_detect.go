package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/recognise"
)

// detectFlags are the flags of `edge detect`.
type detectFlags struct {
	serial, listen, file string
	asJSON               bool
	silent, probe        bool
	wait, limit          time.Duration
}

// detected is what `edge detect --json` prints. Its shape only grows.
type detected struct {
	Settings string `json:"settings,omitempty"` // of the serial port: 9600 8N1
	Peer     string `json:"peer,omitempty"`     // who connected
	recognise.Finding
}

// maxDetect bounds a file that is recognised.
const maxDetect = 64 << 20

// errNotRecognised ends `edge detect` when no model was recognised.
var errNotRecognised = errors.New("no model was recognised; see what was printed")

func detectCommand() *cobra.Command {
	var f detectFlags
	cmd := &cobra.Command{
		Use:   "detect (--serial DEVICE | --listen ADDRESS | --file FILE) [--json]",
		Short: "find out what an analyzer is from what it sends",
		Long: `Finds the speed and parity of a serial line, the protocol, the vendor and the model of an analyzer that nobody has set
up, and names the profile that fits, how sure that is, and why.

  --serial   listens on the port with each speed in turn until something can be made out: 9600, 19200, 38400, 115200,
             57600, 4800, 2400, 1200, 600, 300 with eight data bits, then with parity. Seven data bits are found from the
             parity bit. Let the analyzer send a result meanwhile, again and again if need be.
  --listen   waits for one connection from the network.
  --file     reads recorded bytes.

Nothing is lost by it. An analyzer that calls (ENQ) is answered once, so that it sends the one frame that names it; that
frame, or an HL7 message, is left without an acknowledgement, and the analyzer keeps it and sends it again later.
--silent puts not a single byte on the line. --probe asks a line on which nothing happens: ENQ, and EOT when somebody
answers; only an ASTM receiver hears that, and it takes no harm.

The node must not have the port open meanwhile. Nothing is stored.

Exit codes: 0 a model was recognised, 1 it was not, 2 the call is wrong.`,
		Example: "  edge detect --serial /dev/ttyUSB0\n  edge detect --listen :6662 --limit 5m\n  edge detect --file capture.bin --json | jq .proposals",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.serial, "serial", "", "serial `port` to listen on")
	fl.StringVar(&f.listen, "listen", "", "`address` on which an analyzer connects")
	fl.StringVar(&f.file, "file", "", "`file` of recorded bytes")
	fl.BoolVar(&f.asJSON, "json", false, "print one JSON object instead of a table")
	fl.BoolVar(&f.silent, "silent", false, "send nothing at all")
	fl.BoolVar(&f.probe, "probe", false, "ask a silent line with ENQ")
	fl.DurationVar(&f.wait, "wait", 20*time.Second, "time to listen with each setting of a serial port")
	fl.DurationVar(&f.limit, "limit", 10*time.Minute, "time after which it gives up")
	return cmd
}

func (f detectFlags) run(ctx context.Context, w, progress io.Writer) error {
	ways := 0
	for _, s := range []string{f.serial, f.listen, f.file} {
		if s != "" {
			ways++
		}
	}
	if ways != 1 {
		return usageError{errors.New("name one of --serial, --listen and --file; see edge detect --help")}
	}
	profiles, err := profile.Builtin()
	if err != nil {
		return fmt.Errorf("load profiles: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, f.limit)
	defer cancel()
	out, err := f.look(ctx, profiles, progress)
	if err != nil && !errors.Is(err, recognise.ErrNothing) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if err := out.print(w, f.asJSON); err != nil {
		return err
	}
	if !out.Known() {
		return errNotRecognised
	}
	return nil
}

// look gets bytes from where the call says and recognises them.
func (f detectFlags) look(ctx context.Context, profiles *profile.Set, progress io.Writer) (detected, error) {
	manners := recognise.Manners{Answer: !f.silent, Probe: f.probe && !f.silent, Limit: f.wait}
	switch {
	case f.file != "":
		info, err := os.Stat(f.file)
		if err != nil {
			return detected{}, fmt.Errorf("open recording: %w", err)
		}
		if info.Size() > maxDetect {
			return detected{}, fmt.Errorf("open recording %s: larger than %d MiB", f.file, maxDetect>>20)
		}
		data, err := os.ReadFile(f.file)
		if err != nil {
			return detected{}, fmt.Errorf("read recording: %w", err)
		}
		return detected{Finding: recognise.Bytes(profiles, data)}, nil
	case f.listen != "":
		return f.network(ctx, profiles, manners, progress)
	}
	found, err := recognise.Search{
		Profiles: profiles, Device: f.serial, Manners: manners,
		Tell: func(s recognise.Step) {
			fmt.Fprintf(progress, "%-10s %6d bytes, %3d %% plausible\n", recognise.Frame(s.Settings), s.Bytes, s.Plausible)
		},
	}.Run(ctx)
	out := detected{Finding: found.Finding}
	if len(found.Heard) > 0 {
		out.Settings = recognise.Frame(found.Settings)
	}
	return out, err
}

// network hears one connection.
func (f detectFlags) network(ctx context.Context, profiles *profile.Set, manners recognise.Manners, progress io.Writer) (detected, error) {
	ln, err := link.Listen(ctx, f.listen)
	if err != nil {
		return detected{}, err
	}
	fmt.Fprintf(progress, "waiting for a connection on %s\n", ln.Addr())
	defer func() { _ = ln.Close() }()
	port, err := link.Acceptor{Listener: ln}.Open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return detected{Finding: recognise.Bytes(profiles, nil)}, ctx.Err()
		}
		return detected{}, err
	}
	manners.Limit = f.limit
	_, finding, err := recognise.Hear(ctx, profiles, port, manners)
	return detected{Peer: port.Address(), Finding: finding}, err
}

func (d detected) print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(d)
	}
	if d.Settings != "" {
		fmt.Fprintf(w, "settings       %s\n", d.Settings)
	}
	if d.Peer != "" {
		fmt.Fprintf(w, "connected      %s\n", d.Peer)
	}
	return d.Print(w)
}

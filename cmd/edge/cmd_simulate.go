package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/simulate"
)

// simulateFlags are the flags of `edge simulate`.
type simulateFlags struct {
	targets []string
	serial  []string
	rack    string
	capture string
	query   string
	count   int
	samples []string
	ask     bool
	serve   bool
	control bool
	prefix  string
	every   time.Duration
	linger  time.Duration
	seed    uint64
	acks    string
	tries   int
	wait    time.Duration
	faults  simulate.Faults
}

func simulateCommand() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "play analyzers against a node",
		Long: `Plays analyzers, so that a node can be tried without one. It opens no database and knows nothing of the node but
its addresses.

Each --target or --serial is one analyzer, written MODEL=ADDRESS or MODEL=DEVICE. The models are those of the demonstration,
and the analyzer of every profile, under the profile's id:
` + modelList() + `
Ways to play:
  generated   made-up results of the model for --sample ids (or new ids), every --every; --control makes them control runs
  --ask       asks the node for the orders of each --sample, and sends results for exactly the tests that it names
  --obey      waits for orders that the node sends by itself, and runs each --every later; what is cancelled until then is not run
  --capture   the bytes of a recorded file, sent by the protocol's rules; MODEL= may be left out
  --rack      listens as a label printer (raw TCP, ZPL), loads each tube whose label the node prints, asks the node
              for its orders by host query, and sends results for exactly the tests that the answer names

What the node did not acknowledge is sent again, as the protocol says. --acks keeps the list of what it did acknowledge.`,
		Example: `  edge simulate --target cbc=127.0.0.1:6662 --sample 26325K70042L --count 1
  edge simulate --capture run.astm --target 127.0.0.1:6662
  edge simulate --rack 127.0.0.1:9100 --target cbc=127.0.0.1:6662 --target chemistry=127.0.0.1:6661`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			opt, err := f.options()
			if err != nil {
				return usageError{err}
			}
			opt.Out = cmd.OutOrStdout()
			return simulate.Run(cmd.Context(), opt)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *simulateFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.targets, "target", nil, "an analyzer on the network, MODEL=HOST:PORT (may be repeated)")
	fl.StringArrayVar(&f.serial, "serial", nil, "an analyzer on a serial port, MODEL=DEVICE[@BAUD] (may be repeated)")
	fl.StringVar(&f.rack, "rack", "", "address on which to listen as the label printer")
	fl.StringVar(&f.capture, "capture", "", "recorded file to send")
	fl.StringVar(&f.query, "query", "", "how an HL7 analyzer asks for orders: qry (QRY^Q02) or qbp (QBP^Q11)")
	fl.IntVar(&f.count, "count", 0, "messages of each analyzer, or times to send the capture; 0 goes on until stopped (1 for a capture)")
	fl.StringSliceVar(&f.samples, "sample", nil, "sample ids of generated results, in turn")
	fl.BoolVar(&f.ask, "ask", false, "ask the node for the orders of each --sample and send their results")
	fl.BoolVar(&f.serve, "obey", false, "wait for orders that the node sends, and send their results; ends after --count samples")
	fl.BoolVar(&f.control, "control", false, "generated results are control runs")
	fl.StringVar(&f.prefix, "prefix", "SIM", "beginning of made-up sample ids")
	fl.DurationVar(&f.every, "every", 2*time.Second, "time between messages")
	fl.DurationVar(&f.linger, "linger", time.Second, "time to listen after the last message, for what the node still has to say")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of the made-up values; the same seed gives the same values")
	fl.StringVar(&f.acks, "acks", "", "file that lists the acknowledged messages, one JSON object a line")
	fl.IntVar(&f.tries, "tries", 0, "sends of one message before it is given up; 0 tries for ever")
	fl.DurationVar(&f.wait, "wait", 0, "time to wait for an answer before sending again; 0 keeps to the protocol's own times")
	fl.IntVar(&f.faults.BadChecksum, "fault-checksum", 0, "spoil every n-th frame or block")
	fl.IntVar(&f.faults.LoseAck, "fault-lose-ack", 0, "lose every n-th answer of the node")
	fl.IntVar(&f.faults.Duplicate, "fault-duplicate", 0, "send every n-th frame or block twice")
	fl.IntVar(&f.faults.Torn, "fault-torn", 0, "cut every n-th frame or block and drop the line")
	fl.IntVar(&f.faults.Garbage, "fault-garbage", 0, "send noise in front of every n-th frame or block")
	fl.IntVar(&f.faults.Unplug, "fault-unplug", 0, "drop the line behind every n-th frame or block")
	fl.IntVar(&f.faults.Contend, "fault-contend", 0, "answer every n-th ENQ of the node with an ENQ of its own (ASTM)")
	fl.DurationVar(&f.faults.ByteDelay, "fault-slow", 0, "time between bytes")
}

func (f *simulateFlags) options() (simulate.Options, error) {
	opt := simulate.Options{
		Capture: f.capture, Rack: f.rack, Count: f.count, Samples: f.samples, Prefix: f.prefix, Interval: f.every,
		Ask: f.ask, Serve: f.serve, Control: f.control, Linger: f.linger, Seed: f.seed, AckLog: f.acks, Tries: f.tries, Faults: f.faults,
	}
	if opt.Capture != "" && opt.Count == 0 {
		opt.Count = 1
	}
	if f.wait > 0 {
		opt.Reply = f.wait
		opt.Backoff = link.Backoff{Min: f.wait / 10, Max: f.wait}
		opt.Timers = astm.Timers{Reply: f.wait, Busy: f.wait, Contend: f.wait, Interrupted: f.wait, Retry: f.wait}
	}
	query := simulate.Query(f.query)
	if query != "" && query != simulate.QueryQRY && query != simulate.QueryQBP {
		return opt, fmt.Errorf("--query %q: want qry or qbp", f.query)
	}
	for _, t := range f.targets {
		model, address, err := f.split(t)
		if err != nil {
			return opt, err
		}
		opt.Targets = append(opt.Targets, simulate.Target{Model: model, Address: address, Query: query, Protocol: instruments.Auto})
	}
	for _, s := range f.serial {
		model, device, err := f.split(s)
		if err != nil {
			return opt, err
		}
		port := link.Serial{Device: device}
		if at := strings.LastIndexByte(device, '@'); at > 0 {
			port.Device = device[:at]
			if _, err := fmt.Sscanf(device[at+1:], "%d", &port.Baud); err != nil {
				return opt, fmt.Errorf("--serial %s: %q is no baud rate", s, device[at+1:])
			}
		}
		opt.Targets = append(opt.Targets, simulate.Target{Model: model, Serial: &port, Query: query})
	}
	return opt, f.check(opt)
}

// check tells what does not go together.
func (f *simulateFlags) check(opt simulate.Options) error {
	switch {
	case f.ask && len(f.samples) == 0:
		return errors.New("--ask needs at least one --sample")
	case f.ask && f.serve, f.capture != "" && (f.ask || f.serve):
		return errors.New("--ask, --obey and --capture are three ways to play; take one")
	case len(opt.Targets) == 0:
		return errors.New("name at least one analyzer with --target or --serial; see edge simulate --help")
	}
	return nil
}

// split reads MODEL=PLACE; a capture needs no model.
func (f *simulateFlags) split(s string) (model, place string, err error) {
	model, place, found := strings.Cut(s, "=")
	switch {
	case found && place != "":
		return model, place, nil
	case !found && f.capture != "":
		return "", s, nil
	}
	return "", "", fmt.Errorf("analyzer %q: want MODEL=ADDRESS", s)
}

// modelList names the models for the help.
func modelList() string {
	var b strings.Builder
	all := simulate.Models()
	if set, err := profile.Builtin(); err == nil {
		more, _ := simulate.Scripted(set)
		all = append(all, more...)
	}
	for _, m := range all {
		names := make([]string, 0, len(m.Analytes))
		for _, a := range m.Analytes {
			names = append(names, a.Code)
		}
		fmt.Fprintf(&b, "  %-19s %-4s  sends %s\n", m.ID, strings.ToUpper(string(m.Protocol)), strings.Join(names, " "))
	}
	return b.String()
}

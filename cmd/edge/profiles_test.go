package main_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/simulate"
)

// played is the analyzer of one profile beside a running node, which approves it and maps its codes.
type played struct {
	t      *testing.T
	s      *scene
	model  simulate.Model
	set    *profile.Set
	number int
	device bench.Instrument
	tests  map[string]string // the analyzer's code → the lab's test
	serial *link.Serial      // in the place of the network
}

// target is where the analyzer is plugged in.
func (p *played) target() simulate.Target {
	if p.serial != nil {
		return simulate.Target{Model: p.model.ID, Serial: p.serial}
	}
	return simulate.Target{Model: p.model.ID, Address: p.s.address(p.model)}
}

func (s *scene) address(m simulate.Model) string {
	if m.Protocol == "hl7" {
		return s.r.hl7
	}
	return s.r.astm
}

// run plays the analyzer until it has done what it was asked.
func (p *played) run(opt simulate.Options) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.t.Context(), 90*time.Second)
	defer stop()
	opt.Targets, opt.Profiles, opt.Prefix = []simulate.Target{p.target()}, p.set, fmt.Sprintf("P%02d", p.number)
	opt.Tries, opt.Backoff = 5, link.Backoff{Min: 20 * time.Millisecond}
	if err := simulate.Run(ctx, opt); err != nil {
		p.t.Fatalf("the analyzer: %v", err)
	}
}

// connect lets the analyzer say who it is with a result of a sample that nobody knows, approves it and maps its codes.
func (p *played) connect() {
	p.t.Helper()
	p.run(simulate.Options{Count: 1, Samples: []string{fmt.Sprintf("STRAY-%02d", p.number)}})
	var list bench.Instruments
	p.s.manager.must(http.MethodGet, "/instruments", nil, &list)
	i := slices.IndexFunc(list.Senders, func(x bench.Sender) bool { return x.Profile == p.model.ID })
	if i < 0 {
		p.t.Fatalf("no sender is known as %s: %+v", p.model.ID, list.Senders)
	}
	p.s.manager.must(http.MethodPost, "/instruments/approve", bench.Approve{SenderID: list.Senders[i].ID, New: &bench.InstrumentInput{
		Name: p.model.ID, Profile: p.model.ID, Link: bench.Link{Kind: "tcp_server"}, Enabled: true, Query: true, WindowDays: 7,
	}}, &p.device)
	p.mapCodes()
}

func (p *played) mapCodes() {
	p.t.Helper()
	for code, name := range p.tests {
		p.s.manager.must(http.MethodPut, "/instruments/"+p.device.ID.String()+"/codes", bench.CodeInput{Code: code, TestID: p.s.tests[name]}, nil)
	}
}

// testsOf gives each analyzer tests of its own: two that can do the same test are both sent its orders.
func testsOf(m simulate.Model, used map[string]int) map[string]string {
	out := map[string]string{}
	for _, a := range m.Analytes {
		kind := "N"
		if a.High == 0 {
			kind = "T"
		}
		used[kind]++
		out[a.Code] = fmt.Sprintf("%s%02d", kind, used[kind])
	}
	return out
}

// downloads sets how the analyzer is sent orders.
func (p *played) downloads(when string) {
	p.t.Helper()
	var list bench.Instruments
	p.s.manager.must(http.MethodGet, "/instruments", nil, &list)
	i := slices.IndexFunc(list.Instruments, func(x bench.Instrument) bool { return x.ID == p.device.ID })
	p.s.manager.must(http.MethodPut, "/instruments/"+p.device.ID.String(), bench.InstrumentInput{
		Name: p.model.ID, Profile: p.model.ID, Link: list.Instruments[i].Link, Enabled: true, Query: true, WindowDays: 7, Download: when,
		Versions: list.Instruments[i].Versions,
	}, nil)
}

// tube registers a received tube with all tests that the analyzer does.
func (p *played) tube(id string) reception.Visit {
	p.t.Helper()
	in := reception.Register{
		Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: "routine", Collected: true,
		Barcodes: []reception.TubeMark{{Tube: 0, Barcode: id}},
	}
	for _, name := range p.tests {
		in.Items = append(in.Items, reception.OrderItem{Kind: "test", ID: p.s.tests[name]})
	}
	var v reception.Visit
	p.s.manager.must(http.MethodPost, "/visits", in, &v)
	return v
}

// stands checks that every test of a visit has the value that the node's observations say was sent for it, once, and that
// nothing else of the sample was filed.
func (p *played) stands(id string, v reception.Visit) {
	p.t.Helper()
	sent := map[string]string{}
	for _, o := range dump[observed](p.s.r, "observations") {
		if o.SampleID == id && o.State == "matched" {
			if sent[o.TestCode] != "" {
				p.t.Errorf("%s: %s was filed twice", id, o.TestCode)
			}
			sent[o.TestCode] = o.Value
		}
		if o.SampleID == id && o.Role != "result" && o.State != "kept" && o.State != "duplicate" {
			p.t.Errorf("%s: a row of %s that is a %s is %s %s", id, o.TestCode, o.Role, o.State, o.Reason)
		}
	}
	var w bench.Worklist
	p.s.manager.must(http.MethodGet, "/worklist?state=all&visit="+v.ID.String(), nil, &w)
	rows := map[string]bench.Row{}
	for _, g := range w.Groups {
		for _, row := range g.Rows {
			rows[row.Code] = row
		}
	}
	for code, name := range p.tests {
		row := rows[name]
		if row.Source == nil || row.Raw == "" || sent[code] != row.Raw {
			p.t.Errorf("%s: %s holds %q of %+v; sent was %q", id, code, row.Raw, row.Source, sent[code])
		}
	}
	if len(sent) != len(p.tests) {
		p.t.Errorf("%s: %d values were filed on %d tests", id, len(sent), len(p.tests))
	}
}

// queue waits until the analyzer's queue reads so, newest first.
func (p *played) queue(want ...string) {
	p.t.Helper()
	var got []string
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		var all bench.Transfers
		p.s.manager.must(http.MethodGet, "/instruments/"+p.device.ID.String()+"/transfers", nil, &all)
		got = nil
		for _, x := range all.Transfers {
			got = append(got, x.Kind+" "+x.State)
		}
		if slices.Equal(got, want) {
			return
		}
	}
	p.t.Fatalf("the queue reads %v, want %v", got, want)
}

// TestEveryProfileAtTheNode plays the analyzer of every profile against one running node over TCP: what it sends of a sample is
// filed, value for value, and nothing beside it; its question is answered and obeyed; an order that the node sends by itself is
// taken, run and filed; one that is cancelled in time is not run. Each step is read in the node's database.
func TestEveryProfileAtTheNode(t *testing.T) { //nolint:tparallel // the last two share an identity, and come one after the other
	t.Parallel()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	all, err := simulate.Scripted(set)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	r := startNode(t, edgeBinary(t), data)
	s := newScene(t, r)
	used := map[string]int{}
	var nameless []*played // their headers name nobody, so at one address there can be one of them at a time
	t.Run("named", func(t *testing.T) {
		for i, m := range all {
			p := &played{s: s, model: m, set: set, number: i + 1, tests: testsOf(m, used)}
			if m.ID == "erba-xl" || m.ID == "euroimmun-analyzer" {
				nameless = append(nameless, p)
				continue
			}
			t.Run(m.ID, func(t *testing.T) {
				t.Parallel()
				p.t = t
				p.journey()
			})
		}
	})
	for _, p := range nameless {
		t.Run(p.model.ID, func(t *testing.T) {
			p.t = t
			p.journey()
			p.retire()
		})
	}
}

// retire switches the analyzer off, so that its identity is free.
func (p *played) retire() {
	p.t.Helper()
	var list bench.Instruments
	p.s.manager.must(http.MethodGet, "/instruments", nil, &list)
	i := slices.IndexFunc(list.Instruments, func(x bench.Instrument) bool { return x.ID == p.device.ID })
	p.s.manager.must(http.MethodPut, "/instruments/"+p.device.ID.String(), bench.InstrumentInput{
		Name: p.model.ID, Profile: p.model.ID, Link: bench.Link{Kind: "tcp_server"}, WindowDays: 7, Versions: list.Instruments[i].Versions,
	}, nil)
}

// tubeOf names a tube of this analyzer.
func (p *played) tubeOf(letter string) string { return fmt.Sprintf("TUBE%s%04d", letter, p.number) }

func (p *played) journey() {
	p.t.Helper()
	p.connect()
	if asks(p.model.ID) {
		p.obeys()
		return
	}
	first := p.tubeOf("A")
	v := p.tube(first)
	p.run(simulate.Options{Count: 1, Samples: []string{first}})
	p.stands(first, v)
}

// obeys plays the other direction: a question, an order that nobody asked for, and its cancellation.
func (p *played) obeys() {
	p.t.Helper()
	first := p.tubeOf("A")
	v := p.tube(first)
	p.run(simulate.Options{Ask: true, Samples: []string{p.tubeOf("X"), first}})
	p.stands(first, v)

	second := p.tubeOf("B")
	p.downloads("receive")
	v = p.tube(second)
	p.run(simulate.Options{Serve: true, Count: 1})
	p.stands(second, v)
	p.queue("order sent")

	p.cancels(p.tubeOf("C"))
}

// cancels lets the node order a tube and take it back while the analyzer still waits to run it.
func (p *played) cancels(id string) {
	p.t.Helper()
	v := p.tube(id)
	said := &noisy{}
	ctx, stop := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() {
		done <- simulate.Run(ctx, simulate.Options{
			Targets: []simulate.Target{p.target()}, Profiles: p.set, Serve: true, Count: 1, Interval: time.Hour, Out: said, Prefix: fmt.Sprintf("C%02d", p.number),
		})
	}()
	p.queue("order sent", "order sent")
	p.s.manager.must(http.MethodGet, "/visits/"+v.ID.String(), nil, &v)
	p.s.manager.must(http.MethodPost, "/visits/"+v.ID.String()+"/cancel", reception.Cancel{Reason: "registered twice", Versions: v.Versions}, nil)
	p.queue("cancel sent", "order sent", "order sent")
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		p.t.Error(err)
	}
	if text := said.String(); !strings.Contains(text, " cancelled ") || strings.Contains(text, " cancelled 0 ") {
		p.t.Errorf("the analyzer did not understand the cancellation:\n%s", text)
	}
	for _, o := range dump[observed](p.s.r, "observations") {
		if o.SampleID == id {
			p.t.Errorf("a cancelled sample was run: %+v", o)
		}
	}
}

// asks tells whether the analyzers of a profile ask for orders, as far as is known.
func asks(id string) bool {
	switch id {
	case "euroimmun-analyzer", "radiometer-astm", "radiometer-hl7", "siemens-clinitek", "pixcell-hemoscreen":
		return false
	}
	return true
}

package main_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/edge/setup"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// scene is a lab that is prepared for a set of captures: which sender is which analyzer, which code means which test,
// which sample id is which tube, and what was left out on purpose.
type scene struct {
	t       *testing.T
	r       *running
	manager *browser
	tests   map[string]lab.ID           // code → id
	devices map[string]*device          // sender → analyzer
	orders  map[string]map[string]bool  // sample id → codes of the tests to order
	visits  map[string]reception.Visit  // sample id → its visit
	absent  map[string]bool             // sample ids that nobody registers
	skip    map[[2]string]bool          // sample id and test that is not ordered although it is mapped
	seen    map[[32]byte]driver.Message // messages by digest
	stands  map[[2]string]string        // sample id and test → value that stands
}

type device struct {
	id       lab.ID
	next     map[string]int    // kind of test → how many are used
	codes    map[string]string // analyzer's code → test
	unmapped map[string]bool
}

func newScene(t *testing.T, r *running) *scene {
	t.Helper()
	s := &scene{
		t: t, r: r, manager: r.login(access.Manager), tests: map[string]lab.ID{}, devices: map[string]*device{}, orders: map[string]map[string]bool{},
		visits: map[string]reception.Visit{}, absent: map[string]bool{}, skip: map[[2]string]bool{}, seen: map[[32]byte]driver.Message{}, stands: map[[2]string]string{},
	}
	var c setup.Catalogue
	s.manager.must(http.MethodGet, "/catalogue", nil, &c)
	for _, x := range c.Tests {
		s.tests[x.Code] = x.ID
	}
	return s
}

// approve lets a capture's sender say who it is, approves it and maps its codes. Of every second capture with many codes
// the last code stays unmapped, of the others its test is not ordered; of a capture with many samples one is not registered.
func (s *scene) approve(c capture, index int) {
	s.t.Helper()
	sender := c.messages[0].Sender.Raw
	d := s.devices[sender]
	if d == nil {
		s.r.play(c.hello(s.t), c.hl7)
		d = &device{next: map[string]int{}, codes: map[string]string{}, unmapped: map[string]bool{}}
		var list bench.Instruments
		s.manager.must(http.MethodGet, "/instruments", nil, &list)
		i := slices.IndexFunc(list.Senders, func(x bench.Sender) bool { return x.Identity == sender })
		if i < 0 {
			s.t.Fatalf("%s: the sender %q is not on the list: %+v", c.name, sender, list.Senders)
		}
		var made bench.Instrument
		s.manager.must(http.MethodPost, "/instruments/approve", bench.Approve{SenderID: list.Senders[i].ID, New: &bench.InstrumentInput{
			Name: c.name, Profile: c.messages[0].Profile, Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7, ShortIDs: true,
		}}, &made)
		d.id = made.ID
		s.devices[sender] = d
	}
	var codes, ids []string
	text := map[string]bool{}
	c.results(func(m driver.Message, o driver.Observation) {
		if !files(m, o) {
			return
		}
		if !slices.Contains(codes, o.MapCode) {
			codes = append(codes, o.MapCode)
		}
		if !slices.Contains(ids, o.SampleID) {
			ids = append(ids, o.SampleID)
		}
		if o.ValueNum == "" {
			text[o.MapCode] = true
		}
	})
	if len(ids) >= 3 {
		s.absent[ids[len(ids)-1]] = true
	}
	for n, code := range codes {
		last := len(codes) >= 4 && n == len(codes)-1
		if _, known := d.codes[code]; !known && last && index%2 == 0 {
			d.unmapped[code] = true
		}
		if !d.unmapped[code] {
			s.mapCode(d, code, text[code])
		}
	}
	c.results(func(m driver.Message, o driver.Observation) {
		if !files(m, o) || d.unmapped[o.MapCode] {
			return
		}
		if len(codes) >= 4 && index%2 == 1 && o.MapCode == codes[len(codes)-1] {
			s.skip[[2]string{o.SampleID, d.codes[o.MapCode]}] = true
			return
		}
		if s.orders[o.SampleID] == nil {
			s.orders[o.SampleID] = map[string]bool{}
		}
		s.orders[o.SampleID][d.codes[o.MapCode]] = true
	})
	for _, id := range ids {
		if len(id) > 0 && len(id) < 5 {
			s.place(d, id)
		}
	}
}

func (s *scene) mapCode(d *device, code string, text bool) {
	s.t.Helper()
	if _, known := d.codes[code]; known {
		return
	}
	kind := "N"
	if text {
		kind = "T"
	}
	d.next[kind]++
	test := kind + twoDigits(d.next[kind])
	if s.tests[test].IsZero() {
		s.t.Fatalf("there are not enough tests for the codes of an analyzer")
	}
	s.manager.must(http.MethodPut, "/instruments/"+d.id.String()+"/codes", bench.CodeInput{Code: code, TestID: s.tests[test]}, nil)
	d.codes[code] = test
}

func twoDigits(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

// visit registers the sample of an id once: with the id as the tube's own barcode when it is long enough for one.
func (s *scene) visit(id string) reception.Visit {
	s.t.Helper()
	if v, ok := s.visits[id]; ok {
		return v
	}
	in := reception.Register{
		Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: "routine", Collected: true,
	}
	for code := range s.orders[id] {
		in.Items = append(in.Items, reception.OrderItem{Kind: "test", ID: s.tests[code]})
	}
	if len(id) >= 5 {
		in.Barcodes = []reception.TubeMark{{Tube: 0, Barcode: id}}
	}
	var v reception.Visit
	s.manager.must(http.MethodPost, "/visits", in, &v)
	if len(v.Samples) != 1 || v.Samples[0].State != "received" {
		s.t.Fatalf("the visit of %q has the tubes %+v", id, v.Samples)
	}
	s.visits[id] = v
	return v
}

// place puts a short id on the analyzer's load list of today.
func (s *scene) place(d *device, id string) {
	s.t.Helper()
	day := time.Now().In(time.FixedZone("IST", 5*3600+1800)).Format(time.DateOnly)
	path := "/load-lists/" + d.id.String() + "/" + day
	var list bench.LoadList
	s.manager.must(http.MethodGet, path, nil, &list)
	in := bench.LoadListInput{Entries: []bench.LoadPlace{{Position: id, Accession: s.visit(id).Samples[0].Accession}}}
	for _, e := range list.Entries {
		in.Entries = append(in.Entries, bench.LoadPlace{Position: e.Position, SampleID: e.SampleID})
	}
	s.manager.must(http.MethodPut, path, in, nil)
}

// register registers every sample that is not left out on purpose.
func (s *scene) register() {
	s.t.Helper()
	for id := range s.orders {
		if id != "" && !s.absent[id] {
			s.visit(id)
		}
	}
}

// sheets reads what stands on the orders: sample id → test → row.
func (s *scene) sheets() map[string]map[string]bench.Row {
	s.t.Helper()
	out := map[string]map[string]bench.Row{}
	for id, v := range s.visits {
		var w bench.Worklist
		s.manager.must(http.MethodGet, "/worklist?state=all&visit="+v.ID.String(), nil, &w)
		out[id] = map[string]bench.Row{}
		for _, g := range w.Groups {
			for _, row := range g.Rows {
				out[id][row.Code] = row
			}
		}
	}
	return out
}

// fate is what has to become of a row.
type fate struct{ state, reason, sample, test string }

// expect says what has to become of the next row that is played.
func (s *scene) expect(m driver.Message, o driver.Observation) fate {
	d := s.devices[m.Sender.Raw]
	if first, known := s.seen[m.Digest]; known && first.Index != m.Index {
		return fate{state: "duplicate"}
	}
	s.seen[m.Digest] = m
	switch {
	case m.Kind == driver.KindQC || m.Kind == driver.KindCalibration || o.Role == driver.RoleControl:
		return fate{state: "control"}
	case o.Role != driver.RoleResult:
		return fate{state: "kept"}
	case o.NoValue:
		return fate{state: "kept", reason: "no_value"}
	}
	if _, registered := s.visits[o.SampleID]; !registered {
		return fate{state: "inbox", reason: waitsLike(o.SampleID)}
	}
	test, mapped := d.codes[o.MapCode]
	key := [2]string{o.SampleID, test}
	switch stands, filed := s.stands[key]; {
	case !mapped:
		return fate{state: "inbox", reason: "unmapped_code"}
	case !s.orders[o.SampleID][test]:
		return fate{state: "inbox", reason: "test_not_ordered"}
	case filed && stands == o.Reported:
		return fate{state: "kept", reason: "same_value"}
	case filed:
		return fate{state: "inbox", reason: "possible_repeat"}
	}
	s.stands[key] = o.Reported
	return fate{state: "matched", sample: o.SampleID, test: test}
}

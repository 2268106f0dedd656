package line

import (
	"context"
	"errors"
	"sync"
	"time"

	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/recognise"
	"jaanch/internal/lab"
)

// Finder finds the settings of a serial port with an unknown analyzer. One port at a time.
type Finder struct {
	keeper   *Keeper
	profiles *profile.Set
	manners  recognise.Manners
	devices  func() ([]string, error)
	now      func() time.Time
	touched  func(lab.ID)
	id       lab.ID // names the search on the live feed

	mu   sync.Mutex
	ctx  context.Context //nolint:containedctx // of the running node; a search outlives the request that began it
	stop context.CancelFunc
	done chan struct{}
	at   PortSearch
}

// FinderOptions are what a finder needs.
type FinderOptions struct {
	Keeper   *Keeper
	Profiles *profile.Set
	Manners  recognise.Manners        // Answer is set always
	Devices  func() ([]string, error) // link.Ports when nil
	Now      func() time.Time         // of the node
	Touched  func(lab.ID)             // tells the screens; may be nil
}

// searchID names the search on the live feed: there is one.
func searchID() lab.ID { return lab.ID{15: 1} }

// NewFinder makes a finder. It searches only while Run runs.
func NewFinder(o FinderOptions) *Finder {
	if o.Devices == nil {
		o.Devices = link.Ports
	}
	if o.Touched == nil {
		o.Touched = func(lab.ID) {}
	}
	o.Manners.Answer = true
	return &Finder{
		keeper: o.Keeper, profiles: o.Profiles, manners: o.Manners, devices: o.Devices, now: o.Now, touched: o.Touched,
		id: searchID(), at: PortSearch{State: "none", Tried: []PortTry{}},
	}
}

// Run lets searches run until ctx ends.
func (f *Finder) Run(ctx context.Context) {
	f.mu.Lock()
	f.ctx = ctx
	f.mu.Unlock()
	<-ctx.Done()
	f.mu.Lock()
	f.ctx = nil
	done := f.done
	f.mu.Unlock()
	if done != nil {
		<-done
	}
}

// PortList are the serial ports of the node's machine.
type PortList struct {
	Ports []string `json:"ports"`
}

// PortSearch is a search for the analyzer on a serial port.
type PortSearch struct {
	State   string             `json:"state" enum:"none,running,found,nothing,failed,stopped"`
	Device  string             `json:"device,omitempty"`
	Started *time.Time         `json:"started,omitempty"`
	Now     string             `json:"now,omitempty" doc:"Settings that are tried at this moment, as 9600 8N1."`
	Tried   []PortTry          `json:"tried"`
	Found   string             `json:"found,omitempty" doc:"Settings that fit."`
	Baud    int                `json:"baud,omitempty"`
	Frame   string             `json:"frame,omitempty" doc:"8N1 and so on."`
	Finding *recognise.Finding `json:"finding,omitempty"`
	Problem string             `json:"problem,omitempty"`
}

// PortTry is one try of a search.
type PortTry struct {
	Settings  string `json:"settings"`
	Bytes     int    `json:"bytes"`
	Plausible int    `json:"plausible" doc:"Percent: how much it looks like a line read with the right settings."`
	Family    string `json:"family"`
}

// StartPortSearch begins a search.
type StartPortSearch struct {
	Device string `json:"device" minLength:"1" maxLength:"200"`
	Probe  bool   `json:"probe,omitempty" doc:"Ask a silent line with ENQ; only an ASTM analyzer hears it, and it takes no harm."`
}

// Ports lists the serial ports.
func (f *Finder) Ports(context.Context) (PortList, error) {
	all, err := f.devices()
	if err != nil {
		return PortList{}, &lab.Error{Kind: lab.KindInternal, Code: "ports_unreadable", Message: "This machine's serial ports could not be listed.", Cause: err}
	}
	if all == nil {
		all = []string{}
	}
	return PortList{Ports: all}, nil
}

// State gives the search that runs, or the last one.
func (f *Finder) State(context.Context) (PortSearch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.copied(), nil
}

// copied gives the state by value. The caller holds the lock.
func (f *Finder) copied() PortSearch {
	out := f.at
	out.Tried = append([]PortTry{}, f.at.Tried...)
	return out
}

// Start begins a search and ends one that runs.
func (f *Finder) Start(ctx context.Context, _ lab.Actor, in StartPortSearch) (PortSearch, error) {
	f.halt("stopped")
	f.mu.Lock()
	parent := f.ctx
	f.mu.Unlock()
	if parent == nil {
		return PortSearch{}, &lab.Error{Kind: lab.KindUnavailable, Code: "not_serving", Message: "The node is not running yet."}
	}
	giveBack, err := f.keeper.borrow(ctx, in.Device)
	if errors.Is(err, errBusy) {
		return PortSearch{}, lab.Conflict("port_in_use", "An analyzer that is set up uses this port. Switch it off first.")
	}
	if err != nil {
		return PortSearch{}, err
	}
	run, stop := context.WithCancel(parent)
	started := f.now().UTC()
	manners := f.manners
	manners.Probe = in.Probe
	done := make(chan struct{})
	f.mu.Lock()
	f.stop, f.done = stop, done
	f.at = PortSearch{State: "running", Device: in.Device, Started: &started, Tried: []PortTry{}, Now: recognise.Frame(recognise.Settings()[0])}
	out := f.copied()
	f.mu.Unlock()
	go func() {
		defer close(done)
		defer giveBack()
		f.search(run, in.Device, manners)
	}()
	f.touched(f.id)
	return out, nil
}

// rounds is how often a search tries all settings before it gives up.
const rounds = 5

func (f *Finder) search(ctx context.Context, device string, manners recognise.Manners) {
	settings := recognise.Settings()
	found, err := recognise.Search{
		Profiles: f.profiles, Device: device, Rounds: rounds, Manners: manners,
		Tell: func(s recognise.Step) {
			f.mu.Lock()
			f.at.Tried = append(f.at.Tried, PortTry{
				Settings: recognise.Frame(s.Settings), Bytes: s.Bytes, Plausible: s.Plausible, Family: string(s.Family),
			})
			f.at.Now = recognise.Frame(settings[len(f.at.Tried)%len(settings)])
			f.mu.Unlock()
			f.touched(f.id)
		},
	}.Run(ctx)
	f.mu.Lock()
	f.at.Now = ""
	switch {
	case err == nil:
		f.at.State, f.at.Found, f.at.Finding = "found", recognise.Frame(found.Settings), &found.Finding
		f.at.Baud, f.at.Frame = found.Settings.Baud, f.at.Found[len(f.at.Found)-3:]
	case ctx.Err() != nil:
		f.at.State = "stopped"
	case errors.Is(err, recognise.ErrNothing):
		f.at.State, f.at.Finding = "nothing", &found.Finding
	default:
		f.at.State, f.at.Problem = "failed", "port_unreadable"
	}
	f.mu.Unlock()
	if err == nil {
		f.keeper.Loose(found.Settings)
	}
	f.touched(f.id)
}

// Stop ends a search.
func (f *Finder) Stop(ctx context.Context) (PortSearch, error) {
	f.halt("stopped")
	return f.State(ctx)
}

// halt ends a search that runs and waits for it.
func (f *Finder) halt(state string) {
	f.mu.Lock()
	stop, done := f.stop, f.done
	f.stop, f.done = nil, nil
	f.mu.Unlock()
	if stop == nil {
		return
	}
	stop()
	<-done
	f.mu.Lock()
	if f.at.State == "running" {
		f.at.State = state
	}
	f.mu.Unlock()
	f.touched(f.id)
}

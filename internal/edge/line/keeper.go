package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Keeper holds the links open that begin at the node: serial ports, and analyzers that listen. It follows the set-up: an
// analyzer that is added, changed or switched off gets its link at once, without a restart.
type Keeper struct {
	db    *sqlite.DB
	log   *slog.Logger
	board *session.Board
	host  instruments.Host
	tapes *Tapes
	known *profile.Set
	kick  chan struct{}

	turn sync.Mutex // one reconciliation at a time

	mu      sync.Mutex
	ctx     context.Context        //nolint:containedctx // of Run: links outlive the request that changes the set-up
	loose   map[string]link.Serial // ports of analyzers that nobody has set up yet, by device
	running map[string]*running
	paused  map[string]bool // devices that a search has for itself
}

// running is a link that is held open.
type running struct {
	device string // of a serial port; empty for others
	stop   context.CancelFunc
	done   chan struct{}
}

// KeeperOptions are what a keeper needs.
type KeeperOptions struct {
	DB    *sqlite.DB
	Log   *slog.Logger
	Board *session.Board
	Host  instruments.Host
	Tapes *Tapes

	Profiles *profile.Set
}

// NewKeeper makes a keeper that holds nothing yet.
func NewKeeper(o KeeperOptions) *Keeper {
	return &Keeper{
		db: o.DB, log: o.Log, board: o.Board, host: o.Host, tapes: o.Tapes, known: o.Profiles, kick: make(chan struct{}, 1),
		loose: map[string]link.Serial{}, running: map[string]*running{}, paused: map[string]bool{},
	}
}

// wanted is a link that should be open.
type wanted struct {
	opener     link.Opener
	listen     string // a port of the node that is this analyzer's alone; then there is no opener
	device     string
	name       string
	instrument lab.ID
	profile    string
}

// session is how the link is spoken on. Of an analyzer that is set up the protocol is known before it has said anything, so
// that orders which waited while the node was stopped need not wait for its first word.
func (k *Keeper) session(w wanted) session.Options {
	opt := session.Options{Link: w.name, Instrument: w.instrument}
	if p, ok := k.known.Get(w.profile); ok && !w.instrument.IsZero() {
		opt.Expect = p.Protocol
		opt.ASTM.BlocksSOH = p.Link.SOHEOT
	}
	return opt
}

// Run holds links open until ctx ends. A link that cannot be opened is tried again for ever.
func (k *Keeper) Run(ctx context.Context) {
	k.mu.Lock()
	k.ctx = ctx
	k.mu.Unlock()
	for {
		if err := k.reconcile(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("reading the analyzers' links failed", "err", err)
		}
		select {
		case <-ctx.Done():
			k.close()
			return
		case <-k.kick:
		}
	}
}

// Kick says that the set-up changed. It never waits.
func (k *Keeper) Kick() {
	select {
	case k.kick <- struct{}{}:
	default: // it is going to look anyway
	}
}

// Loose holds a serial port open for an analyzer that nobody has set up: what it sends is kept and waits in the inbox.
func (k *Keeper) Loose(s link.Serial) {
	k.mu.Lock()
	k.loose[s.Device] = s
	k.mu.Unlock()
	k.Kick()
}

// want gives every link that should be open, by a key that changes with its settings.
func (k *Keeper) want(ctx context.Context) (map[string]wanted, error) {
	var rows []queries.InstrumentsLinksRow
	err := k.db.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		rows, err = queries.New(tx).InstrumentsLinks(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the analyzers' links: %w", err)
	}
	out, taken := map[string]wanted{}, map[string]bool{}
	for _, r := range rows {
		w := wanted{name: r.Name, instrument: lab.ID(r.ID), profile: r.Profile}
		switch r.Link {
		case "serial":
			s, err := link.Serial{Device: r.Port, Baud: int(r.Baud)}.WithFrame(r.Frame)
			if err != nil {
				k.log.Warn("a serial port has settings that cannot be", "link", r.Name, "err", err)
				continue
			}
			w.opener, w.device = s, r.Port
			taken[r.Port] = true // also while it is switched off: the port is this analyzer's
		case "tcp_client":
			w.opener = link.Dialer{Address: r.Address}
		case "tcp_port":
			w.listen = r.Address
		default:
			continue
		}
		if r.Enabled != 0 {
			out[fmt.Sprintf("%s %s %s %+v%s", lab.ID(r.ID), r.Name, r.Profile, w.opener, w.listen)] = w
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for device, s := range k.loose {
		if taken[device] {
			delete(k.loose, device)
			continue
		}
		out[fmt.Sprintf("loose %+v", s)] = wanted{opener: s, device: device, name: device}
	}
	maps.DeleteFunc(out, func(_ string, w wanted) bool { return k.paused[w.device] })
	return out, nil
}

// reconcile closes what is no longer wanted and then opens what is: a port has one owner at a time.
func (k *Keeper) reconcile(ctx context.Context) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	want, err := k.want(ctx)
	if err != nil {
		return err
	}
	for key, r := range k.runningNow() {
		if _, ok := want[key]; !ok {
			r.stop()
			<-r.done
			k.mu.Lock()
			delete(k.running, key)
			k.mu.Unlock()
		}
	}
	for key, w := range want {
		k.mu.Lock()
		if _, ok := k.running[key]; !ok && k.ctx != nil && k.ctx.Err() == nil {
			k.running[key] = k.start(k.ctx, w) //nolint:contextcheck // a link lives as long as the node
		}
		k.mu.Unlock()
	}
	return nil
}

func (k *Keeper) runningNow() map[string]*running {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.running)
}

// start holds one link open in a goroutine of its own.
func (k *Keeper) start(ctx context.Context, w wanted) *running {
	ctx, stop := context.WithCancel(ctx)
	r := &running{device: w.device, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		if w.listen != "" {
			k.listen(ctx, w)
			return
		}
		link.Keep(ctx, w.opener, link.Backoff{}, func(err error) {
			k.log.Debug("a link of an analyzer could not be opened", "link", w.name, "err", err)
		}, func(ctx context.Context, port link.Port) { k.converse(ctx, w, port) })
	}()
	return r
}

func (k *Keeper) converse(ctx context.Context, w wanted, port link.Port) {
	err := session.Run(ctx, k.board, k.tapes.Watch(port, w.name), k.host, k.session(w))
	if err != nil {
		k.log.Debug("a connection of an analyzer ended", "link", w.name, "err", err)
	}
}

// listenAgain is how long a port that could not be taken is left alone.
const listenAgain = 10 * time.Second

// listen serves the port that is one analyzer's alone until ctx ends. A port that somebody else holds is tried again: it
// never keeps the node from working.
func (k *Keeper) listen(ctx context.Context, w wanted) {
	for ctx.Err() == nil {
		ln, err := link.Listen(ctx, w.listen)
		if err == nil {
			k.log.Info("the port of an analyzer is open", "link", w.name)
			err = link.Serve(ctx, ln, func(ctx context.Context, port link.Port) { k.converse(ctx, w, port) })
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		k.log.Warn("the port of an analyzer is not served", "link", w.name, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (k *Keeper) close() {
	k.turn.Lock()
	defer k.turn.Unlock()
	for _, r := range k.runningNow() {
		r.stop()
		<-r.done
	}
}

// errBusy says that a port is an analyzer's already.
var errBusy = errors.New("line: the port is in use")

// borrow gives a device to a search: a loose link on it is closed first. An analyzer's own port is not given away.
func (k *Keeper) borrow(ctx context.Context, device string) (giveBack func(), err error) {
	want, err := k.want(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range want {
		if w.device == device && !w.instrument.IsZero() {
			return nil, errBusy
		}
	}
	k.mu.Lock()
	if k.paused[device] {
		k.mu.Unlock()
		return nil, errBusy
	}
	k.paused[device] = true
	delete(k.loose, device)
	k.mu.Unlock()
	if err := k.reconcile(ctx); err != nil {
		return nil, err
	}
	return func() {
		k.mu.Lock()
		delete(k.paused, device)
		k.mu.Unlock()
		k.Kick()
	}, nil
}

package folder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// The space that a node keeps, in bytes. A day of a busy lab is some 50 MiB, so the floor gives a person hours.
const (
	DefaultReserve = 32 << 20
	DefaultFloor   = 64 << 20
)

// CodeSpace is the code of every refusal for lack of space: the same as that of a write that found the disk full, because
// it means the same to whoever asked.
const CodeSpace = sqlite.CodeDiskFull

const (
	reserveName = "reserve"
	lookEvery   = 5 * time.Second
)

// Options are what a Guard needs. Data is required; the rest has the stated default.
type Options struct {
	Data    string                      // the data folder
	Reserve int64                       // bytes held back for what must be written on a full disk: DefaultReserve
	Floor   int64                       // free bytes, beside the reserve, under which new intake is refused: DefaultFloor
	Log     *slog.Logger                // slog.Default
	Changed func(full bool, free int64) // told at every change, for health and screens; must be quick
}

// Guard watches the space of a data folder. It is safe for use by many goroutines.
type Guard struct {
	options Options
	path    string
	mu      sync.Mutex
	held    int64 // bytes of the reserve that lie on the disk
	full    bool
	told    bool
}

// NewGuard looks at the disk for the first time and makes the reserve if there is room for it. A disk that is full already
// does not keep the node from starting: it starts, reads, prints and refuses intake.
func NewGuard(o Options) *Guard {
	if o.Reserve == 0 {
		o.Reserve = DefaultReserve
	}
	if o.Floor == 0 {
		o.Floor = DefaultFloor
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &Guard{options: o, path: filepath.Join(o.Data, reserveName)}
	if info, err := os.Stat(g.path); err == nil {
		g.held = info.Size()
	}
	_ = g.Intake() // the state is kept
	return g
}

// Intake looks at the disk and tells whether something new may be taken in: nil, or the refusal. It costs one question to
// the system (about a microsecond). A system that does not answer refuses nothing; the write itself then tells.
func (g *Guard) Intake() error {
	free, err := Free(g.options.Data)
	if err != nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.judge(free)
}

// Full tells what the last look found.
func (g *Guard) Full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.full
}

// Note hears of a write's outcome. One that found the disk full gives the reserve back at once, whatever the last look
// said: somebody else may have filled the disk since.
func (g *Guard) Note(err error) {
	if lab.CodeOf(err) != CodeSpace {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	free, _ := Free(g.options.Data) // only for the message
	g.enter(free)
}

// Watch looks every few seconds until the context ends, so that a folder which nobody writes to recovers as well.
func (g *Guard) Watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = g.Intake() // the state is kept
		}
	}
}

// judge moves between the two states. The reserve is made, and a full disk left, only with room for the reserve and a
// quarter of the floor to spare, so that a disk at the edge does not flap.
func (g *Guard) judge(free int64) error {
	o := g.options
	roomy := free >= o.Floor+o.Floor/4+o.Reserve-g.held
	switch {
	case free < o.Floor && !g.full:
		g.enter(free)
	case roomy && g.held < o.Reserve:
		if err := g.fill(); err != nil {
			g.enter(free)
		} else {
			g.leave(free)
		}
	case roomy || !g.full:
		g.leave(free)
	}
	if g.full {
		return refusal()
	}
	return nil
}

// enter gives the reserve back first and tells afterwards: the line in the log may need the room.
func (g *Guard) enter(free int64) {
	if err := os.Remove(g.path); err == nil || errors.Is(err, os.ErrNotExist) {
		g.held = 0
	}
	if g.full && g.told {
		return
	}
	g.full, g.told = true, true
	g.options.Log.Error("the disk is full: new intake is refused until there is space", "free", free)
	g.tell(free)
}

func (g *Guard) leave(free int64) {
	if !g.full && g.told {
		return
	}
	if g.full {
		g.options.Log.Info("there is space on the disk again: intake goes on", "free", free)
	}
	g.full, g.told = false, true
	g.tell(free)
}

func (g *Guard) tell(free int64) {
	if g.options.Changed != nil {
		g.options.Changed(g.full, free)
	}
}

// fill writes the reserve, block by block: a file with holes would reserve nothing. What does not fit is taken away again.
func (g *Guard) fill() (err error) {
	f, err := os.OpenFile(g.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make the reserve: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(g.path))
			g.held = 0
		}
	}()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i>>3) ^ byte(i*7) // a file system that packs zeros would reserve nothing
	}
	for left := g.options.Reserve; left > 0; {
		n, err := f.Write(block[:min(left, int64(len(block)))])
		if err != nil {
			return fmt.Errorf("fill the reserve: %w", err)
		}
		left -= int64(n)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("fill the reserve: %w", err)
	}
	g.held = g.options.Reserve
	return nil
}

func refusal() error {
	return &lab.Error{
		Kind: lab.KindUnavailable, Code: CodeSpace,
		Message: "The disk is nearly full, so nothing new is taken in. Free some space; work goes on by itself.",
	}
}

package edge

import (
	"context"
	"strings"
	"time"

	"jaanch/internal/edge/folder"
	"jaanch/internal/instruments"
	"jaanch/internal/store/sqlite"
)

// watchEvery is how often the node looks at what may go wrong without anybody's doing.
const watchEvery = 5 * time.Second

// keepSpace begins to watch the disk: what it finds stands in health.
func (n *Node) keepSpace() {
	check := n.health.Register("disk", false)
	check.OK()
	n.guard = folder.NewGuard(folder.Options{Data: n.config.Data, Log: n.log, Changed: func(full bool, _ int64) {
		if full {
			check.Failed("The disk is nearly full: nothing new is taken in. Free some space; work goes on by itself.")
			return
		}
		check.OK()
	}})
}

// host is the node as the analyzers' sessions see it.
func (n *Node) host() instruments.Host {
	h := n.guard.Host(n.Bench.Host())
	note := h.Event
	h.Event = func(e instruments.Event) {
		note(e)
		n.tapes.Note(e)
	}
	return h
}

// watch carries the database's problems into health until the context ends.
func (n *Node) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		n.tellDatabase()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tellDatabase says in health what the database knows of itself. A file that is damaged, or not the one that its signed
// head vouches for, is never called well.
func (n *Node) tellDatabase() {
	bad, look := []string{}, []string{}
	for _, p := range n.DB.Health() {
		switch p {
		case sqlite.ProblemHead, sqlite.ProblemDamaged:
			bad = append(bad, p)
		case sqlite.ProblemUnclean:
		default:
			look = append(look, p)
		}
	}
	switch {
	case len(bad) > 0:
		n.dbCheck.Failed("Stop the node and restore a backup: " + strings.Join(bad, ", ") + ".")
	case len(look) > 0:
		n.dbCheck.Degraded("See the operations manual: " + strings.Join(look, ", ") + ".")
	default:
		n.dbCheck.OK()
	}
}

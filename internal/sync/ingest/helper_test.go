package ingest_test

import (
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/sync/ingest"
)

// countdown is the hub's clock that calls step each time it is asked: the places where a transaction may be cut.
func countdown(h *hub, step func()) func() time.Time {
	return func() time.Time {
		step()
		return time.UnixMilli(h.clock.Load()).UTC()
	}
}

func hubEdit(h *hub, test lab.ID, price int64) ingest.Edit {
	return ingest.Edit{
		Org: h.org, Actor: lab.Actor{Kind: lab.ActorHub, ID: lab.ID{0xaa}}, Reason: "price", Entity: "test", Record: test,
		Values: map[string]any{"price": price},
	}
}

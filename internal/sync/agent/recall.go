package agent

import (
	"context"
	"fmt"
	"time"
)

// Memory is what a node's database says of its hub.
type Memory struct {
	Hub    string    // address; empty for a node that has joined none
	Acked  int64     // the newest entry that the hub has taken
	LastOK time.Time // end of the last round that went well; zero for none
	Paused bool      // somebody at the lab stopped sync
}

// Recall reads what a database knows of the node's hub, for those who look at a node that may be stopped.
func Recall(ctx context.Context, tx querier) (m Memory, err error) {
	var last, paused int64
	for key, into := range map[string]any{keyHub: &m.Hub, keyAcked: &m.Acked, keyLastOK: &last, keyPaused: &paused} {
		err := rowsOf(ctx, tx, func(scan func(...any) error) error { return scan(into) }, "SELECT v FROM sync_state WHERE k = ?", key)
		if err != nil {
			return m, fmt.Errorf("read what is known of the hub: %w", err)
		}
	}
	if last > 0 {
		m.LastOK = time.UnixMilli(last).UTC()
	}
	m.Paused = paused != 0
	return m, nil
}

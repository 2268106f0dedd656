package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Keys of sync_state that this package owns. Others add theirs beside them.
const (
	StateDevice  = "device_id"    // 16 bytes
	StateEpoch   = "epoch"        // the number of the running epoch
	StateHLC     = "hlc"          // the greatest reading that was received from elsewhere
	StateSetting = "own_setting"  // id of this node's own row of lab_setting; other nodes' rows come by pull
	stateErasure = "erasure_open" // sequence of the erase entry whose bytes are not yet gone from the file
)

// State reads one value of sync_state into a pointer; false where there is none.
func (tx *Tx) State(key string, into any) (bool, error) {
	return found(tx.scan("SELECT v FROM sync_state WHERE k = ?", []any{key}, into), key)
}

// State reads one value of sync_state into a pointer; false where there is none.
func (tx *ReadTx) State(ctx context.Context, key string, into any) (bool, error) {
	return found(tx.QueryRowContext(ctx, "SELECT v FROM sync_state WHERE k = ?", key).Scan(into), key)
}

func found(err error, key string) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read state %s: %w", key, err)
	}
	return true, nil
}

// SetState writes one value of sync_state: int64, string or []byte. A nil value removes the key.
func (tx *Tx) SetState(key string, value any) error {
	var err error
	if value == nil {
		_, err = tx.exec("DELETE FROM sync_state WHERE k = ?", key)
	} else {
		_, err = tx.exec("INSERT INTO sync_state (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v", key, value)
	}
	if err != nil {
		return fmt.Errorf("write state %s: %w", key, err)
	}
	return nil
}

package agent

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Claim asks the hub which lost node this machine is to be. The machine's key takes the place of the lost one's. Asking
// again with the same key and code gives the same answer, so that a machine that was switched off begins again.
func Claim(ctx context.Context, key ed25519.PrivateKey, hub, code, name string, client *http.Client) (wire.RebuildReply, error) {
	var reply wire.RebuildReply
	address, err := hubAddress(hub)
	if err != nil {
		return reply, err
	}
	if client == nil {
		client = &http.Client{Timeout: time.Minute}
	}
	code = strings.TrimSpace(code)
	public, _ := key.Public().(ed25519.PublicKey)
	a := &Agent{o: Options{HTTP: client}}
	err = a.json(ctx, address, "/api/v1/sync/rebuild", "", wire.RebuildRequest{
		Code: code, PublicKey: public, Name: name, Signature: ed25519.Sign(key, wire.RebuildStatement(code, public)),
	}, &reply)
	return reply, err
}

// Adopt makes the database, which must hold nothing yet, that of the lost node. The next rounds begin an epoch and pull
// everything; until EndRebuild the node takes the accounts' roles as other nodes once confirmed them.
func (a *Agent) Adopt(ctx context.Context, hub string, r wire.RebuildReply) error {
	address, err := hubAddress(hub)
	if err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return a.o.DB.Update(ctx, lab.System(), "rebuild", func(tx *sqlite.Tx) error {
		if tx.Head().Seq > 0 || a.o.DB.Device() != r.Device {
			return lab.Conflict("rebuild_not_empty", "A node is made again on an empty folder alone.")
		}
		return setStates(tx, map[string]any{
			keyHub: address, keyOrg: r.Org.Bytes(), keyLab: r.Lab.Bytes(), keyOrgName: r.OrgName, keyLabName: r.LabName,
			keyHubEpoch: r.HubEpoch, keyAcked: int64(0), keyConfirm: string(engine.Rebuild), keyRebuild: string(text),
		})
	})
}

// Rebuilding gives what the hub said it has of the lost node while this one is being made again; false otherwise.
func (a *Agent) Rebuilding(ctx context.Context) (wire.RebuildReply, bool, error) {
	var reply wire.RebuildReply
	under := false
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var text string
		var err error
		if under, err = tx.State(ctx, keyRebuild, &text); err != nil || !under {
			return err
		}
		if err := json.Unmarshal([]byte(text), &reply); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
		return nil
	})
	return reply, under, err
}

// rebuilding is Rebuilding within an Update.
func rebuilding(tx *sqlite.Tx) (bool, error) {
	var text string
	return tx.State(keyRebuild, &text)
}

// PullAll does rounds until nothing waits in either direction: a lost node's records come in pages, and what they became
// here is told to the hub. Say hears how many records there are after each round.
func (a *Agent) PullAll(ctx context.Context, say func(entries int64)) error {
	for {
		if err := a.Sync(ctx); err != nil {
			return err
		}
		s, err := a.Status(ctx)
		if err != nil {
			return err
		}
		say(s.Head)
		if s.Pending == 0 {
			return nil
		}
	}
}

// NodeCode gives the two characters that the hub last gave this node.
func (a *Agent) NodeCode(ctx context.Context) (string, error) {
	var code string
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		_, err := tx.State(ctx, keyCode, &code)
		return err
	})
	return code, err
}

// EndRebuild is called in the Update that makes the node ready for its people.
func EndRebuild(tx *sqlite.Tx) error { return tx.SetState(keyRebuild, nil) }

package agent

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/wire"
)

// Keys of sync_state that this package owns.
const (
	keyHub      = "hub_url"
	keyOrg      = "hub_org"
	keyLab      = "hub_lab"
	keyOrgName  = "hub_org_name"
	keyLabName  = "hub_lab_name"
	keyCode     = "hub_node_code"
	keyHubEpoch = "hub_epoch"
	keyAcked    = "acked_seq"
	keyLastOK   = "sync_last_ok"
	keyPaused   = "sync_paused"
	keyPeers    = "hub_nodes"
	keyConfirm  = "sync_confirm" // why this copy goes on, where somebody said so
	keyMarks    = "sync_epochs"  // where the epochs of this journal began, JSON
	keyRebuild  = "sync_rebuild" // while the node is made again: what the hub said it has of the lost one, JSON
)

// membership is where the node belongs, as it was told when it joined.
type membership struct {
	hub      string
	org, lab lab.ID
	orgName  string
	labName  string
	hubEpoch int64
	acked    int64
}

// errAlone tells that the node has not joined a hub.
var errAlone = lab.NotFound("sync_alone", "This node has not joined a hub.")

// membership reads where the node belongs.
func (a *Agent) membership(ctx context.Context) (membership, error) {
	var m membership
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var org, home []byte
		found := false
		for key, into := range map[string]any{
			keyHub: &m.hub, keyOrg: &org, keyLab: &home, keyOrgName: &m.orgName, keyLabName: &m.labName,
			keyHubEpoch: &m.hubEpoch, keyAcked: &m.acked,
		} {
			ok, err := tx.State(ctx, key, into)
			if err != nil {
				return err
			}
			found = found || ok && key == keyOrg
		}
		if !found {
			return errAlone
		}
		var err error
		if m.org, err = lab.IDFromBytes(org); err != nil {
			return err
		}
		m.lab, err = lab.IDFromBytes(home)
		return err
	})
	return m, err
}

// Peers gives the nodes of this lab as the hub last told them, this one among them; none before the first handshake.
func (a *Agent) Peers(ctx context.Context) ([]wire.Peer, error) {
	out := []wire.Peer{}
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var text string
		found, err := tx.State(ctx, keyPeers, &text)
		if err != nil || !found {
			return err
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			return fmt.Errorf("read the lab's nodes: %w", err)
		}
		return nil
	})
	return out, err
}

// keepPeers notes the lab's nodes as the hub tells them, where they have changed.
func (a *Agent) keepPeers(ctx context.Context, peers []wire.Peer) error {
	if known, err := a.Peers(ctx); err != nil || slices.Equal(known, peers) {
		return err
	}
	text, err := json.Marshal(peers)
	if err != nil {
		return fmt.Errorf("keep the lab's nodes: %w", err)
	}
	return a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error { return tx.SetState(keyPeers, string(text)) })
}

// Enrol joins the hub by a code from its administrator. The node's key stays here; the hub gets the public half and the
// proof that we hold the other. NodeCode is what the node uses so far; the reply says what it uses from now on.
func (a *Agent) Enrol(ctx context.Context, actor lab.Actor, hub, code, name, nodeCode string) (wire.EnrolReply, error) {
	address, err := hubAddress(hub)
	if err != nil {
		return wire.EnrolReply{}, err
	}
	code = strings.TrimSpace(code)
	public, _ := a.o.Key.Public().(ed25519.PublicKey)
	device := a.o.DB.Device()
	request := wire.EnrolRequest{
		Code: code, Device: device, PublicKey: public, Name: name, NodeCode: nodeCode,
		Signature: ed25519.Sign(a.o.Key, wire.EnrolStatement(code, device, public)),
	}
	var reply wire.EnrolReply
	if err := a.json(ctx, address, "/api/v1/sync/enrol", "", request, &reply); err != nil {
		return reply, err
	}
	err = a.o.DB.Update(ctx, actor, "enrol", func(tx *sqlite.Tx) error {
		return setStates(tx, map[string]any{
			keyHub: address, keyOrg: reply.Org.Bytes(), keyLab: reply.Lab.Bytes(), keyOrgName: reply.OrgName,
			keyLabName: reply.LabName, keyCode: reply.NodeCode, keyHubEpoch: reply.HubEpoch, keyAcked: int64(0),
		})
	})
	if err != nil {
		return reply, err
	}
	a.SyncNow()
	return reply, nil
}

func setStates(tx *sqlite.Tx, states map[string]any) error {
	for key, value := range states {
		if err := tx.SetState(key, value); err != nil {
			return err
		}
	}
	return nil
}

// hubAddress checks the address that a person typed: HTTPS, or HTTP on this machine.
func hubAddress(s string) (string, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(s), "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", lab.Invalid("hub_address", "This is not the address of a hub.", lab.FieldError{Field: "hub", Code: "hub_address"})
	}
	host := u.Hostname()
	local := host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return "", lab.Invalid("hub_address_insecure", "The address of a hub begins with https://.", lab.FieldError{Field: "hub", Code: "hub_address_insecure"})
	}
	return u.String(), nil
}

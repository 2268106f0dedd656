package fleet

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/ingest"
	"jaanch/internal/sync/wire"
)

const (
	nonceLife = time.Minute
	tokenLife = 15 * time.Minute
)

// Device is a node that has proved itself.
type Device struct {
	Org  lab.ID
	ID   lab.ID
	Lab  lab.ID
	Code string
}

// unproved is the one answer to every proof that fails.
func unproved() *lab.Error {
	return &lab.Error{Kind: lab.KindUnauthenticated, Code: "sync_session", Message: "The node must open a session first."}
}

// Nonce gives something to sign. An unknown node gets one as well, and learns nothing.
func (f *Fleet) Nonce(ctx context.Context, r wire.NonceRequest) (wire.NonceReply, error) {
	nonce, err := random(32)
	if err != nil {
		return wire.NonceReply{}, err
	}
	now := f.Clock()
	err = f.DB.Update(ctx, func(tx pgx.Tx) error {
		_, err := f.statement().DeviceByID(ctx, tx, queries.DeviceByIDParams{Org: r.Org, ID: r.Device})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.statement().PruneNonces(ctx, tx, queries.PruneNoncesParams{Org: r.Org, Device: r.Device, ExpiresAt: now}); err != nil {
			return err
		}
		return f.statement().InsertNonce(ctx, tx, queries.InsertNonceParams{Org: r.Org, Device: r.Device, Nonce: nonce, ExpiresAt: now.Add(nonceLife)})
	})
	if err != nil {
		return wire.NonceReply{}, fmt.Errorf("nonce: %w", err)
	}
	return wire.NonceReply{Nonce: nonce}, nil
}

// Session exchanges a signed nonce for a token. The nonce is gone afterwards, right or wrong.
func (f *Fleet) Session(ctx context.Context, r wire.SessionRequest) (wire.SessionReply, error) {
	secret, err := random(32)
	if err != nil {
		return wire.SessionReply{}, err
	}
	now := f.Clock()
	n, err := f.statement().TakeNonce(ctx, f.DB.Pool(), queries.TakeNonceParams{Org: r.Org, Device: r.Device, Nonce: r.Nonce, ExpiresAt: now})
	if err != nil {
		return wire.SessionReply{}, fmt.Errorf("session: %w", err)
	}
	if n == 0 {
		return wire.SessionReply{}, unproved()
	}
	expires := now.Add(tokenLife)
	err = f.DB.Update(ctx, func(tx pgx.Tx) error {
		dev, err := f.statement().DeviceByID(ctx, tx, queries.DeviceByIDParams{Org: r.Org, ID: r.Device})
		if err != nil || dev.Kind != "node" || len(dev.Pubkey) != ed25519.PublicKeySize {
			return errors.Join(unproved(), err)
		}
		if !ed25519.Verify(dev.Pubkey, wire.SessionStatement(r.Org, r.Device, r.Nonce), r.Signature) {
			return f.replaced(ctx, tx, r)
		}
		if err := ingest.Active(dev.Status); err != nil {
			return err
		}
		if err := f.statement().PruneTokens(ctx, tx, queries.PruneTokensParams{Org: r.Org, Device: r.Device, ExpiresAt: now}); err != nil {
			return fmt.Errorf("session: %w", err)
		}
		return f.statement().InsertToken(ctx, tx, queries.InsertTokenParams{Org: r.Org, Device: r.Device, Hash: tokenHash(secret), ExpiresAt: expires})
	})
	if err != nil {
		return wire.SessionReply{}, err
	}
	token := r.Org.String() + "." + r.Device.String() + "." + base64.RawURLEncoding.EncodeToString(secret)
	return wire.SessionReply{Token: token, Expires: expires}, nil
}

func tokenHash(secret []byte) []byte {
	sum := sha256.Sum256(secret)
	return sum[:]
}

// Authenticate gives the node behind an Authorization header. A node that was revoked is refused with its next request.
func (f *Fleet) Authenticate(ctx context.Context, header string) (Device, error) {
	token, ok := strings.CutPrefix(header, "Bearer ")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return Device{}, unproved()
	}
	org, err1 := lab.ParseID(parts[0])
	id, err2 := lab.ParseID(parts[1])
	secret, err3 := base64.RawURLEncoding.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return Device{}, unproved()
	}
	row, err := f.statement().TokenValid(ctx, f.DB.Pool(), queries.TokenValidParams{Org: org, Device: id, Hash: tokenHash(secret), ExpiresAt: f.Clock()})
	if errors.Is(err, pgx.ErrNoRows) {
		return Device{}, unproved()
	}
	if err != nil {
		return Device{}, fmt.Errorf("authenticate: %w", err)
	}
	return Device{Org: org, ID: id, Lab: row.Lab, Code: row.Code}, ingest.Active(row.Status)
}

// Hello notes what a node says about itself and tells it where the hub stands.
func (f *Fleet) Hello(ctx context.Context, d Device, r wire.HelloRequest, heads []wire.Head) (wire.HelloReply, error) {
	received := f.Clock()
	q := f.statement()
	dev, err := q.DeviceByID(ctx, f.DB.Pool(), queries.DeviceByIDParams{Org: d.Org, ID: d.ID})
	if err != nil {
		return wire.HelloReply{}, fmt.Errorf("hello: %w", err)
	}
	org, err := q.OrgByID(ctx, f.DB.Pool(), d.Org)
	if err != nil {
		return wire.HelloReply{}, fmt.Errorf("hello: %w", err)
	}
	l, err := q.LabByID(ctx, f.DB.Pool(), queries.LabByIDParams{Org: d.Org, ID: d.Lab})
	if err != nil {
		return wire.HelloReply{}, fmt.Errorf("hello: %w", err)
	}
	err = q.DeviceHeard(ctx, f.DB.Pool(), queries.DeviceHeardParams{
		Org: d.Org, Device: d.ID, LastSeen: received, AppVersion: r.Version, SkewMs: r.Time.Sub(received).Milliseconds(),
		Pending: r.Pending, OldestPendingAt: r.OldestPending,
	})
	if err != nil {
		return wire.HelloReply{}, fmt.Errorf("hello: %w", err)
	}
	reply := wire.HelloReply{
		Epoch: dev.Epoch, LastSeq: dev.LastSeq, LastHash: dev.LastHash, Received: received, OrgName: org.Name, LabName: l.Name,
		NodeCode: dev.Code, Heads: []wire.Hint{}, Nodes: []wire.Peer{},
	}
	peers, err := q.LabNodes(ctx, f.DB.Pool(), queries.LabNodesParams{Org: d.Org, Lab: d.Lab})
	if err != nil {
		return reply, fmt.Errorf("hello: %w", err)
	}
	for _, p := range peers {
		reply.Nodes = append(reply.Nodes, wire.Peer{Device: p.ID, Code: p.Code, Name: p.Name})
	}
	for _, h := range heads {
		scope, err := lab.IDFromBytes(h.Scope)
		if err != nil {
			return reply, fmt.Errorf("hello: %w", err)
		}
		reply.HubEpoch = h.HubEpoch
		reply.Heads = append(reply.Heads, wire.Hint{Scope: scope.String(), Pos: h.Pos})
	}
	reply.Sent = f.Clock()
	return reply, nil
}

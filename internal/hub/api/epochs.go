package api

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/sync/wire"
)

type compareInput struct {
	Authorization string `header:"Authorization" required:"true" maxLength:"300"`
	Body          wire.CompareRequest
}

type epochInput struct {
	Authorization string `header:"Authorization" required:"true" maxLength:"300"`
	Body          wire.EpochRequest
}

// epochs are the messages of a node whose journal is not the one that the hub knows.
func (r *routes) epochs() {
	mount(r, route{method: http.MethodPost, path: "/sync/compare", id: "syncCompare", tag: tagSync, rule: nodeOnly(), summary: "Find the last entry that node and hub have in common"},
		func(ctx context.Context, _ httpkit.Session, in *compareInput) (*out[wire.CompareReply], error) {
			d, err := r.s.Fleet.Authenticate(ctx, in.Authorization)
			if err != nil {
				return nil, err
			}
			return answer(r.s.Fleet.Compare(ctx, d, in.Body))
		})
	mount(r, route{method: http.MethodPost, path: "/sync/epoch", id: "syncEpoch", tag: tagSync, rule: nodeOnly(), summary: "Ask for leave to begin an epoch after a restore or a fork"},
		func(ctx context.Context, _ httpkit.Session, in *epochInput) (*out[wire.EpochReply], error) {
			d, err := r.s.Fleet.Authenticate(ctx, in.Authorization)
			if err != nil {
				return nil, err
			}
			return answer(r.s.Fleet.GrantEpoch(ctx, d, in.Body))
		})
}

package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/files"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/sync/wire"
)

type helloInput struct {
	Authorization string `header:"Authorization" required:"true" maxLength:"300"`
	Body          wire.HelloRequest
}

// nodes are the small messages of sync.
func (r *routes) nodes() {
	mount(r, route{method: http.MethodPost, path: "/sync/enrol", id: "syncEnrol", tag: tagSync, rule: nodeOnly(), summary: "Join a lab by a code"}, r.enrol)
	mount(r, route{method: http.MethodPost, path: "/sync/rebuild", id: "syncRebuild", tag: tagSync, rule: nodeOnly(), summary: "Become a node that was lost, by a code"}, r.rebuild)
	mount(r, route{method: http.MethodPost, path: "/sync/nonce", id: "syncNonce", tag: tagSync, rule: nodeOnly(), summary: "Get something to sign"},
		func(ctx context.Context, _ httpkit.Session, in *body[wire.NonceRequest]) (*out[wire.NonceReply], error) {
			return answer(r.s.Fleet.Nonce(ctx, in.Body))
		})
	mount(r, route{method: http.MethodPost, path: "/sync/session", id: "syncSession", tag: tagSync, rule: nodeOnly(), summary: "Exchange a signed nonce for a token of 15 minutes"},
		func(ctx context.Context, _ httpkit.Session, in *body[wire.SessionRequest]) (*out[wire.SessionReply], error) {
			return answer(r.s.Fleet.Session(ctx, in.Body))
		})
	mount(r, route{method: http.MethodPost, path: "/sync/hello", id: "syncHello", tag: tagSync, rule: nodeOnly(), summary: "Say how the node is, learn where the hub stands"}, r.hello)
}

func (r *routes) enrol(ctx context.Context, _ httpkit.Session, in *body[wire.EnrolRequest]) (*out[wire.EnrolReply], error) {
	return byCode(ctx, r, func() (wire.EnrolReply, error) { return r.s.Fleet.Enrol(ctx, in.Body) })
}

func (r *routes) rebuild(ctx context.Context, _ httpkit.Session, in *body[wire.RebuildRequest]) (*out[wire.RebuildReply], error) {
	return byCode(ctx, r, func() (wire.RebuildReply, error) { return r.s.Fleet.Rebuild(ctx, in.Body) })
}

// byCode answers a caller who has nothing but a code. It is throttled by address: the code's own tries guard one code, this
// guards all of them.
func byCode[T any](ctx context.Context, r *routes, do func() (T, error)) (*out[T], error) {
	done, err := r.s.Throttle.Begin(ctx, httpkit.AddressKey("enrol "+remoteOf(ctx)))
	if err != nil {
		return nil, err
	}
	reply, err := do()
	return answer(reply, errors.Join(err, done(ctx, lab.KindOf(err) != lab.KindForbidden)))
}

// former gives a node its own journal of earlier epochs.
func (r *routes) former(ctx context.Context, d fleet.Device, body []byte) (any, error) {
	var in wire.FormerRequest
	if err := r.s.Codec.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if id, err := lab.IDFromBytes(in.Device); err != nil || id != d.ID {
		return nil, errForeign
	}
	reply, err := r.s.Fleet.Former(ctx, d, in)
	return &reply, err
}

func (r *routes) hello(ctx context.Context, _ httpkit.Session, in *helloInput) (*out[wire.HelloReply], error) {
	d, err := r.s.Fleet.Authenticate(ctx, in.Authorization)
	if err != nil {
		return nil, err
	}
	heads, err := r.s.Ingest.Heads(ctx, d.Org, d.Lab)
	if err != nil {
		return nil, err
	}
	return answer(r.s.Fleet.Hello(ctx, d, in.Body, heads))
}

// batches are the messages whose bodies are packed CBOR, and the channel of hints.
func (r *routes) batches(router chi.Router) {
	most := r.s.MaxBatches
	if most == 0 {
		most = 32
	}
	router.Group(func(g chi.Router) {
		g.Use(httpkit.AllowBody(wire.MaxPacked), admission(most))
		g.Post("/api/v1/sync/push", r.packed(r.push))
		g.Post("/api/v1/sync/pull", r.packed(r.pull))
		g.Post("/api/v1/sync/ack", r.packed(r.ack))
		g.Post("/api/v1/sync/former", r.packed(r.former))
	})
	if r.s.Outside != nil {
		router.With(httpkit.AllowBody(files.MaxBytes), admission(most)).Post("/api/v1/sync/files/{report}", r.file)
	}
	router.Get("/api/v1/sync/live", r.live)
}

// admission takes so many batches at once; the others are asked to come again, which is no error to them.
func admission(most int) func(http.Handler) http.Handler {
	slots := make(chan struct{}, most)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
				next.ServeHTTP(w, req)
			default:
				httpkit.WriteProblem(w, req, &lab.Error{
					Kind: lab.KindLimited, Code: "hub_busy", Message: "Many nodes are syncing. Come again in a moment.", Detail: map[string]any{"retry_after_s": 2},
				})
			}
		})
	}
}

// packed reads the body, asks who sends it, and writes the answer.
func (r *routes) packed(h func(ctx context.Context, d fleet.Device, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		reply, err := func() ([]byte, error) {
			d, err := r.s.Fleet.Authenticate(req.Context(), req.Header.Get("Authorization"))
			if err != nil {
				return nil, err
			}
			if req.Header.Get("Content-Type") != wire.ContentType || req.Header.Get("Content-Encoding") != wire.Encoding {
				return nil, lab.Invalid("sync_content_type", "Send CBOR packed with zstd.")
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, fmt.Errorf("read the body: %w", err)
			}
			answer, err := h(req.Context(), d, body)
			if err != nil {
				return nil, err
			}
			return r.s.Codec.Marshal(answer)
		}()
		if err != nil {
			if lab.KindOf(err) == lab.KindInternal {
				r.s.Logger.ErrorContext(req.Context(), "sync request failed", "route", req.URL.Path, "err", err)
			}
			httpkit.WriteProblem(w, req, err)
			return
		}
		w.Header().Set("Content-Type", wire.ContentType)
		w.Header().Set("Content-Encoding", wire.Encoding)
		_, _ = w.Write(reply) // a reply that does not arrive is asked for again
	}
}

// errForeign tells that a node sent something in another's name.
var errForeign = lab.Forbidden("device_mismatch", "The message is not of the node that holds the session.")

func (r *routes) push(ctx context.Context, d fleet.Device, body []byte) (any, error) {
	p, err := r.s.Codec.DecodePush(body)
	if err != nil {
		return nil, err
	}
	if p.Device != d.ID {
		return nil, errForeign
	}
	reply, err := r.s.Ingest.Push(ctx, d.Org, p, len(body))
	return &reply, err
}

func (r *routes) pull(ctx context.Context, d fleet.Device, body []byte) (any, error) {
	var in wire.PullRequest
	if err := r.s.Codec.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if id, err := lab.IDFromBytes(in.Device); err != nil || id != d.ID {
		return nil, errForeign
	}
	reply, err := r.s.Ingest.Pull(ctx, d.Org, &in)
	return &reply, err
}

func (r *routes) ack(ctx context.Context, d fleet.Device, body []byte) (any, error) {
	var in wire.Ack
	if err := r.s.Codec.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if id, err := lab.IDFromBytes(in.Device); err != nil || id != d.ID {
		return nil, errForeign
	}
	return struct{}{}, r.s.Ingest.Ack(ctx, d.Org, d.ID, in.Cursors)
}

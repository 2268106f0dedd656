package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/sync/wire"
)

const (
	headPoll   = time.Second      // how often a replica looks for news; one small query a connection
	livePing   = 25 * time.Second // keeps proxies from cutting the channel
	liveWrite  = 10 * time.Second
	liveSilent = 70 * time.Second
)

// live tells a node that one of its scopes has moved. It carries hints alone: losing one costs the time until the node's
// next round. Heads are polled rather than notified, since NOTIFY takes a lock that all commits of the server share.
func (r *routes) live(w http.ResponseWriter, req *http.Request) {
	d, err := r.s.Fleet.Authenticate(req.Context(), req.Header.Get("Authorization"))
	if err != nil {
		httpkit.WriteProblem(w, req, err)
		return
	}
	upgrader := websocket.Upgrader{
		HandshakeTimeout: liveWrite, ReadBufferSize: 512, WriteBufferSize: 512,
		CheckOrigin: func(q *http.Request) bool { return q.Header.Get("Origin") == "" }, // a node is no browser
	}
	conn, err := upgrader.Upgrade(w, req, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer conn.Close() //nolint:errcheck // it is given up
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	go listenForEnd(conn, cancel)
	r.hints(ctx, conn, d)
}

// listenForEnd reads what a node never sends, so that pongs are seen and an end is noticed.
func listenForEnd(conn *websocket.Conn, cancel context.CancelFunc) {
	defer cancel()
	conn.SetReadLimit(512)
	extend := func(string) error { return conn.SetReadDeadline(time.Now().Add(liveSilent)) }
	conn.SetPongHandler(extend)
	if extend("") != nil {
		return
	}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
	}
}

// hints writes the heads once and then whenever they have moved.
func (r *routes) hints(ctx context.Context, conn *websocket.Conn, d fleet.Device) {
	poll, ping := time.NewTicker(headPoll), time.NewTicker(livePing)
	defer poll.Stop()
	defer ping.Stop()
	var told []wire.Hint
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(liveWrite)) != nil {
				return
			}
			continue
		case <-poll.C:
		}
		heads, err := r.s.Ingest.Heads(ctx, d.Org, d.Lab)
		if err != nil {
			return // the node opens another channel, perhaps at another replica
		}
		now := hintsOf(heads)
		if slices.Equal(now, told) {
			continue
		}
		told = now
		if conn.SetWriteDeadline(time.Now().Add(liveWrite)) != nil || conn.WriteJSON(now) != nil {
			return
		}
	}
}

func hintsOf(heads []wire.Head) []wire.Hint {
	out := make([]wire.Hint, 0, len(heads))
	for _, h := range heads {
		if scope, err := lab.IDFromBytes(h.Scope); err == nil {
			out = append(out, wire.Hint{Scope: scope.String(), Pos: h.Pos})
		}
	}
	return out
}

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/fleet"
)

const (
	headPoll   = time.Second      // how often a replica looks for news
	livePing   = 25 * time.Second // keeps proxies from cutting the channel
	liveWrite  = 10 * time.Second
	liveSilent = 70 * time.Second
)

// live tells a node that one of its scopes has moved. It carries hints alone: losing one costs the time until the node's
// next round.
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
	watcher, stop := r.watch.Subscribe(d.Org, d.Lab)
	defer stop()
	ping := time.NewTicker(livePing)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(liveWrite)) != nil {
				return
			}
		case hints := <-watcher.News():
			if conn.SetWriteDeadline(time.Now().Add(liveWrite)) != nil || conn.WriteJSON(hints) != nil {
				return
			}
		}
	}
}

package agent

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"jaanch/internal/sync/wire"
)

// silence is how long the hub's channel may say nothing; it sends a ping every 25 seconds.
const silence = 70 * time.Second

// listen keeps a websocket to the hub open and turns its hints into a reason to sync. Losing it changes nothing but the
// time until the next round.
func (a *Agent) listen(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		heard := a.hear(ctx)
		if heard {
			attempt = 0
		}
		a.setLive(false)
		limit := min(time.Second<<min(attempt, 9), 5*time.Minute)
		timer := time.NewTimer(time.Second + time.Duration(a.o.Jitter(int64(limit))))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		if heard {
			signal(a.hint) // a round finds out whether the hub is gone, so that the screens say so now and not in minutes
		}
	}
}

// hear reads hints until the channel ends. It opens none before a round has gone well: who is offline tries one thing.
func (a *Agent) hear(ctx context.Context) bool {
	m, err := a.membership(ctx)
	a.mu.Lock()
	token, online := a.link.token, a.link.state == StateOnline && !a.paused
	a.mu.Unlock()
	if err != nil || !online || token == "" {
		return false
	}
	dialer := websocket.Dialer{HandshakeTimeout: 15 * time.Second, Proxy: http.ProxyFromEnvironment}
	if t, ok := a.o.HTTP.Transport.(*http.Transport); ok {
		dialer.TLSClientConfig = t.TLSClientConfig
	}
	conn, resp, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(m.hub, "http")+"/api/v1/sync/live", http.Header{"Authorization": {"Bearer " + token}})
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close() //nolint:errcheck // the handshake's answer has no body that counts
	}
	if err != nil {
		return false
	}
	defer conn.Close() //nolint:errcheck // it is given up
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	conn.SetReadLimit(64 << 10)
	extend := func() error { return conn.SetReadDeadline(time.Now().Add(silence)) }
	conn.SetPingHandler(func(data string) error {
		_ = extend() // a connection that cannot take a deadline fails at the next read
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(10*time.Second))
	})
	a.setLive(true)
	for {
		if err := extend(); err != nil {
			return true
		}
		_, body, err := conn.ReadMessage()
		if err != nil {
			return true
		}
		var hints []wire.Hint
		if json.Unmarshal(body, &hints) == nil && len(hints) > 0 {
			signal(a.hint)
		}
	}
}

func (a *Agent) setLive(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link.live = on
}

package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// clockMay is how far the PC's clock may be from the hub's.
const clockMay = 2 * time.Minute

// clock holds this PC's clock against the hub's, and says how the connection is.
func (x *examination) clock(ctx context.Context) {
	hub := x.joined.Hub
	if hub == "" {
		hub = strings.TrimRight(x.Hub, "/")
	}
	if hub == "" {
		x.well("hub", "This node has not joined a hub; it needs none.")
		return
	}
	skew, err := x.skew(ctx, hub)
	switch {
	case err != nil:
		x.add(Finding{
			Check: "hub", State: Look, Code: "hub_unreachable", Says: "The hub " + hub + " does not answer: " + reason(err) + ".",
			Do: "Does this PC reach the internet? The lab works without it, and everything is sent as soon as the hub answers.",
		})
	case skew.Abs() > clockMay:
		way := "ahead of"
		if skew < 0 {
			way = "behind"
		}
		x.add(Finding{
			Check: "clock", State: Wrong, Code: "clock_off", Figures: map[string]int64{"seconds": int64(skew / time.Second)},
			Says: fmt.Sprintf("This PC's clock is %s %s the hub's. Reports would bear a wrong time.", spell(skew), way),
			Do:   "Set the clock of this PC, and let it set itself from the internet.",
		})
	default:
		x.add(Finding{
			Check: "clock", State: OK, Figures: map[string]int64{"seconds": int64(skew / time.Second)},
			Says: "The hub " + hub + " answers, and this PC's clock agrees with it.",
		})
	}
	if x.joined.Hub != "" {
		x.waiting()
	}
}

// waiting says what the hub does not have yet.
func (x *examination) waiting() {
	left := max(x.joined.seq-x.joined.Acked, 0)
	f := Finding{Check: "sync", State: OK, Says: "The hub has every change of this lab.", Figures: map[string]int64{"waiting": left}}
	last := "It has never gone through"
	if !x.joined.LastOK.IsZero() {
		last = "It last went through " + spell(x.Now().Sub(x.joined.LastOK)) + " ago"
	}
	switch {
	case x.joined.Paused:
		f.State, f.Code = Look, "sync_paused"
		f.Says = fmt.Sprintf("Somebody paused sync; %d changes wait. %s.", left, last)
		f.Do = "Switch it on again on the sync screen."
	case left > 0:
		f.Says = fmt.Sprintf("%d changes wait to be sent to the hub. %s.", left, last)
		if x.Now().Sub(x.joined.LastOK) > 24*time.Hour {
			f.State, f.Code = Look, "sync_behind"
			f.Do = "Look at the sync screen: it says why. Nothing is lost meanwhile, but this PC alone holds these changes."
		}
	}
	x.add(f)
}

// skew gives this PC's clock minus the hub's, to the second, by the time that the hub's answer bears.
func (x *examination) skew(ctx context.Context, hub string) (time.Duration, error) {
	ctx, stop := context.WithTimeout(ctx, answerWithin)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hub+"/api/v1/health", http.NoBody)
	if err != nil {
		return 0, err
	}
	before := x.Now()
	resp, err := client().Do(req)
	if err != nil {
		return 0, err
	}
	after := x.Now()
	if err := resp.Body.Close(); err != nil {
		return 0, err
	}
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, err
	}
	middle := before.Add(after.Sub(before) / 2)
	return middle.Sub(theirs.Add(time.Second / 2)), nil // the header is cut to the second
}

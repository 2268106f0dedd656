package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"jaanch/internal/telemetry"
)

// answerWithin is how long something on this machine or in its network may take to answer.
const answerWithin = 5 * time.Second

// address is one place where the node listens.
type address struct {
	check, at, what string
}

// ports looks at every address of the configuration: free where the node is stopped, taken where it runs. The analyzers'
// ports are never dialled: the node would take the doctor for an analyzer.
func (x *examination) ports(ctx context.Context) {
	for _, a := range []address{
		{"port_http", x.Listen, "screens on this PC"},
		{"port_https", x.ListenTLS, "screens on the lab's other PCs"},
		{"port_hl7", x.HL7, "analyzers that speak HL7"},
		{"port_astm", x.ASTM, "analyzers that speak ASTM"},
	} {
		if a.at == "" {
			x.well(a.check, "The address for %s is switched off.", a.what)
			continue
		}
		x.port(ctx, a)
	}
	if x.served && x.Listen != "" {
		x.health(ctx)
	}
}

func (x *examination) port(ctx context.Context, a address) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", a.at)
	if err == nil {
		err = ln.Close()
	}
	switch {
	case err == nil && x.served:
		x.add(Finding{
			Check: a.check, State: Wrong, Code: "port_silent", Says: fmt.Sprintf("The node runs and does not listen at %s, for %s.", a.at, a.what),
			Do: "It was started with other settings than this command read: give this command the same file, environment and flags.",
		})
	case err == nil:
		x.well(a.check, "%s, for %s, is free.", a.at, a.what)
	case takenPort(err) && x.served:
		x.well(a.check, "%s, for %s, is taken, by the running node as far as this can be told.", a.at, a.what)
	case takenPort(err):
		x.add(Finding{
			Check: a.check, State: Wrong, Code: "port_taken", Says: fmt.Sprintf("Another program holds %s, which the node needs for %s. The node will not start.", a.at, a.what),
			Do: "Stop that program, or give the node another port in its settings.",
		})
	case errors.Is(err, fs.ErrPermission):
		x.add(Finding{
			Check: a.check, State: Look, Code: "port_denied", Says: fmt.Sprintf("This account may not listen at %s, for %s.", a.at, a.what),
			Do: "Ports below 1024 need special rights: take a higher one, or let the service give the right.",
		})
	default:
		x.add(Finding{
			Check: a.check, State: Wrong, Code: "port_address", Says: fmt.Sprintf("%s, for %s, is not an address of this PC: %s.", a.at, a.what, reason(err)),
			Do: "Write :PORT for every address of this PC, or one that it has.",
		})
	}
}

// takenPort tells whether somebody listens there already. Windows has a number of its own for it.
func takenPort(err error) bool {
	const windowsAddressInUse = syscall.Errno(10048)
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsAddressInUse)
}

// health asks the running node what it says of itself.
func (x *examination) health(ctx context.Context) {
	report, err := ask(ctx, "http://"+loopback(x.Listen)+"/api/v1/health")
	if err != nil {
		x.add(Finding{
			Check: "answers", State: Wrong, Code: "node_silent", Says: "The node runs and does not answer at " + x.Listen + ": " + reason(err) + ".",
			Do: "Look into its log. If it stays so, stop it and start it again: nothing is lost by that.",
		})
		return
	}
	bad := 0
	for _, c := range report.Checks {
		if c.Status == telemetry.StatusOK {
			continue
		}
		state := Look
		if c.Status == telemetry.StatusFailed {
			state = Wrong
		}
		bad++
		x.add(Finding{Check: "node_" + c.Name, State: state, Code: "health_" + string(c.Status), Says: "The running node says of its " + c.Name + ": " + string(c.Status) + ".", Do: c.Hint})
	}
	if bad == 0 {
		x.well("answers", "The node answers and says that it is well.")
	}
}

// loopback gives the address under which this machine reaches a listener.
func loopback(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func ask(ctx context.Context, url string) (report telemetry.Report, err error) {
	ctx, stop := context.WithTimeout(ctx, answerWithin)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return report, err
	}
	resp, err := client().Do(req)
	if err != nil {
		return report, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read or is given up
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return report, errors.New("something else answers there")
	}
	return report, json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&report)
}

// client is one that follows no redirect and keeps nothing open.
func client() *http.Client {
	return &http.Client{
		Timeout:       answerWithin,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

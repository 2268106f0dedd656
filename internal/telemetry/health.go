package telemetry

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Status is the state of one check or of the whole program.
type Status string

// The states, from best to worst.
const (
	StatusOK       Status = "ok"
	StatusDegraded Status = "degraded" // works, and somebody should look
	StatusStarting Status = "starting" // not yet known; not ready
	StatusFailed   Status = "failed"   // does not work; not ready when the check is required
)

// CheckState is what one named check says.
type CheckState struct {
	Name     string    `json:"name"`
	Status   Status    `json:"status"`
	Since    time.Time `json:"since"`          // of this status, not of the last report
	Hint     string    `json:"hint,omitempty"` // what to do next; never patient data
	Required bool      `json:"required"`       // the program is not ready while it fails
}

// Health is the registry of named checks. Parts of the program report into it when something changes; asking for it
// runs nothing, so that a health probe can never load a sick disk further.
type Health struct {
	now    func() time.Time
	mu     sync.Mutex
	checks map[string]CheckState
}

// NewHealth makes an empty registry.
func NewHealth(now func() time.Time) *Health {
	return &Health{now: now, checks: make(map[string]CheckState)}
}

// Check is the handle by which one part reports.
type Check struct {
	health *Health
	name   string
}

// Register adds a check in state starting. A required one keeps the program from being ready until it is ok or
// degraded.
func (h *Health) Register(name string, required bool) *Check {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks[name] = CheckState{Name: name, Status: StatusStarting, Since: h.now().UTC(), Required: required}
	return &Check{health: h, name: name}
}

// OK reports that all is well.
func (c *Check) OK() { c.set(StatusOK, "") }

// Degraded reports that it works but needs somebody; the hint says what to do.
func (c *Check) Degraded(hint string) { c.set(StatusDegraded, hint) }

// Failed reports that it does not work; the hint says what to do.
func (c *Check) Failed(hint string) { c.set(StatusFailed, hint) }

func (c *Check) set(s Status, hint string) {
	h := c.health
	h.mu.Lock()
	defer h.mu.Unlock()
	state := h.checks[c.name]
	if state.Status != s {
		state.Status, state.Since = s, h.now().UTC()
	}
	state.Hint = hint
	h.checks[c.name] = state
}

// Report is the whole picture.
type Report struct {
	Status Status       `json:"status"` // the worst of the checks; a failed check that is not required counts as degraded
	Ready  bool         `json:"ready"`
	Checks []CheckState `json:"checks"` // by name
}

// Report gives the state of every check.
func (h *Health) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := Report{Status: StatusOK, Ready: true, Checks: make([]CheckState, 0, len(h.checks))}
	for _, c := range h.checks {
		out.Checks = append(out.Checks, c)
		effect := c.Status
		if !c.Required && (effect == StatusFailed || effect == StatusStarting) {
			effect = StatusDegraded
		}
		if rank(effect) > rank(out.Status) {
			out.Status = effect
		}
		if effect == StatusFailed || effect == StatusStarting {
			out.Ready = false
		}
	}
	slices.SortFunc(out.Checks, func(a, b CheckState) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func rank(s Status) int {
	return slices.Index([]Status{StatusOK, StatusDegraded, StatusStarting, StatusFailed}, s)
}

// LiveHandler answers 200 with the report as long as the process can answer at all. A supervisor restarts on its
// failure, so a sick disk must not fail it.
func (h *Health) LiveHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeReport(w, http.StatusOK, h.Report())
	})
}

// ReadyHandler answers 200 when every required check works, else 503; a load balancer or a start script asks it.
func (h *Health) ReadyHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		report := h.Report()
		status := http.StatusOK
		if !report.Ready {
			status = http.StatusServiceUnavailable
		}
		writeReport(w, status, report)
	})
}

func writeReport(w http.ResponseWriter, status int, report Report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(report) //nolint:errchkjson // times of our own clock encode; a probe that hung up has nobody to tell
}

package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"time"
)

// LogOptions choose the form of the log.
type LogOptions struct {
	Format string       // "json" (default) or "text"
	Level  slog.Leveler // nil means info
	Keys   []string     // allowed besides Keys()
}

// Keys of the log that are labels of the metrics as well.
const (
	keyMethod = "method"
	keyRoute  = "route"
)

// Keys gives the attribute keys that a log line may carry. Anything else is written as [redacted]: a key is added here
// after somebody has thought about what its values can hold. None of them ever names a person or a measured value.
func Keys() []string {
	return []string{
		// what and where
		"component", "op", "code", "kind", "err", "hint", "state", "check", "version", "schema", "reason",
		// requests
		"request_id", keyMethod, keyRoute, "status", "bytes", "elapsed", "elapsed_ms", "addr", "remote", "proto",
		// who, by id alone
		"actor", "session", "station", "role", "entity", "record", "org", "lab", "node", "device", "user_id",
		// the journal and sync
		"seq", "epoch", "head", "txid", "batch", "cursor", "scope", "backlog", "skew_ms", "conflicts", "applied",
		// instruments
		"instrument", "link", "profile", "protocol", "driver", "message_id", "frames", "records", "observations",
		// work
		"count", "attempt", "attempts", "delay", "limit", "size", "free", "dir", "file", "port", "job", "queue", "worker",
		"pid", "signal", "expires", "since", "name_count", "stack", "table", "migration", "pages", "printer",
	}
}

// NewLogger makes the logger of a program: one line a record, UTC times, only allowed attribute keys, the request id of
// the context added by itself, and error texts cleaned of what they quote.
func NewLogger(w io.Writer, o LogOptions) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: utc}
	var base slog.Handler
	if o.Format == "text" {
		base = slog.NewTextHandler(w, options)
	} else {
		base = slog.NewJSONHandler(w, options)
	}
	allowed := make(map[string]bool)
	for _, k := range append(Keys(), o.Keys...) {
		allowed[k] = true
	}
	return slog.New(&allowHandler{next: base, allowed: allowed})
}

// Discard is a logger for tests and tools that say nothing.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func utc(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}

// allowHandler lets through only allowed keys, in groups as well.
type allowHandler struct {
	next    slog.Handler
	allowed map[string]bool
}

func (h *allowHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

func (h *allowHandler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.clean(a))
		return true
	})
	if id := RequestID(ctx); id != "" {
		out.AddAttrs(slog.String("request_id", id))
	}
	return h.next.Handle(ctx, out)
}

func (h *allowHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	cleaned := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		cleaned[i] = h.clean(a)
	}
	return &allowHandler{next: h.next.WithAttrs(cleaned), allowed: h.allowed}
}

func (h *allowHandler) WithGroup(name string) slog.Handler {
	return &allowHandler{next: h.next.WithGroup(name), allowed: h.allowed}
}

// clean gives the attribute as it may be written. Values that are not plain (structs, maps, pointers) could hide
// anything and are never written, whatever their key.
func (h *allowHandler) clean(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		members := v.Group()
		cleaned := make([]slog.Attr, len(members))
		for i, m := range members {
			cleaned[i] = h.clean(m)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(cleaned...)}
	}
	if !h.allowed[a.Key] {
		return slog.String(a.Key, Redacted)
	}
	if v.Kind() != slog.KindAny {
		return slog.Attr{Key: a.Key, Value: v}
	}
	switch x := v.Any().(type) {
	case error:
		return slog.String(a.Key, CleanError(x))
	case []string:
		return slog.String(a.Key, strings.Join(x, ","))
	case time.Duration:
		return slog.Duration(a.Key, x)
	case fmt.Stringer:
		return slog.String(a.Key, x.String())
	default:
		return slog.String(a.Key, Redacted)
	}
}

// quoted finds what an error text quotes and runs of digits long enough to be a phone number, an MRN or a lab number.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|` + "`[^`]*`" + `|\d{7,}`)

// CleanError gives an error's text for a log. Errors of databases, decoders and parsers quote the input that they choke
// on, so that everything in quotes and every run of seven digits or more is taken out.
func CleanError(err error) string {
	if err == nil {
		return ""
	}
	return quoted.ReplaceAllString(err.Error(), Redacted)
}

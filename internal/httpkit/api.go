package httpkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// Info describes one API.
type Info struct {
	Title       string
	Version     string
	Description string
	Log         *slog.Logger // internal errors are logged here, once, with their cause
}

// NewAPI puts typed operations onto a router: OpenAPI 3.1 at /api/openapi.json, readable at /api/docs, unknown JSON
// fields refused, errors as problem documents. Handlers return a lab.Error, or any error, and need no mapping of their
// own.
func NewAPI(router chi.Router, info Info) huma.API {
	configureHuma()
	config := huma.DefaultConfig(info.Title, info.Version)
	config.Info.Description = info.Description
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // ours below; huma's page loads from a CDN
	config.RejectUnknownQueryParameters = true                           // a mistyped filter must not show everything
	config.CreateHooks = nil                                             // the hook adds $schema to every body
	config.Formats = strictText(config.Formats)
	api := humachi.New(router, config)
	log := info.Log
	if log == nil {
		log = telemetry.Discard()
	}
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithValue(ctx, logKey{}, log))
	})
	spec := sync.OnceValues(func() ([]byte, error) { return marshalSpec(api) })
	router.Get("/api/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		body, err := spec()
		if err != nil {
			WriteProblem(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(body) // the client hung up; there is nobody to tell
	})
	router.Get("/api/docs", serveDocs)
	return api
}

// errNotUTF8 refuses a body before it is decoded: the decoder would put a mark in place of the wrong bytes, and a name would
// be stored that nobody typed.
var errNotUTF8 = errors.New("body is not valid UTF-8")

// strictText makes formats refuse a body that is no UTF-8.
func strictText(formats map[string]huma.Format) map[string]huma.Format {
	out := make(map[string]huma.Format, len(formats))
	for name, f := range formats {
		decode := f.Unmarshal
		f.Unmarshal = func(data []byte, v any) error {
			if !utf8.Valid(data) {
				return errNotUTF8
			}
			return decode(data, v)
		}
		out[name] = f
	}
	return out
}

// WriteSpec writes the OpenAPI document, indented and in a stable order, as it is committed beside the code.
func WriteSpec(w io.Writer, api huma.API) error {
	body, err := marshalSpec(api)
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	return nil
}

func marshalSpec(api huma.API) ([]byte, error) {
	raw, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("encode OpenAPI document: %w", err)
	}
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read back OpenAPI document: %w", err)
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("indent OpenAPI document: %w", err)
	}
	return append(out, '\n'), nil
}

type logKey struct{}

// configureHuma sets what huma keeps in package variables. They are set once in the life of the process and to the same
// values whoever comes first.
func configureHuma() {
	humaOnce.Do(func() {
		huma.DefaultArrayNullable = false
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
			return fromHuma(status, msg, errs)
		}
		huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
			p := *fromHuma(status, msg, errs)
			if ctx == nil {
				return &p
			}
			p.RequestID = requestID(ctx.Context())
			if after := p.retryAfter(); after != "" {
				ctx.SetHeader("Retry-After", after)
			}
			logInternal(ctx.Context(), ctx.Operation(), &p, errs)
			return &p
		}
	})
}

var humaOnce sync.Once //nolint:gochecknoglobals // huma's settings are package variables: this guards them, no more

// logInternal tells the cause of a fault of ours; the answer carries only the request id to find it by.
func logInternal(ctx context.Context, op *huma.Operation, p *Problem, errs []error) {
	if p.Status < http.StatusInternalServerError {
		return
	}
	log, ok := ctx.Value(logKey{}).(*slog.Logger)
	if !ok {
		return
	}
	route := ""
	if op != nil {
		route = op.Path
	}
	for _, err := range errs {
		log.ErrorContext(ctx, "request failed", "route", route, "status", p.Status, "code", lab.CodeOf(err), "err", err)
	}
}

func requestID(ctx context.Context) string { return telemetry.RequestID(ctx) }

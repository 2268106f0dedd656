package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
)

// SyncLog is what nodes sent lately, newest first.
type SyncLog struct {
	Lines []SyncLine `json:"lines"`
	Next  int64      `json:"next,omitempty" doc:"For the page behind this one"`
}

// SyncLine is one batch.
type SyncLine struct {
	At       time.Time `json:"at"`
	Node     lab.ID    `json:"node" format:"uuid"`
	Code     string    `json:"node_code"`
	Name     string    `json:"node_name"`
	Lab      string    `json:"lab_name"`
	Kind     string    `json:"kind"`
	FirstSeq int64     `json:"first_seq"`
	LastSeq  int64     `json:"last_seq"`
	Changes  int32     `json:"changes"`
	Bytes    int32     `json:"bytes"`
	Micros   int64     `json:"micros"`
	Answer   string    `json:"code" doc:"ok, repeat, or what was wrong"`
}

type logFilter struct {
	Node     lab.ID    `query:"node" format:"uuid" doc:"One node alone"`
	Since    time.Time `query:"since" doc:"From this moment on"`
	Until    time.Time `query:"until" doc:"Before this moment"`
	Problems bool      `query:"problems" doc:"Only what was refused"`
}

type logPage struct {
	logFilter

	Before int64 `query:"before" minimum:"0" doc:"next of the page before"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (f logFilter) filter() fleet.AuditFilter {
	out := fleet.AuditFilter{Node: f.Node, Problems: f.Problems}
	if !f.Since.IsZero() {
		out.Since = &f.Since
	}
	if !f.Until.IsZero() {
		out.Until = &f.Until
	}
	return out
}

func (r *routes) syncLog() {
	mount(r, route{method: http.MethodGet, path: "/sync/log", id: "syncLog", tag: tagSync, rule: person(), summary: "What the nodes sent lately"},
		func(ctx context.Context, s httpkit.Session, in *logPage) (*out[SyncLog], error) {
			return r.readLog(ctx, s, in)
		})
	mount(r, route{method: http.MethodGet, path: "/sync/log.csv", id: "syncLogExport", tag: tagSync, rule: person(), summary: "The same as a file for a spreadsheet, with the signature of every batch"},
		func(_ context.Context, s httpkit.Session, in *logFilter) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				ctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
				ctx.SetHeader("Content-Disposition", `attachment; filename="sync-log.csv"`)
				if err := r.s.Fleet.ExportAudit(ctx.Context(), s.Org, in.filter(), ctx.BodyWriter()); err != nil {
					r.s.Logger.ErrorContext(ctx.Context(), "export of the sync log broke off", "err", err)
				}
			}}, nil
		})
}

func (r *routes) readLog(ctx context.Context, s httpkit.Session, in *logPage) (*out[SyncLog], error) {
	filter := in.filter()
	filter.Before, filter.Most = in.Before, in.Limit
	lines, err := r.s.Fleet.Audit(ctx, s.Org, filter)
	res := SyncLog{Lines: []SyncLine{}}
	for i := range lines {
		l := &lines[i]
		res.Lines = append(res.Lines, SyncLine{
			At: l.At, Node: l.Device, Code: l.NodeCode, Name: l.NodeName, Lab: l.LabName, Kind: l.Kind, FirstSeq: l.FirstSeq, LastSeq: l.LastSeq,
			Changes: l.Changes, Bytes: l.Bytes, Micros: l.Micros, Answer: l.Code,
		})
	}
	if len(lines) == in.Limit {
		res.Next = lines[len(lines)-1].ID
	}
	return answer(res, err)
}

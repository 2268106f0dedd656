package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/files"
	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
)

// file takes the document of a report from the node that signed it. It is taken when the report, as the journal brought
// it, names these very bytes by their hash: a node can put nothing else here.
func (r *routes) file(w http.ResponseWriter, req *http.Request) {
	err := func() error {
		d, err := r.s.Fleet.Authenticate(req.Context(), req.Header.Get("Authorization"))
		if err != nil {
			return err
		}
		id, err := lab.ParseID(chi.URLParam(req, "report"))
		if err != nil {
			return err
		}
		if req.Header.Get("Content-Type") != "application/pdf" {
			return lab.Invalid("file_type", "The document of a report is a PDF.")
		}
		content, err := io.ReadAll(req.Body)
		if err != nil {
			return fmt.Errorf("read the document: %w", err)
		}
		return r.keep(req.Context(), d, id, content)
	}()
	if err != nil {
		if lab.KindOf(err) == lab.KindInternal {
			r.s.Logger.ErrorContext(req.Context(), "a document was not taken", "err", err)
		}
		httpkit.WriteProblem(w, req, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

func (r *routes) keep(ctx context.Context, d fleet.Device, id lab.ID, content []byte) error {
	var rows []postgres.Record
	err := r.s.Ingest.DB.View(ctx, func(tx pgx.Tx) error {
		var err error
		rows, err = postgres.LoadRecords(ctx, tx, d.Org, []postgres.RecordKey{{Entity: r.s.Ingest.Schema.EntityID("report"), ID: id}})
		return err
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 || rows[0].Home != d.Lab {
		return files.ErrUnknown
	}
	var report struct {
		Hash    string `json:"pdf_hash"`
		Patient lab.ID `json:"patient_id"`
	}
	if err := json.Unmarshal(rows[0].Doc, &report); err != nil {
		return fmt.Errorf("read report %s: %w", id, err)
	}
	if report.Hash != base64.StdEncoding.EncodeToString(files.Hash(content)) {
		return lab.Invalid("file_hash", "These are not the bytes that the report names.")
	}
	if _, err := r.s.Outside.Files.Keep(ctx, d.Org, report.Patient, "application/pdf", content); err != nil {
		return err
	}
	return r.s.Outside.Arrived(ctx, d.Org, id)
}

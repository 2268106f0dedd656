package fleet

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// AuditFilter chooses exchanges. The zero filter takes all of them.
type AuditFilter struct {
	Node     lab.ID
	Since    *time.Time // from this moment on
	Until    *time.Time // before this moment
	Problems bool       // only what was refused
	Before   int64      // id of the last line of the page before; 0 for the first page
	Most     int
}

// Audit gives the batches that nodes sent, newest first.
func (f *Fleet) Audit(ctx context.Context, org lab.ID, filter AuditFilter) ([]queries.AuditRow, error) {
	rows, err := f.statement().Audit(ctx, f.DB.Pool(), queries.AuditParams{
		Org: org, Before: filter.Before, Node: filter.Node, Since: filter.Since, Until: filter.Until, Problems: filter.Problems, Most: int32(filter.Most),
	})
	if err != nil {
		return nil, fmt.Errorf("sync log: %w", err)
	}
	return rows, nil
}

// exportPage is how many lines of an export are read at once.
const exportPage = 5000

// ExportAudit writes the chosen exchanges as CSV, newest first, page by page: a log of years does not fit in memory. The
// signature of each batch goes along, so that the export proves what it says without the hub.
func (f *Fleet) ExportAudit(ctx context.Context, org lab.ID, filter AuditFilter, w io.Writer) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"at", "lab", "node", "name", "device", "kind", "epoch", "first_seq", "last_seq", "changes", "bytes", "micros", "code", "head", "signature"})
	filter.Most = exportPage
	for err == nil {
		rows, readErr := f.Audit(ctx, org, filter)
		if readErr != nil {
			return readErr
		}
		for i := range rows {
			r := &rows[i]
			err = out.Write([]string{
				r.At.UTC().Format(time.RFC3339Nano), inert(r.LabName), r.NodeCode, inert(r.NodeName), r.Device.String(), r.Kind, strconv.FormatInt(r.Epoch, 10),
				strconv.FormatInt(r.FirstSeq, 10), strconv.FormatInt(r.LastSeq, 10), strconv.Itoa(int(r.Changes)), strconv.Itoa(int(r.Bytes)),
				strconv.FormatInt(r.Micros, 10), r.Code, base64.StdEncoding.EncodeToString(r.Head), base64.StdEncoding.EncodeToString(r.Signature),
			})
			if err != nil {
				break
			}
			filter.Before = r.ID
		}
		if len(rows) < exportPage {
			break
		}
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("write the sync log: %w", err)
	}
	return nil
}

// inert keeps a name that people typed from being read as a formula by a spreadsheet.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

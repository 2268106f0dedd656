package setup

import (
	"context"
	"fmt"
	"net"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// PrinterTimeout is how long a printer may take to open and to take a job.
const PrinterTimeout = 5 * time.Second

// Printers gives the label printers, and whether their last job was taken.
func (o *Office) Printers(ctx context.Context) (Printers, error) {
	out := Printers{Printers: []Printer{}}
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.Printers(ctx)
		if err != nil {
			return fmt.Errorf("read printers: %w", err)
		}
		for _, r := range rows {
			p, err := printerView(ctx, tx, q, queries.PrinterRow(r))
			if err != nil {
				return err
			}
			out.Printers = append(out.Printers, p)
		}
		return nil
	})
	return out, err
}

func printerView(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, r queries.PrinterRow) (Printer, error) {
	p := Printer{ID: lab.ID(r.ID), Name: r.Name, Address: r.Address, Language: "zpl", WidthMM: int(r.WidthMm), HeightMM: int(r.HeightMm), Default: r.IsDefault != 0, State: "ready"}
	waiting, err := q.PrinterBacklog(ctx, r.ID)
	if err != nil {
		return p, fmt.Errorf("count the jobs of printer %s: %w", p.ID, err)
	}
	problem, err := q.PrinterProblem(ctx, r.ID)
	if err != nil {
		return p, fmt.Errorf("read the problem of printer %s: %w", p.ID, err)
	}
	if p.Waiting = int(waiting); problem != "" {
		p.State = "unreachable"
	}
	versions, err := tx.Versions(ctx, "printer", p.ID)
	p.Versions = versions.String()
	return p, err
}

// AddPrinter adds a label printer.
func (o *Office) AddPrinter(ctx context.Context, actor lab.Actor, key string, in PrinterInput) (Printer, error) {
	id, err := once.Do(ctx, o.db, actor, key, "printer.add", in, func(tx *sqlite.Tx) (lab.ID, error) {
		row, err := printerRow(in)
		if err != nil {
			return lab.ID{}, err
		}
		row["active"] = 1
		id := tx.NewID()
		return id, tx.Insert("printer", id, row)
	})
	if err != nil {
		return Printer{}, err
	}
	return o.printer(ctx, id)
}

// ChangePrinter changes a label printer.
func (o *Office) ChangePrinter(ctx context.Context, actor lab.Actor, id lab.ID, in PrinterInput) (Printer, error) {
	seen, err := parseVersions(in.Versions)
	if err != nil {
		return Printer{}, err
	}
	row, err := printerRow(in)
	if err != nil {
		return Printer{}, err
	}
	err = o.db.Update(ctx, actor, "printer.change", func(tx *sqlite.Tx) error {
		return tx.Change("printer", id, nil, row, sqlite.Expect(seen))
	})
	if err != nil {
		return Printer{}, err
	}
	return o.printer(ctx, id)
}

func printerRow(in PrinterInput) (sqlite.Row, error) {
	if _, _, err := net.SplitHostPort(in.Address); err != nil {
		return nil, lab.Invalid("printer_address", "Write the printer's address with its port.", lab.FieldError{Field: "address", Code: "malformed", Message: "For example 192.168.1.50:9100."})
	}
	return sqlite.Row{"name": in.Name, "address": in.Address, "width_mm": in.WidthMM, "height_mm": in.HeightMM, "is_default": in.Default}, nil
}

func (o *Office) printer(ctx context.Context, id lab.ID) (Printer, error) {
	var out Printer
	err := o.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.Printer(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("printer_not_found", "There is no such printer.")
		}
		out, err = printerView(ctx, tx, q, row)
		return err
	})
	return out, err
}

// TestPrinter prints a test label at once; nothing is kept of it.
func (o *Office) TestPrinter(ctx context.Context, id lab.ID) (Printer, error) {
	p, err := o.printer(ctx, id)
	if err != nil {
		return p, err
	}
	zpl := "^XA^CI28^FO20,40^A0N,40,36^FDJaanch^FS^FO20,100^A0N,28,26^FDTest label^FS^PQ1^XZ\n"
	if err := SendToPrinter(ctx, p.Address, []byte(zpl)); err != nil {
		p.State = "unreachable"
		return p, nil //nolint:nilerr // the state is the answer
	}
	p.State = "ready"
	return p, nil
}

// SendToPrinter sends bytes to a label printer over TCP. What the printer answers is not trusted and not read.
func SendToPrinter(ctx context.Context, address string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, PrinterTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("reach the printer: %w", err)
	}
	defer func() { _ = conn.Close() }() // the write below says whether it was taken
	if err := conn.SetDeadline(time.Now().Add(PrinterTimeout)); err != nil {
		return fmt.Errorf("reach the printer: %w", err)
	}
	if _, err := conn.Write(data); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

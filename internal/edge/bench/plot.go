package bench

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Plots are the curves and pictures of one message.
type Plots struct {
	Plots []Plot `json:"plots"`
}

// Plot is one curve or picture, to be drawn beside the results of its run.
type Plot struct {
	Name  string    `json:"name" doc:"As the analyzer calls it."`
	Kind  string    `json:"kind" enum:"curve,matrix,image,file"`
	X     []float64 `json:"x,omitempty" doc:"Of a curve with an axis of its own; else points are counted from 0."`
	Y     []float64 `json:"y,omitempty" doc:"Of a curve; the values of a matrix, row by row."`
	MIME  string    `json:"mime,omitempty" doc:"Of an image."`
	Data  string    `json:"data,omitempty" doc:"An image in base64."`
	Bytes int       `json:"bytes" doc:"Size of what the analyzer sent."`
}

// curve is how numbers are kept in a file.
type curve struct {
	X []float64 `json:"x,omitempty"`
	Y []float64 `json:"y"`
}

// mimeCurve marks a file that holds a curve.
const mimeCurve = "application/json"

// beside takes what a message holds beside its rows: refused orders, curves and pictures. A message that broke off, or came
// before, brings none of the latter.
func (s *intake) beside(ctx context.Context, f *matcher, d driver.Message) error {
	if err := s.refused(ctx, f.device, d.Refusals); err != nil || f.cut || f.duplicate {
		return err
	}
	return s.plots(ctx, f.message, d.Plots)
}

// plots keeps the curves and pictures of a message, each by the hash of its contents: the same one twice is kept once.
func (s *intake) plots(ctx context.Context, message int64, all []driver.Plot) error {
	for i, p := range all {
		content, mime := p.Data, p.MIME
		if p.Kind == driver.PlotCurve || p.Kind == driver.PlotMatrix {
			raw, err := json.Marshal(curve{X: p.X, Y: p.Y})
			if err != nil {
				return fmt.Errorf("encode a curve: %w", err)
			}
			content, mime = raw, mimeCurve
		}
		sum, err := sqlite.KeepFile(ctx, s.tx, mime, content)
		if err != nil {
			return err
		}
		err = s.q.AddPlot(ctx, queries.AddPlotParams{MessageID: message, Idx: int64(i), Grp: int64(p.Group), Name: limited(p.Name), Kind: string(p.Kind), Sha256: sum})
		if err != nil {
			return fmt.Errorf("keep a plot: %w", err)
		}
	}
	return nil
}

// Plots gives the curves and pictures of a message.
func (b *Bench) Plots(ctx context.Context, message int64) (Plots, error) {
	out := Plots{Plots: []Plot{}}
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.PlotsOfMessage(ctx, message)
		if err != nil {
			return fmt.Errorf("read the plots of message %d: %w", message, err)
		}
		for _, r := range rows {
			content, err := sqlite.Unseal(r.Bytes)
			if err != nil {
				return fmt.Errorf("open a plot of message %d: %w", message, err)
			}
			p := Plot{Name: r.Name, Kind: r.Kind, Bytes: len(content)}
			switch driver.PlotKind(r.Kind) {
			case driver.PlotCurve, driver.PlotMatrix:
				var c curve
				if err := json.Unmarshal(content, &c); err != nil {
					return fmt.Errorf("read a curve of message %d: %w", message, err)
				}
				p.X, p.Y = c.X, c.Y
			case driver.PlotImage:
				p.MIME, p.Data = r.Mime, base64.StdEncoding.EncodeToString(content)
			case driver.PlotFile: // nobody here can read it; the archive holds it
			}
			out.Plots = append(out.Plots, p)
		}
		return nil
	})
	return out, err
}

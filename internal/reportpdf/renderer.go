package reportpdf

import (
	"fmt"
	"sync"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
)

// Renderer draws documents. It holds the fonts; one is enough for a program and may be used from many goroutines, which
// then wait for each other (a page takes some milliseconds).
type Renderer struct {
	mu     sync.Mutex
	shaper *shaper
}

// New loads the fonts.
func New() (*Renderer, error) {
	s, err := newShaper()
	if err != nil {
		return nil, fmt.Errorf("load fonts: %w", err)
	}
	return &Renderer{shaper: s}, nil
}

// Options say how a report is drawn. None of them changes what it says.
type Options struct {
	Proof        string  // text of the QR code (report.Proof.Text); empty draws none
	PrePrinted   bool    // the paper has a letterhead: its area stays empty
	LetterheadMM float64 // height of that area; 0 means 35
	Logo         []byte  // PNG or JPEG; empty draws none
	Signatures   map[lab.ID][]byte
	Printed      time.Time // printed on the report when set
	Copy         int       // a reprint says "copy n"
}

const (
	pageWidth  = 595.28 // A4 in points
	pageHeight = 841.89
	mm         = 72 / 25.4
	left       = 30.0
	right      = pageWidth - left
)

// Report draws a report. It refuses one that report.Check refuses.
func (r *Renderer) Report(rep report.Report, o Options) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.draw(rep, o)
	if err != nil {
		return nil, err
	}
	out, err := s.doc.bytes()
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return out, nil
}

// draw lays the report out; the caller holds the lock, since faces serve one goroutine at a time.
func (r *Renderer) draw(rep report.Report, o Options) (*sheet, error) {
	if err := rep.Check(); err != nil {
		return nil, fmt.Errorf("draw report: %w", err)
	}
	defer r.shaper.forget()
	var best *sheet
	for _, d := range densities() {
		s := &sheet{
			pen: pen{
				doc:    newDocument("Test report "+rep.Visit.Number, rep.IssuedAt, pageWidth, pageHeight),
				shaper: r.shaper,
			},
			rep: rep, opt: o, density: d, zone: time.FixedZone("", rep.ZoneMin*60),
		}
		if err := s.compose(); err != nil {
			return nil, fmt.Errorf("draw report: %w", err)
		}
		if best == nil || len(s.doc.pages) < len(best.doc.pages) {
			best = s
		}
		if len(best.doc.pages) == 1 {
			break
		}
	}
	return best, nil
}

// density is how closely a report is set. The widest one that needs the fewest pages is taken.
type density struct {
	row float64 // height of a result
	gap float64 // between blocks
	qr  float64 // side of the QR code
}

func densities() []density {
	return []density{{row: 15.6, gap: 10, qr: 74}, {row: 14.6, gap: 8, qr: 70}, {row: 13.5, gap: 6, qr: 64}}
}

package folder

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/instruments"
)

// Host gives a host whose intake is refused while the disk is full: the session then answers NAK, or AR in HL7, and the
// analyzer keeps its results and sends them again. Answers and everything else pass.
func (g *Guard) Host(h instruments.Host) instruments.Host {
	store := h.Store
	h.Store = func(ctx context.Context, in instruments.Intake) (instruments.Receipt, error) {
		if err := g.Intake(); err != nil {
			return instruments.Receipt{}, err
		}
		receipt, err := store(ctx, in)
		g.Note(err)
		return receipt, err
	}
	return h
}

// Middleware refuses the requests that begin something new (see intake) with 503 and disk_full while the disk is full.
// Reading, printing, verifying and signing pass: they are small, and the reserve is for them.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if intake(r) {
			if err := g.Intake(); err != nil {
				httpkit.WriteProblem(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// intake tells whether a request begins something new: a visit, a patient, a larger load of the catalogue.
func intake(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	switch r.URL.Path {
	case "/api/v1/visits", "/api/v1/patients", "/api/v1/doctors", "/api/v1/instruments", "/api/v1/catalogue/starter":
		return true
	default:
		return false
	}
}

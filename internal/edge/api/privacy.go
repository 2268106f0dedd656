package api

import (
	"context"
	"net/http"

	"jaanch/internal/edge/privacy"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab/access"
)

// privacyRoutes are what a patient may ask of the lab about their data.
func (r *routes) privacyRoutes() {
	mount(r, Route{
		Method: http.MethodGet, Path: "/patients/{id}/erasure", ID: "previewErasure", Tag: "privacy", Rule: MaySee(access.PrivacyRequest),
		Summary: "What forgetting a patient would take, and what would stay", Doc: "Counts alone. Only for those who may ask for the erasure.",
	}, getByID(r.s.Privacy.Preview))
	mount(r, Route{
		Method: http.MethodPost, Path: "/patients/{id}/erasure", ID: "erasePatient", Tag: "privacy", Rule: May(access.PrivacyRequest),
		Summary: "Forget a patient", Doc: "Cannot be undone. Wants that the person proved within ten minutes who they are.",
	}, r.erasePatient)
}

func (r *routes) erasePatient(ctx context.Context, in *createByID[privacy.Request]) (*out[privacy.Erased], error) {
	session, err := httpkit.SessionOf(ctx)
	if err != nil {
		return nil, err
	}
	proof := access.Resource{Own: true, SteppedUp: session.ProvedWithin(r.now(), StepUpFor)}
	return answer(r.s.Privacy.Erase(ctx, session.Actor(), proof, in.Key, in.ID, in.Body))
}

package outside

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/outreach/sendgrid"
	"jaanch/internal/hub/outreach/twilio"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/payment/razorpay"
	"jaanch/internal/hub/payment/stripe"
	"jaanch/internal/hub/webhook"
	"jaanch/internal/lab"
)

// HooksPath is where services call: /hooks/ORGANISATION/SERVICE. The organisation's id is random and no person's.
const HooksPath = "/hooks/"

// Hooks answers the services. 2xx goes out only after the announcement was committed; what is not signed leaves no
// trace but a warning.
func (w *Outside) Hooks() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		org, service, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, HooksPath), "/")
		id, err := lab.ParseID(org)
		if !ok || err != nil || !slices.Contains(callers(), service) {
			http.Error(rw, "not found", http.StatusNotFound)
			return
		}
		set, err := w.Credentials.Get(r.Context(), id, service)
		switch {
		case errors.Is(err, credential.ErrMissing):
			http.Error(rw, "not found", http.StatusNotFound)
		case err != nil:
			w.o.Logger.Error("credentials could not be read", "service", service, "error", err)
			http.Error(rw, "try again", http.StatusServiceUnavailable)
		case r.Method == http.MethodGet && service == "whatsapp":
			verifyWhatsApp(rw, r, set)
		case r.Method == http.MethodPost:
			w.accept(rw, r, id, service, set)
		default:
			http.Error(rw, "method not allowed", http.StatusMethodNotAllowed)
		}
	})
}

// callers are the services that announce things.
func callers() []string { return []string{"whatsapp", "razorpay", "twilio", "sendgrid", "stripe"} }

// verifyWhatsApp answers Meta's question whether the address is ours.
func verifyWhatsApp(rw http.ResponseWriter, r *http.Request, set credential.Set) {
	q := r.URL.Query()
	want := set["verify_token"].Reveal()
	same := subtle.ConstantTimeCompare([]byte(q.Get("hub.verify_token")), []byte(want)) == 1
	if want == "" || !same || q.Get("hub.mode") != "subscribe" {
		http.Error(rw, "forbidden", http.StatusForbidden)
		return
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(rw, q.Get("hub.challenge")) //nolint:gosec // plain text, asked for by whoever knows the token
}

func (w *Outside) accept(rw http.ResponseWriter, r *http.Request, org lab.ID, service string, set credential.Set) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, webhook.MaxBytes))
	if err != nil {
		http.Error(rw, "too large or cut short", http.StatusRequestEntityTooLarge)
		return
	}
	d := webhook.Delivery{URL: w.hookURL(org, service), Header: r.Header, Body: body}
	a := inbox.Announcement{Org: org, Service: service, Body: body}
	switch service {
	case "whatsapp":
		err = whatsapp.Verify(d, []string{set["app_secret"].Reveal()})
	case "twilio":
		if r.URL.RawQuery != "" {
			d.URL += "?" + r.URL.RawQuery
			a.Headers = map[string]string{messageParameter: r.URL.Query().Get(messageParameter)}
		}
		err = twilio.Verify(d, strings.Fields(set["token"].Reveal()))
	case "sendgrid":
		err = sendgrid.Verify(d, strings.Fields(set["verify_key"].Reveal()), w.o.Clock())
	case "stripe":
		err = stripe.Verify(d, strings.Fields(set["webhook_secret"].Reveal()), w.o.Clock())
		if e, read := stripe.Parse(body); read == nil {
			a.EventID = e.ID
		}
	default:
		err = razorpay.Verify(d, strings.Fields(set["webhook_secret"].Reveal()))
		a.EventID = r.Header.Get(razorpay.EventIDHeader)
	}
	if err != nil {
		w.o.Logger.Warn("an announcement was not believed", "service", service, "code", lab.CodeOf(err))
		http.Error(rw, "unauthorized", http.StatusUnauthorized)
		return
	}
	if _, err := w.Inbox.Accept(context.WithoutCancel(r.Context()), a); err != nil {
		w.o.Logger.Error("an announcement could not be stored", "service", service, "error", err)
		http.Error(rw, "try again", http.StatusServiceUnavailable)
		return
	}
	rw.WriteHeader(http.StatusOK)
}

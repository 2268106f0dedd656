// Package credential keeps the secrets of outside services per organisation, sealed. They are written and used, and never
// shown again. A hub of a single organisation may take them from the environment, under the names that people know.
package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/telemetry"
)

// Set is what one service needs, by the names of Names.
type Set map[string]telemetry.Secret

// names are the settings of each service with the environment variable that stands for them at a single organisation.
//
//nolint:gosec // names of variables, no secrets
var names = map[string]map[string]string{
	"whatsapp": {
		"url": "WHATSAPP_API_URL", "token": "WHATSAPP_ACCESS_TOKEN", "number": "WHATSAPP_PHONE_NUMBER_ID",
		"app_secret": "WHATSAPP_APP_SECRET", "verify_token": "WHATSAPP_VERIFY_TOKEN", "version": "WHATSAPP_API_VERSION",
	},
	"twilio":   {"url": "TWILIO_API_URL", "account": "TWILIO_ACCOUNT_SID", "token": "TWILIO_AUTH_TOKEN", "sender": "TWILIO_SENDER"},
	"sendgrid": {"url": "SENDGRID_API_URL", "key": "SENDGRID_API_KEY", "from": "SENDGRID_FROM", "from_name": "SENDGRID_FROM_NAME", "verify_key": "SENDGRID_WEBHOOK_KEY"},
	"smtp": {
		"host": "SMTP_HOST", "port": "SMTP_PORT", "user": "SMTP_USER", "password": "SMTP_PASSWORD", "from": "SMTP_FROM", "from_name": "SMTP_FROM_NAME",
	},
	"razorpay": {"url": "RAZORPAY_API_URL", "key": "RAZORPAY_KEY_ID", "secret": "RAZORPAY_KEY_SECRET", "webhook_secret": "RAZORPAY_WEBHOOK_SECRET"},
	"stripe":   {"url": "STRIPE_API_URL", "key": "STRIPE_SECRET_KEY", "webhook_secret": "STRIPE_WEBHOOK_SECRET"},
	"gstn": {
		"url": "GSTN_API_URL", "user": "GSTN_USERNAME", "password": "GSTN_PASSWORD", "gstin": "GSTIN", "transport": "GSTN_TRANSPORT", "auth_url": "GSTN_AUTH_URL",
		"client": "GSTN_CLIENT_ID", "client_secret": "GSTN_CLIENT_SECRET", "login_key": "GSTN_LOGIN_KEY", "signing_keys": "GSTN_SIGNING_KEYS",
	},
	"abdm": {"url": "ABDM_GATEWAY_URL", "client": "ABDM_CLIENT_ID", "secret": "ABDM_CLIENT_SECRET", "hip": "ABDM_HIP_ID"},
}

// Names lists the settings of a service; none for a service that is not known.
func Names(service string) []string {
	var out []string
	for n := range names[service] {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Services lists the services that have settings.
func Services() []string { return slices.Sorted(maps.Keys(names)) }

// Standing is what may be shown of a service's credentials: that they are there, never what they are.
type Standing struct {
	Service   string     `json:"service"`
	Names     []string   `json:"names" doc:"Of its settings"`
	Kept      []string   `json:"kept" doc:"Those that are set"`
	ChangedAt *time.Time `json:"changed_at,omitempty" doc:"Absent for credentials of the hub's own configuration"`
}

// Standings says of every service which of its settings are there.
func (k *Keeper) Standings(ctx context.Context, org lab.ID) ([]Standing, error) {
	rows, err := k.DB.Queries().Credentials(ctx, k.DB.Pool(), org)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	out := []Standing{}
	for _, service := range Services() {
		s := Standing{Service: service, Names: Names(service), Kept: []string{}}
		set, err := k.Get(ctx, org, service)
		if err != nil && !errors.Is(err, ErrMissing) {
			return nil, err
		}
		for _, n := range s.Names {
			if set[n].IsSet() {
				s.Kept = append(s.Kept, n)
			}
		}
		for _, r := range rows {
			if r.Service == service {
				s.ChangedAt = &r.ChangedAt
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// Change sets some settings of a service and leaves the others as they are; an empty value takes one away.
func (k *Keeper) Change(ctx context.Context, org lab.ID, service string, changed Set) error {
	set, err := k.Get(ctx, org, service)
	if err != nil && !errors.Is(err, ErrMissing) {
		return err
	}
	if set == nil {
		set = Set{}
	}
	for name, value := range changed {
		if set[name] = value; !value.IsSet() {
			delete(set, name)
		}
	}
	return k.Put(ctx, org, service, set)
}

// Drop takes the credentials of a service away: nothing goes out by it any more.
func (k *Keeper) Drop(ctx context.Context, org lab.ID, service string) error {
	if err := k.DB.Queries().DropCredential(ctx, k.DB.Pool(), queries.DropCredentialParams{Org: org, Service: service}); err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	return nil
}

// ErrMissing is what a service without credentials gives.
var ErrMissing = lab.NotFound("credentials_missing", "This service is not set up for the organisation.")

// Keeper keeps them.
type Keeper struct {
	DB    *postgres.DB
	Box   *seal.Box
	Clock func() time.Time
	Env   func(string) string // the environment of a hub of a single organisation; nil for none
}

func place(org lab.ID, service string) string { return seal.Place("credential", org, service) }

// Put replaces the credentials of a service. Unknown names are refused.
func (k *Keeper) Put(ctx context.Context, org lab.ID, service string, s Set) error {
	if names[service] == nil || len(s) == 0 {
		return lab.Invalid("credential_service", "There is no such service, or nothing to keep for it.")
	}
	open := map[string]string{}
	for name, value := range s {
		if _, ok := names[service][name]; !ok {
			return lab.Invalid("credential_name", "The service has no setting of this name.", lab.FieldError{Field: name, Code: "unknown"})
		}
		open[name] = value.Reveal()
	}
	raw, err := json.Marshal(open)
	if err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	err = k.DB.Queries().PutCredential(ctx, k.DB.Pool(), queries.PutCredentialParams{
		Org: org, Service: service, Sealed: k.Box.Seal(place(org, service), raw), Now: k.Clock(),
	})
	if err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	return nil
}

// Get opens the credentials of a service.
func (k *Keeper) Get(ctx context.Context, org lab.ID, service string) (Set, error) {
	sealed, err := k.DB.Queries().Credential(ctx, k.DB.Pool(), queries.CredentialParams{Org: org, Service: service})
	if errors.Is(err, pgx.ErrNoRows) {
		return k.fromEnv(ctx, service)
	}
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	raw, err := k.Box.Open(place(org, service), sealed)
	if err != nil {
		return nil, err
	}
	var open map[string]string
	if err := json.Unmarshal(raw, &open); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	out := Set{}
	for name, value := range open {
		out[name] = telemetry.Secret(value)
	}
	return out, nil
}

// fromEnv gives what the environment says, which is meant for a hub of one organisation: with two nobody could tell whose
// it is.
func (k *Keeper) fromEnv(ctx context.Context, service string) (Set, error) {
	out := Set{}
	if k.Env != nil {
		orgs, err := k.DB.Queries().Orgs(ctx, k.DB.Pool())
		if err != nil {
			return nil, fmt.Errorf("credential: %w", err)
		}
		if len(orgs) != 1 {
			return nil, ErrMissing
		}
		for name, variable := range names[service] {
			if v := k.Env(variable); v != "" {
				out[name] = telemetry.Secret(v)
			}
		}
	}
	if len(out) == 0 {
		return nil, ErrMissing
	}
	return out, nil
}

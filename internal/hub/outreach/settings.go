package outreach

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// template gives the organisation's own text, or the built-in one.
func (d *Desk) template(ctx context.Context, tx queries.DBTX, org lab.ID, kind, way, language string) (message.Template, error) {
	if !slices.Contains(message.Languages(), language) {
		language = "en"
	}
	row, err := d.queries().TemplateOf(ctx, tx, queries.TemplateOfParams{Org: org, Kind: kind, Channel: way, Language: language})
	if err == nil {
		return ofRow(row), nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return message.Template{}, wrap("template", err)
	}
	t, ok := message.BuiltIn(kind, way, language)
	if !ok {
		return t, lab.Invalid("template_unknown", "There is no such message.")
	}
	return t, nil
}

func ofRow(r queries.MessageTemplate) message.Template {
	return message.Template{Kind: r.Kind, Way: r.Channel, Language: r.Language, Name: r.Name, Body: r.Body, Entity: r.DltEntity, ID: r.DltID, Header: r.DltHeader}
}

// Text is one message text with what it comes to.
type Text struct {
	message.Template

	Own        bool     `json:"own" doc:"Differs from the built-in text"`
	Places     []string `json:"places"`
	Preview    string   `json:"preview" doc:"With invented values"`
	Registered string   `json:"registered" doc:"As it has to be submitted to Meta or registered with DLT"`
	Segments   int      `json:"segments,omitempty" doc:"Parts that an SMS is charged as"`
}

// Sample are the invented values of a preview.
func Sample(language string) map[string]string {
	out := map[string]string{
		"name": "Asha Sharma", "tests": "CBC, KFT", "visit": "K7-26-000123", "lab": "City Lab", "link": "https://reports.example/r/abcdefghijklmnopqrstuvwxyz",
		"amount": "499.00", "bill": "K7/26-27/000123", "date": "22-NOV-2026", "mode": "UPI", "reference": "pay_29QQoUBi66xm2f", "code": "482913",
	}
	if language == "hi" {
		out["name"], out["lab"] = "आशा शर्मा", "सिटी लैब"
	}
	return out
}

// Preview shows what a text comes to, or what is wrong with it.
func Preview(t message.Template) (Text, error) {
	if err := t.Check(); err != nil {
		return Text{}, err
	}
	out := Text{Template: t, Places: message.Places(t.Kind)}
	var err error
	if out.Preview, err = t.Fill(Sample(t.Language)); err != nil {
		return Text{}, err
	}
	switch t.Way {
	case message.WhatsApp:
		out.Registered = t.Numbered()
	case message.SMS:
		out.Registered, out.Segments = t.Registered(), message.Segments(out.Preview)
	}
	return out, nil
}

// Outreach is how an organisation writes to people.
type Outreach struct {
	Settings []Setting `json:"settings"`
	Texts    []Text    `json:"texts"`
}

// Settings gives everything that may be set.
func (d *Desk) Settings(ctx context.Context, org lab.ID) (Outreach, error) {
	out := Outreach{Texts: []Text{}}
	var err error
	if out.Settings, err = d.settings(ctx, d.DB.Pool(), org); err != nil {
		return out, err
	}
	rows, err := d.queries().Templates(ctx, d.DB.Pool(), org)
	if err != nil {
		return out, wrap("templates", err)
	}
	own := map[[3]string]message.Template{}
	for _, r := range rows {
		own[[3]string{r.Kind, r.Channel, r.Language}] = ofRow(r)
	}
	for _, kind := range message.Kinds() {
		for _, way := range message.Ways() {
			for _, language := range message.Languages() {
				t, ok := own[[3]string{kind, way, language}]
				if !ok {
					t, _ = message.BuiltIn(kind, way, language)
				}
				text, err := Preview(t)
				if err != nil {
					return out, err
				}
				text.Own = ok
				out.Texts = append(out.Texts, text)
			}
		}
	}
	return out, nil
}

// Set changes how the organisation writes about one kind of news.
func (d *Desk) Set(ctx context.Context, org lab.ID, s Setting) error {
	for i, w := range s.Ways {
		if !slices.Contains(message.Ways(), w) || slices.Contains(s.Ways[:i], w) {
			return lab.Invalid("way_unknown", "Each way stands once.", lab.FieldError{Field: "channels", Code: "way_unknown", Message: "is unknown or stands twice"})
		}
	}
	if s.Kind != message.ReportReady && s.Kind != message.PaymentReceived || s.WaitS < 30 || s.WaitS > 86400 {
		return lab.Invalid("setting_invalid", "There is no such setting.")
	}
	if s.Ways == nil {
		s.Ways = []string{}
	}
	return wrap("set", d.queries().PutOutreachSetting(ctx, d.DB.Pool(), queries.PutOutreachSettingParams{
		Org: org, Kind: s.Kind, Channels: s.Ways, WaitS: int32(s.WaitS), Quiet: s.Quiet, Now: d.Clock(),
	}))
}

// SetText replaces a text by the organisation's own.
func (d *Desk) SetText(ctx context.Context, org, by lab.ID, t message.Template) (Text, error) {
	out, err := Preview(t)
	if err != nil {
		return out, err
	}
	out.Own = true
	return out, wrap("template", d.queries().PutTemplate(ctx, d.DB.Pool(), queries.PutTemplateParams{
		Org: org, Kind: t.Kind, Channel: t.Way, Language: t.Language, Name: t.Name, Body: t.Body, DltEntity: t.Entity, DltID: t.ID, DltHeader: t.Header,
		Now: d.Clock(), By: by,
	}))
}

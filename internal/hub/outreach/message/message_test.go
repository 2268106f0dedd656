package message_test

import (
	"slices"
	"strings"
	"testing"

	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/lab"
)

// Every kind has a text for every way and language, each passes its own check, and the languages ask for the same values.
func TestBuiltInTexts(t *testing.T) {
	t.Parallel()
	for _, kind := range message.Kinds() {
		for _, way := range message.Ways() {
			var first []string
			for _, language := range message.Languages() {
				m, ok := message.BuiltIn(kind, way, language)
				if !ok || m.Language != language {
					t.Fatalf("%s by %s in %s: %+v", kind, way, language, m)
				}
				if err := m.Check(); err != nil {
					t.Errorf("%s by %s in %s: %v", kind, way, language, err)
				}
				values := map[string]string{}
				for _, p := range message.Places(kind) {
					values[p] = p
				}
				got := m.Values(values)
				sorted := slices.Sorted(slices.Values(got))
				if first == nil {
					first = sorted
				}
				if !slices.Equal(first, sorted) {
					t.Errorf("%s by %s in %s asks for %v, in English for %v", kind, way, language, got, first)
				}
			}
		}
	}
	if m, ok := message.BuiltIn(message.ReportReady, message.SMS, "ta"); !ok || m.Language != "en" {
		t.Errorf("a language without a text gives %+v", m)
	}
}

func TestCheckNamesTheFault(t *testing.T) {
	t.Parallel()
	good := message.Template{Kind: message.ReportReady, Way: message.WhatsApp, Language: "en", Name: "ready", Body: "Hello {name}, it is ready."}
	for code, change := range map[string]func(*message.Template){
		"place_unknown": func(m *message.Template) { m.Body = "Hello {value}, ready." },
		"body_shape":    func(m *message.Template) { m.Body = "Hello {name, ready." },
		"place_edge":    func(m *message.Template) { m.Body = "Hello {name} {lab}!" },
		"name_shape":    func(m *message.Template) { m.Name = "Ready" },
		"subject":       func(m *message.Template) { m.Way, m.Name = message.Email, "a\r\nBcc: x" },
		"dlt_shape":     func(m *message.Template) { m.Way, m.ID = message.SMS, "12" },
	} {
		m := good
		change(&m)
		err := m.Check()
		var e *lab.Error
		if e, _ = err.(*lab.Error); e == nil || !slices.ContainsFunc(e.Fields, func(f lab.FieldError) bool { return f.Code == code }) { //nolint:errorlint // Check returns it bare
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	m := message.Template{Kind: message.ReportReady, Way: message.SMS, Language: "en", Body: "{lab}: {visit}, {link} end"}
	got, err := m.Fill(map[string]string{"lab": strings.Repeat("Nirmal lab ", 10), "visit": "K7-1", "link": "https://labs.example/r/abcdefghijklmnopqrstuvwxyz"})
	if err != nil || got != "Nirmal lab Nirmal lab Nirmal …: K7-1, https://labs.example/r/abcdefghijklmnopqrstuvwxyz end" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := m.Fill(map[string]string{"link": strings.Repeat("x", 61)}); lab.CodeOf(err) != "link_long" {
		t.Errorf("a link that operators drop: %v", err)
	}
	if got := m.Registered(); got != "{#var#}: {#var#}, {#var#} end" {
		t.Error(got)
	}
	m.Body = "{name} and {lab} and {name}"
	if got := m.Numbered(); got != "{{1}} and {{2}} and {{1}}" {
		t.Error(got)
	}
	if got := m.Values(map[string]string{"name": "Asha\n\tSharma", "lab": ""}); !slices.Equal(got, []string{"Asha Sharma", "-"}) {
		t.Error(got)
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		strings.Repeat("a", 160): 1, strings.Repeat("a", 161): 2, strings.Repeat("a", 306): 2, strings.Repeat("a", 307): 3,
		strings.Repeat("न", 70): 1, strings.Repeat("न", 71): 2, strings.Repeat("{", 81): 2, strings.Repeat("é", 160): 1,
	} {
		if got := message.Segments(text); got != want {
			t.Errorf("%d of %q: %d parts, want %d", len([]rune(text)), text[:3], got, want)
		}
	}
}

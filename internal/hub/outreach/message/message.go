// Package message is the wording of what the hub sends: built in for every kind of news, way and language, and replaced
// by the organisation's own where it has one. A text is bytes with named places; what stands in them is checked against
// what the way allows before anything is sent, since an operator drops an SMS that differs from the registered text
// without a word.
package message

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"jaanch/internal/lab"
)

// The ways.
const (
	WhatsApp = "whatsapp"
	SMS      = "sms"
	Email    = "email"
)

// The kinds of news.
const (
	ReportReady     = "report_ready"
	PaymentReceived = "payment_received"
	LoginCode       = "login_code"
)

// Ways lists the ways in their usual order.
func Ways() []string { return []string{WhatsApp, SMS, Email} }

// Kinds lists the kinds of news.
func Kinds() []string { return []string{ReportReady, PaymentReceived, LoginCode} }

// Languages lists the languages that every built-in text has.
func Languages() []string { return []string{"en", "hi"} }

// Places lists the named places that a kind's text may hold.
func Places(kind string) []string {
	switch kind {
	case ReportReady:
		return []string{"name", "tests", "visit", "lab", "link"}
	case PaymentReceived:
		return []string{"amount", "bill", "date", "mode", "reference", "lab", "link"}
	case LoginCode:
		return []string{"code", "lab"}
	}
	return nil
}

// Template is one text.
type Template struct {
	Kind     string `json:"kind" enum:"report_ready,payment_received,login_code"`
	Way      string `json:"channel" enum:"whatsapp,sms,email"`
	Language string `json:"language" enum:"en,hi"`
	Name     string `json:"name" maxLength:"200" doc:"WhatsApp: of the approved template. E-mail: the subject"`
	Body     string `json:"body" minLength:"1" maxLength:"1024" doc:"With places in braces: {name}"`
	Entity   string `json:"dlt_entity,omitempty" maxLength:"19" doc:"SMS: principal entity id of DLT, 19 digits"`
	ID       string `json:"dlt_id,omitempty" maxLength:"19" doc:"SMS: content template id of DLT, 19 digits"`
	Header   string `json:"dlt_header,omitempty" maxLength:"6" doc:"SMS: sender, six letters"`
}

// The limits of the ways (TRAI: 30 characters a variable; WhatsApp: 1,024 a body).
const (
	maxVariable = 30
	maxBody     = 1024
)

var (
	placeShape  = regexp.MustCompile(`\{([a-z_]+)\}`)
	approved    = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	dltID       = regexp.MustCompile(`^[0-9]{19}$`)
	dltHeader   = regexp.MustCompile(`^[A-Za-z]{6}$`)
	lineBreaks  = regexp.MustCompile(`[\r\n]+`)
	neighbours  = regexp.MustCompile(`\}\s*\{`)
	manySpaces  = regexp.MustCompile(`\s+`)
	unspeakable = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f]`)
)

// Check says what is wrong with a text, field by field.
func (t Template) Check() error {
	var wrong []lab.FieldError
	add := func(field, code, words string) {
		wrong = append(wrong, lab.FieldError{Field: field, Code: code, Message: words})
	}
	if Places(t.Kind) == nil || !slices.Contains(Ways(), t.Way) || !slices.Contains(Languages(), t.Language) {
		return lab.Invalid("template_unknown", "There is no such message.")
	}
	t.checkPlaces(add)
	switch t.Way {
	case WhatsApp:
		t.checkWhatsApp(add)
	case SMS:
		if t.ID != "" && (!dltID.MatchString(t.ID) || !dltID.MatchString(t.Entity) || !dltHeader.MatchString(t.Header)) {
			add("dlt_id", "dlt_shape", "Entity and template have 19 digits, the header six letters.")
		}
	case Email:
		if t.Name == "" || lineBreaks.MatchString(t.Name) {
			add("name", "subject", "The subject is one line.")
		}
	}
	if len(wrong) > 0 {
		return lab.Invalid("template_invalid", "This text cannot be used.", wrong...)
	}
	return nil
}

func (t Template) checkPlaces(add func(field, code, words string)) {
	for _, m := range placeShape.FindAllStringSubmatch(t.Body, -1) {
		if !slices.Contains(Places(t.Kind), m[1]) {
			add("body", "place_unknown", "{"+m[1]+"} is no place of this message.")
		}
	}
	if rest := placeShape.ReplaceAllString(t.Body, ""); strings.ContainsAny(rest, "{}") || unspeakable.MatchString(t.Body) || strings.TrimSpace(t.Body) == "" {
		add("body", "body_shape", "The text is empty, or a brace stands alone.")
	}
}

func (t Template) checkWhatsApp(add func(field, code, words string)) {
	body := strings.TrimSpace(t.Body)
	switch {
	case !approved.MatchString(t.Name):
		add("name", "name_shape", "The name has small letters, digits and underscores.")
	case len([]rune(body)) > maxBody:
		add("body", "body_long", "The text is longer than 1,024 characters.")
	}
	// Meta refuses a text that begins or ends with a variable, or holds two side by side. Its code message is fixed by Meta.
	if t.Kind != LoginCode && (strings.HasPrefix(body, "{") || strings.HasSuffix(body, "}") || neighbours.MatchString(body)) {
		add("body", "place_edge", "A place may not stand first, last, or right beside another.")
	}
}

// Values fills the places in the order in which they first stand in the text.
func (t Template) Values(of map[string]string) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range placeShape.FindAllStringSubmatch(t.Body, -1) {
		if !seen[m[1]] && m[1] != "link" {
			seen[m[1]] = true
			out = append(out, short(of[m[1]], 200))
		}
	}
	return out
}

// Fill writes the text. In an SMS each value is cut to what an operator takes, except the link, which must stay whole.
func (t Template) Fill(of map[string]string) (string, error) {
	if n := len(of["link"]); t.Way == SMS && n > 2*maxVariable {
		return "", lab.Invalid("link_long", fmt.Sprintf("The link has %d characters; two variables of an SMS take %d.", n, 2*maxVariable))
	}
	return placeShape.ReplaceAllStringFunc(t.Body, func(m string) string {
		place := m[1 : len(m)-1]
		if t.Way == SMS && place != "link" {
			return short(of[place], maxVariable)
		}
		return short(of[place], maxBody)
	}), nil
}

// Registered writes the text as it has to be registered with DLT.
func (t Template) Registered() string { return placeShape.ReplaceAllString(t.Body, "{#var#}") }

// Numbered writes the text as it has to be submitted to Meta: {{1}}, {{2}} in the order of Values.
func (t Template) Numbered() string {
	numbers := map[string]int{}
	return placeShape.ReplaceAllStringFunc(t.Body, func(m string) string {
		if numbers[m] == 0 {
			numbers[m] = len(numbers) + 1
		}
		return fmt.Sprintf("{{%d}}", numbers[m])
	})
}

// Segments says how many parts an SMS is charged as: 160 or 153 of the GSM alphabet, 70 or 67 of any other.
func Segments(text string) int {
	one, many, n := 160, 153, 0
	for _, r := range text {
		n++
		if strings.ContainsRune("^{}\\[~]|€", r) {
			n++ // an escape of the GSM alphabet
		}
		if r > 0x7e && !strings.ContainsRune("£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€", r) {
			one, many = 70, 67
		}
	}
	if one == 70 {
		n = 0
		for _, r := range text {
			n++
			if r > 0xffff {
				n++
			}
		}
	}
	if n <= one {
		return 1
	}
	return (n + many - 1) / many
}

// short puts a value on one line and cuts it. An empty one is a dash, which every service takes.
func short(s string, most int) string {
	s = strings.TrimSpace(manySpaces.ReplaceAllString(s, " "))
	if s == "" {
		return "-"
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

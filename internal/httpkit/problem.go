package httpkit

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"jaanch/internal/lab"
)

// The codes of fields that more than one rule gives.
const (
	codeRequired     = "required"
	codePattern      = "pattern"
	codeMalformed    = "malformed"
	codeUnknownField = "unknown_field"
	codeNotUTF8      = "invalid_utf8"
)

// ProblemType is the media type of every error answer (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is the one form of error on the wire: an RFC 9457 problem document with a stable code, which is also the key
// of the translation in the UI.
type Problem struct { //nolint:errname // RFC 9457 calls it a problem, and so does the schema
	Type      string         `doc:"urn:jaanch:problem: and the code"                                  example:"urn:jaanch:problem:stale_record" json:"type"`
	Title     string         `doc:"What the status means"                                             example:"Conflict"                        json:"title"`
	Status    int            `doc:"The HTTP status"                                                   example:"409"                             json:"status"`
	Code      string         `doc:"Stable code; the key of the translation"                           example:"stale_record"                    json:"code"`
	Detail    string         `doc:"One English sentence: what happened and what to do"                json:"detail,omitempty"`
	Fields    []FieldProblem `doc:"Input fields that are wrong; empty when the whole is"              json:"fields"`
	Data      map[string]any `doc:"What a client needs to act, such as both values of a stale record" json:"data,omitempty"`
	RequestID string         `doc:"To quote when asking for help"                                     json:"request_id,omitempty"`
}

// FieldProblem names one input field that is wrong.
type FieldProblem struct {
	Field   string `doc:"Path of the field"    example:"patient.phone"  json:"field"`
	Code    string `doc:"Stable code"          example:"required"       json:"code"`
	Message string `doc:"One English sentence" json:"message,omitempty"`
}

// Error makes a Problem an error, so that a handler can return one.
func (p *Problem) Error() string { return p.Code }

// GetStatus gives the HTTP status to huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType gives the problem media type to huma in place of JSON's.
func (p *Problem) ContentType(string) string { return ProblemType }

// StatusOf is the one table from a kind of error to an HTTP status.
func StatusOf(k lab.Kind) int {
	switch k {
	case lab.KindInvalid:
		return http.StatusUnprocessableEntity
	case lab.KindNotFound:
		return http.StatusNotFound
	case lab.KindConflict, lab.KindLocked:
		return http.StatusConflict
	case lab.KindForbidden:
		return http.StatusForbidden
	case lab.KindUnauthenticated:
		return http.StatusUnauthorized
	case lab.KindUnavailable, lab.KindUnknown:
		return http.StatusServiceUnavailable
	case lab.KindLimited:
		return http.StatusTooManyRequests
	case lab.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case lab.KindInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// ProblemOf gives the problem document for any error. What is not a lab.Error, or is one of kind internal, keeps its
// text to itself.
func ProblemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	var e *lab.Error
	if !errors.As(err, &e) || e.Kind == lab.KindInternal {
		return newProblem(http.StatusInternalServerError, "internal",
			"Something went wrong on our side. Nothing was changed; please try again.")
	}
	out := newProblem(StatusOf(e.Kind), e.Code, e.Message)
	for _, f := range e.Fields {
		out.Fields = append(out.Fields, FieldProblem(f))
	}
	out.Data = e.Detail
	return out
}

// WriteProblem answers with the problem document of the error; for handlers outside of huma.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := *ProblemOf(err)
	p.RequestID = requestID(r.Context())
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	if after := p.retryAfter(); after != "" {
		h.Set("Retry-After", after)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(&p) //nolint:errchkjson // the client hung up; there is nobody to tell
}

// retryAfter gives the seconds that the error asks to wait, for the header of that name.
func (p *Problem) retryAfter() string {
	if seconds, ok := p.Data["retry_after_s"].(int); ok {
		return strconv.Itoa(seconds)
	}
	return ""
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{
		Type: "urn:jaanch:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail,
		Fields: []FieldProblem{},
	}
}

// fromHuma turns what huma reports about a request into a problem. Messages are ours or name a rule; the value that
// broke the rule is never repeated, since it may be a patient's.
func fromHuma(status int, msg string, errs []error) *Problem {
	for _, err := range errs {
		var e *lab.Error
		var p *Problem
		if errors.As(err, &e) || errors.As(err, &p) {
			return ProblemOf(err)
		}
	}
	switch {
	case status == http.StatusUnprocessableEntity || (status == http.StatusBadRequest && len(errs) > 0):
		return validation(status, errs)
	case status == http.StatusRequestEntityTooLarge:
		return newProblem(status, "body_too_large", "The request is too large.")
	case status == http.StatusUnsupportedMediaType:
		return newProblem(status, "media_type_unsupported", "Send application/json.")
	case status >= http.StatusInternalServerError:
		p := ProblemOf(errors.New(msg))
		p.Status, p.Title = status, http.StatusText(status)
		return p
	default:
		return newProblem(status, slug(http.StatusText(status)), "The request could not be read.")
	}
}

// validation lists the fields that broke a rule. A field that the API does not know is a mistake in the client, not in
// what a person typed: it answers 400.
func validation(status int, errs []error) *Problem {
	p := newProblem(status, "input_invalid", "Some fields need attention.")
	for _, err := range errs {
		var d huma.ErrorDetailer
		if !errors.As(err, &d) {
			continue
		}
		detail := d.ErrorDetail()
		code := fieldCode(detail.Message)
		if code == codeUnknownField || detail.Location == "" || detail.Location == "body" && (code == codeMalformed || code == codeNotUTF8) {
			p.Status = http.StatusBadRequest
		}
		p.Fields = append(p.Fields, FieldProblem{
			Field:   strings.TrimPrefix(strings.TrimPrefix(detail.Location, "body"), "."),
			Code:    code,
			Message: sentence(code),
		})
	}
	switch {
	case len(p.Fields) == 0:
		p.Status, p.Code, p.Detail = http.StatusBadRequest, "body_malformed", "The request could not be read."
	case p.Fields[0].Code == codeUnknownField:
		p.Code, p.Detail = codeUnknownField, "The request holds a field that is not known here."
	case p.Fields[0].Code == codeNotUTF8:
		p.Code, p.Detail = codeNotUTF8, "The request holds characters that are no valid UTF-8. Nothing was stored."
	}
	p.Type, p.Title = "urn:jaanch:problem:"+p.Code, http.StatusText(p.Status)
	return p
}

// fieldCode sorts huma's messages, which may quote what was typed, into codes, which do not.
func fieldCode(message string) string {
	for _, rule := range []struct{ part, code string }{
		{"not valid UTF-8", codeNotUTF8},
		{"invalid character", codeMalformed},
		{"unexpected end", codeMalformed},
		{"unexpected EOF", codeMalformed},
		{"unexpected property", codeUnknownField},
		{"unknown query parameter", codeUnknownField},
		{"expected required property", codeRequired},
		{"required", codeRequired},
		{"one of", "not_in_list"},
		{"length >=", "too_short"},
		{"length <=", "too_long"},
		{"array length", "wrong_count"},
		{"expected number >", "too_small"},
		{"expected number <", "too_large"},
		{"match pattern", codePattern},
		{"expected string to be", "format"},
		{"expected", "type"},
	} {
		if strings.Contains(message, rule.part) {
			return rule.code
		}
	}
	return "invalid"
}

func sentence(code string) string {
	switch code {
	case codeUnknownField:
		return "This field is not known here."
	case codeRequired:
		return "This is needed."
	case "not_in_list":
		return "Choose one of the values offered."
	case "too_short":
		return "This is too short."
	case "too_long":
		return "This is too long."
	case "too_small":
		return "This number is too small."
	case "too_large":
		return "This number is too large."
	case codeMalformed:
		return "This is not valid JSON."
	case codeNotUTF8:
		return "This is not valid UTF-8."
	default:
		return "This does not have the right form."
	}
}

func slug(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "_") }

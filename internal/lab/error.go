package lab

import (
	"errors"
	"strings"
)

// Kind sorts errors by what the caller can do about them. Kinds travel over the sync wire: they are only ever
// appended, never renamed or reordered.
type Kind uint8

// The kinds of error.
const (
	KindInternal        Kind = iota // a fault of ours; its text never reaches a user
	KindInvalid                     // the input is wrong; Fields say where
	KindNotFound                    // there is no such record, or not for this actor
	KindConflict                    // the record changed since it was seen, or the state does not allow the move
	KindForbidden                   // this actor may not
	KindUnauthenticated             // nobody is logged in
	KindUnavailable                 // temporarily: the disk is full, the database is busy, a service is down
	KindLimited                     // too many attempts; try later
	KindTooLarge                    // the input exceeds a limit
	KindLocked                      // the record is verified, issued or signed and can only be amended
	KindUnknown                     // the outcome is undecided: the change may or may not be stored
)

// Error is the one error type that crosses layers. Message is safe to show to a user; Cause never is.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case; also the key of the translation in the UI
	Message string // one sentence, what happened and what to do
	Fields  []FieldError
	Detail  map[string]any // what a client needs to act, for example both values of a stale record
	Cause   error
}

// FieldError names one input field that is wrong, in the API's own path form ("patient.phone").
type FieldError struct {
	Field   string
	Code    string
	Message string
}

// Error gives code, message and cause for logs. Field values are never part of it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	for _, f := range e.Fields {
		b.WriteString("; ")
		b.WriteString(f.Field)
		b.WriteString(": ")
		b.WriteString(f.Code)
	}
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is match on the code, so that a sentinel can be compared with a wrapped copy of itself.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// KindOf gives the kind of the first *Error in the chain, KindInternal for any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// CodeOf gives the code of the first *Error in the chain, "internal" for any other error.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}

// Invalid makes an error about the input. Fields may be empty when the whole is wrong.
func Invalid(code, message string, fields ...FieldError) *Error {
	return &Error{Kind: KindInvalid, Code: code, Message: message, Fields: fields}
}

// NotFound makes an error for a record that is not there.
func NotFound(code, message string) *Error {
	return &Error{Kind: KindNotFound, Code: code, Message: message}
}

// Conflict makes an error for a move that the record's state does not allow.
func Conflict(code, message string) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: message}
}

// Forbidden makes an error for an actor without the permission.
func Forbidden(code, message string) *Error {
	return &Error{Kind: KindForbidden, Code: code, Message: message}
}

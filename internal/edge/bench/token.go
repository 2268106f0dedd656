package bench

import (
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite/queries"
)

// Token is what a person saw of a row: the versions of the ordered test, and of the value that stood there, if any. It is
// opaque to clients.
type Token struct {
	Test   journal.Versions
	Result lab.ID
	Value  journal.Versions
}

// ParseToken reads the versions of a row that a client hands back.
func ParseToken(text string) (Token, error) {
	bad := lab.Invalid("versions_malformed", "The versions are not those that were given out.", lab.FieldError{Field: "versions", Code: "malformed", Message: "Reload the row."})
	parts := strings.Split(text, ";")
	if len(parts) != 3 {
		return Token{}, bad
	}
	var t Token
	var err error
	if t.Test, err = journal.ParseVersions(parts[0]); err != nil {
		return Token{}, bad
	}
	if err := t.Result.UnmarshalText([]byte(parts[1])); err != nil {
		return Token{}, bad
	}
	if t.Value, err = journal.ParseVersions(parts[2]); err != nil {
		return Token{}, bad
	}
	return t, nil
}

// String writes the form that ParseToken reads.
func (t Token) String() string {
	id := ""
	if !t.Result.IsZero() {
		id = t.Result.String()
	}
	return t.Test.String() + ";" + id + ";" + t.Value.String()
}

// token gives the versions of a test and of the value that stands on it, zero for none.
func (b *beside) token(test, value queries.ID) (string, error) {
	t := Token{Result: lab.ID(value)}
	var err error
	if t.Test, err = journal.GroupVersions(b.versions[test]); err != nil {
		return "", err
	}
	if !t.Result.IsZero() {
		if t.Value, err = journal.GroupVersions(b.versions[value]); err != nil {
			return "", err
		}
	}
	return t.String(), nil
}

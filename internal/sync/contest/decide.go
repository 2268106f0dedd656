package contest

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/policy"
)

// Judgement is what a person chose: one side as a whole, or a side or a typed value for each field in dispute.
type Judgement struct {
	Side    int      `json:"side" minimum:"-1" doc:"Number of the side to take as a whole; -1 for field by field"`
	Choices []Ruling `json:"choices" nullable:"false" required:"false"`
	Reason  string   `json:"reason" maxLength:"300" required:"false" doc:"In the person's words; stays in the history"`
	Version string   `json:"version" maxLength:"200" doc:"As the case gave it"`
}

// Ruling is the value of one field.
type Ruling struct {
	Field string `json:"field" maxLength:"60"`
	Side  int    `json:"side" minimum:"-1" doc:"-1 takes the typed value"`
	Value string `json:"value" maxLength:"500" required:"false"`
}

// typedSide is the number of a side that a person types.
const typedSide = -1

// Outcome is what a decision writes: values by field, and whose they are.
type Outcome struct {
	Values map[int]any
	Winner string
}

// Decide turns a choice into values. Every field in dispute needs an answer; what is signed is only ever kept, or taken
// as the signed whole.
func Decide(r journal.Registry, s Source, d Judgement) (Outcome, error) {
	out := Outcome{Values: map[int]any{}, Winner: string(policy.Server)}
	o, err := open(r, s)
	if err != nil {
		return out, err
	}
	c, err := Read(r, s, Names{Actor: none[string], Place: none[lab.ID], Value: func(string, lab.ID) string { return "" }})
	if err != nil {
		return out, err
	}
	if d.Side != typedSide {
		return o.whole(c, s, d.Side)
	}
	if c.Whole || c.Keep {
		return out, lab.Invalid("conflict_whole", "Take one of the values as it is.")
	}
	return o.fields(c, d)
}

func none[T any](T) string { return "" }

// whole takes everything of one side.
func (o *opened) whole(c Dispute, s Source, n int) (Outcome, error) {
	out := Outcome{Values: map[int]any{}, Winner: string(policy.Server)}
	if n < 0 || n >= len(o.sides) {
		return out, lab.Invalid("conflict_side", "There is no such value.")
	}
	signed := s.Signed > 0
	switch {
	case n > 0 && c.Keep:
		return out, lab.Conflict("conflict_signed", "This value is signed. Keep it, and correct it by an amendment if it is wrong.")
	case signed && !o.sides[n].Signed:
		return out, lab.Conflict("conflict_signed_other", "The other value is signed. Take it, and correct it by an amendment if it is wrong.")
	case n == 0:
		return out, nil
	case o.sides[n].Deleted:
		return out, lab.Invalid("conflict_side", "Keep the record here, then remove it again.")
	}
	out.Winner = string(policy.Client)
	for column, v := range o.sides[n].Fields {
		if err := o.set(&out, column, v); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (o *opened) set(out *Outcome, column string, v any) error {
	f, ok := o.entity.Column(column)
	if !ok {
		return nil // newer than this program
	}
	value, err := journal.FromShown(f, v)
	out.Values[f.ID] = value
	return err
}

// fields takes each field from the side that was chosen for it.
func (o *opened) fields(c Dispute, d Judgement) (Outcome, error) {
	out := Outcome{Values: map[int]any{}}
	chosen := map[string]Ruling{}
	for _, x := range d.Choices {
		chosen[x.Field] = x
	}
	servers, clients, typed := 0, 0, 0
	for _, row := range c.Rows {
		x, ok := chosen[row.Field]
		switch {
		case !ok && !row.Disputed:
			continue
		case !ok:
			return out, lab.Invalid("conflict_undecided", "Decide every field that is marked.", lab.FieldError{Field: row.Field, Code: "required"})
		case x.Side == typedSide:
			typed++
			if err := o.typed(&out, row, x); err != nil {
				return out, err
			}
			continue
		case x.Side < 0 || x.Side >= len(o.sides):
			return out, lab.Invalid("conflict_side", "There is no such value.", lab.FieldError{Field: row.Field, Code: "conflict_side"})
		case x.Side == 0:
			servers++
		default:
			clients++
		}
		v, has := o.sides[x.Side].Fields[row.Field]
		if !has {
			v = o.sides[0].Fields[row.Field]
		}
		if err := o.set(&out, row.Field, v); err != nil {
			return out, err
		}
	}
	out.Winner = winner(servers, clients, typed)
	return out, nil
}

func winner(servers, clients, typed int) string {
	switch {
	case typed > 0:
		return engine.TypedWinner
	case servers > 0 && clients > 0:
		return string(policy.Both)
	case clients > 0:
		return string(policy.Client)
	}
	return string(policy.Server)
}

// typed takes what a person typed, where the field allows it.
func (o *opened) typed(out *Outcome, row Contended, x Ruling) error {
	value := strings.TrimSpace(x.Value)
	bad := func(code string) error {
		return lab.Invalid(code, "This value cannot be typed here.", lab.FieldError{Field: row.Field, Code: code})
	}
	switch {
	case !row.Typed || !utf8.ValidString(value):
		return bad("conflict_not_typed")
	case row.Field == "name" && value == "":
		return bad("required")
	case row.Field == "birth" && value != "":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return bad("date_malformed")
		}
	case row.Field == "sex":
		if _, err := patient.ParseSex(value); err != nil {
			return bad("enum")
		}
	}
	if value == "" {
		return o.set(out, row.Field, nil)
	}
	return o.set(out, row.Field, value)
}

// ParseVersion reads what a case gave as its version.
func ParseVersion(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, lab.Invalid("version_malformed", "Open the conflict again.")
	}
	return n, nil
}

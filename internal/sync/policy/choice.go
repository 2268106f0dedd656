package policy

import "slices"

// Mixable tells whether a person who decides a conflict may take one field from one side and the next from the other, or
// type a value. A measured value is one thing: its flag, unit and interval belong to it, so there a side is taken whole.
func Mixable(entity string) bool {
	return slices.Contains([]string{"patient", "doctor", "visit", "lab_setting", "printer", "test", "panel", "user"}, entity)
}

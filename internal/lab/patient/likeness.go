package patient

import (
	"slices"
	"strings"
)

// Likeness tells how likely two records are one person, and why. The desk is shown the reasons; nothing merges by itself.
type Likeness struct {
	Score   int      // 0 to 100
	Reasons []string // codes: same_abha, same_phone, same_name, similar_name, same_birth, near_age, different_sex
}

// LikelyDuplicate is the score from which the desk is warned at registration. A shared family phone alone stays below it.
const LikelyDuplicate = 60

// Compare weighs ABHA number, phone, name and birth of two records. The weights are our own: a family often shares a
// phone, and a common name is shared by many, so that no single one of the two is enough.
func Compare(a, b Patient) Likeness {
	var out Likeness
	add := func(points int, reason string) {
		out.Score += points
		out.Reasons = append(out.Reasons, reason)
	}
	if a.ABHA != "" && a.ABHA == b.ABHA {
		add(100, "same_abha")
	}
	if a.Phone != "" && a.Phone == b.Phone {
		add(30, "same_phone")
	}
	switch likeName(a.Name, b.Name) {
	case sameName:
		add(40, "same_name")
	case similarName:
		add(30, "similar_name")
	case otherName:
	}
	compareBirth(a, b, add)
	if known(a.Sex) && known(b.Sex) && a.Sex != b.Sex {
		add(-30, "different_sex")
	}
	out.Score = max(0, min(100, out.Score))
	return out
}

func known(s Sex) bool { return s == Male || s == Female }

func compareBirth(a, b Patient, add func(int, string)) {
	if !a.Birth.IsZero() && a.Birth == b.Birth {
		add(30, "same_birth")
		return
	}
	if !a.Birth.IsZero() && !b.Birth.IsZero() {
		return
	}
	day := a.Stated.On
	if day.IsZero() {
		day = b.Stated.On
	}
	if day.IsZero() {
		return
	}
	x, okX := a.AgeOn(day)
	y, okY := b.AgeOn(day)
	if okX && okY && x.Years-y.Years <= 2 && y.Years-x.Years <= 2 {
		add(15, "near_age")
	}
}

type nameLikeness int

const (
	otherName nameLikeness = iota
	similarName
	sameName
)

// likeName takes one record's words as a subset of the other's ("Asha" and "Asha Sharma"), initials, and one typing
// mistake a word as similar.
func likeName(a, b string) nameLikeness {
	x, y := Tokens(a), Tokens(b)
	if len(x) == 0 || len(y) == 0 {
		return otherName
	}
	if slices.Equal(x, y) {
		return sameName
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	full := false
	for _, w := range x {
		i := slices.IndexFunc(y, func(v string) bool { return likeWord(w, v) })
		if i < 0 {
			return otherName
		}
		full = full || len(w) > 2
		y = slices.Delete(slices.Clone(y), i, i+1)
	}
	if !full {
		return otherName
	}
	return similarName
}

func likeWord(a, b string) bool {
	if a == b || (len(a) == 1 && strings.HasPrefix(b, a)) || (len(b) == 1 && strings.HasPrefix(a, b)) {
		return true
	}
	x, y := []rune(a), []rune(b)
	return len(x) >= 4 && len(y) >= 4 && editsAtMostOne(x, y)
}

// editsAtMostOne allows one letter more, less or other, or two neighbours swapped.
func editsAtMostOne(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if i == len(a) {
		return true
	}
	if len(b) > len(a) {
		return slices.Equal(a[i:], b[i+1:])
	}
	swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
	return swapped || slices.Equal(a[i+1:], b[i+1:])
}

package patient

import (
	"slices"
	"strings"
	"unicode"
)

// Tokens gives the search words of a name: lower case, marks of Latin letters taken off, Devanagari brought to one
// spelling of its dotted letters, punctuation and joiners dropped, sorted, without repeats. The name index stores them
// and a query goes through the same function, so the order of words never matters.
func Tokens(name string) []string {
	var words []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	for _, r := range name {
		switch {
		case r == '\u200c' || r == '\u200d' || r == '.' || r == '\'' || r == '’':
			// joiners do not change the word; "K.K." is "kk"; "D'Souza" is "dsouza"
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteString(fold(r))
		case r >= 0x300 && r <= 0x36f: // accents on Latin letters
		case unicode.IsMark(r):
			b.WriteRune(r)
		default:
			flush()
		}
	}
	flush()
	slices.Sort(words)
	return slices.Compact(words)
}

// Matches tells whether every word of the query begins a word of the name.
func Matches(query, name string) bool {
	words := Tokens(name)
	for _, q := range Tokens(query) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}

// fold gives the lower-case base of a letter.
func fold(r rune) string {
	r = unicode.ToLower(r)
	if r >= 0x958 && r <= 0x95f { // composed Devanagari letters with a dot below: base letter and dot, as NFC has them
		return string([]rune("कखगजडढफय")[r-0x958]) + "\u093c"
	}
	const from, to = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿāēīōūṣśṭḍṇṛ", "aaaaaaceeeeiiiinooooouuuuyyaeioussTDNR"
	if i := slices.Index([]rune(from), r); i >= 0 {
		return strings.ToLower(string(to[i]))
	}
	return string(r)
}
